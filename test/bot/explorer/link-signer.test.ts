import fc from 'fast-check';
import { expect, test } from 'vitest';
import { LinkSigner } from '../../../bot/explorer/link-signer.ts';

const day = 86_400_000;
const claims = { subject: '0199-abc', issuedAt: 1_700_000_000_000, expiresAt: 1_700_000_000_000 + day };

test('a link opens what it names until it expires', () => {
  const signer = new LinkSigner(['key']);
  const token = signer.sign(claims);
  expect(signer.verify(token, claims.issuedAt)).toEqual(claims);
  expect(signer.verify(token, claims.expiresAt - 1)).toEqual(claims);
  expect(signer.verify(token, claims.expiresAt)).toBeNull();
});

test('equal claims give equal tokens, so that a message rendered again is the same', () => {
  expect(new LinkSigner(['key']).sign(claims)).toBe(new LinkSigner(['key']).sign({ ...claims }));
});

test('a token altered in any place is none', () => {
  const signer = new LinkSigner(['key']);
  const token = signer.sign(claims);
  fc.assert(
    fc.property(fc.nat(token.length - 1), fc.constantFrom(...'abcXYZ019._-~%/'), (at, character) => {
      if (token[at] === character) return;
      const altered = token.slice(0, at) + character + token.slice(at + 1);
      // The last character of 32 bytes in base64url has two bits that say nothing; ours are compared as text.
      expect(signer.verify(altered, claims.issuedAt)).toBeNull();
    }),
  );
});

test('nothing that is no token is one, however it looks', () => {
  const signer = new LinkSigner(['key']);
  fc.assert(
    fc.property(fc.string({ maxLength: 300 }), (text) => {
      expect(signer.verify(text, 0)).toBeNull();
    }),
  );
});

test('a new key in front signs, the old one still opens, and once it is gone does not', () => {
  const before = new LinkSigner(['old']).sign(claims);
  const during = new LinkSigner(['new', 'old']);
  expect(during.verify(before, claims.issuedAt)).toEqual(claims);
  expect(during.sign(claims)).toBe(new LinkSigner(['new']).sign(claims));
  expect(new LinkSigner(['new']).verify(before, claims.issuedAt)).toBeNull();
});

test('a subject that could be read as something else is not signed', () => {
  const signer = new LinkSigner(['key']);
  for (const subject of ['', 'a.b', 'a/b', '../x', 'a'.repeat(65)]) {
    expect(() => signer.sign({ ...claims, subject })).toThrow(RangeError);
  }
});
