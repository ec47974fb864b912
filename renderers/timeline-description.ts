import { joinSentences, shortName } from './describe.ts';
import { describeBurstRange } from './describe-burst.ts';
import { formatShare } from './format-share.ts';
import { describeLoad } from './heatmap-description.ts';
import { cleanLabel } from './label.ts';
import {
  type TimelineInput,
  type TimelineKind,
  type TimelineOptions,
  timelineKinds,
} from './timeline-input.ts';

const mostLanes = 5;

/**
 * What a timeline shows, in words, for those who do not see it: which lanes were busy and with what, and what
 * departs from the rest.
 *
 * @returns at most 1,000 characters, one line
 */
export function describeTimeline(
  input: TimelineInput,
  { title, subtitle, bursts, selected }: TimelineOptions,
): string {
  const { lanes } = input;
  return joinSentences([
    `Timeline by thread${title === '' ? '' : ` of ${cleanLabel(title)}`}.`,
    subtitle === '' ? '' : `${cleanLabel(subtitle)}.`,
    ...(lanes.length === 0 ? ['It is empty: no samples.'] : [describeLoad(bursts), describeLanes(input)]),
    selected === null ? '' : `Asked for is ${describeBurstRange(selected)}.`,
  ]);
}

/** Samples by kind. */
export function sumKinds(lanes: TimelineInput['lanes']): Record<TimelineKind, number> {
  const sums = { marked: 0, own: 0, outside: 0 };
  for (const { counts } of lanes) {
    for (let at = 0; at < counts.length; at++) {
      sums[timelineKinds[at % timelineKinds.length]!] += counts[at]!;
    }
  }
  return sums;
}

function describeLanes({ lanes, marked }: TimelineInput): string {
  const total = lanes.reduce((sum, { sampleCount }) => sum + sampleCount, 0);
  const described = lanes.slice(0, mostLanes).map((lane) => {
    const sums = sumKinds([lane]);
    const parts = [
      ...(sums.marked > 0
        ? [`${marked.map(shortName).join(', ')} ${formatShare(sums.marked / lane.sampleCount)}`]
        : []),
      ...(sums.own > 0
        ? [`${sums.marked > 0 ? 'other ' : ''}own code ${formatShare(sums.own / lane.sampleCount)}`]
        : []),
    ];
    const of = parts.length === 0 ? 'no own code' : `of it ${parts.join(', ')}`;
    return `${shortName(lane.name)}${lane.pod === '' ? '' : ` of ${shortName(lane.pod)}`} ${formatShare(lane.sampleCount / total)} (${of})`;
  });
  const left = lanes.length - described.length;
  const more = left > 0 ? `; and ${left} more thread${left === 1 ? '' : 's'}` : '';
  return `Busiest: ${described.join('; ')}${more}.`;
}
