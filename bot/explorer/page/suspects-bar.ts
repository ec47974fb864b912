import { formatShare } from '../../../renderers/format-share.ts';
import { cleanLabel } from '../../../renderers/label.ts';
import type { Suspect } from '../../../workers/jobs.ts';
import { element, safeUrl } from '../../playground/page/dom.ts';
import type { SubjectAnswer } from '../subject.ts';
import { exactly } from './exactly.ts';
import type { StateHolder } from './page-state.ts';
import { plainButton } from './plain-button.ts';

/** The verdict, and each suspect as a button that finds it. */
export function fillSuspects(
  host: HTMLElement,
  { verdict, suspects }: SubjectAnswer,
  holder: StateHolder,
): void {
  host.hidden = verdict === null && suspects.length === 0;
  host.replaceChildren(
    ...(verdict === null
      ? []
      : [element('p', { class: 'verdict' }, cleanLabel(verdict).replaceAll('`', ''))]),
    element('ol', {}, ...suspects.map((suspect) => suspectEntry(suspect, holder))),
  );
}

function suspectEntry(suspect: Suspect, holder: StateHolder): HTMLElement {
  const { rank, share, baselineShare, file, line, url, commit, confidence } = suspect;
  const name = cleanLabel(suspect.function);
  const find = () => holder.update({ search: exactly(suspect.function), tab: 'flame' });
  const place = file === null ? '' : cleanLabel(line === null ? file : `${file}:${line}`);
  const address = url === null ? null : safeUrl(url);
  const was = baselineShare === null ? '' : `, was ${formatShare(baselineShare)}`;
  return element(
    'li',
    {},
    plainButton(
      'Find suspect',
      'suspect',
      find,
      element('b', { class: 'rank' }, String(rank)),
      ` ${name} `,
      element('strong', {}, formatShare(share)),
      `${was} (${confidence})`,
    ),
    place !== '' &&
      (address === null
        ? element('span', { class: 'file' }, place)
        : element(
            'a',
            { class: 'file', href: address, rel: 'noreferrer noopener', target: '_blank' },
            place,
          )),
    commit !== null &&
      element(
        'span',
        { class: 'file' },
        `${commit.id.slice(0, 10)} “${cleanLabel(commit.subject)}” by ${cleanLabel(commit.author)}`,
      ),
  );
}
