// @ts-check
// A real PostgreSQL server of a test's own, or of a measurement's.
import { spawn, spawnSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { chownSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import postgres from 'postgres';

/** PostgreSQL refuses to run as root: then it is somebody who owns nothing else. */
const uid = process.getuid?.() === 0 ? 65_534 : undefined;
const asNobody = uid === undefined ? {} : { uid, gid: uid };

/**
 * Why there can be no server here; undefined when there can.
 *
 * @type {string | undefined}
 */
export const postgresObstacle = ['initdb', 'postgres'].every(
  (program) => spawnSync(program, ['--version']).status === 0,
)
  ? undefined
  : 'initdb and postgres are not in PATH';

async function freePort() {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  server.close();
  await once(server, 'close');
  return typeof address === 'object' && address !== null ? address.port : 0;
}

export class PostgresServer {
  /** @type {import('node:child_process').ChildProcess | undefined} */
  #process;
  #count = 0;
  #settings;

  port = 0;

  /** @param {readonly string[]} settings */
  constructor(settings) {
    this.#settings = settings;
    this.password = randomBytes(12).toString('hex');
    this.folder = mkdtempSync(join(tmpdir(), 'skaha-postgres-'));
    if (uid !== undefined) chownSync(this.folder, uid, uid);
  }

  /**
   * @param {readonly string[]} settings - `fsync=off` saves the time of a disk where no power is lost
   */
  static async start(settings = ['fsync=off']) {
    const server = new PostgresServer(settings);
    const passwordFile = join(server.folder, 'password');
    writeFileSync(passwordFile, server.password);
    if (uid !== undefined) chownSync(passwordFile, uid, uid);
    const words = ['-D', server.data, '-U', 'skaha', '-A', 'scram-sha-256', '--no-sync'];
    const made = spawnSync('initdb', [...words, '-E', 'UTF8', '--pwfile', passwordFile], {
      ...asNobody,
      cwd: server.folder,
    });
    if (made.status !== 0) throw new Error(`initdb failed: ${made.stderr}`);
    // Somebody else may have taken the port meanwhile.
    await server.#attempt(async () => {
      server.port = await freePort();
      await server.#begin();
    });
    return server;
  }

  get data() {
    return join(this.folder, 'data');
  }

  /** Starts it again, after `halt`. */
  async run() {
    // Processes that are still on their way out keep the memory that a new server wants.
    await this.#attempt(() => this.#begin());
  }

  /** @param {() => Promise<void>} begin */
  async #attempt(begin) {
    for (let left = 5; ; left -= 1) {
      try {
        return await begin();
      } catch (error) {
        if (left === 1) throw error;
        await pause(100);
      }
    }
  }

  /** @throws when it ends before it answers */
  async #begin() {
    const settings = [
      ...['listen_addresses=127.0.0.1', `unix_socket_directories=${this.folder}`],
      ...this.#settings,
    ].flatMap((setting) => ['-c', setting]);
    const child = spawn('postgres', ['-D', this.data, '-p', String(this.port), ...settings], {
      ...asNobody,
      cwd: this.folder,
      stdio: 'ignore',
    });
    this.#process = child;
    for (;;) {
      try {
        await this.ask('postgres', 'SELECT 1');
        return;
      } catch (error) {
        if (child.exitCode !== null) throw error;
        await pause(50);
      }
    }
  }

  /**
   * Ends it in order, or as a machine that loses power would.
   *
   * @param {'SIGINT' | 'SIGQUIT'} signal
   */
  async halt(signal = 'SIGINT') {
    const child = this.#process;
    if (child === undefined || child.exitCode !== null) return;
    const ended = once(child, 'exit');
    child.kill(signal);
    await ended;
  }

  /**
   * Holds it up, or lets it go on: connections stay open, and nothing is answered.
   *
   * @param {'SIGSTOP' | 'SIGCONT'} name
   */
  signalAll(name) {
    const pid = this.#process?.pid;
    if (pid === undefined) return;
    const found = spawnSync('pgrep', ['-P', String(pid)], { encoding: 'utf8' });
    for (const one of [String(pid), ...found.stdout.split('\n')])
      if (one !== '') process.kill(Number(one), name);
  }

  async stop() {
    await this.halt('SIGQUIT');
    rmSync(this.folder, { recursive: true, force: true });
  }

  /** A new, empty database. */
  async newDatabase() {
    this.#count += 1;
    const name = `test_${this.#count}`;
    await this.ask('postgres', `CREATE DATABASE ${name}`);
    return { name, address: `postgres://skaha@127.0.0.1:${this.port}/${name}?sslmode=disable` };
  }

  /**
   * Asks a database something, as an operator would.
   *
   * @param {string} database
   * @param {string} text
   * @returns {Promise<Record<string, unknown>[]>}
   */
  async ask(database, text) {
    const { port, password } = this;
    const sql = postgres({
      host: '127.0.0.1',
      port,
      database,
      username: 'skaha',
      password,
      max: 1,
      ssl: false,
      onnotice: () => undefined,
    });
    try {
      return [...(await sql.unsafe(text))];
    } finally {
      await sql.end({ timeout: 1 });
    }
  }
}
