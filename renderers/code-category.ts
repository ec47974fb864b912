/** What kind of code a frame is, for its colour: the app's own, a library, the language's runtime, the kernel. */
export const codeCategories = ['own', 'library', 'runtime', 'kernel', 'unknown'] as const;
export type CodeCategory = (typeof codeCategories)[number];

/** In legend and text. */
export const categoryLabels: Record<CodeCategory, string> = {
  own: 'own code',
  library: 'libraries',
  runtime: 'runtime',
  kernel: 'kernel',
  unknown: 'unknown',
};
