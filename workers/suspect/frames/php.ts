import { anatomy, type Runtime } from './frame-anatomy.ts';
import { baseName, categorizeFile } from './paths.ts';

/** phpspy: `Acme\Shop\Cart::total /app/Cart.php:42`, where the line is the running one and not the definition's. */
const phpspy = /^(\S+) (\/.*\.php|<internal>):-?\d+$/s;
/** Its collapsed form leaves the file out; then a namespace alone tells PHP from C++. */
const namespaced = /^[\p{L}_][\p{L}\p{N}_]*(?:\\[\p{L}\p{N}_{}]+)+(?:::[\p{L}\p{N}_{}]+)?$/u;
/** What the JIT of PHP 8 writes into a perf map; methods have no frame of their own there. */
const stub = /^JIT\$\$/;

export const php: Runtime = {
  name: 'php',
  read({ name, file }) {
    if (stub.test(name)) return anatomy({ category: 'runtime', language: 'php', name });
    const named = phpspy.exec(name);
    if (named === null && !namespaced.test(name) && !file.endsWith('.php')) return null;
    const path = named?.[2] ?? file;
    const isInternal = path === '<internal>';
    const recorded = named?.[1] ?? name;
    const [owner = '', method] = recorded.includes('::') ? recorded.split('::') : ['', recorded];
    const qualified = owner === '' ? method! : owner;
    const namespace = qualified.slice(0, Math.max(0, qualified.lastIndexOf('\\')));
    const className = owner.slice(owner.lastIndexOf('\\') + 1);
    const functionName = method!.slice(method!.lastIndexOf('\\') + 1);
    const shown = className === '' ? functionName : `${className}::${functionName}`;
    const isNameless = /^[<{]/.test(functionName);
    return anatomy({
      category: isInternal ? 'runtime' : (categorizeFile(path) ?? 'own'),
      language: 'php',
      name: isNameless && path !== '' && !isInternal ? `${shown} ${baseName(path)}` : shown,
      package: namespace,
      class: className,
      function: isNameless ? '' : functionName,
      file: isInternal ? '' : path,
    });
  },
};
