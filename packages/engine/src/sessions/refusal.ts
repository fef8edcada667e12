/** A request the platform refuses: the status and the exact text the wire contract gives it. */
export class Refusal extends Error {
  override readonly name = 'Refusal';
  /** What is wrong, where the real server hides it; unless the platform is strict, that is said. */
  readonly reason: string | undefined;

  constructor(
    readonly status: 400 | 401 | 403 | 404 | 409 | 415 | 429 | 500 | 503,
    message: string,
    reason?: string,
  ) {
    super(message);
    this.reason = reason;
  }
}

/**
 * What a server answers when its cluster refuses a job: the reason is lost and the follow-up
 * look-up fails, which it tells in several lines with the headers of the cluster's answer (Skaha
 * API, order of checks; Skaha 1.4.0).
 */
export const clusterRefusal = (reason: string): Refusal =>
  new Refusal(
    500,
    `unexpected exception: java.lang.RuntimeException: io.kubernetes.client.openapi.ApiException: Not Found
HTTP response code: 404
HTTP response body: {"kind":"Status","status":"Failure","reason":"NotFound","details":{"group":"batch","kind":"jobs"},"code":404}
HTTP response headers: {content-type=[application/json]}`,
    reason,
  );

/** What a server answers when a value breaks its job document, in several lines (Skaha 1.4.0). */
export const unreadableJob = (reason: string): Refusal =>
  new Refusal(
    500,
    `unexpected exception: java.lang.RuntimeException: the job document cannot be read
 in 'string', at the line that holds the value`,
    reason,
  );
