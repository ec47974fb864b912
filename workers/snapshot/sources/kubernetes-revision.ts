/** What of a pod's description may tell it. */
type Described = { annotations: Record<string, string>; labels: Record<string, string> };
type DescribedContainer = { image: string; env: readonly { name: string; value?: string | undefined }[] };

/** Keys under which people note the revision, the most telling first. Labels of an image are not in the API. */
const annotationKeys = ['org.opencontainers.image.revision', 'git.commit.sha', 'app.kubernetes.io/revision'];
const variables = [
  'DD_GIT_COMMIT_SHA',
  'GIT_COMMIT',
  'GIT_SHA',
  'COMMIT_SHA',
  'SOURCE_COMMIT',
  'GIT_REVISION',
];
const versionLabel = 'app.kubernetes.io/version';

/** What git may take as a revision, and nothing that it could take as an option. */
const revision = /^[0-9A-Za-z][0-9A-Za-z._/+-]{0,127}$/;
/** Tags that stand for a commit or a release; `latest` and names of branches say nothing. */
const tellingTag = /^(?:[0-9a-f]{7,64}|v?\d+\.\d+[0-9A-Za-z.+-]*)$/;

/**
 * The deployed revision as the pod itself states it: annotation, then a variable of the container, then the version
 * label, then the tag of the image where that names a commit or release.
 *
 * @returns null when nothing says it
 */
export function findRevision(
  { annotations, labels }: Described,
  container: DescribedContainer,
): string | null {
  const values = Object.fromEntries(container.env.map(({ name, value }) => [name, value]));
  const candidates = [
    ...annotationKeys.map((key) => annotations[key]),
    ...variables.map((name) => values[name]),
    labels[versionLabel],
    readTag(container.image),
  ];
  return candidates.find((found) => found !== undefined && revision.test(found)) ?? null;
}

/** `registry:5000/shop:1.4.2@sha256:…` has the tag `1.4.2`. */
function readTag(image: string): string | undefined {
  const name = image.split('@')[0]?.split('/').at(-1) ?? '';
  const tag = name.split(':')[1];
  return tag !== undefined && tellingTag.test(tag) ? tag : undefined;
}
