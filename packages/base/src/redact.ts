/** What is shown in place of a secret. */
export const mask = '**********';

/** Words that say it by themselves, and mean something else inside of others (`KEYWORD`). */
const secretWords = new Set(['key', 'keys', 'pwd']);

/** What says it anywhere, also in words that are run together (`PGPASSWORD`, `sshpass`). */
const secretFragment =
  /pass|secret|token|credential|private|cookie|(?:access|account|api|auth|encryption|master|sign(?:ing)?|ssh)key/;

/** Words that contain such a fragment and say nothing of the kind. A word that is not here is secret. */
const ordinaryWord = new RegExp(
  [
    '(?:band|by|com|encom|high|low|multi|over|sur|tres|under)pass(?:es|ed|ing)?',
    'impasses?|pass(?:age|band|enger|er|ion|ive|port|through)s?',
    'pass(?:ed|es|ing|erby|erine|ionate|ivate|ivated|ivation|ively|ivity)',
    'tokeni[sz](?:e|ed|er|ers|es|ing|ation)',
    'secretar(?:y|ies|iat)',
  ]
    .map((words) => `^(?:${words})$`)
    .join('|'),
);

/** The words of a name in snake, kebab or camel case, in lower case and without digits. */
const wordsOf = (name: string): string[] =>
  name
    .replace(/(\p{Ll})(\p{Lu})|(\p{Lu})(?=\p{Lu}\p{Ll})/gu, '$1$3 $2')
    .toLowerCase()
    .split(/[^\p{L}]+/u)
    .filter((word) => word !== '');

/**
 * Tests whether the name of a variable or a setting says that its value is private. In
 * doubt it does: `BYPASS`, `passive` and `KEYWORD` are open, `DB_PASS`, `sshpass` and `passhash` not.
 *
 * @param name - for example `API_KEY` or `accessToken`
 */
export function isSecretName(name: string): boolean {
  const words = wordsOf(name);
  const [only, ...others] = words;
  // Alone, these are a shell's working directory and the tokens of a login.
  if (others.length === 0 && only === 'pwd') return false;
  if (others.length === 0 && (only === 'access' || only === 'refresh')) return true;
  if (words.some((word) => secretWords.has(word))) return true;
  return secretFragment.test(words.filter((word) => !ordinaryWord.test(word)).join(''));
}

/** The part of an address by which storage lets its bearer in, as CADC writes it. */
export const grants = /preauth(?::|%3A)[^/\s"'<>?#]+/gi;

const withoutGrants = (text: string): string => text.replace(grants, `preauth:${mask}`);

const unprintable = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu;

/**
 * Makes text from a server fit to show: its first line, without control or escape characters.
 *
 * @param text - what the server sent
 * @param maximum - longest result in characters; 200 by default
 */
export function firstLine(text: string, maximum = 200): string {
  const line = text.trimStart().split(/\r?\n/, 1)[0] ?? '';
  return withoutGrants(line.replace(unprintable, '')).trim().slice(0, maximum);
}

/**
 * Tests whether a text repeats a secret, or the beginning of one where the text was cut. Some
 * servers put into their answer what they were sent.
 *
 * @param text - as received, not shortened
 * @param secrets - that were sent; empty ones and undefined count for nothing
 */
export const repeats = (text: string, secrets: readonly (string | undefined)[]): boolean =>
  secrets.some(
    (secret) => secret !== undefined && secret !== '' && text.includes(secret.slice(0, 16)),
  );

/**
 * Strips a URL of what may be secret: user information, query and fragment.
 *
 * @param url - any absolute URL; text that is none becomes `<invalid url>`
 */
export function safeUrl(url: string | URL): string {
  try {
    const parsed = new URL(url);
    return withoutGrants(`${parsed.protocol}//${parsed.host}${parsed.pathname}`);
  } catch {
    return '<invalid url>';
  }
}

/** The names of Java's exceptions in front of what they say, one inside another. */
const exceptionNames = /\b(?:[a-z_]\w{0,40}\.){1,12}[A-Z]\w{0,60}(?:Exception|Error)\b:? ?/g;

/** How the server prints who somebody is; the name comes last. */
const principal = /\bPosixPrincipal \[(?:[^\][]{0,200},)? {0,4}([^\s\][,]{1,100})\]/g;

/**
 * Leaves out of a platform's text what only those who program it understand.
 *
 * @param text - as received
 */
export const withoutJava = (text: string): string =>
  text.replace(principal, '$1').replace(exceptionNames, '');
