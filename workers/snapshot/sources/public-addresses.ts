import { lookup } from 'node:dns';
import { isIP, type LookupFunction } from 'node:net';
import ipaddr from 'ipaddr.js';
import { PlaceError } from './listing.ts';

/**
 * As node's own look-up, but that a host with an address of a private network, of this machine or of no single machine
 * is not there. Checked is the very address that is connected to: a name that resolves otherwise a moment later helps
 * nobody.
 */
export const lookUpPublic: LookupFunction = (host, options, callback) => {
  lookup(host, { ...options, all: true }, (error, addresses) => {
    const [first] = addresses ?? [];
    if (error !== null || first === undefined) {
      callback(error ?? new Error('no address'), '', 0);
    } else if (!addresses.every(({ address }) => isPublic(address))) {
      callback(privateHost(host), '', 0);
    } else if (options.all) {
      callback(null, addresses);
    } else {
      callback(null, first.address, first.family);
    }
  });
};

/** A host that is an address is not looked up. */
export function checkPublicHost(host: string): void {
  const address = host.replace(/^\[|\]$/g, '');
  if (isIP(address) !== 0 && !isPublic(address)) throw privateHost(host);
}

/** An IPv4 address inside of an IPv6 one counts as what it is. */
function isPublic(address: string): boolean {
  return ipaddr.isValid(address) && ipaddr.process(address).range() === 'unicast';
}

function privateHost(host: string): PlaceError {
  return new PlaceError(
    `the host "${host}" has an address of a private network (set \`private\` to allow that)`,
  );
}
