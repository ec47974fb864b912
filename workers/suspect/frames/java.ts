import { FrameKind } from '../../../storage/profile/profile.ts';
import { anatomy, type FrameAnatomy, type RecordedFrame, type Runtime } from './frame-anatomy.ts';

/** `jcmd Compiler.perfmap` (JDK 17): `double com.acme.Shop$Cart.total(int)`: return type first. */
const perfMap = /^(?:[^\s()]+ )?([^\s()]+)\.([^\s().]+)\(([^()]*)\)$/;
/** perf-map-agent, and what folding leaves of it: `Lcom/acme/Cart;::total(II)V`, `com/acme/Cart:::total`. */
const agent = /^L?([\w$/-]+)[;:](?:::|\.)([\w$<>-]+)(?:\(.*)?$/;
/** async-profiler: `com/acme/Cart.total`, or dotted, or the simple name of the class alone. */
const slashed = /^([\w$]+(?:\/[\w$.+]+)+)\.([\w$<>]+)$/;
const dotted = /^((?:[a-z_][\w]*\.)*[A-Z][\w$]*(?:[/.]0x[0-9a-f]+)?)\.([\w$<>]+)$/;
/** Cut off by a tool before the method: the package still tells whose it is. */
const truncated = /^L([\w$-]+(?:\/[\w$-]+)+)$/;
const stubs =
  /^(?:Interpreter|StubRoutines\b.*|call_stub|I2C\/C2I adapters?|[vi]table (?:stub|chunks)|.*Runtime1 stub|.*_stub|_?[a-z]\w*_Java|g1_\w+|SafepointBlob|.*Blob|MethodHandle\b.*|native nmethods?|flush_icache\w*)$/;

const runtimePackages =
  /^(?:java|javax|jdk|sun|com\.sun|kotlin|kotlinx|scala|groovy|clojure|org\.codehaus\.groovy|oracle\.jrockit)\./;
const libraryPackages =
  /^(?:org\.(?:apache|springframework|eclipse|hibernate|jboss|slf4j|postgresql|mozilla|vertx|glassfish|aspectj|objectweb|jetbrains|bouncycastle|quartz|yaml|joda|junit|mariadb|redisson|xerial|thymeleaf|jooq|reactivestreams)|io\.(?:netty|vertx|grpc|micrometer|undertow|reactivex|opentelemetry|lettuce|projectreactor|quarkus|micronaut|dropwizard|prometheus)|com\.(?:fasterxml|google|zaxxer|mysql|github\.benmanes|mongodb|amazonaws|rabbitmq|codahale|squareup|datastax|h2database|typesafe)|ch\.qos|akka|okhttp3|okio|rx|reactor|net\.bytebuddy|net\.sf|javassist|redis\.clients|software\.amazon)\./;

export const java: Runtime = {
  name: 'java',
  read(frame) {
    if (frame.kind === FrameKind.Jit && stubs.test(frame.name)) return skipped(frame.name);
    const named = matchName(frame);
    if (named !== null) return readMethod(named[1]!, named[2]!);
    const type = frame.kind === FrameKind.Jit ? truncated.exec(frame.name)?.[1] : undefined;
    return type === undefined ? null : { ...readMethod(type, ''), function: '' };
  },
};

function matchName({ name, kind, module }: RecordedFrame): RegExpExecArray | null {
  const fromAgent = agent.exec(name.split('->').at(-1)!);
  if (fromAgent !== null) return fromAgent;
  const isCompiled = kind === FrameKind.Jit || kind === FrameKind.Inlined || kind === FrameKind.Script;
  if (!isCompiled && module !== '') return null;
  return (
    (isCompiled ? perfMap.exec(name) : null) ?? slashed.exec(name) ?? (isCompiled ? dotted.exec(name) : null)
  );
}

function readMethod(typeName: string, methodName: string): FrameAnatomy {
  const type = typeName.replaceAll('/', '.').replace(/\.0x[0-9a-f]+$/, '');
  const lastDot = type.lastIndexOf('.');
  const packageName = lastDot < 0 ? '' : type.slice(0, lastDot);
  const classes = type.slice(lastDot + 1);
  // Classes made at run time and bridges stand for whoever calls them.
  if (/\$\$(?!anonfun)|^\$Proxy|LambdaForm\$/.test(classes) || /^access\$\d+/.test(methodName)) {
    return { ...skipped(`${classes.split('$')[0]}.${methodName}`), package: packageName };
  }
  // Scala 2.11 and before: a function literal in `process` is `X$$anonfun$process$1.apply`.
  const literal = /^(.*?)\$\$anonfun\$(\w+)/.exec(classes);
  // Scala's objects end in a dollar sign.
  const outer = (literal?.[1] ?? classes).replace(/(\$\d+)+$/, '').replace(/\$+$/, '');
  const className = outer.replace(/\$+/g, '.');
  const method = literal?.[2] ?? enclosingMethod(methodName);
  const isConstructor = method === '<init>' || method === '<clinit>';
  return anatomy({
    category: categorizePackage(`${type}.`),
    language: 'java',
    name:
      methodName === '' ? className : `${className}.${methodName === method ? method : `${method} (lambda)`}`,
    package: packageName,
    class: className,
    function: isConstructor ? className.slice(className.lastIndexOf('.') + 1) : method,
  });
}

/** The method a lambda was written in: `lambda$main$3`, Kotlin `f$lambda$1`, Scala `$anonfun$f$1`. */
function enclosingMethod(name: string): string {
  return (
    /^lambda\$(.+)\$\d+$/.exec(name)?.[1] ??
    /^\$anonfun\$(.+?)\$\d+$/.exec(name)?.[1] ??
    name.replace(/\$lambda\$\d+$/, '')
  );
}

function categorizePackage(type: string): FrameAnatomy['category'] {
  if (runtimePackages.test(type)) return 'runtime';
  return libraryPackages.test(type) ? 'library' : 'own';
}

function skipped(name: string): FrameAnatomy {
  return anatomy({ category: 'runtime', language: 'java', name });
}
