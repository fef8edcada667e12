import { CallbackTokens } from '@skaha/engine/http/callback-tokens.js';
import { dataLayout } from '@skaha/service/data.js';
import { expect } from 'vitest';
import { type Case, form, formType } from './target.js';

const session = '/v1/session';
const held = { faults: ['slow-queue'] } as const;

/** Addresses, images, context, statistics, documents and the older versions. */
export const resourceCases: readonly Case[] = [
  {
    number: 37,
    title: 'the token of a desktop opens the four calls it makes, and no others',
    needs: ['own-platform'],
    run: async (target) => {
      const { platform, target: own } = await target.own(held);
      const desktop = await own.create({ type: 'desktop' });
      const token = new CallbackTokens(dataLayout(platform.data)).issue(desktop);
      expect(token).toMatch(/^[\w-]+={0,2}~[\w-]+={0,2}$/);
      const headers = { 'x-auth-token-skaha': token };
      const as = 'nobody' as const;
      const created = await own.ask('POST', `${session}/${desktop}/app`, {
        as,
        headers: { ...headers, ...formType },
        body: form({ image: 'x/y:1' }),
      });
      expect(created.status).toBe(200);
      expect(created.headers['www-authenticate']).toBeDefined();
      const app = `${session}/${desktop}/app/${created.body.trim()}`;
      for (const path of ['/v1/image?type=desktop-app', '/v1/context', app]) {
        expect((await own.get(path, { as, headers })).status).toBe(200);
      }
      expect(await own.list('/whatever/app')).toMatchObject([{ userid: platform.user }]);
      const invalid = { status: 403, body: 'Invalid auth token\n' };
      for (const path of [session, '/v1/repository', `${session}/other123/app/abc`]) {
        expect(await own.get(path, { as, headers })).toMatchObject(invalid);
      }
      const [meta = ''] = token.split('~');
      for (const wrong of [`${meta}~AAAA`, 'x', '~', 'Zm9v~Zm9v', '%~%']) {
        const bad = { as, headers: { 'x-auth-token-skaha': wrong } };
        expect(await own.get('/v1/context', bad)).toMatchObject(invalid);
      }
      await own.ask('DELETE', `${session}/${desktop}`);
      expect(await own.get('/v1/context', { as, headers })).toMatchObject(invalid);
    },
  },
  {
    number: 37,
    title: 'another credential comes first',
    needs: ['own-platform'],
    run: async (target) => {
      const { platform, target: own } = await target.own(held);
      const desktop = await own.create({ type: 'desktop' });
      const token = new CallbackTokens(dataLayout(platform.data)).issue(desktop);
      const headers = { 'x-auth-token-skaha': token };
      const answer = await own.get('/v1/context', { as: 'other', headers });
      expect(answer.headers['x-vo-authenticated']).toBe('guest');
    },
  },
  {
    number: 38,
    title: 'images are filtered by a type as it is written',
    run: async (target) => {
      const all = JSON.parse((await target.get('/v1/image')).body) as Record<string, unknown>[];
      for (const image of all) {
        expect(Object.keys(image)).toEqual(['id', 'types', 'digest']);
        expect(image['digest']).toMatch(/^sha256:[0-9a-f]{64}$/);
      }
      const some = JSON.parse((await target.get('/v1/image?type=notebook')).body);
      for (const { types } of some as { types: string[] }[]) expect(types).toContain('notebook');
      for (const type of ['Notebook', 'bogus', '']) {
        expect(await target.get(`/v1/image?type=${type}`)).toMatchObject({
          status: 400,
          body: `unknown type: ${type}\n`,
        });
      }
    },
  },
  {
    number: 38,
    title: 'labels of an image may be other words, or none',
    needs: ['own-platform'],
    run: async (target) => {
      const images = [
        { id: 'images.canfar.net/skaha/odd:1', types: ['sort-of', 'headless'] },
        { id: 'images.canfar.net/skaha/none:1', types: [] },
      ];
      const { target: own } = await target.own({ config: { images } });
      const types = (body: string) => JSON.parse(body).map((one: { types: unknown }) => one.types);
      expect(types((await own.get('/v1/image')).body)).toEqual([['sort-of', 'headless'], []]);
      expect(types((await own.get('/v1/image?type=headless')).body)).toHaveLength(1);
    },
  },
  {
    number: 41,
    title: 'addresses of pages',
    needs: ['own-platform'],
    run: async (target) => {
      const { platform, target: own } = await target.own({ ...held, strict: true });
      const origin = new URL(platform.url).origin;
      for (const [type, path] of [
        ['notebook', `/session/notebook/ID/lab/tree/arc/home/${platform.user}?token=ID`],
        ['desktop', '/session/desktop/ID/?password=ID&path=session/desktop/ID/'],
        ['carta', '/session/carta/ID/'],
        ['contributed', '/session/contrib/ID/'],
        ['firefly', '/session/firefly/ID/firefly/'],
      ] as const) {
        const image = type === 'contributed' ? 'images.canfar.net/skaha/webpage:latest' : undefined;
        const id = await own.create({ type, ...(image === undefined ? {} : { image }) });
        const { body } = await own.get(`${session}/${id}`);
        expect(body).toContain(`"connectURL": "${origin}${path.replaceAll('ID', id)}"`);
      }
    },
  },
  {
    number: 42,
    title: 'the context has its fields; the limit is a number or its text',
    run: async (target) => {
      const context = JSON.parse((await target.get('/v1/context')).body);
      for (const key of ['cores', 'memoryGB']) {
        expect(Object.keys(context[key]).sort()).toEqual(
          ['default', 'defaultLimit', 'defaultRequest', 'options'].sort(),
        );
      }
      expect(Array.isArray(context.gpus.options)).toBe(true);
      expect(String(context.maxInteractiveSessions)).toMatch(/^(?:\d+|undefined)$/);
    },
  },
  {
    number: 42,
    title: 'the limit can be switched to text',
    needs: ['own-platform'],
    run: async (target) => {
      const limits = { maxInteractiveSessions: 3 };
      const most = async (strict: boolean) => {
        const { target: own } = await target.own({ config: { limits }, strict });
        return JSON.parse((await own.get('/v1/context')).body).maxInteractiveSessions;
      };
      expect([await most(false), await most(true)]).toEqual([3, '3']);
    },
  },
  {
    number: 43,
    title: 'statistics are doubles and texts with a unit, or 503',
    run: async (target) => {
      const { status, headers, body } = await target.get(`${session}?view=stats`);
      if (status === 503) {
        expect(headers['retry-after']).toBe('30');
        expect(body).toBe('temporarily unavailable: null\n');
        return;
      }
      expect(body).toMatch(/"requestedCPUCores": \d+\.\d/);
      expect(body).toMatch(/"cpuCoresAvailable": \d+\.\d/);
      expect(body).toMatch(/"cpuCores": \d+\.\d/);
      expect(body).toMatch(/"requestedRAM": "\d+(?:\.\d{1,3})?G"/);
      expect(body).toMatch(/"ramAvailable": "\d+(?:\.\d{1,3})?G"/);
      expect(body).toMatch(/"withRam": "\d+Gi?"/);
    },
  },
  {
    number: 43,
    title: 'with the metrics down, statistics are 503 and all else works',
    needs: ['own-platform'],
    run: async (target) => {
      const { target: own } = await target.own({ faults: ['metrics-down'] });
      expect(await own.get(`${session}?view=stats`)).toMatchObject({
        status: 503,
        body: 'temporarily unavailable: null\n',
        headers: { 'retry-after': '30' },
      });
      expect((await own.get(session)).status).toBe(200);
    },
  },
  {
    number: 44,
    title: 'the old form of the statistics counts instances',
    needs: ['own-platform'],
    run: async (target) => {
      const config = { compatibility: { stats: 'old' as const }, capacity: { memoryGiB: 8 } };
      const { target: own } = await target.own({ config });
      const id = await own.create({ cmd: 'sleep', args: '600' });
      await own.until(id, 'Running');
      const stats = JSON.parse((await own.get(`${session}?view=stats`)).body);
      expect(Object.keys(stats)).toEqual(['instances', 'cores', 'ram']);
      expect(stats.instances).toEqual({ session: 0, desktopApp: 0, headless: 1, total: 1 });
      expect(stats.ram.ramAvailable).toBe('8G');
    },
  },
  {
    number: 44,
    title: 'v0 has the shapes of its time',
    needs: ['own-platform'],
    run: async (target) => {
      const { target: own } = await target.own({ apiVersions: ['v0'] });
      expect((await own.get(session)).status).toBe(404);
      const body = form({
        name: 'old',
        image: await imageOf(own),
        cmd: 'true',
        ram: '4',
        cores: '2',
      });
      const created = await own.ask('POST', '/v0/session', { headers: formType, body });
      const id = created.body.trim();
      const read = async () => JSON.parse((await own.get(`/v0/session/${id}`)).body);
      await own.wait(async () => (await read()).status === 'Succeeded');
      const found = await read();
      expect(found).toMatchObject({
        appid: '<none>',
        connectURL: 'not-applicable',
        requestedRAM: '4G',
        requestedCPUCores: '2',
        ramInUse: expect.any(String),
        gpuUtilization: '<none>',
      });
      expect(found).not.toHaveProperty('isFixedResources');
      const stats = JSON.parse((await own.get('/v0/session?view=stats')).body);
      expect(Object.keys(stats)).toContain('instances');
    },
  },
  {
    number: 45,
    title: 'availability says true in its namespace; detail=min is empty',
    run: async (target) => {
      const { status, headers, body } = await target.get('/availability', { as: 'nobody' });
      expect([status, headers['content-type']?.split(';')[0]]).toEqual([200, 'text/xml']);
      expect(body).toMatch(/<vosi:available>true<\/vosi:available>/);
      expect(body).toContain('xmlns:vosi="http://www.ivoa.net/xml/VOSIAvailability/v1.0"');
      expect(await target.get('/availability?detail=min', { as: 'nobody' })).toMatchObject({
        status: 200,
        body: '',
      });
    },
  },
  {
    number: 46,
    title: 'capabilities: the root in the namespace, its children not, addresses of this server',
    run: async (target) => {
      const { status, body } = await target.get('/capabilities', { as: 'nobody' });
      expect(status).toBe(200);
      expect(body).toMatch(/<vosi:capabilities [^>]*xmlns:vosi=/);
      const id = 'http://www.opencadc.org/std/platform#session-1';
      const entry = new RegExp(`<capability standardID="${id}">(.*?)</capability>`, 's').exec(body);
      expect(entry?.[1]).toContain('<accessURL use="base">');
      expect(entry?.[1]).toMatch(/\/skaha\/v1\/session<\/accessURL>/);
      expect(entry?.[1]).toContain('ivo://ivoa.net/sso#token');
      if (target.isOwn) expect(entry?.[1]).toContain(`>${target.root}/v1/session<`);
      const head = await target.ask('HEAD', '/capabilities', { as: 'nobody' });
      expect(head).toMatchObject({ status: 200, body: '' });
    },
  },
  {
    number: 46,
    title: 'a security method that is not on offer leaves its interface behind',
    needs: ['own-platform'],
    run: async (target) => {
      const { target: own } = await target.own({ faults: ['tokens-only'] });
      const { body } = await own.get('/capabilities');
      const [, entry = ''] = /platform#session-1">(.*?)<\/capability>/s.exec(body) ?? [];
      expect(entry.match(/<interface /g)).toHaveLength(3);
      expect([...entry.matchAll(/sso#([\w-]+)"/g)].map(([, method]) => method)).toEqual(['token']);
    },
  },
];

const imageOf = async (target: { get(path: string): Promise<{ body: string }> }) => {
  const found = JSON.parse((await target.get('/v0/image?type=headless')).body) as { id: string }[];
  return found.find(({ id }) => id.includes('terminal'))?.id;
};
