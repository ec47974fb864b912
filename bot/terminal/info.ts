import { flagOf, oneFile } from './arguments.ts';
import { withProgress } from './progress.ts';
import { ExitCode, type FileFacts, type TerminalCommand } from './terminal-command.ts';
import { writeLines } from './write-lines.ts';

export const info: TerminalCommand = {
  name: 'info',
  usage: 'info FILE [--json]',
  summary: 'Says what a recording holds, and how far it can be trusted.',
  options: { json: { type: 'boolean' } },
  optionHelp: { json: 'print one JSON object' },
  examples: ['avalanche info perf.data', 'avalanche info --json cpu.cpuprofile'],
  async run(input, terminal) {
    const file = oneFile(input, info);
    const { signal, directory } = terminal;
    const facts = await withProgress(terminal, 'reading', async (onProgress) =>
      (await terminal.loadFileTools()).info(file, { onProgress, signal, terminalDirectory: directory }),
    );
    writeLines(terminal.stdout, flagOf(input, 'json') ? [JSON.stringify(facts)] : describe(facts));
    return ExitCode.Done;
  },
};

function describe(facts: FileFacts): string[] {
  const whole = (value: number) => Math.round(value).toLocaleString('en');
  const percent = (ratio: number) => `${(100 * ratio).toFixed(1)} %`;
  const rows: [string, string | null][] = [
    ['format', facts.format],
    ['samples', `${whole(facts.sampleCount)}, ${whole(facts.lostCount)} lost`],
    [
      'duration',
      facts.durationMs === null
        ? 'unknown: the recording has no times'
        : `${(facts.durationMs / 1000).toFixed(1)} s`,
    ],
    ['recorded at', facts.startedAtMs === null ? null : new Date(facts.startedAtMs).toISOString()],
    ['rate', facts.rateHz === null ? null : `${facts.rateHz} Hz`],
    ['host', facts.host],
    ['command', facts.command],
    ['revision', facts.revision],
    ['events', facts.events.map(({ name, sampleCount }) => `${name} (${whole(sampleCount)})`).join(', ')],
    [
      'processes',
      facts.processes
        .slice(0, 8)
        .map(({ comm, sampleCount }) => `${comm} (${whole(sampleCount)})`)
        .join(', '),
    ],
    ['threads', whole(facts.threadCount)],
    [
      'functions',
      `${whole(facts.frameCount)}, without a name in ${percent(facts.unknownRatio)} of the samples`,
    ],
  ];
  const lines = rows.flatMap(([name, value]) =>
    value === null || value === '' ? [] : [`${name.padEnd(12)}${value}`],
  );
  for (const remark of facts.remarks) lines.push(`${'doubt'.padEnd(12)}${remark}`);
  for (const { text, count } of facts.warnings)
    lines.push(`${'warning'.padEnd(12)}${text}${count > 1 ? ` (${whole(count)} times)` : ''}`);
  lines.push('', '    self    total  function');
  for (const row of facts.hottest) {
    const share = (value: number) => percent(value / Math.max(facts.sampleCount, 1)).padStart(8);
    lines.push(`${share(row.self)} ${share(row.total)}  ${row.function}`);
  }
  return lines;
}
