import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Terminal } from '@skaha/terminal/io.js';
import { SkahaClient } from 'skaha/internal/client.js';
import { type Platform, type PlatformOptions, startPlatform } from 'skaha-platform';
import { beforeAll, onTestFinished } from 'vitest';
import { layKeys } from '../../../scripts/tests/platform-keys.js';
import { runCli } from '../src/cli.js';
import type { Services } from '../src/environment/deps.js';
import { systemServices } from '../src/environment/services.js';

/** What a command line did. */
export interface Result {
  status: number;
  stdout: string;
  stderr: string;
  /** Standard output as it was written. */
  bytes: Uint8Array;
}

/** How to run a command line. */
export interface RunOptions {
  terminal?: Partial<Terminal> | undefined;
  services?: Partial<Services> | undefined;
  /** What stands on standard input. */
  stdin?: string | undefined;
  /** Called with everything written so far, after each write to standard output. */
  onOut?: ((text: string) => void) | undefined;
}

const noClient: Partial<Services> = {
  connect: () => Promise.reject(new Error('this command must not connect')),
};

/** A terminal that remembers; nothing in it is a terminal unless the test says so. */
export function captureTerminal(options: RunOptions = {}) {
  const chunks: Uint8Array[] = [];
  const errors: string[] = [];
  const lines = (options.stdin ?? '').split('\n');
  const text = () => Buffer.concat(chunks).toString('utf8');
  const terminal: Terminal = {
    program: 'skaha',
    out: (chunk) => {
      chunks.push(typeof chunk === 'string' ? new TextEncoder().encode(chunk) : chunk.slice());
      options.onOut?.(text());
    },
    err: (words) => {
      errors.push(words);
    },
    isTty: false,
    errIsTty: false,
    inIsTty: false,
    columns: 80,
    env: {},
    readLine: async () => (lines.length > 1 || lines[0] !== '' ? lines.shift() : undefined),
    readAll: async () => options.stdin ?? '',
    signal: new AbortController().signal,
    ...options.terminal,
  };
  return { terminal, text, errors: () => errors.join(''), bytes: () => Buffer.concat(chunks) };
}

/** Runs a command line in this process. Without `services.connect` it must not need a server. */
export async function runSkaha(argv: readonly string[], options: RunOptions = {}): Promise<Result> {
  const captured = captureTerminal(options);
  const services = { ...systemServices({ env: {} }), ...noClient, ...options.services };
  const status = await runCli(argv, captured.terminal, services);
  return {
    status,
    stdout: captured.text(),
    stderr: captured.errors(),
    bytes: captured.bytes(),
  };
}

/** Runs command lines against a platform as its main user. */
export type Shell = (argv: readonly string[], options?: RunOptions) => Promise<Result>;

/** The services that lead to a platform, unless the command line leads elsewhere. */
export function servicesFor(platform: Platform): Pick<Services, 'connect'> {
  const { url, token, ca } = platform;
  return {
    connect: async (given) => {
      const elsewhere = given.url !== undefined || given.context !== undefined;
      const ownCredential = given.token !== undefined || given.certificate !== undefined;
      const defaults = elsewhere ? {} : { url, ca, ...(ownCredential ? {} : { token }) };
      return new SkahaClient({ ...defaults, ...given });
    },
  };
}

/** A platform on a directory of its own, and a shell for it. */
export interface PlatformShell {
  platform: Platform;
  skaha: Shell;
}

async function open(options: PlatformOptions): Promise<PlatformShell & { end(): Promise<void> }> {
  const data = mkdtempSync(join(tmpdir(), 'skaha-cli-'));
  layKeys(options.data ?? data);
  const { config } = options;
  const platform = await startPlatform({
    data,
    port: 0,
    user: 'ada',
    ...options,
    // The quickest one, and the only one there is on every machine.
    config: typeof config === 'string' ? config : { runner: 'process', ...config },
  });
  return {
    platform,
    skaha: (argv, run = {}) =>
      runSkaha(argv, { ...run, services: { ...servicesFor(platform), ...run.services } }),
    end: async () => {
      await platform.stop();
      rmSync(data, { recursive: true, force: true });
    },
  };
}

/** A platform for one test. */
export async function ownPlatform(options: PlatformOptions = {}): Promise<PlatformShell> {
  const shell = await open(options);
  onTestFinished(shell.end);
  return shell;
}

/** A platform for all tests of a file; read its members inside tests only. */
export function sharedPlatform(options: PlatformOptions = {}): PlatformShell {
  let made: PlatformShell | undefined;
  const shell = () => {
    if (made === undefined) throw new Error('the platform starts with the first test');
    return made;
  };
  beforeAll(async () => {
    const opened = await open(options);
    made = opened;
    return opened.end;
  });
  return {
    get platform() {
      return shell().platform;
    },
    skaha: (argv, run) => shell().skaha(argv, run),
  };
}

/** The ids on standard output, one a line. */
export const idsOf = ({ stdout }: Pick<Result, 'stdout'>): string[] =>
  stdout.split('\n').filter((line) => line !== '');
