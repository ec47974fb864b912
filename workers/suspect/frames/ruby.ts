import { anatomy, type FrameAnatomy, type Runtime } from './frame-anatomy.ts';
import { baseName, categorizeFile } from './paths.ts';

/** rbspy: `total - /app/cart.rb:12`, where the line is the running one and not the definition's. */
const rbspy = /^(.+) - (.+\.rb)(?::\d+)?$/s;
/** What rbspy shows of methods written in C: `sleep [c function] - (unknown):0`. */
const cFunction = /^(.+) \[c function\] - /;
/** `block (2 levels) in total`, `rescue in total`: what stands in a method belongs to it. */
const inside = /^(?:block|rescue|ensure)(?: \(\d+ levels\))? in /;

export const ruby: Runtime = {
  name: 'ruby',
  read({ name, file, line }) {
    const native = cFunction.exec(name);
    if (native !== null) return anatomy({ category: 'runtime', language: 'ruby', name: native[1]! });
    const named = rbspy.exec(name);
    if (named !== null) return readMethod(named[1]!, named[2]!, 0);
    return file.endsWith('.rb') || file.startsWith('<internal:') ? readMethod(name, file, line) : null;
  },
};

/** `Shop::Cart#total`, `Cart.build`; before Ruby 3.4 often `total` alone; `<main>` and `<class:Cart>` are no methods. */
function readMethod(recorded: string, file: string, line: number): FrameAnatomy {
  const plain = recorded.replace(inside, '');
  const method = /^(?:([\p{L}\p{N}_:]+)[#.])?([\p{L}\p{N}_]+[?!=]?)$/u.exec(plain);
  return anatomy({
    category:
      file.startsWith('<internal:') || /\/lib\/ruby\/\d/.test(file.replace(/\/gems\/.*/, ''))
        ? (categorizeFile(file) ?? 'runtime')
        : (categorizeFile(file) ?? 'own'),
    language: 'ruby',
    name: plain.startsWith('<') ? `${plain} ${baseName(file)}` : plain,
    class: method?.[1]?.split('::').at(-1) ?? '',
    function: method?.[2] ?? '',
    file,
    line,
  });
}
