/** More lines than these are not kept: a browser can make a page only so high. */
const mostLines = 800_000;
/** This many go at once when there is no more room. */
const dropLines = 100_000;

/** Longer lines are shown in pieces, so that none takes the whole window. */
const longestPiece = 4_000;

/** What is drawn in colour on a terminal; here it is plain. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: that is what these sequences begin with
const sequences = /\u001B(?:\[[0-?]*[ -/]*[@-~]|\][^\u0007\u001B]*(?:\u0007|\u001B\\)|[@-Z\\-_])/g;

/** The lines of a log, as they come. */
export class LogBuffer {
  lines: string[] = [];
  /** Lines that were let go of. */
  dropped = 0;
  #isOpen = false;

  /** Takes a line with its line end; one without goes on in the next. */
  add(text: string): void {
    const isWhole = text.endsWith('\n');
    const line = shown(text);
    if (this.#isOpen && this.lines.length > 0) {
      const last = this.lines.pop() ?? '';
      this.#push(text.startsWith('\r') ? line : last + line);
    } else this.#push(line);
    this.#isOpen = !isWhole;
    if (this.lines.length > mostLines) {
      this.lines = this.lines.slice(dropLines);
      this.dropped += dropLines;
    }
  }

  #push(line: string): void {
    if (line.length <= longestPiece) {
      this.lines.push(line);
      return;
    }
    for (let from = 0; from < line.length; from += longestPiece) {
      this.lines.push(line.slice(from, from + longestPiece));
    }
  }
}

/** A line as a terminal would leave it: what was drawn over is gone. */
function shown(text: string): string {
  const line = text.replace(/\r?\n$/, '').replace(sequences, '');
  const last = line.replace(/\r+$/, '').lastIndexOf('\r');
  return last < 0 ? line.replaceAll('\r', '') : line.slice(last + 1).replaceAll('\r', '');
}

/** The places of lines that hold a text, in any case. */
export function findLines(lines: readonly string[], text: string): number[] {
  if (text === '') return [];
  const wanted = text.toLowerCase();
  const found: number[] = [];
  for (let index = 0; index < lines.length; index += 1) {
    if (lines[index]?.toLowerCase().includes(wanted) === true) found.push(index);
  }
  return found;
}
