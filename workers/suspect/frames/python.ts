import { anatomy, type FrameAnatomy, type Runtime } from './frame-anatomy.ts';
import { baseName, categorizeFile } from './paths.ts';

/** CPython 3.12+ perf trampoline: `py::Cart.total.<locals>.inner:/app/shop/cart.py`. */
const trampoline = /^py::([^:]*):(.*)$/s;
/** py-spy: `total (shop/cart.py:12)`, where the line is the running one and not the definition's. */
const pySpy = /^(.+) \(([^()]+\.py)(?::\d+)?\)$/s;

/** Modules of the standard library, as of Python 3.13: py-spy shows their files without the folder they lie in. */
const standardLibrary = new Set(
  `abc argparse array ast asyncio atexit base64 bdb binascii bisect builtins bz2 cProfile calendar cmath
  cmd code codecs codeop collections colorsys compileall concurrent configparser contextlib contextvars
  copy copyreg csv ctypes curses dataclasses datetime dbm decimal difflib dis doctest email encodings
  ensurepip enum errno faulthandler fcntl filecmp fileinput fnmatch fractions ftplib functools gc
  genericpath getopt getpass gettext glob graphlib grp gzip hashlib heapq hmac html http imaplib importlib
  inspect io ipaddress itertools json keyword linecache locale logging lzma mailbox marshal math mimetypes
  mmap modulefinder msvcrt multiprocessing netrc nt ntpath nturl2path numbers opcode operator optparse os
  pathlib pdb pickle pickletools pkgutil platform plistlib poplib posix posixpath pprint profile pstats
  pty pwd py_compile pyclbr pydoc pydoc_data pyexpat queue quopri random re readline reprlib resource
  rlcompleter runpy sched secrets select selectors shelve shlex shutil signal site smtplib socket
  socketserver sqlite3 sre_compile sre_constants sre_parse ssl stat statistics string stringprep struct
  subprocess symtable sys sysconfig syslog tabnanny tarfile tempfile termios textwrap threading time
  timeit tkinter token tokenize tomllib trace traceback tracemalloc tty types typing unicodedata unittest
  urllib uuid venv warnings wave weakref webbrowser winreg winsound wsgiref xml xmlrpc zipapp zipfile
  zipimport zlib zoneinfo`.split(/\s+/),
);

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
    category: categorizeFile(file) ?? (isStandardLibrary(file) ? 'runtime' : 'own'),
    language: 'python',
    name: shown.startsWith('<') ? `${shown} ${baseName(file)}` : shown,
    class: definition.slice(0, -1).join('.'),
    function: definition.at(-1) ?? '',
    file,
  });
}

/** `json/encoder.py`, `random.py`: a path that begins with a module of the standard library. */
function isStandardLibrary(file: string): boolean {
  return standardLibrary.has(file.split('/')[0]!.replace(/\.py$/, ''));
}
