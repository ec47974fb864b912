import { type WebAPICallResult, WebClient } from '@slack/web-api';
import { slackCallsTotal } from '../../storage/metrics.ts';
import { traceStep } from '../../storage/tracing.ts';
import { classifyFailure } from '../delivery/slack-failure.ts';

/** The client of the Web API, with every call counted by its method and how it ended, and traced. */
export class CountingWebClient extends WebClient {
  override async apiCall(method: string, options?: Record<string, unknown>): Promise<WebAPICallResult> {
    try {
      const answer = await traceStep({ name: `slack ${method}` }, () => super.apiCall(method, options));
      slackCallsTotal.inc({ method, outcome: 'ok' });
      return answer;
    } catch (error) {
      slackCallsTotal.inc({ method, outcome: classifyFailure(error).kind });
      throw error;
    }
  }
}
