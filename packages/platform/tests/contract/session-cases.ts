import { expect } from 'vitest';
import { ManualClock } from '../../../base/tests/manual-clock.js';
import { type Case, form, formType } from './target.js';

const session = '/v1/session';
const day = 86_400;
const order = [
  ...['id', 'userid', 'runAsUID', 'runAsGID', 'supplementalGroups', 'appid', 'image', 'type'],
  ...['status', 'name', 'startTime', 'expiryTime', 'connectURL', 'requestedRAM'],
  ...['requestedCPUCores', 'requestedGPUCores', 'ramInUse', 'gpuRAMInUse', 'cpuCoresInUse'],
  ...['gpuUtilization', 'isFixedResources'],
];
const statuses = ['Pending', 'Running', 'Terminating', 'Completed', 'Failed'];
const seconds = (text: string | undefined) => Date.parse(text ?? '') / 1000;

/** A platform of its own on which every session waits. */
const held = { faults: ['slow-queue'] } as const;

/** The life of a session and the form in which it is told. */
export const sessionCases: readonly Case[] = [
  {
    number: 18,
    title: 'fields keep their order, empty ones are left out, a headless address is empty',
    run: async (target) => {
      const id = await target.create();
      const found = (await target.session(id)) ?? {};
      const keys = Object.keys(found);
      expect(keys).toEqual(order.filter((key) => keys.includes(key)));
      expect(keys).toEqual(
        expect.arrayContaining(['id', 'userid', 'image', 'type', 'status', 'name', 'connectURL']),
      );
      expect(found).toMatchObject({ connectURL: '', type: 'headless', name: 'contract' });
      for (const value of Object.values(found)) expect(value).not.toBeNull();
    },
  },
  {
    number: 19,
    title: 'a fixed size is told in GB with two decimals; a flexible one is not told',
    run: async (target) => {
      const context = JSON.parse((await target.get('/v1/context')).body);
      const size: number = context.memoryGB.options.includes(4) ? 4 : context.memoryGB.options[0];
      const fixed = await target.session(await target.create({ ram: String(size), cores: '1' }));
      expect(fixed).toMatchObject({
        requestedRAM: ((size * 2 ** 30) / 1e9).toFixed(2),
        requestedCPUCores: '1',
        isFixedResources: true,
      });
      const flexible = await target.session(await target.create());
      expect(flexible).toMatchObject({ requestedGPUCores: '0', isFixedResources: false });
      expect(flexible).not.toHaveProperty('requestedRAM');
      expect(flexible).not.toHaveProperty('requestedCPUCores');
    },
  },
  {
    number: 20,
    title: 'cores alone are flexible',
    run: async (target) => {
      const found = await target.session(await target.create({ cores: '1' }));
      expect(found).toMatchObject({ isFixedResources: false });
      expect(found).not.toHaveProperty('requestedCPUCores');
    },
  },
  {
    number: 20,
    title: 'Firefly is always fixed, a desktop always flexible',
    needs: ['own-platform'],
    run: async (target) => {
      const { target: own } = await target.own(held);
      expect(await own.session(await own.create({ type: 'firefly' }))).toMatchObject({
        requestedRAM: '4.29',
        requestedCPUCores: '0.100',
        isFixedResources: true,
      });
      const desktop = await own.session(
        await own.create({ type: 'desktop', cores: '2', ram: '4' }),
      );
      expect(desktop).toMatchObject({ isFixedResources: false });
      expect(desktop).not.toHaveProperty('requestedRAM');
    },
  },
  {
    number: 21,
    title: 'startTime drops zero seconds, expiryTime never does, both are absent before the start',
    needs: ['own-platform'],
    run: async (target) => {
      const clock = new ManualClock(Date.UTC(2026, 7, 6, 15, 25, 0, 700));
      const { platform, target: own } = await target.own({ ...held, clock });
      const id = await own.create({ cmd: 'sleep', args: '60' });
      const waiting = await own.session(id);
      expect(waiting).not.toHaveProperty('startTime');
      expect(waiting).not.toHaveProperty('expiryTime');
      platform.faults.clear();
      expect(await own.until(id, 'Running')).toMatchObject({
        startTime: '2026-08-06T15:25Z',
        expiryTime: '2026-08-20T15:25:00Z',
      });
    },
  },
  {
    number: 21,
    title: 'times have their form',
    run: async (target) => {
      const found = await target.until(await target.create(), 'Completed');
      expect(found.startTime).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d(?::(?!00)\d\d)?Z$/);
      expect(found.expiryTime).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/);
    },
  },
  {
    number: 22,
    title: 'a headless session may live 14 days',
    run: async (target) => {
      const { startTime, expiryTime } = await target.until(await target.create(), 'Completed');
      expect(seconds(expiryTime) - seconds(startTime)).toBe(14 * day);
    },
  },
  {
    number: 23,
    title: 'renewing leads to four days from now, and only if that is later',
    needs: ['own-platform'],
    run: async (target) => {
      const clock = new ManualClock();
      const { target: own } = await target.own({ clock });
      const id = await own.create({ cmd: 'sleep', args: '1000' });
      const before = await own.until(id, 'Running');
      const renew = () =>
        own.ask('POST', `${session}/${id}`, { headers: formType, body: form({ action: 'Renew' }) });
      const answer = await renew();
      expect(answer).toMatchObject({ status: 200, body: '' });
      expect(answer.headers['content-type']).toBeUndefined();
      expect((await own.session(id))?.expiryTime).toBe(before.expiryTime);
      await clock.advance(11 * day * 1000);
      await renew();
      const after = (await own.session(id))?.expiryTime;
      expect(seconds(after)).toBe(Math.floor(clock.now() / 1000) + 345_600);
    },
  },
  {
    number: 24,
    title: 'what has ended cannot be renewed',
    run: async (target) => {
      const id = await target.create();
      await target.until(id, 'Completed');
      const renew = (fields: Record<string, string>) =>
        target.ask('POST', `${session}/${id}`, { headers: formType, body: form(fields) });
      const answer = await renew({ action: 'renew' });
      expect(answer.status).toBe(400);
      expect(answer.body).toMatch(
        new RegExp(
          `^No active job for user PosixPrincipal \\[(?:uidNumber=)?\\d+,(?:\\d+|null),\\S+\\] with session ${id}\\n$`,
        ),
      );
      expect((await renew({ action: 'extend' })).body).toBe('unrecognized action\n');
      expect((await renew({})).body).toBe('Cannot modify an existing session\n');
    },
  },
  {
    number: 24,
    title: 'what waits in the queue, and what belongs to others, cannot be renewed',
    needs: ['own-platform'],
    run: async (target) => {
      const { target: own } = await target.own(held);
      const id = await own.create();
      for (const as of ['user', 'other'] as const) {
        const body = form({ action: 'renew' });
        const answer = await own.ask('POST', `${session}/${id}`, { as, headers: formType, body });
        expect(answer.status).toBe(400);
        expect(answer.body).toContain('No active job for user PosixPrincipal [');
      }
    },
  },
  {
    number: 25,
    title: 'filters ignore case, and unknown values match nothing',
    run: async (target) => {
      const id = await target.create();
      await target.until(id, 'Completed');
      const ids = async (query: string) => (await target.list(query)).map((one) => one.id);
      expect(await ids('?type=HeadLess')).toContain(id);
      expect(await ids('?status=completed&type=headless')).toContain(id);
      expect(await ids('?view=unheard')).toContain(id);
      for (const query of ['?type=bogus', '?type=', '?status=Succeeded', '?status=Error']) {
        expect(await ids(query)).toEqual([]);
      }
    },
  },
  {
    number: 26,
    title: 'apps are listed apart; view=interactive has them and no headless session',
    needs: ['own-platform'],
    run: async (target) => {
      const { target: own } = await target.own(held);
      const desktop = await own.create({ type: 'desktop' });
      await own.create();
      const body = form({ image: 'x/y:1' });
      await own.ask('POST', `${session}/${desktop}/app`, { headers: formType, body });
      const kinds = async (query: string) => (await own.list(query)).map(({ type }) => type);
      expect(await kinds('')).toEqual(['desktop', 'headless']);
      expect(await kinds('?type=desktop-app')).toEqual(['desktop-app']);
      expect(await kinds('?view=Interactive')).toEqual(['desktop', 'desktop-app']);
      expect(await kinds('?view=interactive&type=desktop')).toEqual(['desktop', 'desktop-app']);
      expect(await kinds('?view=interactive&status=running')).toEqual([]);
    },
  },
  {
    number: 27,
    title: 'view=all tells four things of everybody, three of what has not started',
    run: async (target) => {
      await target.until(await target.create(), 'Completed');
      const all = await target.list('?view=all');
      expect(all.length).toBeGreaterThan(0);
      for (const one of all) {
        const keys = Object.keys(one);
        const known = ['userid', 'type', 'status', 'startTime'];
        expect(keys).toEqual(known.slice(0, keys.length));
        expect(keys.length).toBeGreaterThanOrEqual(3);
      }
    },
  },
  {
    number: 29,
    title: 'only five words are ever a status',
    run: async (target) => {
      const ids = [await target.create(), await target.create({ cmd: 'false' })];
      const seen = new Set<string | undefined>();
      await target.wait(async () => {
        const mine = (await target.list()).filter(({ id = '' }) => ids.includes(id));
        for (const { status } of mine) seen.add(status);
        return mine.every(({ status }) => status === 'Completed' || status === 'Failed');
      });
      for (const status of seen) expect(statuses).toContain(status);
      expect(seen).toContain('Completed');
      expect(seen).toContain('Failed');
    },
  },
  {
    number: 30,
    title: 'a deletion is always a success, and the id is gone',
    run: async (target) => {
      const id = await target.create({ cmd: 'sleep', args: '600' });
      const gone = await target.ask('DELETE', `${session}/${id}`);
      expect(gone).toMatchObject({ status: 200, body: '' });
      expect(gone.headers['content-type']).toBeUndefined();
      await target.wait(async () => (await target.session(id)) === undefined);
      expect(await target.get(`${session}/${id}`)).toMatchObject({
        status: 404,
        body: `session ${id} not found\n`,
      });
      expect(await target.ask('DELETE', `${session}/nothere1`)).toMatchObject({
        status: 200,
        body: '',
      });
    },
  },
  {
    number: 30,
    title: "another user's session survives a deletion",
    needs: ['other'],
    run: async (target) => {
      const id = await target.create();
      const answer = await target.ask('DELETE', `${session}/${id}`, { as: 'other' });
      expect(answer).toMatchObject({ status: 200, body: '' });
      expect(await target.session(id)).toBeDefined();
    },
  },
  {
    number: 31,
    title: 'a finished headless session is forgotten after an hour, another after a day',
    needs: ['own-platform'],
    run: async (target) => {
      const clock = new ManualClock();
      const { target: own } = await target.own({ clock });
      const batch = await own.create();
      await own.until(batch, 'Completed');
      // Not on offer, so that it fails on every machine.
      const headers = { 'x-skaha-registry-auth': Buffer.from('a:b').toString('base64') };
      const image = 'images.canfar.net/private/nothing:1';
      const page = await own.create({ type: 'carta', image }, { headers });
      await own.until(page, 'Failed');
      await clock.advance(3_590_000);
      expect(await own.session(batch)).toBeDefined();
      await clock.advance(20_000);
      expect(await own.session(batch)).toBeUndefined();
      await clock.advance(82_700_000);
      expect(await own.session(page)).toBeDefined();
      await clock.advance(200_000);
      expect(await own.session(page)).toBeUndefined();
    },
  },
  {
    number: 32,
    title: 'a desktop takes its apps with it',
    needs: ['own-platform'],
    run: async (target) => {
      const { target: own } = await target.own(held);
      const desktop = await own.create({ type: 'desktop' });
      const path = `${session}/${desktop}/app`;
      const body = form({ image: 'x/y:1' });
      const one = (await own.ask('POST', path, { headers: formType, body })).body.trim();
      const two = (await own.ask('POST', path, { headers: formType, body })).body.trim();
      expect(await own.ask('DELETE', `${path}/${one}`)).toMatchObject({ status: 200, body: '' });
      expect(await own.get(`${path}/${one}`)).toMatchObject({
        status: 404,
        body: `desktop app with session ${desktop} and app ID ${one} was not found\n`,
      });
      expect(await own.ask('DELETE', path)).toMatchObject({ body: 'Missing app ID\n' });
      expect(await own.ask('POST', `${path}/${two}`, { headers: formType, body })).toMatchObject({
        status: 400,
        body: 'Cannot modify an existing app.\n',
      });
      await own.ask('DELETE', `${session}/${desktop}`);
      expect(await own.list('?view=interactive')).toEqual([]);
    },
  },
  {
    number: 33,
    title: 'events are a table; those of an unknown session are 404 with a full stop',
    run: async (target) => {
      const id = await target.create();
      await target.until(id, 'Completed');
      const { status, headers, body } = await target.get(`${session}/${id}?view=events`);
      expect([status, headers['content-type']]).toEqual([200, 'text/plain']);
      expect(body).toMatch(/^(?:<none>|TYPE +REASON +MESSAGE +FIRST-TIME +LAST-TIME\n[\s\S]*)\n$/);
      const [head = '', ...rows] = body.trimEnd().split('\n');
      const column = head.indexOf('REASON');
      for (const row of rows) {
        expect(row).toMatch(/^(?:Normal|Warning) +\S.* (?:<nil>|\S+Z) +(?:<nil>|\S+Z)$/);
        if (column > 0) expect(row.charAt(column - 1) + row.charAt(column)).toMatch(/^ \S$/);
      }
      expect(await target.get(`${session}/nothere1?view=events`)).toMatchObject({
        status: 404,
        body: 'session nothere1 not found.\n',
      });
    },
  },
  {
    number: 33,
    title: 'an id that is no label is refused in the words of the cluster',
    run: async (target) => {
      const text = 'canfar.net/id label value';
      expect(await target.get(`${session}/a%20b`)).toMatchObject({
        status: 400,
        body: `${text} must match Kubernetes label value syntax\n`,
      });
      expect((await target.get(`${session}/${'a'.repeat(64)}`)).body).toBe(
        `${text} exceeds 63 characters\n`,
      );
    },
  },
  {
    number: 34,
    title: 'logs are complete; those of an unknown session are empty',
    run: async (target) => {
      const id = await target.create({ cmd: 'ls', args: '/ /contract-is-not-there' });
      await target.until(id, 'Failed', 'Completed');
      const { headers, body } = await target.get(`${session}/${id}?view=logs`);
      expect(headers['content-type']).toMatch(/^text\/plain/);
      expect(body).toContain('contract-is-not-there');
      expect(body).toMatch(/^(?:usr|\/:)$/m);
      const unknown = await target.get(`${session}/nothere1?view=logs`);
      expect(unknown).toMatchObject({ status: 200, body: '' });
    },
  },
  {
    number: 35,
    title: 'apps of all desktops are listed, whatever the id',
    needs: ['own-platform'],
    run: async (target) => {
      const { target: own } = await target.own(held);
      const desktops = [
        await own.create({ type: 'desktop' }),
        await own.create({ type: 'desktop' }),
      ];
      const body = form({ image: 'anywhere.example/skaha/Terminal_x:1.1.2' });
      for (const desktop of desktops) {
        await own.ask('POST', `${session}/${desktop}/app`, { headers: formType, body });
      }
      for (const path of ['whatever', desktops[0]]) {
        const apps = await own.list(`/${path}/app`);
        expect(new Set(apps.map(({ id }) => id))).toEqual(new Set(desktops));
        expect(apps[0]).toMatchObject({ name: 'terminal-x-1-1-2', type: 'desktop-app' });
        expect(apps[0]?.appid).toMatch(/^[a-z][a-z0-9]{2}$/);
      }
      expect(await own.list('/whatever/app?view=all')).toHaveLength(2);
      expect(await own.list('/whatever/app?status=running')).toEqual([]);
    },
  },
];
