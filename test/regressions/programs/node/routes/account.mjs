import { validateAccount } from '../lib/validate.mjs';
import { escape } from '../views/escape.mjs';
import { renderPage } from '../views/page.mjs';

export async function showAccount(_shop, { body }) {
  const account = validateAccount(body);
  const rows = Object.entries(account).map(([field, value]) => renderRow(field, value));
  return renderPage('Account', rows);
}

function renderRow(field, value) {
  return `<dt>${escape(field)}</dt><dd>${escape(value ?? 'missing')}</dd>`;
}
