import type { ActionsBlock, Button } from '@slack/types';
import { type ButtonName, type ButtonValue, writeButton } from '../buttons/button-actions.ts';

/** Slack asks before it sends the press. */
type Question = { title: string; text: string; yes: string; no: string };

/** What fits on a phone beside each other, and what Slack takes in one row. */
const mostButtons = 25;

/**
 * A button that stands for a command. Its label is ours, never text from outside.
 *
 * @returns undefined when its value is none: better no button than one that does something else
 */
export function commandButton<Name extends ButtonName>(
  label: string,
  name: Name,
  value: ButtonValue<Name>,
  {
    number = 1,
    style,
    question,
  }: { number?: number; style?: 'primary' | 'danger'; question?: Question } = {},
): Button | undefined {
  const written = writeButton(name, value, number);
  if (written === undefined) return undefined;
  return {
    type: 'button',
    text: { type: 'plain_text', text: label },
    ...written,
    ...(style === undefined ? {} : { style }),
    ...(question === undefined ? {} : { confirm: askFirst(question) }),
  };
}

function askFirst({ title, text, yes, no }: Question): NonNullable<Button['confirm']> {
  const plain = (words: string) => ({ type: 'plain_text' as const, text: words });
  return { title: plain(title), text: plain(text), confirm: plain(yes), deny: plain(no) };
}

/** A row of buttons; none where there is nothing to press. */
export function buttonRow(buttons: readonly (Button | undefined)[]): ActionsBlock[] {
  const elements = buttons.filter((button) => button !== undefined).slice(0, mostButtons);
  return elements.length === 0 ? [] : [{ type: 'actions', elements }];
}
