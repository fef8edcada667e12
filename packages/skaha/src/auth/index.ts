export {
  type CertificateFile,
  certificateReader,
  certificateWarnings,
  parseCertificateFile,
  readAuthorities,
} from './certificate.js';
export { checkedToken, type TokenFile, tokenReader } from './token.js';
