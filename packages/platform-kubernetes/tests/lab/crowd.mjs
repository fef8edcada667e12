// @ts-check
// Many users of one platform, who create, list and delete sessions through its API.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { BareClient } from '../../../../bench/programs/bare-client.mjs';

const image = 'images.canfar.net/skaha/terminal:1.1.2';
const path = '/skaha/v1/session';

/** What each session is; the same for all. */
const form = (/** @type {string} */ name) =>
  new URLSearchParams({
    name,
    image,
    type: 'headless',
    cmd: 'sleep',
    args: '3600',
    cores: '1',
    ram: '1',
  }).toString();

/** How many requests of all users together are under way at a time. */
const atOnce = 32;

/** @typedef {{id: string, name: string, status: string}} Listed */

export class Crowd {
  /** Sessions whose creation was acknowledged and whose deletion was not asked for. */
  acknowledged = new Set();
  /** Sessions whose deletion was acknowledged. */
  deleted = new Set();
  /** Whose deletion was asked for and not answered: they may be there, or not. */
  doubtful = new Set();
  #client;
  #tokens;
  #users;

  /**
   * @param {{readonly url: string, readonly data: string}} platform
   * @param {readonly string[]} users
   */
  constructor({ url, data }, users) {
    this.#users = users;
    this.#client = new BareClient(new URL(url).origin, atOnce);
    this.#tokens = new Map(
      users.map((user) => [
        user,
        readFileSync(join(data, 'private', 'users', `${user}.token`), 'utf8').trim(),
      ]),
    );
  }

  /** @param {string} user */
  headers(user) {
    return { authorization: `Bearer ${this.#tokens.get(user)}` };
  }

  /**
   * The same crowd at a platform that took the place of another.
   *
   * @param {{readonly url: string, readonly data: string}} platform
   */
  at(platform) {
    const next = new Crowd(platform, this.#users);
    next.acknowledged = this.acknowledged;
    next.deleted = this.deleted;
    next.doubtful = this.doubtful;
    this.close();
    return next;
  }

  /**
   * Creates sessions, those of all users in turn; stops where the platform is gone.
   *
   * @param {number} count
   * @returns {Promise<number>} seconds that it took
   */
  async create(count) {
    const began = performance.now();
    const headers = { 'content-type': 'application/x-www-form-urlencoded' };
    await this.#each(count, async (index) => {
      const user = this.#users[index % this.#users.length] ?? '';
      const body = form(`bench-${index}`);
      const options = { method: 'POST', headers: { ...headers, ...this.headers(user) }, body };
      const { status, bytes } = await this.#client.send(path, options);
      if (status !== 200) throw new Error(`a creation was answered with ${status}: ${bytes}`);
      this.acknowledged.add(bytes.toString('utf8').trim());
    });
    return (performance.now() - began) / 1000;
  }

  /**
   * Deletes some of those that were acknowledged; stops where the platform is gone.
   *
   * @param {number} count
   */
  async delete(count) {
    const owners = new Map();
    for (const user of this.#users) {
      for (const { id } of await this.list(user)) owners.set(id, user);
    }
    const chosen = [...this.acknowledged].filter((id) => owners.has(id)).slice(0, count);
    await this.#each(chosen.length, async (index) => {
      const id = chosen[index] ?? '';
      this.acknowledged.delete(id);
      this.doubtful.add(id);
      const options = { method: 'DELETE', headers: this.headers(owners.get(id)) };
      const { status } = await this.#client.send(`${path}/${id}`, options);
      if (status !== 200) throw new Error(`a deletion was answered with ${status}`);
      this.doubtful.delete(id);
      this.deleted.add(id);
    });
  }

  /** @type {(count: number, work: (index: number) => Promise<void>) => Promise<void>} */
  async #each(count, work) {
    let next = 0;
    const one = async () => {
      while (next < count) {
        next += 1;
        await work(next - 1);
      }
    };
    const all = await Promise.allSettled(Array.from({ length: atOnce }, one));
    for (const result of all) {
      // Of a platform that was killed, only what it acknowledged counts.
      if (result.status === 'rejected' && !('code' in result.reason)) throw result.reason;
    }
  }

  /**
   * @param {string} user
   * @returns {Promise<Listed[]>}
   */
  async list(user) {
    const { status, bytes } = await this.#client.send(path, { headers: this.headers(user) });
    if (status !== 200) throw new Error(`a list was answered with ${status}`);
    return JSON.parse(bytes.toString('utf8'));
  }

  /** @returns {Promise<Listed[]>} the sessions of all users */
  async listAll() {
    const lists = [];
    for (const user of this.#users) lists.push(await this.list(user));
    return lists.flat();
  }

  close() {
    this.#client.close();
  }
}
