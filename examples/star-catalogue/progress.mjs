// @ts-check

/** Shows how many sessions are waiting, running and done: one moving line, or plain lines. */
export class Progress {
  /** @type {Map<string, string>} */
  #statuses = new Map();
  #shown = '';
  #scheduled = false;

  /**
   * @param {number} total
   * @param {{isTTY?: boolean, write: (text: string) => unknown}} stream
   */
  constructor(total, stream) {
    this.total = total;
    this.stream = stream;
  }

  /** @param {{id: string, status: string}} session */
  update({ id, status }) {
    this.#statuses.set(id, status);
    if (this.#scheduled) return;
    this.#scheduled = true;
    // Several sessions change in one look at the platform; they make one line.
    setImmediate(() => this.show());
  }

  show() {
    this.#scheduled = false;
    const statuses = [...this.#statuses.values()];
    const count = (/** @type {string[]} */ ...names) =>
      statuses.filter((status) => names.includes(status)).length;
    const done = count('Completed', 'Failed');
    const running = count('Running', 'Terminating');
    const pending = this.total - done - running;
    const line = `${this.total} replicas: ${pending} pending, ${running} running, ${done} done`;
    if (line === this.#shown) return;
    this.#shown = line;
    const bar = '█'.repeat(done) + '▒'.repeat(running) + '░'.repeat(pending);
    const moving = this.total <= 32 ? `${bar}  ${line}` : line;
    this.stream.write(this.stream.isTTY === true ? `\r\u001b[2K${moving}` : `${line}\n`);
  }

  end() {
    if (this.#scheduled) this.show();
    if (this.stream.isTTY === true && this.#shown !== '') this.stream.write('\n');
  }
}
