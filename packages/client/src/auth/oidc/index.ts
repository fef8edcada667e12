export { revokeLogin } from './account-info.js';
export type { Verification } from './device.js';
export { loginAtProvider, type OidcMethod } from './login.js';
export type { OidcTools } from './messages.js';
export { issuersFor } from './provider.js';
export { readRecord } from './record.js';
export { isRefreshable } from './refresh.js';
export { oidcTokenSource, type TokenSourceOptions } from './source.js';
