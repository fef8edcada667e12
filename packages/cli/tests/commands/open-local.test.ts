import { expect, test } from 'vitest';
import { idsOf, sharedPlatform } from '../harness.js';

const shell = sharedPlatform();
const image = 'skaha/webpage:latest';

/** What a browser gets that follows the link and keeps its cookie. */
async function visited(link: string) {
  const entered = await fetch(link, { redirect: 'manual' });
  const cookie = entered.headers.get('set-cookie')?.split(';')[0] ?? '';
  const to = new URL(entered.headers.get('location') ?? '/', link).href;
  const page = await fetch(to, { headers: { cookie } });
  return { status: page.status, to, text: await page.text() };
}

test('open leads to a page that no browser warns of, once, and says so', async () => {
  const create = ['create', 'contributed', image, '-n', 'page', '--wait', '-q'];
  const [id = ''] = idsOf(await shell.skaha(create));
  const opened: string[] = [];
  const services = {
    openBrowser: async (url: string) => {
      opened.push(url);
      return true;
    },
  };
  const result = await shell.skaha(['open', 'page'], { services });
  const [link = ''] = opened;
  const { origin } = new URL(link);
  expect(link).toMatch(/^http:\/\/127\.0\.0\.1:\d+\/enter\//);
  expect(result).toMatchObject({ status: 0, stdout: '' });
  expect(result.stderr).toContain(`Opening session ${id} in the browser. Its page is at ${origin}`);
  expect(await visited(link)).toMatchObject({
    status: 200,
    to: `${origin}/session/contrib/${id}/`,
  });
  expect((await fetch(link, { redirect: 'manual' })).status).toBe(410);

  const printed = await shell.skaha(['open', 'page', '--print']);
  expect(printed.stderr).toContain('It works once, within 120 seconds');
  expect(await visited(printed.stdout.trim())).toMatchObject({ status: 200 });
  const [item] = JSON.parse((await shell.skaha(['open', 'page', '--print', '--json'])).stdout);
  expect(await visited(item.url)).toMatchObject({ status: 200 });

  const [{ connectURL }] = JSON.parse((await shell.skaha(['info', id, '--json'])).stdout);
  const api = new URL(shell.platform.url).origin;
  expect(connectURL).toBe(`${api}/session/contrib/${id}/`);
  await shell.skaha(['delete', '-y', id]);
});
