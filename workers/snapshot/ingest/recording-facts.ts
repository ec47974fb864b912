import { open } from 'node:fs/promises';
import { z } from 'zod';

/** What the rolling recorder notes beside its recordings, as `recording.json`. */
const factsSchema = z.object({
  version: z.literal(1),
  tool: z.string().max(64),
  revision: z.string().min(1).max(256).nullable(),
  rateHz: z.number().positive().max(1e6),
  command: z.array(z.string().max(4096)).max(256),
  process: z.object({ pid: z.number().int(), comm: z.string().max(256) }),
  /** One instant on both clocks: what ties a recording's times to the wall. */
  clock: z.object({ wallMs: z.number(), monotonicMs: z.number() }),
});

export type RecordingFacts = Omit<z.infer<typeof factsSchema>, 'command'> & { command: string };

const largestBytes = 64 * 1024;

/** @returns null for a note that cannot be understood: the recordings are worth reading without it */
export async function readRecordingFacts(path: string): Promise<RecordingFacts | null> {
  const text = await readBeginning(path);
  try {
    const facts = factsSchema.parse(JSON.parse(text));
    return { ...facts, command: facts.command.join(' ') };
  } catch {
    return null;
  }
}

async function readBeginning(path: string): Promise<string> {
  const file = await open(path);
  try {
    const { bytesRead, buffer } = await file.read(Buffer.alloc(largestBytes), 0, largestBytes, 0);
    return buffer.toString('utf8', 0, bytesRead);
  } finally {
    await file.close();
  }
}
