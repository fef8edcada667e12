import { expect } from 'vitest';
import { type Case, form, formType } from './target.js';

const session = '/v1/session';
const versioned = ['/v1/session', '/v1/image', '/v1/context', '/v1/repository'];
const anonymousTexts = ['Unauthorized\n', 'cannot get group memberships for anonymous\n'];

/** Addresses, methods, parameters, headers and bodies. */
export const protocolCases: readonly Case[] = [
  {
    number: 1,
    title: 'HEAD of the root without a slash ends in 200',
    run: async (target) => {
      const answer = await target.ask('HEAD', '', { as: 'nobody' });
      if (answer.status === 200) return;
      expect(answer.status).toBeGreaterThanOrEqual(301);
      expect(answer.headers.location).toMatch(/\/skaha\/$/);
      expect((await target.ask('HEAD', '/', { as: 'nobody' })).status).toBe(200);
    },
  },
  {
    number: 2,
    title: 'the API v1 is there; an unknown version or path is a page with 404',
    run: async (target) => {
      expect((await target.get(session)).status).toBe(200);
      const paths = ['/v9/session', '/v1/nothing', ...(target.isOwn ? ['/v0/session'] : [])];
      for (const path of paths) {
        const answer = await target.get(path);
        expect(answer.status).toBe(404);
        expect(answer.headers['content-type']).toMatch(/^text\/html/);
      }
    },
  },
  {
    number: 2,
    title: 'v0 is there when it is switched on',
    needs: ['own-platform'],
    run: async (target) => {
      const { target: both } = await target.own({ apiVersions: ['v0', 'v1'] });
      expect((await both.get('/v0/session')).status).toBe(200);
      expect((await both.get(session)).status).toBe(200);
    },
  },
  {
    number: 3,
    title: 'query parameters with an empty form, a form alone, and both: the query wins',
    run: async (target) => {
      const image = await target.image();
      const query = form({ name: 'contract-query', image, cmd: 'true' });
      const ids = [
        await target.ask('POST', `${session}?${query}`, { headers: formType, body: '' }),
        await target.ask('POST', session, {
          headers: { 'content-type': 'application/x-www-form-urlencoded; charset=UTF-8' },
          body: form({ name: 'contract-form', image, cmd: 'true' }),
        }),
        await target.ask('POST', `${session}?${query}`, {
          headers: formType,
          body: form({ name: 'contract-form', image, cmd: 'true' }),
        }),
      ].map((answer) => target.keep(answer).body.trim());
      const names = [];
      for (const id of ids) names.push((await target.session(id))?.name);
      expect(names).toEqual(['contract-query', 'contract-form', 'contract-query']);
    },
  },
  {
    number: 4,
    title: 'JSON or no content type gives no parameters, even with a full query string',
    run: async (target) => {
      const query = form({ name: 'contract', image: await target.image(), cmd: 'true' });
      for (const headers of [{}, { 'content-type': 'application/json' }]) {
        const body = JSON.stringify({ name: 'contract' });
        const answer = await target.ask('POST', `${session}?${query}`, { headers, body });
        expect(answer).toMatchObject({ status: 400, body: "Missing parameter 'image'\n" });
      }
    },
  },
  {
    number: 5,
    title: 'a multipart form creates, and ignores the query string',
    run: async (target) => {
      const fields = { name: 'contract-part', image: await target.image(), cmd: 'true' };
      const parts = Object.entries(fields).map(
        ([name, value]) =>
          `--edge\r\ncontent-disposition: form-data; name="${name}"\r\n\r\n${value}\r\n`,
      );
      const answer = await target.ask('POST', `${session}?name=contract-query&type=bogus`, {
        headers: { 'content-type': 'multipart/form-data; boundary=edge' },
        body: `${parts.join('')}--edge--\r\n`,
      });
      const id = target.keep(answer).body.trim();
      expect(await target.session(id)).toMatchObject({ name: 'contract-part', type: 'headless' });
    },
  },
  {
    number: 6,
    title: 'names of parameters ignore case; two spellings of one are refused',
    run: async (target) => {
      const filtered = await target.get(`${session}?TYPE=bogus`);
      expect(filtered).toMatchObject({ status: 200, body: '[]' });
      const twice = await target.get(`${session}?type=a&TYPE=b`);
      expect(twice).toMatchObject({ status: 400, body: 'null\n' });
      const body = form({ NAME: '-', Image: 'bogus', ENV: ['A=b', 'C=d'] });
      const answer = await target.ask('POST', session, { headers: formType, body });
      expect(answer.body).toMatch(/^session image 'bogus' must come from one of \[/);
    },
  },
  {
    number: 7,
    title: 'errors are text with one line feed and their length; those of credentials have none',
    run: async (target) => {
      const body = 'session nothere1 not found\n';
      expect(await target.get(`${session}/nothere1`)).toMatchObject({
        status: 404,
        body,
        headers: { 'content-type': 'text/plain', 'content-length': String(body.length) },
      });
      const bad = await target.get(session, {
        as: 'nobody',
        headers: { authorization: 'Bearer not-a-token' },
      });
      expect(bad.status).toBe(401);
      expect(bad.headers['content-type']).toMatch(/^text\/plain/);
      expect(bad.body).not.toMatch(/\n$/);
    },
  },
  {
    number: 8,
    title: 'replies name the user, or challenge whoever did not say',
    run: async (target) => {
      for (const path of [session, `${session}/nothere1`]) {
        const { headers } = await target.get(path);
        expect(headers['x-vo-authenticated']).toMatch(/^\S+$/);
        expect(headers['www-authenticate']).toBeUndefined();
        expect(headers['server']).toMatch(/^OpenCADC\/cadc-rest/);
      }
      for (const path of [session, '/capabilities', '/availability']) {
        const { headers } = await target.get(path, { as: 'nobody' });
        expect(headers['www-authenticate']).toBeDefined();
        expect(headers['x-vo-authenticated']).toBeUndefined();
      }
      const refused = await target.ask('PUT', session);
      expect(refused.headers['x-vo-authenticated']).toBeUndefined();
    },
  },
  {
    number: 9,
    title: 'nobody is refused',
    run: async (target) => {
      for (const path of versioned) {
        const answer = await target.get(path, { as: 'nobody' });
        expect(target.isOwn ? [401] : [400, 401]).toContain(answer.status);
        expect(target.isOwn ? anonymousTexts.slice(0, 1) : anonymousTexts).toContain(answer.body);
      }
    },
  },
  {
    number: 9,
    title: 'nobody is refused with the 400 of Skaha 1.4 when that is switched on',
    needs: ['own-platform'],
    run: async (target) => {
      const { target: strict } = await target.own({ strict: true });
      const answer = await strict.get(session, { as: 'nobody' });
      expect(answer).toMatchObject({ status: 400, body: anonymousTexts[1] });
    },
  },
  {
    number: 9,
    title: 'one who does not belong to the users is refused',
    needs: ['outsider'],
    run: async (target) => {
      for (const path of versioned) {
        expect(await target.get(path, { as: 'outsider' })).toMatchObject({
          status: 403,
          body: 'Not authorized to use the skaha system\n',
        });
      }
    },
  },
  {
    number: 10,
    title: 'authorisation comes before every check of paths and parameters',
    run: async (target) => {
      const asks = [
        ['POST', session],
        ['DELETE', session],
        ['GET', `${session}/a/b/c/d`],
        ['GET', `${session}/not%20a%20label`],
        ['GET', '/v1/image?type=bogus'],
      ] as const;
      for (const [method, path] of asks) {
        const answer = await target.ask(method, path, { as: 'nobody', headers: formType });
        expect(anonymousTexts).toContain(answer.body);
      }
    },
  },
  {
    number: 10,
    title: 'one without access learns nothing about paths and parameters',
    needs: ['outsider'],
    run: async (target) => {
      for (const path of [
        `${session}/a/b/c/d`,
        '/v1/image?type=bogus',
        `${session}?type=a&TYPE=b`,
      ]) {
        expect((await target.get(path, { as: 'outsider' })).status).toBe(403);
      }
    },
  },
  {
    number: 28,
    title: 'JSON has two-space indents for sessions, images and stats, one line elsewhere',
    run: async (target) => {
      await target.create();
      for (const path of [session, '/v1/image', `${session}?view=stats`]) {
        const { status, headers, body } = await target.get(path);
        if (status === 503) continue;
        expect(headers['content-type']).toBe('application/json');
        expect(body).toMatch(/^[[{]\n {2}\S/);
        expect(body).not.toMatch(/\n$/);
      }
      for (const path of ['/v1/context', '/v1/repository']) {
        const { headers, body } = await target.get(path);
        expect(headers['content-type']).toBe('application/json');
        expect(body).toMatch(/^\S+$/);
      }
    },
  },
  {
    number: 47,
    title: 'a method without a handler is 405 with what is allowed, also for nobody',
    run: async (target) => {
      const all = 'GET, POST, DELETE';
      const asks = [
        ['PUT', session, all],
        ['HEAD', session, all],
        ['PUT', '/v1/image', 'GET'],
        ['POST', '/v1/context', 'GET'],
        ['DELETE', '/v1/repository', 'GET'],
        ['HEAD', '/v1/context', 'GET'],
      ] as const;
      for (const [method, path, allow] of asks) {
        const answer = await target.ask(method, path, { as: 'nobody' });
        expect(answer.status).toBe(405);
        expect(answer.headers['allow']).toBe(allow);
        if (method !== 'HEAD') expect(answer.body.trimEnd()).toBe(`unsupported: HTTP ${method}`);
      }
    },
  },
  {
    number: 47,
    title: 'odd paths of a session',
    run: async (target) => {
      const id = await target.create();
      expect((await target.get(`${session}/${id}/`)).body).toContain(`"id": "${id}"`);
      expect((await target.get(`${session}/`)).body).toMatch(/^\{\n {2}"id": "/);
      expect(await target.ask('POST', `${session}/`, { headers: formType })).toMatchObject({
        status: 400,
        body: 'Cannot modify an existing session\n',
      });
      expect(await target.get(`${session}/a/app/b/c`)).toMatchObject({
        status: 400,
        body: 'Invalid request: a/app/b/c\n',
      });
      expect((await target.get(`${session}/${id}/anything`)).body).toBe(
        (await target.get(`${session}/${id}/app`)).body,
      );
    },
  },
  {
    number: 47,
    title: 'deleting without an id deletes nothing',
    needs: ['own-platform'],
    run: async (target) => {
      const { target: own } = await target.own();
      await own.create();
      expect(await own.get(`${session}/`, { as: 'other' })).toMatchObject({
        status: 404,
        body: 'session  not found\n',
      });
      expect(await own.ask('DELETE', `${session}/`)).toMatchObject({ status: 200, body: '' });
      expect(await own.ask('DELETE', session)).toMatchObject({
        status: 400,
        body: 'Cannot kill all sessions.\n',
      });
      expect(await own.list()).toHaveLength(1);
    },
  },
  {
    number: 48,
    title: 'Accept and X-Skaha-Authentication-Type change nothing',
    run: async (target) => {
      const plain = await target.get('/v1/repository');
      const odd = await target.get('/v1/repository', {
        headers: { accept: 'text/html', 'x-skaha-authentication-type': 'X509' },
      });
      expect([odd.status, odd.body]).toEqual([plain.status, plain.body]);
      expect(odd.headers['content-type']).toBe(plain.headers['content-type']);
    },
  },
];
