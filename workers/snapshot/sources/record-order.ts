import type { RecordConfig } from '../../../storage/cluster-config.ts';
import type { Limits } from '../../../storage/config.ts';

/** One recording to make, whichever way. */
export type RecordOrder = {
  /** Tells what is ours in the pod; letters, digits and dashes. */
  id: string;
  recordMs: number;
  config: RecordConfig;
  limits: Limits;
  /** Where what was recorded is put; does not exist yet. */
  file: string;
  signal: AbortSignal;
  /** Told what stayed in the pod, in words for a person. */
  onLeftover: (remark: string) => void;
};

export type RecordedFile = {
  /** Under which it goes into the archive: what reads it later goes by content. */
  memberName: string;
  /** What ties its times to the wall; null where its format says so itself. */
  facts: { clock: { wallMs: number; monotonicMs: number }; comm: string; rateHz: number } | null;
  how: string;
  remarks: string[];
};

/** Why a way of recording does not work for this pod; the next one may. */
export class WayImpossible extends Error {}
