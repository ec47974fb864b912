import { expect, test } from 'vitest';
import { fuzzFormat } from './fuzz-format.ts';
import { formats, readRecordings, slowFormats } from './recordings.ts';

test.for(formats)(
  'mutations of real %s recordings never crash, hang or fall apart',
  async (format, { skip }) => {
    if (readRecordings(format).length === 0)
      skip('there are no recordings beside the repository, or nothing that reads them');
    const { faults, profileCount } = await fuzzFormat({
      format,
      seed: 1,
      inputs: slowFormats.has(format) ? 50 : 1_000,
    });
    expect(faults).toEqual([]);
    expect(profileCount).toBeGreaterThan(0);
  },
);
