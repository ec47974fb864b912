import { FrameKind } from '../../../storage/profile/profile.ts';
import { anatomy, type Runtime } from './frame-anatomy.ts';

/** What the kernel was asked to do, from its function names; the first that fits the innermost frame wins. */
const activities: readonly [RegExp, string][] = [
  [/page_fault|handle_mm|do_anonymous|clear_page|do_madvise|tlb_|flush_tlb|mmap|munmap|exc_page/, 'memory'],
  [/futex|mutex|rwsem|osq_lock/, 'locks'],
  [/tcp_|udp_|inet_|sock_|skb|net_rx|napi|ip_(local|queue|output|rcv)|__dev_|sk_/, 'network'],
  [/vfs_|ext4|xfs_|btrfs|blk_|bio_|nvme|ksys_(read|write)|filemap|page_cache|openat|fdget/, 'files'],
  [/schedule|context_switch|finish_task|try_to_wake|nanosleep|epoll|poll_/, 'scheduling'],
];

export const kernel: Runtime = {
  name: 'kernel',
  read({ name, module, kind }) {
    if (kind !== FrameKind.Kernel && !isKernelModule(module)) return null;
    const plain = name.replace(/\.(cold|isra|part|constprop)(\.\d+)*/g, '');
    return anatomy({
      category: 'kernel',
      language: 'kernel',
      name: plain,
      package: activities.find(([pattern]) => pattern.test(plain))?.[1] ?? '',
      function: plain,
    });
  },
};

function isKernelModule(module: string): boolean {
  return /^\[(kernel|guest\.kernel)|(^|\/)vmlinux([-.]|$)|^bpf_prog_|\/lib\/modules\/.*\.ko/.test(module);
}
