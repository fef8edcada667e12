/** A request that the platform refuses, with the status and exact text of the API. */
export class Refusal extends Error {
  override readonly name = 'Refusal';
  /** The reason, if the real server hides it; added to the reply unless the platform is strict. */
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
 * The reply of a server whose cluster refuses a job: the reason is lost because a follow-up request
 * fails, which it reports in several lines with the headers of the cluster's reply (Skaha API,
 * order of checks; Skaha 1.4.0).
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

/** The reply of a server if a value breaks its job document, in several lines (Skaha 1.4.0). */
export const unreadableJob = (reason: string): Refusal =>
  new Refusal(
    500,
    `unexpected exception: java.lang.RuntimeException: the job document cannot be read
 in 'string', at the line that holds the value`,
    reason,
  );
