import { writePagePolicy } from '../page-policy.ts';

/** Of every answer. The address of a link is a secret, so no other site hears of it. */
export const securityHeaders: Readonly<Record<string, string>> = {
  // `blob:` is for pictures that the page itself makes and offers to save.
  'content-security-policy': writePagePolicy("'self' blob:"),
  'x-content-type-options': 'nosniff',
  'x-frame-options': 'DENY',
  'referrer-policy': 'no-referrer',
  'cross-origin-resource-policy': 'same-origin',
  'cross-origin-opener-policy': 'same-origin',
  'permissions-policy': 'camera=(), microphone=(), geolocation=(), interest-cohort=()',
  'x-robots-tag': 'noindex, nofollow',
};
