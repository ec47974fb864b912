import type { ReadProgress, Terminal } from './terminal-command.ts';

const mebibyte = 1024 * 1024;

/** A progress bar on stderr while a file is read, on a terminal only. */
export async function withProgress<Result>(
  { stderr }: Terminal,
  label: string,
  read: (onProgress: ReadProgress) => Promise<Result>,
): Promise<Result> {
  if (stderr.isTTY !== true) return await read(() => {});
  const { Presets, SingleBar } = await import('cli-progress');
  const bar = new SingleBar(
    {
      format: `${label} {bar} {value} of {total} MiB`,
      stream: stderr,
      clearOnComplete: true,
      hideCursor: true,
      // Short work is over before anybody could read a bar.
      fps: 4,
    },
    Presets.shades_classic,
  );
  let started = false;
  try {
    return await read((doneBytes, totalBytes) => {
      const total = Math.ceil((totalBytes ?? doneBytes) / mebibyte);
      if (!started) bar.start(total, 0);
      started = true;
      bar.setTotal(total);
      bar.update(Math.floor(doneBytes / mebibyte));
    });
  } finally {
    if (started) bar.stop();
  }
}
