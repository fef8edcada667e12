import { readFileSync } from 'node:fs';
import { request as requestPlain } from 'node:http';
import { request } from 'node:https';
import type { Platform } from 'skaha-platform';

interface Answer {
  status: number;
  location: string | undefined;
  cookies: readonly string[];
  body: string;
}

function send(
  url: URL,
  ca: string,
  headers: Readonly<Record<string, string>>,
  body: string | undefined,
): Promise<Answer> {
  const options = { method: body === undefined ? 'GET' : 'POST', headers, ca };
  return new Promise((resolve, reject) => {
    const ask = url.protocol === 'https:' ? request : requestPlain;
    const sent = ask(url, options, (reply) => {
      let text = '';
      reply.setEncoding('utf8').on('data', (chunk: string) => {
        text += chunk;
      });
      reply.on('end', () =>
        resolve({
          status: reply.statusCode ?? 0,
          location: reply.headers.location,
          cookies: reply.headers['set-cookie'] ?? [],
          body: text,
        }),
      );
    });
    sent.on('error', reject);
    sent.end(body);
  });
}

/** A browser that keeps cookies and follows every redirect. */
export class Browser {
  readonly #cookies = new Map<string, string>();
  readonly #ca: string;

  constructor({ ca }: Platform) {
    this.#ca = readFileSync(ca, 'utf8');
  }

  /** Opens a page, or sends its form. */
  async open(url: string, fields?: Readonly<Record<string, string>>) {
    let at = new URL(url);
    let body = fields === undefined ? undefined : new URLSearchParams(fields).toString();
    for (;;) {
      const form =
        body === undefined ? {} : { 'content-type': 'application/x-www-form-urlencoded' };
      const cookie = [...this.#cookies].map(([name, value]) => `${name}=${value}`).join('; ');
      const answer = await send(at, this.#ca, { accept: 'text/html', cookie, ...form }, body);
      for (const text of answer.cookies) {
        const [, name = '', value = ''] = /^([^=]+)=([^;]*)/.exec(text) ?? [];
        this.#cookies.set(name, value);
      }
      if (answer.location === undefined) return { ...answer, url: at.href };
      at = new URL(answer.location, at);
      body = undefined;
    }
  }
}
