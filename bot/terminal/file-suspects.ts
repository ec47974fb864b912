import type { Suspect } from '../../workers/jobs.ts';
import { flagOf, oneFile, stringOf, timeRangeOf } from './arguments.ts';
import { withProgress } from './progress.ts';
import { ExitCode, type TerminalCommand } from './terminal-command.ts';
import { writeLines } from './write-lines.ts';

/** `suspects` on a file; on a snapshot it is the chat command of the same name. */
export const fileSuspects: TerminalCommand = {
  name: 'suspects',
  usage:
    'suspects FILE [--baseline FILE [--baseline-revision R]] --repo DIR [--revision R] [--from 5s] [--to 8s] [--own PREFIX]... [--container-root DIR] [--json]',
  summary: 'Names the few functions behind a recording, with their code and what changed it last.',
  options: {
    baseline: { type: 'string' },
    'baseline-revision': { type: 'string' },
    repo: { type: 'string' },
    revision: { type: 'string' },
    from: { type: 'string' },
    to: { type: 'string' },
    own: { type: 'string', multiple: true },
    'container-root': { type: 'string' },
    json: { type: 'boolean' },
  },
  optionHelp: {
    baseline: 'a recording from when all was well; suspects are then what grew',
    'baseline-revision':
      'the revision of the baseline (what the recording says by default); what changed since then counts more',
    repo: "the program's git repository (a checkout or a bare one); without it there are no files and commits",
    revision: 'the revision that was recorded (what the recording says, else HEAD, by default)',
    from: 'offset of the first sample looked at, in seconds or with a unit',
    to: 'offset of the first sample no longer looked at',
    own: "a prefix of packages, modules or paths that are the program's own although they look like a library's",
    'container-root': "where the repository's root lies in the recorded program's file system",
    json: 'print one JSON object and nothing else',
  },
  examples: [
    'avalanche suspects now.perf.gz --baseline healthy.perf.gz --repo ~/shop --revision v2.3.1',
    'avalanche suspects cpu.cpuprofile --repo . --json',
  ],
  async run(input, terminal) {
    const file = oneFile(input, fileSuspects);
    const own = input.values.own;
    const settings = {
      ...timeRangeOf(input, fileSuspects),
      baseline: stringOf(input, 'baseline'),
      baselineRevision: stringOf(input, 'baseline-revision'),
      repository: stringOf(input, 'repo'),
      revision: stringOf(input, 'revision'),
      own: Array.isArray(own) ? own.map(String) : [],
      containerRoot: stringOf(input, 'container-root') ?? '',
    };
    const { signal, directory } = terminal;
    const found = await withProgress(terminal, 'reading', async (onProgress) =>
      (await terminal.loadFileTools()).suspects(file, settings, {
        onProgress,
        signal,
        terminalDirectory: directory,
      }),
    );
    if (flagOf(input, 'json')) {
      const object = { verdict: found.verdict, suspects: found.suspects.map(toJson) };
      writeLines(terminal.stdout, [JSON.stringify(object)]);
    } else {
      const notes = found.remarks.map((remark) => `note: ${remark}`);
      writeLines(terminal.stdout, [found.verdict, ...found.suspects.flatMap(describe), ...notes]);
    }
    return ExitCode.Done;
  },
};

/** The documented shape, kept stable: nothing is added to it without a word in the changelog. */
function toJson({
  rank,
  function: name,
  file,
  line,
  share,
  baselineShare,
  writtenIn,
  confidence,
  commit,
  url,
}: Suspect) {
  return { rank, function: writtenIn ?? name, file, line, share, baselineShare, confidence, commit, url };
}

function describe(suspect: Suspect): string[] {
  const percent = (ratio: number) => `${(100 * ratio).toFixed(1)} %`;
  const before = suspect.baselineShare === null ? '' : ` (${percent(suspect.baselineShare)} in the baseline)`;
  const place =
    suspect.file === null ? '' : `   ${suspect.file}${suspect.line === null ? '' : `:${suspect.line}`}`;
  const lines = [
    '',
    `${suspect.rank}. ${suspect.writtenIn ?? suspect.function}  ${percent(suspect.share)}${before}  ${suspect.confidence}`,
  ];
  if (place !== '') lines.push(place);
  if (suspect.commit !== null) {
    const { id, subject, author, date } = suspect.commit;
    lines.push(`   ${id.slice(0, 10)} ${date.slice(0, 10)} ${author}: ${subject}`);
  }
  if (suspect.url !== null) lines.push(`   ${suspect.url}`);
  for (const sentence of suspect.evidence) lines.push(`   - ${sentence}`);
  if (suspect.snippet !== null) {
    const { firstLine, lines: code, markedLine } = suspect.snippet;
    code.forEach((text, index) => {
      const number = firstLine + index;
      lines.push(`   ${number === markedLine ? '>' : ' '} ${String(number).padStart(5)}  ${text}`);
    });
  }
  return lines;
}
