/** What may reach a terminal besides text: nothing, or what sets colour and style (SGR). */
export type Allowed = 'nothing' | 'style';

const escapeCode = 0x1b;
const newline = 0x0a;
const carriageReturn = 0x0d;
const replacement = '\uFFFD';

/**
 * Change the order in which a line is shown: what is read is then not what is there. All that
 * Unicode calls `Bidi_Control`, marks included.
 */
const isBidi = (code: number): boolean =>
  code === 0x061c ||
  code === 0x200e ||
  code === 0x200f ||
  (code >= 0x202a && code <= 0x202e) ||
  (code >= 0x2066 && code <= 0x2069);

/** More parameters than any style has. */
const longestSequence = 64;

/** A parameter that no style has. */
const noStyle = '?';

/** Where in a sequence of the terminal the text is; see ECMA-48. */
type State = 'text' | 'escape' | 'parameters' | 'string';

// Most text is of this kind and need not be looked at byte by byte.
const harmless = /^[\x20-\x7E\n\t]*$/;

/** How many bytes follow the first of a character in UTF-8; undefined when it begins none. */
function following(byte: number): number | undefined {
  if (byte >= 0xc2 && byte <= 0xdf) return 1;
  if (byte >= 0xe0 && byte <= 0xef) return 2;
  return byte >= 0xf0 && byte <= 0xf4 ? 3 : undefined;
}

/**
 * Makes text from elsewhere fit for a terminal: it keeps printable characters, tabs and line ends,
 * and takes out escape sequences, control characters (those of C1 also as single bytes), and what
 * turns the direction of writing. It takes bytes as they come, so a sequence may be spread over
 * several calls. A line end ends an unfinished sequence, so that no line is lost to one.
 */
export class TerminalText {
  readonly #allowed: Allowed;
  #state: State = 'text';
  /** Parameters so far of a sequence that may be a style. */
  #sequence = '';
  /** Bytes of a character that is not complete. */
  #pending: number[] = [];
  #afterReturn = false;
  #isStyled = false;

  /** @param allowed - what is kept besides text */
  constructor(allowed: Allowed) {
    this.#allowed = allowed;
  }

  /**
   * @param chunk - text, or bytes of it in UTF-8
   * @returns what may be shown of it
   */
  push(chunk: string | Uint8Array): string {
    const bytes = typeof chunk === 'string' ? Buffer.from(chunk) : chunk;
    const isPlain = this.#state === 'text' && this.#pending.length === 0 && !this.#afterReturn;
    if (isPlain) {
      const text = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString('latin1');
      if (harmless.test(text)) return text;
    }
    const shown: string[] = [];
    for (const byte of bytes) shown.push(this.#byte(byte));
    return shown.join('');
  }

  /** The rest; a style that is still set is taken back. */
  end(): string {
    const rest = this.#giveUpCharacter();
    const reset = this.#isStyled ? '\u001B[0m' : '';
    this.#state = 'text';
    this.#isStyled = false;
    return rest + reset;
  }

  #giveUpCharacter(): string {
    const pending = this.#pending;
    this.#pending = [];
    return pending.map((byte) => this.#noText(byte)).join('');
  }

  /** A byte that is no text: some terminals take it for a control of eight bits. */
  #noText(byte: number): string {
    const shown = this.#state === 'text' ? replacement : '';
    return shown + (byte >= 0x80 && byte <= 0x9f ? this.#code(byte) : '');
  }

  #byte(byte: number): string {
    const [first] = this.#pending;
    if (first !== undefined) {
      const isNext = byte >= 0x80 && byte <= 0xbf;
      if (!isNext) return this.#giveUpCharacter() + this.#byte(byte);
      this.#pending.push(byte);
      if (this.#pending.length <= (following(first) ?? 0)) return '';
      return this.#character();
    }
    if (byte < 0x80) return this.#code(byte);
    if (following(byte) !== undefined) {
      this.#pending.push(byte);
      return '';
    }
    return this.#noText(byte);
  }

  #character(): string {
    const text = Buffer.from(this.#pending).toString('utf8');
    // Longer than needed, or beyond Unicode: the bytes are taken one by one.
    if (text.includes(replacement) && !isReplacement(this.#pending)) return this.#giveUpCharacter();
    this.#pending = [];
    return this.#code(text.codePointAt(0) ?? 0);
  }

  /** One character, as a terminal would take it. */
  #code(code: number): string {
    if (code === newline || code === carriageReturn) return this.#lineEnd(code);
    this.#afterReturn = false;
    if (code === escapeCode) return this.#begin('escape');
    if (code >= 0x80 && code <= 0x9f) return this.#control(code);
    // CAN and SUB end a sequence.
    if (code === 0x18 || code === 0x1a) return this.#begin('text');
    switch (this.#state) {
      case 'text':
        return this.#plain(code);
      case 'escape':
        return this.#afterEscape(code);
      case 'parameters':
        return this.#parameter(code);
      default:
        // BEL ends a string, as a line end does.
        return code === 0x07 ? this.#begin('text') : '';
    }
  }

  #begin(state: State): '' {
    this.#state = state;
    this.#sequence = '';
    return '';
  }

  /** What was overwritten by a return of the carriage would be hidden: it gets a line. */
  #lineEnd(code: number): string {
    const isSecond = code === newline && this.#afterReturn;
    this.#afterReturn = code === carriageReturn;
    this.#begin('text');
    return isSecond ? '' : '\n';
  }

  #plain(code: number): string {
    if ((code < 0x20 && code !== 0x09) || code === 0x7f || isBidi(code)) return '';
    return String.fromCodePoint(code);
  }

  /** A control of C1, which stands for an escape and a letter; programs write styles the longer way. */
  #control(code: number): string {
    this.#afterEscape(code - 0x40);
    this.#sequence = noStyle;
    return '';
  }

  #afterEscape(code: number): string {
    if (code === 0x5b) return this.#begin('parameters');
    // DCS, SOS, OSC, PM and APC go on until ST.
    if (code === 0x50 || code === 0x58 || (code >= 0x5d && code <= 0x5f))
      return this.#begin('string');
    // Further signs come before the last one.
    if (code >= 0x20 && code <= 0x2f) return '';
    return this.#begin('text');
  }

  #parameter(code: number): string {
    if (code >= 0x20 && code <= 0x3f) {
      if (this.#sequence.length <= longestSequence) this.#sequence += String.fromCodePoint(code);
      return '';
    }
    if (code < 0x20 || code === 0x7f) return '';
    const parameters = this.#sequence;
    this.#begin('text');
    // Not the end of a sequence: it was none.
    if (code > 0x7e) return this.#plain(code);
    const isStyle = code === 0x6d && /^[\d;:]*$/.test(parameters);
    if (!isStyle || parameters.length > longestSequence || this.#allowed === 'nothing') return '';
    this.#isStyled = !/^[0;]*$/.test(parameters);
    return `\u001B[${parameters}m`;
  }
}

const isReplacement = (bytes: readonly number[]): boolean =>
  bytes.length === 3 && bytes[0] === 0xef && bytes[1] === 0xbf && bytes[2] === 0xbd;

/**
 * A way to a terminal, or to anything else, by which nothing steers it.
 *
 * @param write - the way itself
 * @param allowed - what a terminal gets besides text; undefined where it is no terminal, which gets
 *   everything as it is
 */
export function guarded<Chunk extends string | Uint8Array>(
  write: (chunk: Chunk | string) => void,
  allowed: Allowed | undefined,
): (chunk: Chunk | string) => void {
  if (allowed === undefined) return write;
  // Bytes may end in the middle of a character or a sequence; text is always whole.
  const bytes = new TerminalText(allowed);
  return (chunk) =>
    write(typeof chunk === 'string' ? new TerminalText(allowed).push(chunk) : bytes.push(chunk));
}

/**
 * A whole text, as {@link TerminalText} lets it pass.
 *
 * @param text - or its bytes
 * @param allowed - what is kept besides text
 */
export function forTerminal(text: string | Uint8Array, allowed: Allowed): string {
  const filter = new TerminalText(allowed);
  return filter.push(text) + filter.end();
}
