import { gzipSync } from 'node:zlib';
import { BinaryWriter } from '@bufbuild/protobuf/wire';
import type { Profile, Selection } from '../../../storage/profile/profile.ts';
import { type ProfileExport, selectRows } from './export.ts';
import { PprofLocations } from './pprof-locations.ts';
import { PprofStrings } from './pprof-strings.ts';
import { chooseSampleTypes, sumRows } from './pprof-values.ts';
import { writeMessage, writeNumber, writePacked } from './pprof-writing.ts';

/**
 * pprof's protobuf, gzipped. Samples of one stack and thread are summed: the format has no times.
 *
 * @see https://github.com/google/pprof/blob/main/proto/profile.proto
 */
export const pprofExport: ProfileExport = {
  name: 'pprof',
  *write(profile, selection) {
    yield gzipSync(encodePprof(profile, selection));
  },
};

function encodePprof(profile: Profile, selection: Selection): Uint8Array {
  const rows = selectRows(profile, selection);
  const types = chooseSampleTypes(profile, rows);
  const writer = new BinaryWriter();
  const strings = new PprofStrings();
  const locations = new PprofLocations(profile, strings);
  for (const type of types) writeMessage(writer, 1, () => writeValueType(writer, strings, type));
  for (const { stack, thread, values } of sumRows(profile, rows, types)) {
    writeMessage(writer, 2, () => {
      writePacked(writer, 1, locations.find(stack));
      writePacked(writer, 2, values);
      writeLabels(writer, strings, profile, thread);
    });
  }
  locations.write(writer);
  writeFacts(writer, strings, profile);
  strings.write(writer, 6);
  return writer.finish();
}

function writeValueType(
  writer: BinaryWriter,
  strings: PprofStrings,
  type: { name: string; unit: string },
): void {
  writeNumber(writer, 1, strings.place(type.name));
  writeNumber(writer, 2, strings.place(type.unit));
}

/** Which thread it was, under the names that parca and others use. */
function writeLabels(writer: BinaryWriter, strings: PprofStrings, profile: Profile, thread: number): void {
  const { pod, pid, tid, comm } = profile.threads[thread]!;
  const write = (name: string, field: number, value: number) =>
    writeMessage(writer, 3, () => {
      writeNumber(writer, 1, strings.place(name));
      writeNumber(writer, field, value);
    });
  if (pod !== '') write('pod', 2, strings.place(pod));
  if (pid !== -1) write('pid', 3, pid);
  if (tid !== -1) write('thread_id', 3, tid);
  if (comm !== '') write('thread_name', 2, strings.place(comm));
}

function writeFacts(writer: BinaryWriter, strings: PprofStrings, { recording, events }: Profile): void {
  const { startedAtMs, durationMs, rateHz } = recording;
  if (startedAtMs !== null) writeNumber(writer, 9, Math.round(startedAtMs * 1e6));
  writeNumber(writer, 10, Math.round(durationMs * 1e6));
  if (rateHz !== null && rateHz > 0) {
    writeMessage(writer, 11, () => writeValueType(writer, strings, { name: 'cpu', unit: 'nanoseconds' }));
    writeNumber(writer, 12, Math.round(1e9 / rateHz));
  }
  // pprof shows the last type by default, a profile its first event.
  writeNumber(writer, 14, strings.place(events[0]?.name ?? ''));
}
