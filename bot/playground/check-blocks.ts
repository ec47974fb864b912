import { z } from 'zod';
import { refuseWithMessages, SlackRefusal } from './slack-refusal.ts';

/**
 * Block Kit as Slack takes it in messages: one schema a block type, listed in `blockTypes`. What is not
 * listed is refused, so that nothing passes here that Slack might not know.
 *
 * Problems are worded as Slack words them: `[ERROR] must be less than 151 characters [json-pointer:/blocks/0/text/text]`.
 */

/** Lengths are code points, as Slack counts them. */
export const countCharacters = (text: string): number => [...text].length;

function text(maximum: number, minimum = 1) {
  return z.string().superRefine((value, context) => {
    const length = countCharacters(value);
    if (length > maximum) context.addIssue(`must be less than ${maximum + 1} characters`);
    if (length < minimum) context.addIssue(`must be more than ${minimum - 1} characters`);
  });
}

function list<Schema extends z.ZodType>(element: Schema, maximum: number) {
  return z
    .array(element)
    .min(1, 'must have at least 1 item')
    .max(maximum, `no more than ${maximum} items allowed`);
}

function httpUrl(maximum: number) {
  return text(maximum).refine(
    (value) => /^(https?|mailto|slack):/i.test(value) && URL.canParse(value),
    'must be a valid URL',
  );
}

const plainText = (maximum: number) =>
  z.strictObject({ type: z.literal('plain_text'), text: text(maximum), emoji: z.boolean().optional() });
const mrkdwn = (maximum: number) =>
  z.strictObject({ type: z.literal('mrkdwn'), text: text(maximum), verbatim: z.boolean().optional() });
const anyText = (maximum: number) => z.discriminatedUnion('type', [plainText(maximum), mrkdwn(maximum)]);

const identifier = text(255).optional();
const style = z.enum(['primary', 'danger']).optional();

const confirm = z.strictObject({
  title: plainText(100),
  text: anyText(300),
  confirm: plainText(30),
  deny: plainText(30),
  style,
});

const option = z.strictObject({
  text: anyText(75),
  value: text(150),
  description: plainText(75).optional(),
  url: httpUrl(3000).optional(),
});

const slackFile = z
  .strictObject({ id: z.string().optional(), url: z.string().optional() })
  .refine(
    (file) => (file.id === undefined) !== (file.url === undefined),
    'must have exactly one of: id, url',
  );

const pictureFields = {
  alt_text: text(2000),
  image_url: httpUrl(3000).optional(),
  slack_file: slackFile.optional(),
};
const hasOnePicture = (image: { image_url?: unknown; slack_file?: unknown }) =>
  (image.image_url === undefined) !== (image.slack_file === undefined);
const onePicture = 'must have exactly one of: image_url, slack_file';

const imageElement = z
  .strictObject({ type: z.literal('image'), ...pictureFields })
  .refine(hasOnePicture, onePicture);

const button = z.strictObject({
  type: z.literal('button'),
  text: plainText(75),
  action_id: identifier,
  value: text(2000).optional(),
  url: httpUrl(3000).optional(),
  style,
  confirm: confirm.optional(),
  accessibility_label: text(75).optional(),
});

const staticSelect = z.strictObject({
  type: z.literal('static_select'),
  placeholder: plainText(150).optional(),
  options: list(option, 100),
  action_id: identifier,
  initial_option: option.optional(),
  confirm: confirm.optional(),
});

const overflow = z.strictObject({
  type: z.literal('overflow'),
  options: list(option, 5),
  action_id: identifier,
  confirm: confirm.optional(),
});

// ── rich text ───────────────────────────────────────────────────────────────────────────────────

const textStyle = z
  .strictObject({
    bold: z.boolean().optional(),
    italic: z.boolean().optional(),
    strike: z.boolean().optional(),
    code: z.boolean().optional(),
    underline: z.boolean().optional(),
    highlight: z.boolean().optional(),
    client_highlight: z.boolean().optional(),
    unlink: z.boolean().optional(),
  })
  .optional();

const inlineElement = z.discriminatedUnion('type', [
  z.strictObject({ type: z.literal('text'), text: text(Number.MAX_SAFE_INTEGER), style: textStyle }),
  z.strictObject({
    type: z.literal('link'),
    url: httpUrl(3000),
    text: z.string().optional(),
    unsafe: z.boolean().optional(),
    style: textStyle,
  }),
  z.strictObject({
    type: z.literal('emoji'),
    name: text(255),
    unicode: z.string().optional(),
    style: textStyle,
  }),
  z.strictObject({ type: z.literal('user'), user_id: text(255), style: textStyle }),
  z.strictObject({ type: z.literal('channel'), channel_id: text(255), style: textStyle }),
  z.strictObject({
    type: z.literal('broadcast'),
    range: z.enum(['here', 'channel', 'everyone']),
    style: textStyle,
  }),
]);

const inlineElements = z.array(inlineElement);
const border = z.union([z.literal(0), z.literal(1)]).optional();
const richSection = z.strictObject({ type: z.literal('rich_text_section'), elements: inlineElements });

const richElement = z.discriminatedUnion('type', [
  richSection,
  z.strictObject({ type: z.literal('rich_text_quote'), elements: inlineElements, border }),
  z.strictObject({
    type: z.literal('rich_text_preformatted'),
    elements: inlineElements,
    border,
    language: text(255).optional(),
  }),
  z.strictObject({
    type: z.literal('rich_text_list'),
    style: z.enum(['bullet', 'ordered']),
    elements: z.array(richSection),
    indent: z.number().int().min(0).max(8).optional(),
    offset: z.number().int().min(0).optional(),
    border,
  }),
]);

// ── blocks ──────────────────────────────────────────────────────────────────────────────────────

const blockTypes = [
  z
    .strictObject({
      type: z.literal('section'),
      block_id: identifier,
      text: anyText(3000).optional(),
      fields: list(anyText(2000), 10).optional(),
      accessory: z.discriminatedUnion('type', [button, staticSelect, overflow, imageElement]).optional(),
      expand: z.boolean().optional(),
    })
    .refine(
      (block) => block.text !== undefined || block.fields !== undefined,
      'missing required field: text',
    ),
  z.strictObject({ type: z.literal('header'), block_id: identifier, text: plainText(150) }),
  z.strictObject({ type: z.literal('divider'), block_id: identifier }),
  z.strictObject({
    type: z.literal('context'),
    block_id: identifier,
    elements: list(z.discriminatedUnion('type', [plainText(3000), mrkdwn(3000), imageElement]), 10),
  }),
  z.strictObject({
    type: z.literal('actions'),
    block_id: identifier,
    elements: list(z.discriminatedUnion('type', [button, staticSelect, overflow]), 25),
  }),
  z
    .strictObject({
      type: z.literal('image'),
      block_id: identifier,
      title: plainText(2000).optional(),
      ...pictureFields,
    })
    .refine(hasOnePicture, onePicture),
  z.strictObject({ type: z.literal('rich_text'), block_id: identifier, elements: z.array(richElement) }),
] as const;

const blockList = z
  .array(z.discriminatedUnion('type', blockTypes, { error: (issue) => nameUnknownType(issue.input) }))
  .max(50, 'no more than 50 items allowed');

export type Block = z.infer<typeof blockList>[number];
export type RichElement = z.infer<typeof richElement>;
export type InlineElement = z.infer<typeof inlineElement>;
export type TextObject = z.infer<ReturnType<typeof anyText>>;
export type ActionElement = z.infer<typeof button> | z.infer<typeof staticSelect> | z.infer<typeof overflow>;
export type Picture = z.infer<typeof imageElement>;

/**
 * The lowest total that was seen refused is 11,341 characters (slackapi/bolt-js#2867). Slack's own count has an
 * overhead that nobody outside knows, so the playground stops where the first one was stopped.
 */
const totalTextLimit = 11_340;

export type FileLookup = {
  isUsableImage(reference: { id?: string | undefined; url?: string | undefined }): boolean;
};

/**
 * Checks the blocks of one message and gives the `block_id` and `action_id` that are lacking.
 *
 * @throws SlackRefusal invalid_blocks_format, invalid_blocks (with every problem found), msg_blocks_too_long
 */
export function checkBlocks(value: unknown, files: FileLookup, newId: () => string): Block[] {
  if (!Array.isArray(value)) throw new SlackRefusal('invalid_blocks_format');
  const parsed = blockList.safeParse(value);
  if (!parsed.success) throw refuseWithMessages('invalid_blocks', parsed.error.issues.flatMap(wordIssue));
  const problems = [...findRepeatedIds(parsed.data), ...findBrokenPictures(parsed.data, files)];
  if (problems.length > 0) throw refuseWithMessages('invalid_blocks', problems);
  if (countText(parsed.data) > totalTextLimit) throw new SlackRefusal('msg_blocks_too_long');
  for (const block of parsed.data) {
    block.block_id ??= newId();
    for (const element of actionElements(block)) element.action_id ??= newId();
  }
  return parsed.data;
}

function nameUnknownType(input: unknown): string {
  const type = typeof input === 'object' && input !== null && 'type' in input ? input.type : undefined;
  return `unsupported type: ${String(type)}`;
}

type Issue = z.core.$ZodIssue;

function wordIssue(issue: Issue): string[] {
  const at = issue.path;
  if (issue.code === 'unrecognized_keys') {
    return issue.keys.map((key) => word(`invalid additional property: ${key}`, at));
  }
  if (issue.code === 'invalid_type' && /received undefined$/.test(issue.message)) {
    return [word(`missing required field: ${String(at.at(-1))}`, at.slice(0, -1))];
  }
  if (issue.code === 'invalid_union' && issue.discriminator !== undefined) {
    return [word(issue.message.startsWith('unsupported type') ? issue.message : 'unsupported type', at)];
  }
  return [word(issue.message, at)];
}

const word = (problem: string, path: readonly PropertyKey[]): string =>
  `[ERROR] ${problem} [json-pointer:${['/blocks', ...path.map(String)].join('/')}]`;

function findRepeatedIds(blocks: readonly Block[]): string[] {
  const seen = new Set<string>();
  const problems: string[] = [];
  const note = (id: string | undefined, kind: string, path: PropertyKey[]) => {
    if (id === undefined) return;
    if (seen.has(`${kind} ${id}`)) problems.push(word(`\`${kind}\` ${id} already exists`, path));
    seen.add(`${kind} ${id}`);
  };
  blocks.forEach((block, row) => {
    note(block.block_id, 'block_id', [row, 'block_id']);
    for (const element of actionElements(block)) note(element.action_id, 'action_id', [row]);
  });
  return problems;
}

/** The elements of a block that a person can press. */
export function actionElements(block: Block): ActionElement[] {
  if (block.type === 'actions') return block.elements;
  if (block.type === 'section' && block.accessory !== undefined && block.accessory.type !== 'image')
    return [block.accessory];
  return [];
}

function findBrokenPictures(blocks: readonly Block[], files: FileLookup): string[] {
  return blocks.flatMap((block, row) =>
    picturesOf(block).flatMap((picture) => {
      // Slack would fetch the address itself. Nothing here goes out to the network, and our hosts are not public.
      if (picture.image_url !== undefined) return [word('downloading image failed', [row, 'image_url'])];
      return files.isUsableImage(picture.slack_file ?? {})
        ? []
        : [word('invalid slack file', [row, 'slack_file'])];
    }),
  );
}

function picturesOf(block: Block): Pick<Picture, 'image_url' | 'slack_file'>[] {
  if (block.type === 'image') return [block];
  if (block.type === 'section' && block.accessory?.type === 'image') return [block.accessory];
  if (block.type === 'context') return block.elements.filter((element) => element.type === 'image');
  return [];
}

/** Every string under a key that people read; ids, values and addresses do not count. */
function countText(value: unknown): number {
  if (Array.isArray(value)) return value.reduce<number>((sum, element) => sum + countText(element), 0);
  if (typeof value !== 'object' || value === null) return 0;
  return Object.entries(value).reduce(
    (sum, [key, inner]) =>
      sum + (typeof inner === 'string' ? (readKeys.has(key) ? countCharacters(inner) : 0) : countText(inner)),
    0,
  );
}

const readKeys = new Set(['text', 'alt_text']);
