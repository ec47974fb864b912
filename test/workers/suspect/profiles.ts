import { FrameKind, NO_STACK, type Profile } from '../../../storage/profile/profile.ts';
import { ProfileBuilder } from '../../../storage/profile/profile-builder.ts';

const modules: Record<string, string> = {
  libc: '/usr/lib/x86_64-linux-gnu/libc.so.6',
  jvm: '/usr/lib/jvm/java-17/lib/server/libjvm.so',
  kernel: '[kernel.kallsyms]',
  zlib: '/usr/lib/x86_64-linux-gnu/libz.so.1',
  unknown: '[unknown]',
};

/**
 * A profile out of folded text. Frames are the app's own; `libc:`, `jvm:`, `zlib:` and `kernel:` before a name make
 * it another's, and `unknown:` one without a name. `comm` names the thread: `comm|main;handle 3`.
 */
export function profileOf(
  folded: string,
  { rateHz = null as number | null, event = 'cpu-clock' } = {},
): Profile {
  const builder = new ProfileBuilder({ format: 'perf-script', rateHz });
  let timeMs = 0;
  for (const line of folded.split('\n').map((text) => text.trim())) {
    const match = /^(?:([^|;]*)\|)?(.*) (\d+)$/s.exec(line);
    if (match === null) continue;
    const thread = builder.thread({ pod: '', pid: 1, tid: 1, comm: match[1] ?? 'shop' });
    let stack = NO_STACK;
    for (const text of match[2]!.split(';')) {
      const [, prefix = '', name = ''] = /^(?:(libc|jvm|zlib|kernel|unknown):)?(.*)$/s.exec(text)!;
      const kind =
        prefix === 'kernel' ? FrameKind.Kernel : prefix === 'unknown' ? FrameKind.Unknown : FrameKind.Native;
      const module = modules[prefix] ?? '/srv/app/shop';
      stack = builder.stack(
        stack,
        builder.frame({ name: prefix === 'unknown' ? '[unknown]' : name, module, kind }),
      );
    }
    for (let sample = 0; sample < Number(match[3]); sample++) {
      builder.addSample({
        timeMs: timeMs++,
        thread,
        stack,
        event: builder.event(event, 'samples'),
        count: 1,
        weight: 1,
      });
    }
  }
  return builder.finish();
}
