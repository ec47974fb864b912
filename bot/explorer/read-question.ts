import { z } from 'zod';
import { downloadFormats, type Question, treeKinds } from '../../workers/exploration.ts';

const longestName = 200;
const mostChosen = 50;

const milliseconds = z.coerce.number().min(0).max(1e12).optional();
const names = z.array(z.string().max(longestName)).max(mostChosen).optional();
const search = z.string().max(500).default('');

const partSchema = z
  .object({
    from: milliseconds,
    to: milliseconds,
    event: z.coerce.number().int().min(0).max(1_000).optional(),
    pod: names,
    comm: names,
    tid: z
      .array(
        z.coerce
          .number()
          .int()
          .min(-1)
          .max(2 ** 32),
      )
      .max(mostChosen)
      .optional(),
  })
  .transform(({ from, to, event, pod, comm, tid }) => ({
    fromMs: from,
    toMs: to,
    event,
    pods: pod,
    comms: comm,
    tids: tid,
  }));

const own = {
  facts: z.object({}),
  bursts: z.object({}),
  heatmap: z.object({ search }),
  tree: z.object({
    search,
    kind: z.enum(treeKinds).default('callees'),
    zoom: z.coerce.number().int().min(0).default(0),
  }),
  top: z.object({ search, compared: z.stringbool().default(false) }),
  timeline: z.object({ search, by: z.enum(['comm', 'thread', 'pod']).default('comm') }),
  download: z.object({ format: z.enum(downloadFormats) }),
};

const lists = ['pod', 'comm', 'tid'];

/** @returns what is asked, null when it is nothing that can be asked */
export function readQuestion(ask: string, query: URLSearchParams): Question | null {
  const schema = Object.hasOwn(own, ask) ? own[ask as keyof typeof own] : undefined;
  if (schema === undefined) return null;
  const given = Object.fromEntries(
    [...new Set(query.keys())].map((key) => [key, lists.includes(key) ? query.getAll(key) : query.get(key)]),
  );
  const part = partSchema.safeParse(given);
  const rest = schema.safeParse(given);
  if (!part.success || !rest.success) return null;
  return { ask, part: part.data, ...rest.data } as Question;
}
