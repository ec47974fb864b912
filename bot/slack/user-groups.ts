import type { WebClient } from '@slack/web-api';
import { z } from 'zod';
import type { FindMembers } from '../authorize.ts';

/** Whoever comes on call an hour from now is in the group by then; a person who presses twice is asked about once. */
const keptMs = 60_000;
const mostKept = 200;

const answerSchema = z.object({ users: z.array(z.string()) });

/** Members of user groups as Slack has them, remembered for a minute. A failure is not remembered. */
export function findGroupMembers(client: WebClient, now: () => number): FindMembers {
  const known = new Map<string, { untilMs: number; members: Promise<ReadonlySet<string>> }>();
  const ask = async (usergroup: string) => {
    const { users } = answerSchema.parse(await client.usergroups.users.list({ usergroup }));
    return new Set(users);
  };
  return (groupId) => {
    const found = known.get(groupId);
    if (found !== undefined && found.untilMs > now()) return found.members;
    const members = ask(groupId);
    known.delete(groupId);
    known.set(groupId, { untilMs: now() + keptMs, members });
    const [oldest] = known.keys();
    if (known.size > mostKept && oldest !== undefined) known.delete(oldest);
    members.catch(() => known.delete(groupId));
    return members;
  };
}
