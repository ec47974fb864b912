import type { RepositoryConfig } from '../../../storage/config.ts';
import { describeFrame } from '../../../storage/profile/frame-interner.ts';
import { DROPPED_FRAME, mapFrames } from '../../../storage/profile/map-frames.ts';
import { FrameKind, NO_STACK, type Profile } from '../../../storage/profile/profile.ts';
import type { FrameAnatomy, RecordedFrame, Surroundings } from './frame-anatomy.ts';
import { isCertainlyGo } from './go.ts';
import { isCertainlyRust } from './native.ts';
import { categorizeFile } from './paths.ts';
import { runtimes } from './runtimes.ts';

export type { FrameAnatomy } from './frame-anatomy.ts';

/** What of an application's configuration tells its own code from that of others. */
export type OwnCode = { own: readonly string[]; repository?: RepositoryConfig | undefined };

/**
 * Takes every frame apart and makes one frame of those that are the same function: compiler tiers,
 * clones, inlined and called copies.
 *
 * @returns the profile with the new names, and what each of its frame rows is
 */
export function nameFrames(
  profile: Profile,
  application: OwnCode | null,
): { profile: Profile; anatomy: FrameAnatomy[] } {
  const ownPrefixes = listOwnPrefixes(application);
  const recorded = readRecordedFrames(profile, application);
  const surroundings: Surroundings = {
    format: profile.recording.format,
    goModules: modulesOf(recorded, isCertainlyGo),
    // A name without a module stands for itself.
    rustModules: modulesOf(
      recorded.filter(({ module }) => module !== ''),
      isCertainlyRust,
    ),
  };
  const containerRoot = application?.repository?.containerRoot ?? '';
  const anatomies = recorded.map((frame) =>
    claimOwn(takeApart(frame, surroundings), ownPrefixes, containerRoot),
  );
  const firstRow = new Map<string, number>();
  for (const [row, anatomy] of anatomies.entries()) {
    const key = sameFunction(anatomy, recorded[row]!.module);
    if (!firstRow.has(key)) firstRow.set(key, row);
  }
  const canonical = anatomies.map(
    (anatomy, row) => firstRow.get(sameFunction(anatomy, recorded[row]!.module))!,
  );
  const named = mapFrames(profile, (row) => {
    const { name, file, line, language, package: packageName } = anatomies[canonical[row]!]!;
    const { module, kind } = describeFrame(profile.frames, canonical[row]!);
    // Two classes or packages of one name: what keeps their frames apart is their package, as `module`.
    const hasPackage = packaged.has(language) && packageName !== '';
    return { name, module: hasPackage ? packageName : module, kind, file, line };
  });
  const anatomy: FrameAnatomy[] = [];
  for (const [row, newRow] of named.newRow.entries()) {
    if (newRow !== DROPPED_FRAME) anatomy[newRow] ??= anatomies[canonical[row]!]!;
  }
  return { profile: named.profile, anatomy };
}

function modulesOf(frames: readonly RecordedFrame[], isOf: (name: string) => boolean): Set<string> {
  return new Set(frames.filter(({ name }) => isOf(name)).map(({ module }) => module));
}

function takeApart(frame: RecordedFrame, surroundings: Surroundings): FrameAnatomy {
  for (const runtime of runtimes) {
    const anatomy = runtime.read(frame, surroundings);
    if (anatomy !== null) return anatomy;
  }
  throw new RangeError(`Cannot take frame "${frame.name}" apart: the last runtime of the table refused it`);
}

/** Frames with equal keys are one function. Unnamed frames stay apart by module: that is all they tell. */
function sameFunction(anatomy: FrameAnatomy, module: string): string {
  const { category, language, name, file, line } = anatomy;
  const isLocal = language === '' || language === 'c' || language === 'rust';
  return [category, language, anatomy.package, anatomy.class, name, file, line, isLocal ? module : ''].join(
    '\0',
  );
}

/** A repository's address is the package path of the Go code in it: `https://host/acme/shop.git` → `host/acme/shop`. */
function listOwnPrefixes(application: OwnCode | null): string[] {
  if (application === null) return [];
  const address = /^(?:\w+:\/\/)?(?:[^@/]*@)?([\w.-]+\.\w+)[:/](.+?)(?:\.git)?\/?$/.exec(
    application.repository?.url ?? '',
  );
  const packages = address === null ? [] : [`${address[1]!}/${address[2]!}`];
  return [...application.own, ...packages].filter((prefix) => prefix !== '');
}

/** What paths and names could not know: the configuration says that it is the app's own. */
function claimOwn(
  anatomy: FrameAnatomy,
  ownPrefixes: readonly string[],
  containerRoot: string,
): FrameAnatomy {
  const mayBeOwn =
    anatomy.category === 'library' || (anatomy.category === 'runtime' && anatomy.function !== '');
  if (!mayBeOwn) return anatomy;
  const { file, name, package: packageName } = anatomy;
  const inside = pathInside(file, containerRoot);
  const isClaimed = ownPrefixes.some((prefix) =>
    [file, packageName, name].some((text) => beginsWith(text, prefix)),
  );
  if (isClaimed || (inside !== null && categorizeFile(inside) === null))
    return { ...anatomy, category: 'own' };
  return anatomy;
}

/** Prefixes end at a boundary, so that `com.acme` does not claim `com.acmetools`. */
function beginsWith(text: string, prefix: string): boolean {
  if (!text.startsWith(prefix)) return false;
  return text.length === prefix.length || /\W$/.test(prefix) || /\W/.test(text[prefix.length]!);
}

/** The part of `path` below `folder`; null when it is not inside, or there is no folder. */
export function pathInside(path: string, folder: string): string | null {
  const root = folder.replace(/\/+$/, '');
  return root !== '' && path.startsWith(`${root}/`) ? path.slice(root.length + 1) : null;
}

function readRecordedFrames(profile: Profile, application: OwnCode | null): RecordedFrame[] {
  const roots = [
    application?.repository?.containerRoot ?? '',
    ...(application?.own ?? []).filter((own) => own.startsWith('/')),
  ];
  const modules = findModules(profile).map((module) => {
    // Below a folder of the app's own, the folders above it say nothing: `/usr/lib/shop/bin/shop`.
    for (const root of roots) {
      const inside =
        pathInside(module, root) ?? (module === root ? module.slice(module.lastIndexOf('/') + 1) : null);
      if (inside !== null) return inside;
    }
    return module;
  });
  return modules.map((module, row) => ({
    ...describeFrame(profile.frames, row),
    module,
    name: plainName(profile, row),
  }));
}

/** Languages whose packages tell functions of one name apart, and not their modules. */
const packaged = new Set(['java', 'go', 'csharp', 'php']);

/** Longer names are those of templates; what they are is told by their beginning. */
const maximumNameLength = 4_096;

/** Without the marks of folded text: `tcp_sendmsg_[k]`, `run_[j]`; they have become the frame's kind. */
function plainName(profile: Profile, row: number): string {
  return profile.frames.name[row]!.slice(0, maximumNameLength).replace(/_\[[kjiw01]\]$/, '');
}

/**
 * Inlined code comes without a module: it lies in that of the next caller which is not inlined itself.
 * Where several modules hold the same inlined function, the first seen stands for all.
 */
function findModules(profile: Profile): string[] {
  const { frames, stacks } = profile;
  const modules = frames.module.map((module) => (/^\(?inlined\)?$/.test(module) ? '' : module));
  const isHomeless = modules.map((module, row) => module === '' && frames.kind[row] === FrameKind.Inlined);
  for (let stack = 0; stack < stacks.parent.length; stack++) {
    const row = stacks.frame[stack]!;
    if (!isHomeless[row] || modules[row] !== '') continue;
    const caller = stacks.parent[stack]!;
    if (caller !== NO_STACK) modules[row] = modules[stacks.frame[caller]!]!;
  }
  return modules;
}
