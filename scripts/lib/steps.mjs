// @ts-check

/**
 * @typedef {object} StepResult
 * @property {boolean} ok
 * @property {string} [output] - shown in full when the step failed
 * @property {string} [note] - a few words shown after the title
 */

/**
 * A run of named steps, one line each: `ok` or `failed`, and everything a failed step said.
 * It writes to stderr, so that a program's own output stays alone on stdout.
 */
export class Steps {
  /** @type {string[]} */
  failed = [];

  /** @param {{write: (text: string) => void, now?: () => number}} [options] */
  constructor(options = { write: (text) => void process.stderr.write(text) }) {
    this.write = options.write;
    this.now = options.now ?? (() => performance.now());
  }

  /**
   * @param {string} title
   * @param {() => Promise<StepResult> | StepResult} work
   * @param {{quiet?: boolean, takes?: string}} [options] - quiet: say nothing when it went well;
   *   takes: how long it may take, said when it begins
   * @returns {Promise<boolean>} whether it went well
   */
  async run(title, work, { quiet = false, takes } = {}) {
    const started = this.now();
    if (takes !== undefined) this.write(`…       ${title}: ${takes}\n`);
    /** @type {StepResult} */
    let result;
    try {
      result = await work();
    } catch (error) {
      result = {
        ok: false,
        output: error instanceof Error ? (error.stack ?? error.message) : String(error),
      };
    }
    const seconds = ((this.now() - started) / 1000).toFixed(1);
    if (!result.ok) this.failed.push(title);
    if (!result.ok || !quiet) {
      const note = result.note === undefined ? '' : `, ${result.note}`;
      this.write(`${result.ok ? 'ok     ' : 'failed '} ${title} (${seconds} s${note})\n`);
    }
    if (!result.ok && result.output) this.write(`\n${result.output.trimEnd()}\n\n`);
    return result.ok;
  }
}
