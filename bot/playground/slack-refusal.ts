/** A refusal in Slack's own words: its error name, and what Slack puts beside it in the answer. */
export class SlackRefusal extends Error {
  readonly error: string;
  readonly details: Record<string, unknown>;

  constructor(error: string, details: Record<string, unknown> = {}) {
    super(error);
    this.name = 'SlackRefusal';
    this.error = error;
    this.details = details;
  }
}

/** A refusal whose reasons Slack lists under `response_metadata.messages`. */
export function refuseWithMessages(error: string, messages: string[]): SlackRefusal {
  const errors = messages.map((message) => message.replace(/^\[ERROR\] /, ''));
  return new SlackRefusal(error, {
    ...(error === 'invalid_blocks' ? { errors } : {}),
    response_metadata: { messages },
  });
}
