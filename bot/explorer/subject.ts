import type { ExploredRecording } from '../../workers/exploration.ts';
import type { ReportedBurst, Suspect } from '../../workers/jobs.ts';

/** What a link opens: the recording, and what is known of it beside its samples. */
export type Subject = {
  recording: ExploredRecording;
  title: string;
  /** Of the download; letters, digits, dots and dashes. */
  fileName: string;
  verdict: string | null;
  suspects: readonly Suspect[];
  /** Null when nobody looked for them yet. */
  bursts: readonly ReportedBurst[] | null;
};

/** What the page is told of it. */
export type SubjectAnswer = Pick<Subject, 'title' | 'verdict' | 'suspects' | 'bursts'> & {
  hasBaseline: boolean;
};
