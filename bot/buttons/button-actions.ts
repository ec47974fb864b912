import { z } from 'zod';

/**
 * Every button, once: what it carries and what somebody could have typed instead. A button is a command, so it goes
 * the way of commands, with their checks. Values hold ids and numbers only; what they mean is looked up when pressed.
 */

const id = z.string().regex(/^[\w-]{1,64}$/);
const offsetMs = z.number().int().min(0).max(86_400_000);

const buttonActions = {
  zoom: action(z.object({ snapshotId: id, burst: z.number().int().min(1).max(99) }), (value) => [
    'zoom',
    value.snapshotId,
    String(value.burst),
  ]),
  suspects: action(z.object({ snapshotId: id, fromMs: offsetMs, toMs: offsetMs }), (value) => [
    'suspects',
    value.snapshotId,
    '--from',
    `${value.fromMs}ms`,
    '--to',
    `${value.toMs}ms`,
  ]),
  doctor: action(z.object({ app: id, environment: id }), ({ app, environment }) => [
    'doctor',
    app,
    '--env',
    environment,
  ]),
  /** Without `recordSeconds`: of what was recorded before. */
  snapshot: action(
    z.object({ app: id, environment: id, recordSeconds: z.number().int().min(1).max(300).nullable() }),
    ({ app, environment, recordSeconds }) => [
      ...['snapshot', app, '--env', environment],
      ...(recordSeconds === null ? [] : ['--for', `${recordSeconds}s`]),
    ],
  ),
  pin: action(z.object({ snapshotId: id }), (value) => ['pin', value.snapshotId]),
  unpin: action(z.object({ snapshotId: id }), (value) => ['unpin', value.snapshotId]),
  cancel: action(z.object({ requestId: id }), (value) => ['cancel', value.requestId]),
  retry: action(z.object({ requestId: id }), (value) => ['retry', value.requestId]),
};

/** A button that only opens an address: Slack tells of the press, and there is nothing to do. */
const linkName = 'link';

export const isLinkButton = (actionId: string): boolean => actionId.split(':')[0] === linkName;

export type ButtonName = keyof typeof buttonActions;
export type ButtonValue<Name extends ButtonName> = z.infer<(typeof buttonActions)[Name]['value']>;

function action<Value>(value: z.ZodType<Value>, toWords: (value: Value) => string[]) {
  return { value, toWords };
}

/**
 * Slack wants an id for each button of a message: `zoom:2`.
 *
 * @returns undefined when the value is none that `readButton` would take
 */
export function writeButton<Name extends ButtonName>(
  name: Name,
  value: ButtonValue<Name>,
  number: number,
): { action_id: string; value: string } | undefined {
  const parsed = buttonActions[name].value.safeParse(value);
  return parsed.success ? { action_id: `${name}:${number}`, value: JSON.stringify(parsed.data) } : undefined;
}

/** The words of the command that a button stands for; undefined for a button of another version. */
export function readButton(actionId: string, value: string | undefined): string[] | undefined {
  const [name = ''] = actionId.split(':');
  if (!Object.hasOwn(buttonActions, name)) return undefined;
  const { value: schema, toWords } = buttonActions[name as ButtonName];
  const parsed = schema.safeParse(parseJson(value ?? ''));
  return parsed.success ? (toWords as (value: unknown) => string[])(parsed.data) : undefined;
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
