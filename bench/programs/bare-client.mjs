// @ts-check
// The least that a client can do: Node's own modules, kept connections.
import http from 'node:http';
import https from 'node:https';

/** A client for many requests to one server. */
export class BareClient {
  #agent;
  #request;

  /**
   * @param {string} origin - scheme, host and port
   * @param {number} concurrency
   */
  constructor(origin, concurrency) {
    const options = { keepAlive: true, maxSockets: concurrency, maxFreeSockets: concurrency };
    this.origin = origin;
    this.concurrency = concurrency;
    const isSecure = origin.startsWith('https:');
    this.#request = isSecure ? https.request : http.request;
    // Whom it talks to is not what is measured, and is checked once for each connection.
    this.#agent = isSecure
      ? new https.Agent({ ...options, rejectUnauthorized: false })
      : new http.Agent(options);
  }

  /**
   * @param {string} path
   * @param {{method?: string, headers?: http.OutgoingHttpHeaders, body?: string}} [options]
   * @returns {Promise<{status: number, headers: http.IncomingHttpHeaders, bytes: Buffer}>}
   */
  send(path, { method = 'GET', headers = {}, body } = {}) {
    return new Promise((resolve, reject) => {
      const options = { method, headers, agent: this.#agent };
      this.#request(`${this.origin}${path}`, options, (response) => {
        /** @type {Buffer[]} */
        const chunks = [];
        response.on('data', (chunk) => chunks.push(chunk));
        response.on('error', reject);
        response.on('end', () => {
          const status = response.statusCode ?? 0;
          resolve({ status, headers: response.headers, bytes: Buffer.concat(chunks) });
        });
      })
        .on('error', reject)
        .end(body);
    });
  }

  /**
   * Sends the same request many times, as many at once as there are connections.
   *
   * @param {number} count
   * @param {string} path
   * @param {{method?: string, headers?: http.OutgoingHttpHeaders, body?: string}} [options]
   */
  async sendMany(count, path, options) {
    let left = count;
    const work = async () => {
      while (left > 0) {
        left -= 1;
        const { status } = await this.send(path, options);
        if (status !== 200) throw new Error(`${path} was answered with ${status}`);
      }
    };
    await Promise.all(Array.from({ length: this.concurrency }, work));
  }

  close() {
    this.#agent.destroy();
  }
}
