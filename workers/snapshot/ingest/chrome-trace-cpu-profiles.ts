import { isRecord, type TraceEvent, toNumber } from './chrome-trace-event.ts';
import { type CpuProfile, readCpuProfile } from './read-cpuprofile.ts';
import { damaged } from './recording-errors.ts';

/** `event` says whose profile it is. */
type TraceCpuProfile = { event: TraceEvent; profile: CpuProfile };

type Pieces = {
  event: TraceEvent;
  startTime: number;
  nodes: unknown[];
  samples: unknown[];
  timeDeltas: unknown[];
  endTime: number;
};

/**
 * V8's profiles in a trace: `Profile` and then `ProfileChunk` events of the same pid and id, in order; or a
 * `CpuProfile` event that holds it whole.
 *
 * @throws AvalancheError RECORDING_DAMAGED
 */
export function readCpuProfiles(events: readonly TraceEvent[], name: string): TraceCpuProfile[] {
  const byId = new Map<string, Pieces>();
  const whole: TraceCpuProfile[] = [];
  for (const event of events) {
    if (event.phase !== 'P' && event.phase !== 'I') continue;
    const data = readData(event.args);
    if (data === undefined) continue;
    const key = `${event.pid} ${event.id}`;
    if (event.name === 'Profile') byId.set(key, begin(event, data));
    if (event.name === 'ProfileChunk') addChunk(byId.get(key), data, name);
    if (event.name === 'CpuProfile') {
      whole.push({ event, profile: readCpuProfile(data.cpuProfile, name) });
    }
  }
  const chunked = [...byId.values()].map(({ event, ...json }) => ({
    event,
    profile: readCpuProfile(json, name),
  }));
  return [...whole, ...chunked];
}

function readData(args: unknown): Record<string, unknown> | undefined {
  return isRecord(args) && isRecord(args.data) ? args.data : undefined;
}

function begin(event: TraceEvent, data: Record<string, unknown>): Pieces {
  const startTime = toNumber(data.startTime);
  return {
    event,
    startTime: Number.isNaN(startTime) ? event.timeUs : startTime,
    nodes: [],
    samples: [],
    timeDeltas: [],
    // The last sample lasts for nothing where no end is noted.
    endTime: 0,
  };
}

function addChunk(pieces: Pieces | undefined, data: Record<string, unknown>, name: string): void {
  if (pieces === undefined) throw damaged(name, 'Chrome trace: a ProfileChunk before its Profile');
  const profile = isRecord(data.cpuProfile) ? data.cpuProfile : {};
  append(pieces.nodes, profile.nodes);
  append(pieces.samples, profile.samples);
  append(pieces.timeDeltas, data.timeDeltas ?? profile.timeDeltas);
  const endTime = toNumber(data.endTime ?? profile.endTime);
  if (!Number.isNaN(endTime)) pieces.endTime = endTime;
}

function append(list: unknown[], more: unknown): void {
  if (!Array.isArray(more)) return;
  for (const value of more) list.push(value);
}
