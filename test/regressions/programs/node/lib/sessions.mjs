export class Sessions {
  constructor() {
    this.seen = new Map();
  }

  open(cookies) {
    const { session, currency } = parseCookies(cookies ?? '');
    const known = this.seen.get(session) ?? { currency: currency ?? 'eur', visits: 0 };
    known.visits++;
    this.keep(session, known);
    return known;
  }

  keep(id, session) {
    if (this.seen.size > 2000) this.seen.clear();
    this.seen.set(id, session);
  }
}

export function parseCookies(header) {
  const cookies = {};
  for (const pair of header.split(';')) {
    const equals = pair.indexOf('=');
    if (equals > 0) cookies[pair.slice(0, equals).trim()] = decodeURIComponent(pair.slice(equals + 1));
  }
  return cookies;
}
