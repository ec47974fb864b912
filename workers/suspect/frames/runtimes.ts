import { dotnet } from './dotnet.ts';
import type { Runtime } from './frame-anatomy.ts';
import { go } from './go.ts';
import { java } from './java.ts';
import { kernel } from './kernel.ts';
import { native } from './native.ts';
import { node } from './node.ts';
import { php } from './php.ts';
import { python } from './python.ts';
import { ruby } from './ruby.ts';

/** The first that knows a frame takes it apart. A new runtime is one file and one line here, before `native`. */
export const runtimes: readonly Runtime[] = [kernel, node, python, ruby, php, dotnet, go, java, native];
