// @ts-check
// `node docs/tools/pictures.mjs`: pictures of the dashboard, of a notebook and of a desktop for the
// documentation, from a real run: a platform of its own with sessions that really run, seen in a real
// browser. `--to DIR` puts them elsewhere, `--only dashboard` or `--only sessions` takes some of them.
import { spawn } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { chromium } from 'playwright-core';
import { root } from '../../scripts/lib/root.mjs';
import { setup } from '../../scripts/lib/setup.mjs';

const { values } = parseArgs({ options: { to: { type: 'string' }, only: { type: 'string' } } });
const target = values.to ?? join(root, 'docs/pictures');
const command = join(root, 'packages/client/bin/skaha.js');

/** A home of its own, so that nothing of the user's is seen or changed. */
const home = mkdtempSync(join(tmpdir(), 'skaha-pictures-'));
const env = {
  ...process.env,
  HOME: home,
  XDG_CONFIG_HOME: join(home, 'config'),
  XDG_DATA_HOME: join(home, 'data'),
  XDG_STATE_HOME: join(home, 'state'),
  XDG_CACHE_HOME: join(home, 'cache'),
};

/** @param {readonly string[]} words @returns {Promise<string>} */
function skaha(...words) {
  const child = spawn(process.execPath, [command, ...words], {
    env,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  return new Promise((resolve, reject) => {
    let [out, err] = ['', ''];
    child.stdout.on('data', (chunk) => {
      out += chunk;
    });
    child.stderr.on('data', (chunk) => {
      err += chunk;
    });
    child.once('error', reject);
    child.once('exit', (status) => {
      if (status === 0) resolve(out);
      else reject(new Error(`skaha ${words.join(' ')}: ${err}`));
    });
  });
}

/** The dashboard as the command serves it. */
async function serve() {
  const child = spawn(process.execPath, [command, 'dashboard', '--no-open', '--json'], {
    env,
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const text = await new Promise((resolve) => {
    let out = '';
    child.stdout.on('data', (chunk) => {
      out += chunk;
      if (/}\s*$/.test(out)) resolve(out);
    });
  });
  return { link: JSON.parse(text).url, stop: () => child.kill('SIGINT') };
}

const card = (/** @type {string} */ text) => text.padEnd(80);

/** A small FITS file: a header, and an image of noise. */
function fits() {
  const cards = [
    'SIMPLE  =                    T / conforms to FITS standard',
    'BITPIX  =                   16 / array data type',
    'NAXIS   =                    2 / number of array dimensions',
    'NAXIS1  =                  256',
    'NAXIS2  =                  256',
    "OBJECT  = 'NGC 6946'           / the fireworks galaxy",
    "FILTER  = 'r       '           / band",
    'EXPTIME =                300.0 / [s] exposure',
    "TELESCOP= 'CFHT    '           / where it was seen",
    "DATE-OBS= '2026-08-14T09:12:40' / start of the exposure",
    'CRVAL1  =           308.718015 / [deg] right ascension',
    'CRVAL2  =            60.153915 / [deg] declination',
    'END',
  ].map(card);
  const header = cards.join('').padEnd(2880);
  const data = Buffer.alloc(Math.ceil((256 * 256 * 2) / 2880) * 2880);
  return Buffer.concat([Buffer.from(header, 'latin1'), data]);
}

/** Sessions as somebody at work has them. */
async function work() {
  const terminal = 'skaha/terminal:1.1.2';
  const sh = ['create', 'headless', terminal, '--sh'];
  writeFileSync(join(home, 'm31.fits'), fits());
  writeFileSync(join(home, 'notes.md'), '# NGC 6946\n\nFlat fields of August are the good ones.\n');
  await skaha('data', 'mkdir', '--parents', 'arc:/home/adastra/reduced').catch(() => undefined);
  await skaha('data', 'cp', join(home, 'm31.fits'), 'arc:/home/adastra/ngc6946_r.fits');
  await skaha('data', 'cp', join(home, 'notes.md'), 'arc:/home/adastra/notes.md');
  const steps =
    'i=0; while :; do i=$((i+1)); echo "$(date +%T) frame $i: sky 21.$((i%9)) mag, seeing 0.$((6+i%3)) arcsec"; sleep 0.1; done';
  await skaha(...sh, steps, '--name', 'mosaic-m31');
  await skaha(
    ...sh,
    'echo "reading dark frames"; echo "error: dark-0042.fits is not there" >&2; exit 3',
    '--name',
    'calibrate',
  );
  await skaha(...sh, 'echo done; exit 0', '--name', 'photometry');
  await skaha(...sh, 'sleep 600', '--name', 'reduce', '--replicas', '3');
  await skaha('create', 'contributed', 'skaha/webpage:latest', '--name', 'webpage1').catch(
    () => undefined,
  );
  await skaha('create', 'notebook', 'skaha/astroml:latest', '--name', 'notebook1').catch(
    () => undefined,
  );
  const row = '[ "$FIELD" = 12 ] && exit 1; sleep 1';
  writeFileSync(
    join(home, 'fields.csv'),
    `FIELD,BAND\n${[10, 11, 12, 13].map((field) => `${field},r`).join('\n')}\n`,
  );
  await skaha(...sh, row, '--name', 'fit', '--params', join(home, 'fields.csv'));
}

/**
 * @param {import('playwright-core').Browser} browser
 * @param {string} link
 */
async function take(browser, link) {
  mkdirSync(target, { recursive: true });
  const size = { width: 1320, height: 820 };
  const context = await browser.newContext({ viewport: size, deviceScaleFactor: 1 });
  const page = await context.newPage();
  page.on('console', (message) => {
    if (message.type() === 'error') process.stderr.write(`console: ${message.text()}\n`);
  });
  page.on('pageerror', (error) => process.stderr.write(`page: ${error.stack}\n`));
  await page.goto(link);
  await page.getByRole('link', { name: 'mosaic-m31' }).waitFor();
  const { origin } = new URL(page.url());
  const shot = async (/** @type {string} */ name) => {
    await page.screenshot({ path: join(target, `${name}.png`) });
  };
  /** @param {string} place @param {string} name @param {import('playwright-core').Locator} ready */
  const view = async (place, name, ready) => {
    await page.goto(`${origin}/#/${place}`);
    await ready.first().waitFor();
    await page.waitForTimeout(400);
    await shot(name);
  };
  await page.waitForTimeout(3_000);
  await shot('sessions');
  await page.emulateMedia({ colorScheme: 'dark' });
  await page.getByRole('link', { name: 'mosaic-m31' }).click();
  await page.getByRole('tab', { name: 'Logs' }).click();
  await page.getByRole('log').waitFor();
  await page.waitForTimeout(1_500);
  await shot('logs-dark');
  await page.emulateMedia({ colorScheme: 'light' });
  await page.goto(`${origin}/#/launch`);
  await page.getByRole('radio', { name: /Headless/ }).check();
  await page.getByRole('textbox', { name: 'Command' }).fill('python3 reduce.py --band r');
  await page.getByRole('radio', { name: /A table of parameters/ }).check();
  await page
    .getByRole('textbox', { name: 'A table of parameters' })
    .fill('FIELD,BAND\n10,r\n11,r\n12,g\n');
  await page.setViewportSize({ ...size, height: 1240 });
  await page.getByRole('heading', { level: 1 }).scrollIntoViewIfNeeded();
  await page.waitForTimeout(300);
  await shot('launch');
  await page.setViewportSize(size);
  await view('batches', 'batches', page.getByRole('link', { name: 'fit' }));
  await view('batches/fit', 'batch', page.getByText('fit-3'));
  await view('platform', 'platform', page.getByText('allocated to sessions'));
  await view('storage/arc/%2Fhome%2Fadastra/ngc6946_r.fits', 'files', page.getByText('fireworks'));
  await page.setViewportSize({ width: 390, height: 780 });
  await view('sessions', 'narrow', page.getByRole('link', { name: 'mosaic-m31' }));
  await context.close();
}

/** A cell that somebody who reduces data may have written. */
const cells = [
  'import math\nseeing = [0.61 + 0.13 * math.sin(night / 3) for night in range(30)]\nround(sum(seeing) / len(seeing), 3)',
  "for night in range(0, 30, 3):\n    print(f'{night:2d}  {seeing[night]:.2f}  ' + '#' * round(60 * seeing[night]))",
];

const notebook = JSON.stringify({
  cells: cells.map((source) => ({
    ...{ cell_type: 'code', execution_count: null, metadata: {}, outputs: [], source },
  })),
  metadata: { kernelspec: { display_name: 'Python 3', language: 'python', name: 'python3' } },
  nbformat: 4,
  nbformat_minor: 5,
});

/** @param {string} name */
const linkOf = async (name) => (await skaha('open', name, '--print')).trim();

/**
 * A notebook with two cells that have run, and a desktop with a terminal that somebody types in.
 *
 * @param {import('playwright-core').Browser} browser
 */
async function walk(browser) {
  mkdirSync(target, { recursive: true });
  writeFileSync(join(home, 'seeing.ipynb'), notebook);
  await skaha('data', 'cp', join(home, 'seeing.ipynb'), 'arc:/home/adastra/seeing.ipynb');
  await skaha('create', 'notebook', 'skaha/astroml:latest', '--name', 'seeing', '--wait');
  await skaha('create', 'desktop', 'skaha/desktop:latest', '--name', 'desk', '--wait');
  const context = await browser.newContext({ viewport: { width: 1120, height: 700 } });
  const page = await context.newPage();
  await page.goto(await linkOf('seeing'));
  await page.getByText('seeing.ipynb').first().waitFor();
  await page.screenshot({ path: join(target, 'notebook-files.png') });
  const isLab = page.url().includes('/lab/');
  const base = page.url().replace(/(?:lab\/)?tree\/.*$/, '');
  await page.goto(`${base}${isLab ? 'lab/tree' : 'notebooks'}/arc/home/adastra/seeing.ipynb`);
  const editors = page.locator(isLab ? '.jp-Notebook .cm-content' : '.CodeMirror');
  const outputs = page.locator(isLab ? '.jp-OutputArea-output' : '.output_text');
  for (const [index] of cells.entries()) {
    await editors.nth(index).click();
    await page.keyboard.press('Shift+Enter');
    await outputs.nth(index).waitFor();
  }
  await page.waitForTimeout(600);
  await page.screenshot({ path: join(target, 'notebook.png') });
  await page.goto(await linkOf('desk'));
  await page.locator('canvas').waitFor();
  await page.getByText('Start an app').click();
  await page.getByRole('button', { name: 'terminal:1.1.2' }).click();
  // The window is drawn on a canvas: there is no element to wait for.
  await page.waitForTimeout(4_000);
  await page.mouse.click(560, 350);
  await page.keyboard.type('ls -l');
  await page.keyboard.press('Enter');
  await page.waitForTimeout(1_000);
  await page.screenshot({ path: join(target, 'desktop.png') });
  await context.close();
}

if (!(await setup())) process.exit(1);
const places = [
  process.env['CHROMIUM'] ?? '',
  '/usr/bin/chromium',
  '/usr/bin/chromium-browser',
  '/usr/bin/google-chrome',
];
const executablePath = places.find((path) => path !== '' && existsSync(path)) ?? '';
const data = join(home, 'data/skaha/platform');
mkdirSync(data, { recursive: true, mode: 0o700 });
writeFileSync(join(data, 'platform.yaml'), 'capacity: { cores: 16, memoryGiB: 64 }\n');
await skaha('platform', 'start', '--detach', '--user', 'adastra', '--use', '--port', '0');
const browser = await chromium.launch({
  executablePath,
  args: ['--no-sandbox', '--disable-gpu', '--disable-dev-shm-usage'],
});
try {
  if (values.only !== 'dashboard') await walk(browser);
  if (values.only !== 'sessions') {
    await work();
    const { link, stop } = await serve();
    try {
      await take(browser, link);
    } finally {
      stop();
    }
  }
} finally {
  await browser.close();
  await skaha('platform', 'stop').catch(() => undefined);
  rmSync(home, { recursive: true, force: true });
}
