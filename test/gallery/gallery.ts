import { globSync } from 'node:fs';
import { mkdir, rm, writeFile } from 'node:fs/promises';
import { join, relative } from 'node:path';
import { parseArgs } from 'node:util';
import { limitsSchema } from '../../storage/config.ts';
import { AvalancheError } from '../../storage/errors.ts';
import { createFileTools } from '../../workers/file-tools.ts';
import { type Exhibit, writeGalleryPage } from './gallery-page.ts';

/**
 * `npm run gallery [-- PATTERN] [--dark]`: draws every picture of every recording there is, and lays them side by side on
 * one page for a person to judge. Nothing is compared: that is the work of the goldens.
 */
const views = ['flame-graph', 'icicle', 'heatmap', 'timeline', 'top'] as const;
const root = join(import.meta.dirname, '../..');
const folder = join(root, 'test/output/gallery');
const patterns = [
  '../shared/data/{own,perf,perfdata,folded,pprof,cpuprofile,speedscope,trace,jfr}/*',
  'test/data/{own,otlp}/*.gz',
];

const { positionals, values } = parseArgs({
  allowPositionals: true,
  options: { dark: { type: 'boolean', default: false } },
});
const look = { kind: 'png', theme: values.dark ? 'dark' : 'light' } as const;
const wanted = new RegExp(positionals[0] ?? '', 'i');
const recordings = globSync(patterns, { cwd: root })
  .filter((path) => wanted.test(path))
  .sort();
const tools = createFileTools(limitsSchema.parse({}));
const reading = { signal: new AbortController().signal, terminalDirectory: root };

await rm(folder, { recursive: true, force: true });
await mkdir(folder, { recursive: true });
const exhibits: Exhibit[] = [];
for (const [index, path] of recordings.entries()) {
  process.stderr.write(`${index + 1}/${recordings.length} ${path}\n`);
  exhibits.push(await exhibit(path, `${index + 1}`));
}
await writeFile(join(folder, 'index.html'), writeGalleryPage(exhibits));
const failed = exhibits.flatMap(({ pictures }) => pictures.filter(({ file }) => file === null));
const drawn = exhibits.reduce((sum, { pictures }) => sum + pictures.length, 0) - failed.length;
process.stdout.write(
  `${exhibits.length} recordings, ${drawn} pictures, ${failed.length} that cannot be drawn: ${join(folder, 'index.html')}\n`,
);

async function exhibit(path: string, number: string): Promise<Exhibit> {
  const title = relative('../shared/data', path);
  const kinds = {
    ...Object.fromEntries(
      views.map((view) => [view, () => tools.render([path], { title, view, look }, reading)]),
    ),
    'last third against the rest': async () => {
      const { durationMs } = await tools.info(path, reading);
      const fromMs = ((durationMs ?? 0) * 2) / 3;
      const settings = { by: 'samples', look, fromMs } as const;
      return (await tools.diff({ before: null, after: path }, settings, reading)).picture!;
    },
  };
  const pictures: Exhibit['pictures'] = [];
  for (const [kind, draw] of Object.entries(kinds)) {
    const file = `${number}-${kind.replaceAll(' ', '-')}.png`;
    try {
      const { bytes, altText } = await draw();
      await writeFile(join(folder, file), bytes);
      pictures.push({ kind, file, text: altText });
    } catch (error) {
      // That a recording has no times, or is none, is for the page to say; anything else is a bug.
      if (!(error instanceof AvalancheError)) throw error;
      pictures.push({ kind, file: null, text: error.message });
    }
  }
  return { title, pictures };
}
