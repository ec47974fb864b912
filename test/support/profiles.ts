import { buildCallTree, type CallTree } from '../../storage/profile/call-tree.ts';
import { FrameKind, NO_STACK, type Profile } from '../../storage/profile/profile.ts';
import { ProfileBuilder } from '../../storage/profile/profile-builder.ts';

/**
 * A profile written as folded stacks, one a line, so that a test looks like its subject. A line may begin
 * with `@1500` (milliseconds), with `comm/tid:` or `comm@pod/tid:`; frames ending in `_[k]`, `_[j]` have that kind.
 *
 *     @0 java/7: main;handle;parse 3
 */
export function profileOf(folded: string): Profile {
  const lines = folded
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '');
  const hasTimes = lines.every((line) => line.startsWith('@'));
  const builder = new ProfileBuilder({ format: 'folded' });
  const event = builder.event('samples', 'samples');
  for (const line of lines) {
    const { time, comm, pod, tid, stack, count } =
      /^(?:@(?<time>[\d.]+) +)?(?:(?<comm>[^ ;/@]+)(?:@(?<pod>[^ ;/]+))?\/(?<tid>\d+): +)?(?<stack>.*?) +(?<count>[\d.]+)$/.exec(
        line,
      )?.groups ?? {};
    let row = NO_STACK;
    for (const name of (stack ?? '').split(';').filter((frame) => frame !== '')) {
      row = builder.stack(
        row,
        builder.frame({ name: name.replace(/_\[[kj]\]$/, ''), module: '', kind: kindOf(name) }),
      );
    }
    builder.addSample({
      timeMs: hasTimes ? Number(time) : Number.NaN,
      thread: builder.thread({ pod: pod ?? '', pid: 1, tid: Number(tid ?? 1), comm: comm ?? 'app' }),
      stack: row,
      event,
      count: Number(count),
      weight: Number(count),
    });
  }
  return builder.finish();
}

function kindOf(name: string): FrameKind {
  if (name.endsWith('_[k]')) return FrameKind.Kernel;
  if (name.endsWith('_[j]')) return FrameKind.Jit;
  return name === '[unknown]' ? FrameKind.Unknown : FrameKind.Native;
}

/** A call tree as indented lines, callees in order of total, then of name. */
export function formatTree(tree: CallTree, row = 0, depth = 0): string[] {
  const callees: number[] = [];
  tree.parent.forEach((parent, callee) => {
    if (parent === row) callees.push(callee);
  });
  callees.sort((a, b) => tree.total[b]! - tree.total[a]! || tree.name(a).localeCompare(tree.name(b)));
  const line = `${'  '.repeat(depth)}${tree.name(row)} total ${tree.total[row]} self ${tree.self[row]}`;
  return [line, ...callees.flatMap((callee) => formatTree(tree, callee, depth + 1))];
}

/** The tree of a whole profile as lines. */
export function treeOf(profile: Profile): string[] {
  return formatTree(buildCallTree(profile));
}
