import { grants, mask } from './redact.js';

/** What looks like a secret in any text. */
const patterns: readonly (readonly [RegExp, string])[] = [
  // A text with only the beginning or the end of a key shows some of it.
  [
    /-----BEGIN (?:[A-Z0-9]{1,20} ){0,3}PRIVATE KEY-----[^-]*(?:-----END (?:[A-Z0-9]{1,20} ){0,3}PRIVATE KEY-----)?/g,
    mask,
  ],
  [/^[A-Za-z0-9+/=\s]*-----END (?:[A-Z0-9]{1,20} ){0,3}PRIVATE KEY-----/g, mask],
  [/(?<![\w-])eyJ[\w-]{8,}\.[\w-]{4,}(?:\.[\w-]*)?/g, mask],
  [/\b(bearer|basic) {1,4}[\w.~+/=-]{8,}/gi, `$1 ${mask}`],
  [/:\/\/[^\s/@]{3,600}@/g, `://${mask}@`],
  [grants, `preauth:${mask}`],
  [
    /\b(CADC_SSO|x-skaha-registry-auth|cookie)(["']?[ \t]{0,4}[:=][ \t]{0,4}["']?)[^\s"',;&]+/gi,
    `$1$2${mask}`,
  ],
  [
    /(passw(?:or)?d|passphrase|_pass|secret|token|credential|api_?key|access_?key|secret_?key|private_?key)(s?["']?[ \t]{0,4}(?:=|: ?)[ \t]{0,4}["']?)(?!(?:\d{1,6}|true|false|null|none)(?![^\s"',;&]))[^\s"',;&]{3,}/gi,
    `$1$2${mask}`,
  ],
  // Names such as SECRET_KEY_BASE=...
  [
    /\b(\w{0,40}(?:SECRET|TOKEN|PASSWORD|PASSWD|CREDENTIAL|API_?KEY)\w{1,40}=)[^\s"',;&]{3,}/g,
    `$1${mask}`,
  ],
];

/**
 * Leaves out of a text, or of every text in a document, what may be secret.
 *
 * @param known - secrets that are left out wherever they occur; one that is part of another comes later
 */
export function withoutSecrets<Value>(value: Value, known: readonly string[]): Value {
  const clean = (inner: unknown): unknown => {
    if (typeof inner === 'string') {
      const text = known.reduce((all, secret) => all.replaceAll(secret, mask), inner);
      return patterns.reduce((all, [pattern, instead]) => all.replace(pattern, instead), text);
    }
    if (Array.isArray(inner)) return inner.map(clean);
    if (typeof inner !== 'object' || inner === null) return inner;
    return Object.fromEntries(Object.entries(inner).map(([name, one]) => [name, clean(one)]));
  };
  return clean(value) as Value;
}
