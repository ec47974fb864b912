/** Of a configuration that names none; a file of its own for who reads recordings without a configuration. */
export const defaultLimits = {
  archiveBytes: 1024 ** 3,
  unpackedBytes: 4 * 1024 ** 3,
  archiveEntries: 2_000,
  /** Unpacked bytes for each packed one, beyond the first MiB; zstd makes 257 of the deep stacks of a CPython. */
  compressionRatio: 400,
  perfScriptMs: 120_000,
  perfScriptMemoryBytes: 2 * 1024 ** 3,
  /** Of the heap of a reading thread; the columns of samples lie beside it, and `sampleCount` bounds them. */
  readingMemoryBytes: 1024 ** 3,
  sampleCount: 20_000_000,
  stackDepth: 20_000,
  frameNameBytes: 1024 ** 2,
  pods: 20,
  /** Recorded on demand, in all environments together; each has a budget of its own beside it. */
  recordedMsPerHour: 14_400_000,
};
