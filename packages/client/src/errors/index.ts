export { type ErrorCode, errorCodes } from './codes.js';
export { type FailedItem, PartialError } from './partial-error.js';
export {
  type ErrorDocument,
  isSkahaError,
  SkahaError,
  type SkahaErrorOptions,
} from './skaha-error.js';
export { ValidationError, type ValidationIssue } from './validation-error.js';
