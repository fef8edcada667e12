export { type ErrorCode, errorCodes } from './codes.js';
export {
  type ErrorDocument,
  type FailedItem,
  isSkahaError,
  PartialError,
  SkahaError,
  type SkahaErrorOptions,
  ValidationError,
  type ValidationIssue,
} from './skaha-error.js';
