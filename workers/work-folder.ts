import { mkdir, mkdtemp, readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { isLeftBehind } from '../storage/left-behind.ts';

/** Folders for one job each, below one that names the process, so that the next one can tell what was left behind. */
const parentFolder = 'captures';

/** Runs `use` with an empty folder of its own, which is gone afterwards however it ends. */
export async function withWorkFolder<Result>(
  workDirectory: string,
  use: (folder: string) => Promise<Result>,
): Promise<Result> {
  const parent = join(workDirectory, parentFolder, String(process.pid));
  await mkdir(parent, { recursive: true, mode: 0o700 });
  const folder = await mkdtemp(join(parent, 'job-'));
  try {
    return await use(folder);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** Removes what processes left that were killed in the middle of a job. */
export async function removeAbandonedWork(workDirectory: string): Promise<void> {
  const parent = join(workDirectory, parentFolder);
  for (const name of await readdir(parent).catch(() => [])) {
    const folder = join(parent, name);
    if (await isLeftBehind(folder, Number(name))) await rm(folder, { recursive: true, force: true });
  }
}
