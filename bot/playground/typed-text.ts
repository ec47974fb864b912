import type { Workspace } from './workspace.ts';

/**
 * What a person types, as Slack hands it on: the three special characters escaped, people, channels and
 * addresses as `<…>`. Ids come from here only: what the person wrote as `<…>` stays harmless text.
 */
export function encodeTypedText(text: string, workspace: Workspace, options: { withNames: boolean }): string {
  const escaped = text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
  return escaped.replace(
    /(^|[\s(])(@|#)([\p{L}\p{N}._-]+)|https?:\/\/[^\s]+/gu,
    (whole, before, sign, name) =>
      sign === undefined ? `<${whole}>` : `${before}${encodeName(sign, name, workspace, options.withNames)}`,
  );
}

function encodeName(sign: string, typed: string, workspace: Workspace, withNames: boolean): string {
  const name = typed.replace(/[.]+$/, '');
  const rest = typed.slice(name.length);
  const found = sign === '@' ? workspace.findUser(name) : workspace.findChannel(name);
  if (found === undefined) return `${sign}${typed}`;
  // Slack writes a channel's name always, a person's name only in commands.
  return `<${sign}${found.id}${withNames || sign === '#' ? `|${found.name}` : ''}>${rest}`;
}
