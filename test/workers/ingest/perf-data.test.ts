import { createHash } from 'node:crypto';
import { chmodSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { extract } from 'tar-stream';
import { afterEach, describe, expect, test, vi } from 'vitest';
import { FrameKind, NO_STACK, type Profile } from '../../../storage/profile/profile.ts';
import { ingestFile } from '../../../workers/snapshot/ingest/ingest-file.ts';
import { ingestFiles } from '../../../workers/snapshot/ingest/ingest-files.ts';
import { have } from '../../support/prerequisites.ts';
import { packTar } from '../../support/tar.ts';
import {
  countBySecond,
  describeSamples,
  haveShared,
  ingest,
  limits,
  ownPath,
  readPlain,
  sharedPath,
  workDirectory,
  writeRecording,
} from './recordings.ts';

const archive = ownPath('perf-record.tar.gz');

async function unpackMembers(): Promise<Map<string, Buffer>> {
  const members = new Map<string, Buffer>();
  const reader = extract();
  reader.end(readPlain(archive));
  for await (const entry of reader) {
    const chunks: Uint8Array[] = [];
    for await (const chunk of entry) chunks.push(chunk as Uint8Array);
    members.set(entry.header.name, Buffer.concat(chunks));
  }
  return members;
}

const members = await unpackMembers();
const segments = [...members].filter(([name]) => name.includes('perf.data')).map(([, bytes]) => bytes);
const segment = segments[0]!;

/** Each sample as time, thread and its frames of just-in-time compiled code: what does not depend on this machine's libraries. */
function describeJit({ samples, stacks, frames, threads }: Profile): string[] {
  return Array.from(samples.timeMs, (timeMs, row) => {
    const names: string[] = [];
    for (let stack = samples.stack[row]!; stack !== NO_STACK; stack = stacks.parent[stack]!) {
      const frame = stacks.frame[stack]!;
      names.push(frames.module[frame] === '/tmp/perf-11.map' ? frames.name[frame]! : '');
    }
    const { tid, comm } = threads[samples.thread[row]!]!;
    return `${timeMs.toFixed(3)} ${tid} ${comm} ${names.join(';')}`;
  });
}

describe.skipIf(!have('perf'))('an archive of perf.data segments', () => {
  test('is one profile with samples, burst and names of its map', async () => {
    const profile = await ingestFile(archive, { limits, workDirectory, pod: 'checkout-1' });
    expect(profile.samples.timeMs).toHaveLength(1719);
    expect(profile.recording).toMatchObject({
      format: 'perf-script',
      rateHz: 99,
      host: 'checkout-6d8f7b9c5-x2k4p',
      lostCount: 0,
    });
    expect(Math.round(profile.recording.durationMs)).toBe(17_825);
    expect(countBySecond(profile, (name) => name.includes('Checkout.recomputeDiscounts'))).toEqual([
      0, 0, 0, 0, 0, 49, 73, 57,
    ]);
    expect(profile.threads.every(({ pod, pid }) => pod === 'checkout-1' && pid === 11)).toBe(true);
    const jit = profile.frames.module.flatMap((module, row) =>
      module === '/tmp/perf-11.map' ? [profile.frames.kind[row]] : [],
    );
    expect(jit.filter((kind) => kind === FrameKind.Jit).length / jit.length).toBeGreaterThan(0.95);
  });

  test.skipIf(!haveShared)('is what perf itself made of it on the machine with the map', async () => {
    const profile = await ingestFile(archive, { limits, workDirectory });
    const text = await ingestFile(sharedPath('expected/own/perf-record.perf.txt.gz'), {
      limits,
      workDirectory,
    });
    expect(describeJit(profile)).toEqual(describeJit(text));
  });

  test('gives the same in any order of its members', async () => {
    const files = [...members].map(([name, bytes]) => ({
      name,
      path: writeRecording(bytes),
      bytes: bytes.length,
    }));
    const forth = await ingestFiles(files, { limits, workDirectory });
    const back = await ingestFiles(files.toReversed(), { limits, workDirectory });
    expect(describeJit(back)).toEqual(describeJit(forth));
  });

  test('without the map has no names for compiled code, whatever lies in /tmp here', async () => {
    const profile = await ingestFiles([{ name: 'perf.data', path: writeRecording(segment), bytes: 1 }], {
      limits,
      workDirectory,
    });
    const names = profile.frames.name.filter((_, row) => profile.frames.module[row] === '/tmp/perf-11.map');
    expect(names).toEqual(['[unknown]']);
  });

  test('leaves out a segment that is still being written, and a file that is no recording', async () => {
    const unfinished = Buffer.from(segment);
    unfinished.writeBigUInt64LE(0n, 48);
    const files = [
      { name: 'tmp/perf/perf.data', path: writeRecording(unfinished), bytes: 1 },
      { name: 'tmp/perf/perf.data.2026112421382090', path: writeRecording(segment), bytes: 1 },
      { name: 'tmp/gc.log', path: writeRecording('Using G1\n'), bytes: 1 },
    ];
    const { samples, recording } = await ingestFiles(files, { limits, workDirectory });
    expect(samples.timeMs).toHaveLength(486);
    expect(recording.warnings.map(({ text }) => text).sort()).toEqual([
      'a file of the archive that is no recording is left out',
      'a perf.data that was still being written is left out',
    ]);
    const nothing = ingestFiles(files.slice(0, 1), { limits, workDirectory });
    await expect(nothing).rejects.toMatchObject({
      code: 'PROFILE_EMPTY',
      message: expect.stringContaining('still being written'),
    });
  });

  test('with one damaged segment is not passed off as whole', async () => {
    const tar = await packTar([
      { name: 'perf.data.1', content: segment },
      { name: 'perf.data.2', content: segments[1]!.subarray(0, 50_000) },
    ]);
    await expect(ingest(gzipSync(tar))).rejects.toMatchObject({
      code: 'RECORDING_DAMAGED',
      message: expect.stringContaining('"perf.data.2"'),
    });
  });
});

describe.skipIf(!have('perf'))('one perf.data', () => {
  test('is told by its magic and read from a compressed file too', async () => {
    expect((await ingest(segment)).samples.timeMs).toHaveLength(486);
    expect((await ingest(gzipSync(segment))).samples.timeMs).toHaveLength(486);
  });

  test.skipIf(!haveShared)('of an old kernel has the samples perf prints', async () => {
    const profile = await ingestFile(sharedPath('perfdata/quipper.perf.data.callgraph-3.8.gz'), {
      limits,
      workDirectory,
    });
    expect(profile.samples.timeMs).toHaveLength(1768);
    expect(profile.recording.warnings.some(({ text }) => text.startsWith('recorded on kernel 3.8.11'))).toBe(
      true,
    );
  });

  test('still being written is refused with the cause', async () => {
    const unfinished = Buffer.from(segment);
    unfinished.writeBigUInt64LE(0n, 48);
    await expect(ingest(unfinished)).rejects.toMatchObject({
      code: 'RECORDING_DAMAGED',
      message: expect.stringContaining(
        'says 0 bytes of samples: perf record is still writing it, or was killed',
      ),
    });
  });

  test.each([50, 104, 20_000, -1])('cut to %i bytes is refused', async (length) => {
    await expect(ingest(segment.subarray(0, length))).rejects.toMatchObject({ code: 'RECORDING_DAMAGED' });
  });

  test('that perf cannot read is refused with its own words', async () => {
    const broken = Buffer.from(segment);
    broken.fill(0xff, 1_000, 60_000);
    await expect(ingest(broken)).rejects.toMatchObject({
      code: 'PERF_FAILED',
      message: expect.stringMatching(/perf script ended with .*, saying "/),
    });
  });

  test('too large for the memory limit fails alone', async () => {
    await expect(ingest(segment, { perfScriptMemoryBytes: 8 * 1024 ** 2 })).rejects.toMatchObject({
      code: 'PERF_FAILED',
    });
  });
});

describe('perf of a kind', () => {
  afterEach(() => vi.unstubAllEnvs());

  /** A program of that name that the tests write themselves. */
  function installPerf(script: string): void {
    const folder = join(
      workDirectory,
      '..',
      `bin-${createHash('sha256').update(script).digest('hex').slice(0, 8)}`,
    );
    mkdirSync(folder, { recursive: true });
    writeFileSync(join(folder, 'perf'), `#!/bin/sh\n${script}\n`);
    chmodSync(join(folder, 'perf'), 0o755);
    vi.stubEnv('PATH', `${folder}:/usr/bin:/bin`);
  }

  test('that is not installed is missed by name', async () => {
    vi.stubEnv('PATH', join(workDirectory, 'nowhere'));
    await expect(ingest(segment)).rejects.toMatchObject({ code: 'PERF_MISSING' });
  });

  test('that never ends is killed after limits.perfScriptMs', async () => {
    const pidFile = writeRecording('');
    installPerf(`echo $$ > ${pidFile}\nexec sleep 600`);
    await expect(ingest(segment, { perfScriptMs: 300 })).rejects.toMatchObject({
      code: 'PERF_FAILED',
      message: expect.stringContaining('limits.perfScriptMs'),
    });
    expect(isRunning(pidFile)).toBe(false);
  });

  test('is killed when nobody waits any longer', async () => {
    const pidFile = writeRecording('');
    installPerf(`echo $$ > ${pidFile}\nexec sleep 600`);
    const reason = new Error('enough');
    const controller = new AbortController();
    setTimeout(() => controller.abort(reason), 300);
    const reading = ingestFile(writeRecording(segment), { limits, workDirectory, signal: controller.signal });
    await expect(reading).rejects.toBe(reason);
    expect(isRunning(pidFile)).toBe(false);
  });

  test('that fails half-way gives no half profile, its words bounded', async () => {
    installPerf(
      `printf 'a 1 1.000000: cycles: \\n\\t 1 f (/a)\\n\\n'; i=0; while [ $i -lt 2000 ]; do echo "word $i of many" >&2; i=$((i+1)); done; exit 3`,
    );
    const error = await ingest(segment).catch((caught: unknown) => caught);
    expect(error).toMatchObject({
      code: 'PERF_FAILED',
      message: expect.stringMatching(/exit code 3, saying "word 0 of many \| word 1/),
    });
    expect(String(error).length).toBeLessThan(1_000);
  });

  test('lacks a field of this recording: it is left out at the second try', async () => {
    installPerf(
      `case "$*" in *period*) echo "Samples for 'x' event do not have PERIOD attribute set. Cannot print 'period' field." >&2; exit 255;; esac\nprintf 'a 1/1 1.000000: cycles: \\n\\t 1 f (/a)\\n\\n'`,
    );
    expect((await ingest(segment)).samples.timeMs).toHaveLength(1);
  });

  test('gets no shell text from names, and a home of its own', async () => {
    installPerf(
      `printf 'a 1/1 1.000000: cycles: \\n\\t 1 %s (%s)\\n\\n' "$HOME" "$DEBUGINFOD_URLS$PERF_CONFIG"`,
    );
    const profile = await ingest(segment);
    expect([profile.frames.name[0], profile.frames.module[0]]).toEqual([workDirectory, '/dev/null']);
  });

  test('leaves nothing in the work folder', () => {
    expect(readdirSync(workDirectory)).toEqual([]);
  });
});

function isRunning(pidFile: string): boolean {
  try {
    process.kill(Number(readFileSync(pidFile, 'utf8')), 0);
    return true;
  } catch {
    return false;
  }
}

test('text in an archive keeps its names, and has those it lacks from the map', async () => {
  const text =
    'a 11 1.000000: cycles:\n\t 105 [unknown] (/tmp/perf-11.map)\n\t 105 known (/tmp/perf-11.map)\n\t 305 [unknown] (/tmp/perf-11.map)\n\n';
  const files = [
    { name: 'tmp/a.perf.txt', path: writeRecording(text), bytes: 1 },
    { name: 'tmp/perf-11.map', path: writeRecording('100 10 mapped\n'), bytes: 1 },
  ];
  const profile = await ingestFiles(files, { limits, workDirectory });
  expect(describeSamples(profile)).toEqual(['@0 a/11 [unknown]_[?];known_[j];mapped_[j]']);
});
