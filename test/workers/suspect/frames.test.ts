import { describe, expect, test } from 'vitest';
import { FrameKind, NO_STACK } from '../../../storage/profile/profile.ts';
import { ProfileBuilder } from '../../../storage/profile/profile-builder.ts';
import { type FrameAnatomy, nameFrames, type OwnCode } from '../../../workers/suspect/frames/name-frames.ts';

type Raw = { name: string; module?: string; kind?: number; file?: string; line?: number };

function takeApart(raws: Raw[], application: OwnCode | null = null, format = 'perf-script'): FrameAnatomy[] {
  const builder = new ProfileBuilder({ format });
  const rows = raws.map(({ name, module = '', kind = FrameKind.Native, file = '', line = 0 }) =>
    builder.frame({ name, module, kind: kind as FrameKind, file, line }),
  );
  const thread = builder.thread({ pod: '', pid: 1, tid: 1, comm: 'app' });
  const event = builder.event('cpu-clock', 'samples');
  for (const row of rows) {
    builder.addSample({ timeMs: 0, thread, stack: builder.stack(NO_STACK, row), event, count: 1, weight: 1 });
  }
  return nameFrames(builder.finish(), application).anatomy;
}

/** `category language name`, the part of an anatomy that people see. */
function show({ category, language, name }: FrameAnatomy): string {
  return [category, language, name].join(' ');
}

const jit = FrameKind.Jit;
const map = '/tmp/perf-14.map';
const node = '/srv/node/node';
const jvm = '/usr/lib/jvm/java-17-openjdk-amd64/lib/server/libjvm.so';
const python = '/srv/py/lib/libpython3.13.so.1.0';
const gateway = '/srv/app/gateway';
const kernelModule = '[kernel.kallsyms]';

/** Names as real recordings have them, and what becomes of them. */
const realFrames: [string, Raw, string][] = [
  [
    'rbspy, with the running line',
    { name: 'total - /app/lib/cart.rb:12', kind: FrameKind.Script },
    'own ruby total',
  ],
  [
    'rbspy, a block in a method',
    { name: 'block (2 levels) in total - /app/lib/cart.rb:14', kind: FrameKind.Script },
    'own ruby total',
  ],
  [
    'rbspy, a gem',
    { name: 'call - /usr/local/bundle/gems/rack-3.1.8/lib/rack/head.rb:15', kind: FrameKind.Script },
    'library ruby call',
  ],
  [
    'rbspy, the standard library',
    { name: 'each - /usr/local/lib/ruby/3.3.0/set.rb:501', kind: FrameKind.Script },
    'runtime ruby each',
  ],
  ['rbspy, written in C', { name: 'sleep [c function] - (unknown):0' }, 'runtime ruby sleep'],
  [
    'Ruby 3.4 by an eBPF profiler',
    { name: 'Shop::Cart#total', kind: FrameKind.Script, file: '/app/lib/cart.rb', line: 12 },
    'own ruby Shop::Cart#total',
  ],
  ['phpspy', { name: 'Acme\\Shop\\Cart::total /app/src/Cart.php:42' }, 'own php Cart::total'],
  ['phpspy, collapsed', { name: 'Acme\\Shop\\Cart::total' }, 'own php Cart::total'],
  ['phpspy, a function', { name: 'Acme\\Shop\\total_of' }, 'own php total_of'],
  ['phpspy, a closure', { name: 'Acme\\Shop\\{closure} /app/src/Cart.php:50' }, 'own php {closure} Cart.php'],
  ['phpspy, the script', { name: '<main> /app/public/index.php:3' }, 'own php <main> index.php'],
  ['phpspy, built in', { name: 'array_map <internal>:-1' }, 'runtime php array_map'],
  [
    'phpspy, a library',
    { name: 'GuzzleHttp\\Client::send /app/vendor/guzzlehttp/guzzle/src/Client.php:120' },
    'library php Client::send',
  ],
  [
    'PHP 8 with its JIT',
    { name: 'JIT$$hybrid_runtime_jit', kind: jit, module: map },
    'runtime php JIT$$hybrid_runtime_jit',
  ],
  [
    '.NET, a method',
    { name: 'instance int32 [Shop] Acme.Shop.Cart::Total(int32)[OptimizedTier1]', kind: jit, module: map },
    'own csharp Cart.Total',
  ],
  [
    '.NET, an inner generic type',
    {
      name: 'instance void [Shop] Acme.Shop.Cart+Line`1[System.__Canon]::Add(!0)[Tier0]',
      kind: jit,
      module: map,
    },
    'own csharp Cart.Line.Add',
  ],
  [
    '.NET, an async method',
    {
      name: 'instance void [Shop] Acme.Shop.Orders+<PlaceAsync>d__5::MoveNext()[QuickJitted]',
      kind: jit,
      module: map,
    },
    'own csharp Orders.PlaceAsync',
  ],
  [
    '.NET, a lambda',
    {
      name: 'instance bool [Shop] Acme.Shop.Orders+<>c__DisplayClass3_0::<Find>b__0(class Acme.Shop.Order)[OptimizedTier1]',
      kind: jit,
      module: map,
    },
    'own csharp Orders.Find',
  ],
  [
    '.NET, a local function',
    { name: 'void [Shop] Acme.Shop.Orders::<Run>g__Step|3_0(int32)[OptimizedTier1]', kind: jit, module: map },
    'own csharp Orders.Run',
  ],
  [
    '.NET, a constructor',
    { name: 'instance void [Shop] Acme.Shop.Cart::.ctor()[Tier0]', kind: jit, module: map },
    'own csharp Cart.Cart',
  ],
  [
    '.NET, its own library',
    {
      name: 'void [System.Private.CoreLib] System.Threading.Thread::StartCallback()[PreJIT]',
      kind: jit,
      module: map,
    },
    'runtime csharp Thread.StartCallback',
  ],
  [
    '.NET, a package',
    {
      name: 'instance string [Newtonsoft.Json] Newtonsoft.Json.JsonConvert::SerializeObject(object)[OptimizedTier1]',
      kind: jit,
      module: map,
    },
    'library csharp JsonConvert.SerializeObject',
  ],
  [
    '.NET, a stub',
    { name: 'stub<12> AllocateTemporaryEntryPoints<PRECODE_STUB>', kind: jit, module: map },
    'runtime csharp stub<12> AllocateTemporaryEntryPoints<PRECODE_STUB>',
  ],
  [
    'Node 26, optimised',
    { name: "JS:*'handle file:///srv/app/server.mjs:8:86", module: map, kind: jit },
    'own javascript handle',
  ],
  [
    'Node 26, middle tier',
    { name: "JS:+'loop file:///srv/app/server.mjs:11:131", module: map, kind: jit },
    'own javascript loop',
  ],
  [
    'Node 26, replaced on the stack',
    { name: 'JS:o*compress file:///srv/app/server.mjs:12:24', module: map, kind: jit },
    'own javascript compress',
  ],
  [
    'Node 26, without a name',
    { name: 'JS:* file:///srv/app/server.mjs:9:72', module: map, kind: jit },
    'own javascript (anonymous server.mjs:9)',
  ],
  [
    'Node internals',
    { name: 'JS:^zlibBufferSync node:zlib:181:24', module: map, kind: jit },
    'runtime javascript zlibBufferSync',
  ],
  [
    'Node regular expression',
    { name: "RegExp.< src: '^\\/orders\\/(\\d+)$' flags: ''", module: map, kind: jit },
    "runtime javascript RegExp.< src: '^\\/orders\\/(\\d+)$' flags: ''",
  ],
  ['Node builtin', { name: 'Builtins_JSEntry', module: node }, 'runtime javascript JSEntry'],
  [
    'V8 itself',
    { name: 'v8::internal::JsonParser<unsigned char>::ParseJsonObject', module: node },
    'runtime javascript v8::internal::JsonParser<unsigned char>::ParseJsonObject',
  ],
  ['code linked into node', { name: 'deflate_slow', module: node }, 'runtime c deflate_slow'],
  [
    'Node 16',
    {
      name: 'LazyCompile:*Async$consumeFunctionBuffer /apps/node/webapp/node_modules/xxxxx/js/main/async.js:39',
      module: map,
      kind: jit,
    },
    'library javascript Async$consumeFunctionBuffer',
  ],
  [
    'Node 0.12 internals',
    { name: 'LazyCompile:~Readable.push _stream_readable.js:114', module: map, kind: jit },
    'runtime javascript Readable.push',
  ],
  [
    'Node 0.12 natives',
    { name: 'LazyCompile:~defineProperties native v8natives.js:857', module: map, kind: jit },
    'runtime javascript defineProperties',
  ],
  [
    'evaluated code',
    { name: 'LazyCompile:~body_0 evalmachine.<anonymous>:1', module: map, kind: jit },
    'unknown javascript body_0',
  ],
  [
    'Node 12, interpreted',
    { name: 'InterpretedFunction:total /srv/app/cart.js:12', module: map, kind: jit },
    'own javascript total',
  ],
  [
    'an accessor',
    { name: 'JS:~get size file:///srv/app/cart.mjs:4:7', module: map, kind: jit },
    'own javascript get size',
  ],
  [
    'JDK 17',
    { name: 'java.math.BigDecimal Checkout.recomputeDiscounts(int)', module: map, kind: jit },
    'own java Checkout.recomputeDiscounts',
  ],
  [
    'a lambda',
    { name: 'void Checkout.lambda$main$3(int)', module: map, kind: jit },
    'own java Checkout.main (lambda)',
  ],
  [
    'a lambda class',
    {
      name: 'java.lang.Object Checkout$$Lambda$10/0x00007fd838003908.apply(java.lang.Object)',
      module: map,
      kind: jit,
    },
    'runtime java Checkout.apply',
  ],
  [
    'an inner class',
    { name: 'double com.acme.shop.Shop$Cart.total(int)', module: map, kind: jit },
    'own java Shop.Cart.total',
  ],
  [
    'a constructor',
    { name: 'void java.math.BigInteger.<init>(int[], int)', module: map, kind: jit },
    'runtime java BigInteger.<init>',
  ],
  [
    'the JDK',
    { name: 'void java.util.stream.ReferencePipeline$3$1.accept(java.lang.Object)', module: map, kind: jit },
    'runtime java ReferencePipeline.accept',
  ],
  ['interpreted Java', { name: 'Interpreter', module: map, kind: jit }, 'runtime java Interpreter'],
  ['a JVM stub', { name: 'StubRoutines (1)', module: map, kind: jit }, 'runtime java StubRoutines (1)'],
  [
    'a compiler stub',
    { name: 'counter_overflow Runtime1 stub', module: map, kind: jit },
    'runtime java counter_overflow Runtime1 stub',
  ],
  [
    'the JVM',
    { name: 'PhaseChaitin::Register_Allocate', module: jvm },
    'runtime c PhaseChaitin::Register_Allocate',
  ],
  [
    'perf-map-agent',
    { name: 'Lio/netty/channel/nio/NioEventLoop;::run', module: map, kind: jit },
    'library java NioEventLoop.run',
  ],
  [
    'perf-map-agent, older',
    {
      name: 'Lorg/mozilla/javascript/ScriptableObject$Slot;.getValue(Lorg/mozilla/javascript/Scriptable;)',
      module: map,
      kind: jit,
    },
    'library java ScriptableObject.Slot.getValue',
  ],
  [
    'perf-map-agent, cut off',
    { name: 'Lorg/mozilla/javascript/gen/file__home_js_1_1_0', module: map, kind: jit },
    'library java file__home_js_1_1_0',
  ],
  [
    "an object of Scala's",
    { name: 'void com.acme.Prices$.load(int)', module: map, kind: jit },
    'own java Prices.load',
  ],
  [
    "a function literal of Scala's",
    {
      name: 'java.lang.Object com.acme.Prices$$anonfun$load$1.apply(java.lang.Object)',
      module: map,
      kind: jit,
    },
    'own java Prices.load (lambda)',
  ],
  [
    'py-spy, the standard library',
    { name: 'JSONEncoder.encode (json/encoder.py:200)' },
    'runtime python JSONEncoder.encode',
  ],
  ['py-spy, a module of one name longer', { name: 'load (jsonstore.py:20)' }, 'own python load'],
  ['perf-map-agent, folded', { name: 'com/acme/shop/Cart:::total', kind: jit }, 'own java Cart.total'],
  [
    'async-profiler, simple names',
    { name: 'Socket$SocketInputStream.read', kind: jit },
    'own java Socket.SocketInputStream.read',
  ],
  [
    'Python',
    { name: 'py::Batch.serialise:/srv/app/worker.py', module: '/tmp/jitted-10-442.so', kind: jit },
    'own python Batch.serialise',
  ],
  [
    'a Python generator',
    {
      name: 'py::fraud_score.<locals>.<genexpr>:/srv/app/worker.py',
      module: '/tmp/jitted-10-425.so',
      kind: jit,
    },
    'own python fraud_score.<genexpr>',
  ],
  [
    'a Python module',
    { name: 'py::<module>:/srv/app/worker.py', module: '/tmp/jitted-10-204.so', kind: jit },
    'own python <module> worker.py',
  ],
  [
    'the Python library',
    {
      name: 'py::JSONEncoder.encode:/srv/py/lib/python3.13/json/encoder.py',
      module: '/tmp/jitted-10-444.so',
      kind: jit,
    },
    'runtime python JSONEncoder.encode',
  ],
  [
    'a Python package',
    { name: 'py::get:/venv/lib/python3.13/site-packages/requests/api.py', module: map, kind: jit },
    'library python get',
  ],
  [
    'frozen Python',
    { name: 'py::_find_and_load:<frozen importlib._bootstrap>', module: map, kind: jit },
    'runtime python _find_and_load',
  ],
  [
    'the Python interpreter',
    { name: '_PyEval_EvalFrameDefault', module: python },
    'runtime c _PyEval_EvalFrameDefault',
  ],
  [
    'a Python C module',
    {
      name: 'encoder_listencode_obj',
      module: '/srv/py/lib/python3.13/lib-dynload/_json.cpython-313-x86_64-linux-gnu.so',
    },
    'runtime c encoder_listencode_obj',
  ],
  ['py-spy', { name: 'total (shop/cart.py:12)' }, 'own python total'],
  ['Go main', { name: 'main.signTokens', module: gateway }, 'own go signTokens'],
  ['a Go method', { name: 'main.(*memStore).sorted.func1', module: gateway }, 'own go memStore.sorted.func1'],
  [
    'the Go library',
    { name: 'regexp.(*Regexp).FindAllSubmatch', module: gateway },
    'runtime go regexp.Regexp.FindAllSubmatch',
  ],
  [
    'a Go value method',
    { name: 'encoding/json.structEncoder.encode-fm', module: gateway },
    'runtime go json.structEncoder.encode',
  ],
  ['the Go runtime', { name: 'runtime.goexit.abi0', module: gateway }, 'runtime go runtime.goexit'],
  [
    'a Go module of others',
    { name: 'github.com/google/uuid.NewString', module: gateway },
    'library go uuid.NewString',
  ],
  ['a Go generic', { name: 'shop/pricing.Sum[go.shape.int_0]', module: gateway }, 'own go pricing.Sum'],
  ['C', { name: 'simulate_book', module: '/srv/app/matcher' }, 'own c simulate_book'],
  [
    'C, inlined',
    { name: 'hash_bytes', module: '/srv/app/matcher', kind: FrameKind.Inlined },
    'own c hash_bytes',
  ],
  ['C through the linkage table', { name: 'sin@plt', module: '/srv/app/matcher' }, 'runtime c sin'],
  [
    'the C library',
    { name: '__memcpy_avx512_unaligned_erms', module: '/usr/lib/x86_64-linux-gnu/libc.so.6' },
    'runtime c __memcpy_avx512_unaligned_erms',
  ],
  [
    'the C library, inlined',
    { name: '__fprintf', module: '/srv/app/matcher', kind: FrameKind.Inlined },
    'runtime c __fprintf',
  ],
  [
    'a compiler clone',
    { name: 'price_orders.constprop.0', module: '/srv/app/matcher' },
    'own c price_orders',
  ],
  [
    'C++',
    { name: 'acme::shop::Cart<double, 50>::total', module: '/srv/app/shop' },
    'own c acme::shop::Cart::total',
  ],
  [
    'C++, anonymous namespace',
    { name: 'acme::(anonymous namespace)::hidden(int)', module: '/srv/app/shop' },
    'own c acme::hidden',
  ],
  [
    'the C++ library',
    { name: 'std::function<int (int, int)>::operator()', module: '/home/user/genperf/perf_stacks' },
    'runtime c std::function::operator()',
  ],
  ['C++, mangled', { name: '_ZN4acme4Cart5totalEv', module: '/srv/app/shop' }, 'own c acme::Cart::total'],
  ['Rust', { name: 'main::shop::Cart<T>::sum', module: '/srv/app/shop' }, 'own c main::shop::Cart::sum'],
  [
    'Rust, with its hash',
    { name: 'term::terminfo::TermInfo::from_env::h7aa5bbfa652bcb0d' },
    'own rust term::terminfo::TermInfo::from_env',
  ],
  [
    'Rust, escaped',
    { name: '_$LT$core..result..Result$LT$T$C$$u20$E$GT$$GT$::and_then::h47fa4b8545196b9b' },
    'runtime rust core::result::Result::and_then',
  ],
  ['a Rust closure', { name: 'log::set_logger::{{closure}}::hcb7821323b596727' }, 'own rust log::set_logger'],
  [
    'a Rust trait',
    { name: '<a::Cart<f64> as a::Total>::total', module: '/srv/app/shop' },
    'own c a::Cart::total',
  ],
  [
    'a library of the distribution',
    { name: 'adler32_z', module: '/usr/lib/x86_64-linux-gnu/libz.so.1.2.13' },
    'library c adler32_z',
  ],
  [
    'the kernel',
    { name: 'finish_task_switch.isra.0', module: kernelModule, kind: FrameKind.Kernel },
    'kernel kernel finish_task_switch',
  ],
  [
    'the kernel by its file',
    { name: 'tcp_sendmsg', module: '/lib/modules/4.3.0-rc1-virtual/build/vmlinux' },
    'kernel kernel tcp_sendmsg',
  ],
  [
    'nothing',
    { name: '[unknown]', module: '/tmp/perf-10.map', kind: FrameKind.Unknown },
    'unknown  [unknown]',
  ],
  ['an unknown compiler', { name: 'TRACE_12', module: map, kind: jit }, 'unknown c TRACE_12'],
];

describe('frames of real recordings', () => {
  const goMark: Raw = { name: 'runtime.goexit.abi0', module: gateway };
  test.each(realFrames)('%s', (_, raw, expected) => {
    expect(show(takeApart([raw, goMark])[0]!)).toBe(expected);
  });
});

describe('what is searched for', () => {
  test.each<[string, Raw, Partial<FrameAnatomy>]>([
    [
      'Node: file and line',
      { name: "JS:*'handle file:///srv/a%20b/server.mjs:8:86", module: map, kind: jit },
      { function: 'handle', file: '/srv/a b/server.mjs', line: 8 },
    ],
    [
      'Java: package, class, method',
      { name: 'double com.acme.shop.Shop$Cart.total(int)', module: map, kind: jit },
      { package: 'com.acme.shop', class: 'Shop.Cart', function: 'total' },
    ],
    [
      'Java: a constructor has the name of its class',
      { name: 'void com.acme.Shop$Cart.<init>(int)', module: map, kind: jit },
      { class: 'Shop.Cart', function: 'Cart' },
    ],
    [
      'Go: import path, receiver, method',
      { name: 'github.com/acme/shop/pricing.(*Rules).Apply.func2', module: gateway },
      { package: 'github.com/acme/shop/pricing', class: 'Rules', function: 'Apply' },
    ],
    [
      'Python: the function around a closure',
      { name: 'py::Cart.total.<locals>.<lambda>:/srv/app/cart.py', module: map, kind: jit },
      { class: 'Cart', function: 'total', file: '/srv/app/cart.py' },
    ],
    [
      'Python: a named inner function',
      { name: 'py::Cart.total.<locals>.inner:/srv/app/cart.py', module: map, kind: jit },
      { class: '', function: 'inner' },
    ],
    [
      'C++: namespace, class, function',
      { name: 'acme::shop::Cart<double>::total(int) const', module: '/srv/app/shop' },
      { package: 'acme::shop', class: 'Cart', function: 'total' },
    ],
  ])('%s', (_, raw, expected) => {
    expect(takeApart([raw, { name: 'runtime.goexit.abi0', module: gateway }])[0]).toMatchObject(expected);
  });
});

describe('whose code', () => {
  test('prefixes of the configuration claim what looks like a library, up to a boundary', () => {
    const application = { own: ['org.apache.shop', '/opt/vendor/pricing'] };
    const anatomies = takeApart(
      [
        { name: 'void org.apache.shop.Cart.total()', module: map, kind: jit },
        { name: 'void org.apache.shopping.Cart.total()', module: map, kind: jit },
        { name: 'JS:*f /opt/vendor/pricing/a.js:1:1', module: map, kind: jit },
        { name: 'JS:*f /opt/vendor/other/a.js:1:1', module: map, kind: jit },
      ],
      application,
    );
    expect(anatomies.map(({ category }) => category)).toEqual(['own', 'library', 'own', 'library']);
  });

  test('the root in the container claims what lies in it, but not the packages installed there', () => {
    const repository = {
      url: 'https://code.example/acme/shop.git',
      containerRoot: '/usr/lib/python3/shop',
      sourceRoot: '',
    };
    const anatomies = takeApart(
      [
        { name: 'py::total:/usr/lib/python3/shop/cart.py', module: map, kind: jit },
        { name: 'py::get:/usr/lib/python3/shop/site-packages/requests/api.py', module: map, kind: jit },
        { name: 'total_native', module: '/usr/lib/python3/shop/bin/shop' },
      ],
      { own: [], repository },
    );
    expect(anatomies.map(({ category }) => category)).toEqual(['own', 'library', 'own']);
  });

  test('the repository claims Go packages by its address, however it is written', () => {
    for (const url of [
      'https://github.com/acme/shop.git',
      'git@github.com:acme/shop.git',
      'ssh://git@github.com/acme/shop',
    ]) {
      const repository = { url, containerRoot: '', sourceRoot: '' };
      const raw = { name: 'github.com/acme/shop/pricing.Total', module: gateway };
      expect(
        takeApart([raw, { name: 'runtime.goexit.abi0', module: gateway }], { own: [], repository })[0]!
          .category,
      ).toBe('own');
    }
  });

  test('an interpreter is a runtime even when it lies in the folder of the app', () => {
    const repository = { url: '', containerRoot: '/srv/app', sourceRoot: '' };
    expect(
      takeApart([{ name: 'deflate', module: '/srv/app/bin/node' }], { own: [], repository })[0]!.category,
    ).toBe('runtime');
  });

  test('frames of a .cpuprofile without a file are V8 itself', () => {
    const anatomies = takeApart(
      [
        { name: 'lstat' },
        { name: '(garbage collector)' },
        {
          name: 'applyDiscounts',
          module: 'file:///srv/app/pricing.js',
          kind: FrameKind.Script,
          file: '/srv/app/pricing.js',
          line: 7,
        },
      ],
      null,
      'cpuprofile',
    );
    expect(anatomies.map(show)).toEqual([
      'runtime javascript lstat',
      'runtime javascript (garbage collector)',
      'own javascript applyDiscounts',
    ]);
  });
});

describe('one function, one frame', () => {
  test('all compiler tiers are one frame', () => {
    const tiers = ["JS:~'f", 'JS:^f', "JS:+'f", "JS:*'f", 'JS:o*f'];
    expect(
      takeApart(tiers.map((tier) => ({ name: `${tier} file:///srv/app/a.mjs:3:9`, module: map, kind: jit }))),
    ).toHaveLength(1);
  });

  test('inlined and called copies of a C function are one frame, in the module they were compiled into', () => {
    const builder = new ProfileBuilder({ format: 'perf-script' });
    const outer = builder.frame({ name: 'match_loop', module: '/srv/app/matcher', kind: FrameKind.Native });
    const inlined = builder.frame({ name: 'mix', module: '', kind: FrameKind.Inlined });
    const called = builder.frame({ name: 'mix', module: '/srv/app/matcher', kind: FrameKind.Native });
    const stack = builder.stack(NO_STACK, outer);
    builder.stack(stack, inlined);
    builder.stack(stack, called);
    const { profile, anatomy } = nameFrames(builder.finish(), null);
    expect(profile.frames.name).toEqual(['match_loop', 'mix']);
    expect(anatomy.map(({ category }) => category)).toEqual(['own', 'own']);
  });

  test('functions of one name in two programs stay two', () => {
    expect(
      takeApart([
        { name: 'main', module: '/srv/a' },
        { name: 'main', module: '/srv/b' },
      ]),
    ).toHaveLength(2);
  });

  test('names made to be slow to read are cut', () => {
    for (const name of [
      `<${'a as '.repeat(200_000)}>::b`,
      `JS:*${' /'.repeat(200_000)}`,
      `_ZN${'1a'.repeat(200_000)}`,
    ]) {
      const startedAt = performance.now();
      takeApart([{ name, module: '/srv/app/shop' }]);
      expect(performance.now() - startedAt).toBeLessThan(1_000);
    }
  });

  test('names that objects have of themselves are names like others', () => {
    const names = ['__proto__', 'constructor', 'toString'];
    expect(
      takeApart(names.map((name) => ({ name, module: '/srv/app/shop' }))).map(({ name }) => name),
    ).toEqual(names);
  });
});
