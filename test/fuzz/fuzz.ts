// Reads mutations of real recordings: none may crash, hang, take all memory, or give what does not hang together.
import { mkdirSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { fuzzFormat } from './fuzz-format.ts';
import { makeInput } from './make-input.ts';
import { type Format, formats, readRecordings } from './recordings.ts';

const { values } = parseArgs({
  options: {
    inputs: { type: 'string', default: '1000' },
    format: { type: 'string' },
    seed: { type: 'string', default: '1' },
  },
});
const inputs = Number(values.inputs);
const seed = Number(values.seed);
const wanted = formats.filter((format) => values.format === undefined || format === values.format);
if (wanted.length === 0)
  throw new Error(`Cannot fuzz "${values.format}": one of ${formats.join(', ')} wanted`);

for (const format of wanted) {
  const recordings = readRecordings(format);
  if (recordings.length === 0) {
    console.log(
      `${format}: skipped, there are no recordings beside the repository, or nothing that reads them`,
    );
    continue;
  }
  const { profileCount, slowestMs, faults } = await fuzzFormat({ format, seed, inputs });
  const sound = `${inputs} inputs, ${profileCount} read, ${inputs - profileCount - faults.length} refused`;
  console.log(`${format}: ${sound}, ${faults.length} faults, slowest ${Math.round(slowestMs)} ms`);
  for (const { number, fault } of faults) {
    console.log(`  ${keep(format, number)}: ${fault}`);
    process.exitCode = 1;
  }
}

function keep(format: Format, number: number): string {
  const folder = join(tmpdir(), 'avalanche-fuzz-faults');
  const path = join(folder, `${format}-${seed}-${number}`);
  mkdirSync(folder, { recursive: true });
  writeFileSync(path, makeInput(readRecordings(format), seed, number));
  return path;
}
