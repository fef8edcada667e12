import { expect } from 'vitest';
import { type Case, type Fields, form, formType, type Target } from './target.js';

const session = '/v1/session';

/** The text with which a create is refused. */
async function refusal(target: Target, fields: Fields, headers = {}): Promise<string> {
  const answer = await target.post(fields, { headers });
  expect(answer.status).toBe(400);
  return answer.body;
}

async function optionsOf(target: Target, key: 'cores' | 'memoryGB'): Promise<readonly number[]> {
  const context = JSON.parse((await target.get('/v1/context')).body) as Record<
    string,
    { options: number[] }
  >;
  return context[key]?.options ?? [];
}

/** One fault more from the back to the front: the first in the server's order wins. */
const faultsInOrder = (host: string): [Fields, RegExp][] => [
  [{ image: undefined }, /^Missing parameter 'image'\n$/],
  [{ image: ' ' }, /^image is required\n$/],
  [
    { image: 'nowhere.example/a:1' },
    /^session image 'nowhere\.example\/a:1' must come from one of \[.+\]\n$/,
  ],
  [{ image: `${host}/contract/not-there:1` }, /^Invalid session type: bogus\n$/],
  [{ type: 'headless' }, /^Invalid value for 'cores': 0\.5\n$/],
  [{ cores: undefined }, /^Invalid value for 'ram': 99999\n$/],
  [{ ram: undefined }, /^Missing parameter 'name'\n$/],
  [{ name: '  ' }, /^Missing parameter 'name'\n$/],
  [{ name: 'a_b' }, /^name can only contain alpha-numeric chars and '-'\n$/],
  [{ name: '-contract' }, /^Invalid value for 'gpus': 0\n$/],
  [{ gpus: undefined }, /^No authentication provided for unknown or private image\. {2}Use /],
];

/** Creating sessions. */
export const createCases: readonly Case[] = [
  {
    number: 11,
    title: 'a create is answered with 200, the id and a line feed',
    run: async (target) => {
      const answer = await target.post({ cmd: 'true' });
      expect(answer.status).toBe(200);
      expect(answer.headers['content-type']).toBe('text/plain');
      expect(answer.headers.location).toBeUndefined();
      expect(answer.body).toMatch(/^[a-z][a-z0-9]{7}\n$/);
    },
  },
  {
    number: 12,
    title: 'of several faults the first in the order of the server wins',
    run: async (target) => {
      const [host = ''] = JSON.parse((await target.get('/v1/repository')).body) as string[];
      let fields: Fields = { type: 'bogus', cores: '0.5', ram: '99999', gpus: '0' };
      fields = { ...fields, name: undefined };
      for (const [change, text] of faultsInOrder(host)) {
        fields = { ...fields, ...change };
        expect(await refusal(target, fields)).toMatch(text);
      }
      fields = { ...fields, image: await target.image() };
      expect(await refusal(target, fields)).toBe('canfar.net/name label value cannot be blank\n');
    },
  },
  {
    number: 12,
    title: 'the limit of sessions comes before the number of GPUs and the image',
    needs: ['own-platform'],
    run: async (target) => {
      const { target: full } = await target.own({
        config: { limits: { maxInteractiveSessions: 0 } },
      });
      const fields = { type: 'carta', gpus: '0', image: 'images.canfar.net/not/there:1' };
      expect(await refusal(full, fields)).toMatch(/has reached the maximum of 0 active sessions/);
      expect(await refusal(full, { ...fields, name: '' })).toBe("Missing parameter 'name'\n");
    },
  },
  {
    number: 13,
    title: 'without a type it is headless; a wrong one is refused',
    run: async (target) => {
      expect(await target.session(await target.create())).toMatchObject({ type: 'headless' });
      const blank = await target.create({ type: ' ' });
      expect(await target.session(blank)).toMatchObject({ type: 'headless' });
      expect(await refusal(target, { type: 'bogus' })).toBe('Invalid session type: bogus\n');
    },
  },
  {
    number: 13,
    title: 'a type is read without regard to case',
    needs: ['interactive'],
    run: async (target) => {
      const [image] = JSON.parse((await target.get('/v1/image?type=notebook')).body);
      const id = await target.create({ type: ' NoteBook ', image: image.id });
      const found = await target.session(id);
      expect(found).toMatchObject({ type: 'notebook' });
      expect(found?.connectURL).toContain(`/session/notebook/${id}/lab/tree/`);
      await target.ask('DELETE', `${session}/${id}`);
    },
  },
  {
    number: 14,
    title: 'a name is kept in lower case, and two sessions may share it',
    run: async (target) => {
      const ids = [await target.create({ name: 'MyRun' }), await target.create({ name: 'MyRun' })];
      const mine = (await target.list()).filter(({ id = '' }) => ids.includes(id));
      expect(mine.map(({ name }) => name)).toEqual(['myrun', 'myrun']);
    },
  },
  {
    number: 15,
    title: 'the whole part of cores counts; what is not on offer is refused in the same words',
    run: async (target) => {
      expect(await optionsOf(target, 'cores')).toContain(1);
      expect((await target.post({ cmd: 'true', cores: '1.5' })).status).toBe(200);
      for (const cores of ['0.5', '99999', '0', '-1', 'two', '1e9', 'NaN', '0x1']) {
        expect(await refusal(target, { cores })).toBe(`Invalid value for 'cores': ${cores}\n`);
      }
      for (const ram of ['0.5', '99999', 'much']) {
        expect(await refusal(target, { ram })).toBe(`Invalid value for 'ram': ${ram}\n`);
      }
      expect(await refusal(target, { gpus: '0' })).toBe("Invalid value for 'gpus': 0\n");
    },
  },
  {
    number: 16,
    title: 'interactive sessions are limited while they wait or run, headless ones never',
    needs: ['own-platform'],
    run: async (target) => {
      const limits = { maxInteractiveSessions: 2 };
      const { platform, target: own } = await target.own({
        config: { limits },
        faults: ['slow-queue'],
      });
      for (const type of ['notebook', 'carta']) await own.create({ type });
      for (let count = 0; count < 4; count += 1) await own.create();
      expect(await refusal(own, { type: 'firefly' })).toBe(
        `User ${platform.user} has reached the maximum of 2 active sessions.\n`,
      );
      expect((await own.post({ type: 'firefly' }, { as: 'other' })).status).toBe(200);
      const [first] = await own.list('?type=carta');
      await own.ask('DELETE', `${session}/${first?.id}`);
      expect((await own.post({ type: 'firefly' })).status).toBe(200);
    },
  },
  {
    number: 17,
    title: 'an image that is not in the list needs credentials, and they must have their form',
    run: async (target) => {
      const [host = ''] = JSON.parse((await target.get('/v1/repository')).body) as string[];
      const image = `${host}/contract/not-there:1`;
      expect(await refusal(target, { image })).toBe(
        'No authentication provided for unknown or private image.  Use x-skaha-registry-auth request header with base64Encode(username:secret).\n',
      );
      const encode = (text: string) => Buffer.from(text).toString('base64');
      const wrong = 'Invalid input.  Must be in form of username:secret\n';
      for (const [header, text] of [
        [encode('user'), wrong],
        [encode('a:b:c'), wrong],
        [encode(':secret'), 'username is required.\n'],
        [encode('user: '), 'secret value cannot be empty.\n'],
        ['!!!!', 'Illegal character in Base64 encoded data.\n'],
        ['abc', 'Length of Base64 encoded input string is not a multiple of 4.\n'],
      ] as const) {
        expect(await refusal(target, { image }, { 'X-Skaha-Registry-Auth': header })).toBe(text);
      }
    },
  },
  {
    number: 17,
    title: 'with credentials of the right form it is created',
    needs: ['own-platform'],
    run: async (target) => {
      const { target: own } = await target.own({ faults: ['slow-queue'] });
      for (const text of ['user:secret', 'user:secret:']) {
        const headers = { 'x-skaha-registry-auth': Buffer.from(text).toString('base64') };
        const image = 'images.canfar.net/private/thing:1';
        expect((await own.post({ image }, { headers })).status).toBe(200);
      }
    },
  },
  {
    number: 39,
    title: 'a command is one word; arguments are split at every single space',
    run: async (target) => {
      const id = await target.create({ cmd: 'printf', args: '[%s] a  b ' });
      await target.until(id, 'Completed');
      const log = await target.wait(async () => {
        const { body } = await target.get(`${session}/${id}?view=logs`);
        return body === '' ? undefined : body;
      });
      expect(log).toBe('[a][][b]');
    },
  },
  {
    number: 39,
    title: "a variable with a second '=' is dropped; those of the platform win",
    run: async (target) => {
      const env = ['CONTRACT_A=b=c', 'CONTRACT_B=b', 'CONTRACT_C', 'CONTRACT_D=', 'HOME=/nowhere'];
      const id = await target.create({ cmd: 'printenv', args: undefined, env });
      await target.until(id, 'Completed');
      const log = await target.wait(async () => {
        const { body } = await target.get(`${session}/${id}?view=logs`);
        return body === '' ? undefined : body;
      });
      const lines = log.split('\n');
      expect(lines.filter((line) => line.startsWith('CONTRACT_'))).toEqual(['CONTRACT_B=b']);
      expect(lines).toContain(`skaha_sessionid=${id}`);
      expect(lines).not.toContain('HOME=/nowhere');
    },
  },
  {
    number: 39,
    title: 'characters that the template takes for its own are refused',
    run: async (target) => {
      for (const [args, text] of [
        ['$HOME', 'Illegal group reference\n'],
        [`\${name}`, 'No group with name {name}\n'],
      ]) {
        expect(await refusal(target, { cmd: 'echo', args })).toBe(text);
      }
      const ending = { cmd: 'true', env: 'A=end\\' };
      expect(await refusal(target, ending)).toBe('character to be escaped is missing\n');
    },
  },
  {
    number: 40,
    title: 'interactive kinds ignore cmd, args and env',
    needs: ['own-platform'],
    run: async (target) => {
      const { target: own } = await target.own({ faults: ['slow-queue'] });
      const fields = { type: 'carta', cmd: '$1', args: '$x', env: ['=', 'A=$1'] };
      expect((await own.post(fields)).status).toBe(200);
    },
  },
  {
    number: 36,
    title: 'an app gets three characters, its image is not checked, and it needs a desktop',
    needs: ['own-platform'],
    run: async (target) => {
      const { target: own } = await target.own({ faults: ['slow-queue'] });
      const desktop = await own.create({ type: 'desktop' });
      const app = (id: string, fields: Fields) =>
        own.ask('POST', `${session}/${id}/app`, { headers: formType, body: form(fields) });
      const image = 'anywhere.example/skaha/terminal:1.1.2';
      expect((await app(desktop, { image, name: '###', gpus: '0' })).body).toMatch(
        /^[a-z][a-z0-9]{2}\n$/,
      );
      expect(await app(desktop, {})).toMatchObject({ body: "Missing parameter 'image'\n" });
      expect(await app('nothere1', { image, cores: '0' })).toMatchObject({
        status: 400,
        body: "Invalid value for 'cores': 0\n",
      });
      const headless = await own.create();
      for (const id of ['nothere1', headless]) {
        expect(await app(id, { image })).toMatchObject({
          status: 404,
          body: `session ${id} not found\n`,
        });
      }
    },
  },
];
