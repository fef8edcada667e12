import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { Worker } from 'node:worker_threads';
import type { KeyPair } from './authority.js';

type Authority = typeof import('./authority.js');

/** What is made: a certificate of each kind, with its key. */
export type Made = 'createAuthority' | 'createServerCertificate' | 'createUserCertificate';

/** What the thread is asked. */
export interface MakeRequest {
  readonly number: number;
  readonly name: Made;
  readonly words: readonly unknown[];
}

/** What it answers. */
export interface MakeReply {
  readonly number: number;
  readonly made?: KeyPair | undefined;
  readonly failed?: string | undefined;
}

interface Waiting {
  resolve(pair: KeyPair): void;
  reject(error: Error): void;
}

/** How long a thread that has nothing to do is kept, in milliseconds. */
const idleMs = 500;

/** Beside this file when built, in the build when run from source. */
const program = ['./certificate-worker.js', '../dist/certificate-worker.js']
  .map((path) => fileURLToPath(new URL(path, import.meta.url)))
  .find((path) => existsSync(path));

/**
 * Makes certificates in a thread that goes when it has nothing to do: a platform makes most of them at
 * its first start, and what makes them would stay a tenth of its memory.
 */
class CertificateMaker {
  readonly #waiting = new Map<number, Waiting>();
  #worker: Worker | undefined;
  #number = 0;
  #idle: NodeJS.Timeout | undefined;

  async make(name: Made, words: readonly unknown[]): Promise<KeyPair> {
    clearTimeout(this.#idle);
    this.#number += 1;
    const number = this.#number;
    const worker = this.#worker ?? this.#open();
    worker.ref();
    return await new Promise((resolve, reject) => {
      this.#waiting.set(number, { resolve, reject });
      worker.postMessage({ number, name, words } satisfies MakeRequest);
    });
  }

  #open(): Worker {
    if (program === undefined) throw new Error('what makes certificates is not there');
    // What the program was started with, such as `--input-type`, may not be for a file.
    const worker = new Worker(program, { execArgv: [] });
    this.#worker = worker;
    worker.on('message', (reply: MakeReply) => this.#replied(reply));
    worker.on('error', (error) => this.#gone(worker, error));
    worker.on('exit', () => this.#gone(worker, new Error('what makes certificates has ended')));
    return worker;
  }

  #replied({ number, made, failed = '' }: MakeReply): void {
    const waiting = this.#waiting.get(number);
    this.#waiting.delete(number);
    if (made === undefined) waiting?.reject(new Error(failed));
    else waiting?.resolve(made);
    if (this.#waiting.size > 0) return;
    this.#worker?.unref();
    this.#idle = setTimeout(() => this.#close(), idleMs).unref();
  }

  #close(): void {
    const worker = this.#worker;
    this.#worker = undefined;
    void worker?.terminate();
  }

  #gone(worker: Worker, error: Error): void {
    if (this.#worker !== worker) return;
    this.#worker = undefined;
    const waiting = [...this.#waiting.values()];
    this.#waiting.clear();
    for (const { reject } of waiting) reject(error);
  }
}

const maker = new CertificateMaker();

/** Makes a certificate authority. See `createAuthority`. */
export const makeAuthority = (...words: Parameters<Authority['createAuthority']>) =>
  maker.make('createAuthority', words);

/** Makes the certificate of a server. See `createServerCertificate`. */
export const makeServerCertificate = (...words: Parameters<Authority['createServerCertificate']>) =>
  maker.make('createServerCertificate', words);

/** Makes the certificate of a user. See `createUserCertificate`. */
export const makeUserCertificate = (...words: Parameters<Authority['createUserCertificate']>) =>
  maker.make('createUserCertificate', words);
