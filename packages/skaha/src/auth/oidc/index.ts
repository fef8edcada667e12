export { revokeLogin, userName } from './account-info.js';
export type { OidcClient } from './client.js';
export type { Verification } from './device.js';
export { loginAtProvider, type OidcLoginOptions, type OidcMethod } from './login.js';
export type { OidcTools } from './messages.js';
export { type OidcEntry, type OidcRecord, readRecord } from './record.js';
export { isRefreshable } from './refresh.js';
export { oidcTokenSource, type TokenSource, type TokenSourceOptions } from './source.js';
