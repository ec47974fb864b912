import type { Runtime } from './frame-anatomy.ts';
import { go } from './go.ts';
import { java } from './java.ts';
import { kernel } from './kernel.ts';
import { native } from './native.ts';
import { node } from './node.ts';
import { python } from './python.ts';

/** The first that knows a frame takes it apart. A new runtime is one file and one line here, before `native`. */
export const runtimes: readonly Runtime[] = [kernel, node, python, go, java, native];
