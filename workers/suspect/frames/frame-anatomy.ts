import type { CodeCategory } from '../../../renderers/code-category.ts';
import type { FrameKind } from '../../../storage/profile/profile.ts';

/** A frame taken apart: whose code it is and where to look for it. Fields that do not apply are '' (line: 0). */
export type FrameAnatomy = {
  category: CodeCategory;
  /** 'javascript', 'java', 'python', 'ruby', 'php', 'csharp', 'go', 'rust', 'c', 'kernel', or '' when it cannot be told. */
  language: string;
  /** As people write it: `Cart.total`, `applyDiscounts`; compiler tiers, offsets and signatures gone. */
  name: string;
  package: string;
  /** The type a method belongs to, inner types after a dot. */
  class: string;
  /** The function to search for: of a closure without a name, the function around it. '' when there is none. */
  function: string;
  /** Path as recorded, without a scheme. */
  file: string;
  /** Line of the definition in `file`, where the recording knows it. */
  line: number;
};

/** A frame as the recording has it. */
export type RecordedFrame = {
  name: string;
  /** The module; for inlined code the module it was compiled into. */
  module: string;
  kind: FrameKind;
  file: string;
  line: number;
};

/** What the frames of a recording say about each other. */
export type Surroundings = {
  /** Modules that hold Go code: only there `pkg.Func` is a Go name. */
  goModules: ReadonlySet<string>;
  /** Modules that hold Rust code. */
  rustModules: ReadonlySet<string>;
  /** 'cpuprofile': frames without a file are V8's own. */
  format: string;
};

/** One language runtime: takes its own frames apart and leaves those of others alone. */
export type Runtime = {
  name: string;
  /** @returns null when the frame is not of this runtime */
  read(frame: RecordedFrame, surroundings: Surroundings): FrameAnatomy | null;
};

/** An anatomy with everything but the given fields empty. */
export function anatomy(
  known: Pick<FrameAnatomy, 'category' | 'language' | 'name'> & Partial<FrameAnatomy>,
): FrameAnatomy {
  return { package: '', class: '', function: '', file: '', line: 0, ...known };
}
