export {
  certificateFile,
  certificateReader,
  certificateWarnings,
  readAuthorities,
} from './certificate.js';
export { checkedToken, tokenReader } from './token.js';
