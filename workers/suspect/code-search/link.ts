import type { RepositoryConfig } from '../../../storage/config.ts';

type Place = { web: string; revision: string; path: string; line: number };

/** How each kind of host names a line of a file at a commit; `path` comes with its segments encoded. */
const links: Record<NonNullable<RepositoryConfig['link']>['kind'], (place: Place) => string> = {
  github: ({ web, revision, path, line }) => `${web}/blob/${revision}/${path}${plain(path)}#L${line}`,
  gitlab: ({ web, revision, path, line }) => `${web}/-/blob/${revision}/${path}${plain(path)}#L${line}`,
  gitea: ({ web, revision, path, line }) => `${web}/src/commit/${revision}/${path}?display=source#L${line}`,
  'bitbucket-cloud': ({ web, revision, path, line }) => `${web}/src/${revision}/${path}#lines-${line}`,
  'bitbucket-server': ({ web, revision, path, line }) => `${web}/browse/${path}?at=${revision}#${line}`,
  'azure-devops': ({ web, revision, path, line }) =>
    `${web}?path=/${path}&version=GC${revision}&_a=contents&line=${line}&lineEnd=${line + 1}&lineStartColumn=1&lineEndColumn=1`,
  gitiles: ({ web, revision, path, line }) => `${web}/+/${revision}/${path}#${line}`,
  cgit: ({ web, revision, path, line }) => `${web}/tree/${path}?id=${revision}#n${line}`,
  gitweb: ({ web, revision, path, line }) => `${web};a=blob;f=${path};hb=${revision}#l${line}`,
  template: ({ web, revision, path, line }) =>
    web.replace(/\{(revision|path|line)\}/g, (_, key) => String({ revision, path, line }[key as 'path'])),
};

/**
 * A link to a line that keeps its meaning.
 *
 * @param revision the full id of a commit: a branch would move
 * @returns null when the configuration names no code host
 */
export function permanentLink(
  repository: RepositoryConfig,
  place: { revision: string; path: string; line: number },
): string | null {
  if (repository.link === undefined) return null;
  const web = repository.link.web.replace(/\/+$/, '').replace(/\.git$/, '');
  const path = place.path.split('/').map(encodeURIComponent).join('/');
  return links[repository.link.kind]({ ...place, web, path });
}

/** Rendered files have no lines: ask for the source. */
function plain(path: string): string {
  return /\.(md|markdown|rst|adoc|ipynb)$/i.test(path) ? '?plain=1' : '';
}
