import { execFileSync } from 'node:child_process';
import { existsSync, writeFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { NO_STACK, type Profile } from '../../../storage/profile/profile.ts';
import { findProgram } from '../../support/prerequisites.ts';
import { ingest, readPlain, sharedPath, writeRecording } from './recordings.ts';

/** The JDK's own reader is asked what it sees in the same bytes. */
const tool = findProgram('jfr');

const recordings = [
  'test/data/jfr/checkout-jdk17.jfr.gz',
  'test/data/jfr/checkout-jdk25.jfr.gz',
  'test/data/jfr/two-chunks-jdk17.jfr.gz',
  sharedPath('jfr/speedscope-heavy.jfr.gz'),
].map((path) => ({ path, isThere: existsSync(path) }));
const present = recordings.filter(({ isThere }) => isThere);
const title = `${recordings.length} recordings, ${recordings.length - present.length} missing`;

type PrintedFrame = { method: { type: { name: string }; name: string } };
type PrintedEvent = {
  type: string;
  values: {
    startTime: string;
    sampledThread?: { javaName: string; osThreadId: number };
    eventThread?: { javaName: string; osThreadId: number };
    stackTrace: { truncated: boolean; frames: PrintedFrame[] } | null;
  };
};

const sampleTypes =
  'jdk.ExecutionSample,jdk.NativeMethodSample,jdk.CPUTimeSample,jdk.ObjectAllocationSample,jdk.JavaMonitorEnter';

/** An event as both readers have to see it. */
type SeenEvent = { text: string; timeMs: number };

function readWithTool(bytes: Buffer): SeenEvent[] {
  const path = `${writeRecording('')}.jfr`;
  writeFileSync(path, bytes);
  const deepest = ['--json', '--stack-depth', '10000', '--events', sampleTypes];
  const printed = execFileSync(tool!, ['print', ...deepest, path], { maxBuffer: 512 * 1024 ** 2 });
  const { recording } = JSON.parse(printed.toString()) as { recording: { events: PrintedEvent[] } };
  return recording.events.map(({ type, values }) => {
    const thread = values.sampledThread ?? values.eventThread;
    const frames = values.stackTrace?.frames ?? [];
    const names = frames.map(({ method }) => plainName(`${method.type.name}.${method.name}`));
    const text = [type, thread?.javaName, thread?.osThreadId, ...names].join(' ');
    return { text, timeMs: toMilliseconds(values.startTime) };
  });
}

function listOurs({ recording, events, threads, samples, stacks, frames }: Profile): SeenEvent[] {
  return Array.from(samples.timeMs, (timeMs, row) => {
    const names: string[] = [];
    for (let stack = samples.stack[row]!; stack !== NO_STACK; stack = stacks.parent[stack]!) {
      names.push(plainName(frames.name[stacks.frame[stack]!]!));
    }
    const { comm, tid } = threads[samples.thread[row]!]!;
    const text = [events[samples.event[row]!]!.name, comm, tid, ...names].join(' ');
    return { text, timeMs: recording.startedAtMs! + timeMs };
  });
}

function inOrder(events: SeenEvent[]): SeenEvent[] {
  return events.sort((a, b) => (a.text === b.text ? a.timeMs - b.timeMs : a.text < b.text ? -1 : 1));
}

/** The tool shows the names of hidden classes as they are stored. */
function plainName(name: string): string {
  return name.replaceAll('/', '.').replace(/[+.](0x[0-9a-f]+)(?:\.\d+)?\./, '.$1.');
}

/** `2026-11-25T01:41:44.912796626Z`, of which Date reads three digits. */
function toMilliseconds(time: string): number {
  const [, second, fraction = '0', offset] = /^(.{19})(?:\.(\d+))?(Z|[+-]\d\d:\d\d)$/.exec(time)!;
  return Date.parse(`${second}${offset}`) + Number(`0.${fraction}`) * 1e3;
}

describe.skipIf(tool === undefined)(`as jfr print sees them (${title})`, () => {
  test.each(present)('$path', { timeout: 60_000 }, async ({ path }) => {
    const bytes = readPlain(path);
    const ours = inOrder(listOurs(await ingest(bytes)));
    const theirs = inOrder(readWithTool(bytes));
    expect(ours.map(({ text }) => text)).toEqual(theirs.map(({ text }) => text));
    const apart = ours.map(({ timeMs }, row) => Math.abs(timeMs - theirs[row]!.timeMs));
    expect(Math.max(...apart)).toBeLessThan(0.002);
  });
});
