import type { AccessRule } from '../storage/config.ts';
import type { RequestRow, Target } from '../storage/database/store.ts';
import { AvalancheError } from '../storage/errors.ts';

/** Ids of the people in a user group of Slack. */
export type FindMembers = (groupId: string) => Promise<ReadonlySet<string>>;

type Asked = {
  who: Pick<RequestRow, 'source' | 'userId' | 'channelId'>;
  command: string;
  target: Target;
};

/**
 * Whether somebody may run a command about an app, by the first rule that says so. Without rules everybody may; whoever
 * has the terminal is trusted, as whoever can read the database is.
 *
 * @throws AvalancheError NOT_ALLOWED
 */
export async function authorize(
  rules: readonly AccessRule[],
  asked: Asked,
  findMembers: FindMembers,
): Promise<void> {
  const { who, command, target } = asked;
  if (rules.length === 0 || who.source === 'terminal') return;
  const name = `${target.app}-${target.environment}`;
  const unknown: string[] = [];
  for (const rule of rules.filter((one) => isAbout(one, { command, name, channelId: who.channelId }))) {
    const { users, groups } = rule;
    if (users === undefined && groups === undefined) return;
    if (users?.includes(who.userId)) return;
    for (const group of groups ?? []) {
      try {
        if ((await findMembers(group)).has(who.userId)) return;
      } catch {
        unknown.push(group);
      }
    }
  }
  const doubt =
    unknown.length === 0 ? '' : ` (Slack does not say who is in the group ${unknown.slice(0, 3).join(', ')})`;
  throw new AvalancheError(
    'NOT_ALLOWED',
    `Cannot run "${command}" for "${name}": no rule lets you do that in this channel${doubt}`,
  );
}

function isAbout(
  { apps, commands, channels }: AccessRule,
  { command, name, channelId }: { command: string; name: string; channelId: string },
): boolean {
  return (
    apps.some((pattern) => matches(pattern, name)) &&
    (commands?.includes(command) ?? true) &&
    (channels?.includes(channelId) ?? true)
  );
}

/** `*` is anything; patterns have no other sign in them that means more than itself. */
function matches(pattern: string, name: string): boolean {
  const [first = '', ...others] = pattern.split('*');
  if (others.length === 0) return name === pattern;
  const last = others.pop()!;
  if (!name.startsWith(first) || !name.endsWith(last) || name.length < first.length + last.length)
    return false;
  let at = first.length;
  for (const part of others) {
    const found = name.indexOf(part, at);
    if (found === -1) return false;
    at = found + part.length;
  }
  return at <= name.length - last.length;
}
