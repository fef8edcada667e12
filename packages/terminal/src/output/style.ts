const codes = {
  bold: [1, 22],
  dim: [2, 22],
  red: [31, 39],
  green: [32, 39],
  yellow: [33, 39],
  blue: [34, 39],
  cyan: [36, 39],
} as const;

/** One way to set text off. */
export type Ink = keyof typeof codes;

/** Sets text off with escape sequences, or returns it unchanged where they are not wanted. */
export type Style = (ink: Ink, text: string) => string;

/** Leaves every text as it is. */
export const plainStyle: Style = (_ink, text) => text;

/** Marks text with escape sequences. */
export const ansiStyle: Style = (ink, text) => {
  const [on, off] = codes[ink];
  return text === '' ? '' : `\u001B[${on}m${text}\u001B[${off}m`;
};

/** When to use colour. */
export const colorChoices = ['auto', 'always', 'never'] as const;

const isSet = (value: string | undefined): boolean => value !== undefined && value !== '';
const isOn = (value: string | undefined): boolean =>
  isSet(value) && value !== '0' && value !== 'false';

/**
 * Decides about colour: the flag beats the environment, the environment beats the configuration,
 * and that beats the terminal.
 *
 * @param choice - the value of `--color`
 * @param env - where `NO_COLOR`, `CLICOLOR_FORCE`, `FORCE_COLOR`, `CLICOLOR` and `TERM` are read
 * @param isTty - whether the stream is a terminal
 * @param configured - what the configuration says
 */
export function chooseStyle(
  choice: string,
  env: Readonly<Record<string, string | undefined>>,
  isTty: boolean,
  configured = 'auto',
): Style {
  if (choice === 'always') return ansiStyle;
  if (choice === 'never' || isSet(env['NO_COLOR'])) return plainStyle;
  if (isOn(env['CLICOLOR_FORCE']) || isOn(env['FORCE_COLOR'])) return ansiStyle;
  if (env['FORCE_COLOR'] === '0' || env['CLICOLOR'] === '0' || env['TERM'] === 'dumb')
    return plainStyle;
  if (configured === 'always') return ansiStyle;
  return isTty && configured !== 'never' ? ansiStyle : plainStyle;
}
