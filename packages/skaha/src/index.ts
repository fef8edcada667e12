export {
  type ErrorCode,
  type ErrorDocument,
  errorCodes,
  type FailedItem,
  isSkahaError,
  PartialError,
  SkahaError,
  type SkahaErrorOptions,
  ValidationError,
  type ValidationIssue,
} from './errors/index.js';
export type { SessionKind, SessionStatus } from './models/kinds.js';
export { version } from './version.js';
