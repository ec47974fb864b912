import { anatomy, type FrameAnatomy, type Runtime } from './frame-anatomy.ts';

/**
 * The perf map of .NET: return type, assembly, type and method, tier.
 *
 *     instance void [Shop] Acme.Shop.Cart+Line`1[System.__Canon]::Total(int32)[OptimizedTier1]
 */
const method = /^(?:instance )?(?:\S.*? )?\[([\w.-]+)\] ([^\s:]+(?:, ?[^\s:]+)*)::([^\s(]+)(?:\(.*)?$/s;
/** Glue that the runtime writes itself. */
const stubs = /^(?:stub<\d+>|GenericLookupStub|instance .* dynamicClass::IL_STUB|.*\bdynamicClass::IL_STUB_)/;
const runtimeAssemblies = /^(?:System(?:\.|$)|mscorlib$|netstandard$|Microsoft\.(?:CSharp|Win32)(?:\.|$))/;
const libraryAssemblies =
  /^(?:Microsoft\.|Newtonsoft\.|Serilog|NLog|log4net|Npgsql|Dapper|AutoMapper|Polly|MediatR|FluentValidation|StackExchange\.|RabbitMQ\.|MassTransit|Grpc\.|Google\.|AWSSDK\.|Azure\.|MongoDB\.|MySqlConnector|Hangfire)/;

export const dotnet: Runtime = {
  name: 'dotnet',
  read({ name }) {
    if (stubs.test(name)) return anatomy({ category: 'runtime', language: 'csharp', name });
    const parts = method.exec(name);
    return parts === null ? null : readMethod(parts[1]!, parts[2]!, parts[3]!);
  },
};

/** The compiler moves lambdas, iterators and async methods into types of its own: `<RunAsync>d__5::MoveNext` is `RunAsync`. */
function readMethod(assembly: string, recordedType: string, recordedMethod: string): FrameAnatomy {
  const types = dropGenerics(recordedType).split('+');
  const outer = types[0]!;
  const lastDot = outer.lastIndexOf('.');
  const made = types.map((type) => /^<(\w+)>/.exec(type)?.[1]).find((found) => found !== undefined);
  const named = types.map((type, place) => (place === 0 ? type.slice(lastDot + 1) : type));
  const className = named.filter((type) => !type.startsWith('<')).join('.');
  const inMethod = /^<(\w+)>[bg]__/.exec(recordedMethod)?.[1];
  const plain = inMethod ?? made ?? dropGenerics(recordedMethod);
  const isConstructor = plain === '.ctor' || plain === '.cctor';
  const lastName = className.slice(className.lastIndexOf('.') + 1);
  return anatomy({
    category: runtimeAssemblies.test(assembly)
      ? 'runtime'
      : libraryAssemblies.test(assembly)
        ? 'library'
        : 'own',
    language: 'csharp',
    name: `${className}.${isConstructor ? lastName : plain}`,
    package: lastDot < 0 ? '' : outer.slice(0, lastDot),
    class: className,
    function: isConstructor ? lastName : plain,
  });
}

/** ``List`1[System.__Canon]`` → `List`; brackets nest. */
function dropGenerics(name: string): string {
  let depth = 0;
  let kept = '';
  for (const letter of name) {
    if (letter === '[') depth++;
    if (depth === 0) kept += letter;
    if (letter === ']') depth--;
  }
  return kept.replace(/`\d+/g, '');
}
