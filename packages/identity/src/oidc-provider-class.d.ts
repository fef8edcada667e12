/** The provider's class without the package's entry, which prints to the console on Node.js 20. */
declare module 'oidc-provider/lib/provider.js' {
  export { Provider } from 'oidc-provider';
}
