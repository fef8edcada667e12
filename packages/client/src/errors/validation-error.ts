import { SkahaError } from './skaha-error.js';

/** One problem with the input. */
export interface ValidationIssue {
  /** Dotted path of the option, for example `env.BAND`. */
  path: string;
  message: string;
}

/** Thrown for bad input, before any request is sent. Its code is `request.invalid`. */
export class ValidationError extends SkahaError {
  override readonly name = 'ValidationError';
  /** All problems, in the order of the options. */
  readonly issues: readonly ValidationIssue[];

  /**
   * @param issues - at least one
   * @param hint - what to do next
   */
  constructor(issues: readonly [ValidationIssue, ...ValidationIssue[]], hint?: string) {
    super('request.invalid', issues.map((issue) => issue.message).join(' '), { hint });
    this.issues = issues;
  }
}
