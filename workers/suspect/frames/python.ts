import { anatomy, type FrameAnatomy, type Runtime } from './frame-anatomy.ts';
import { baseName, categorizeFile } from './paths.ts';

/** CPython 3.12+ perf trampoline: `py::Cart.total.<locals>.inner:/app/shop/cart.py`. */
const trampoline = /^py::([^:]*):(.*)$/s;
/** py-spy: `total (shop/cart.py:12)`, where the line is the running one and not the definition's. */
const pySpy = /^(.+) \(([^()]+\.py)(?::\d+)?\)$/s;

export const python: Runtime = {
  name: 'python',
  read({ name, file }) {
    const named = trampoline.exec(name) ?? pySpy.exec(name);
    if (named !== null) return readQualifiedName(named[1]!, named[2]!);
    if (file.endsWith('.py') || file.startsWith('<frozen')) return readQualifiedName(name, file);
    return null;
  },
};

/** Code without a name of its own (`<lambda>`, `<genexpr>`) belongs to the function around it. */
function readQualifiedName(qualifiedName: string, file: string): FrameAnatomy {
  const scopes = qualifiedName.split('.<locals>.');
  while (scopes.length > 1 && scopes.at(-1)!.startsWith('<')) scopes.pop();
  const definition = scopes
    .at(-1)!
    .split('.')
    .filter((part) => !part.startsWith('<'));
  const shown = qualifiedName.replaceAll('.<locals>.', '.');
  return anatomy({
    category: categorizeFile(file) ?? 'own',
    language: 'python',
    name: shown.startsWith('<') ? `${shown} ${baseName(file)}` : shown,
    class: definition.slice(0, -1).join('.'),
    function: definition.at(-1) ?? '',
    file,
  });
}
