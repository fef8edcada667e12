import { type ChildProcess, spawn } from 'node:child_process';
import { createRequire } from 'node:module';
import { fileURLToPath } from 'node:url';
import type { Page } from 'playwright-core';

const axe = createRequire(import.meta.url)('axe-core') as { source: string };
const command = fileURLToPath(new URL('../../../client/bin/skaha.js', import.meta.url));

/** Collects what a page complains of, and each request to another host. */
export function overhear(page: Page, complaints: string[]): void {
  page.on('pageerror', (error) => complaints.push(String(error.stack)));
  page.on('console', (message) => {
    const isNetwork = message.text().startsWith('Failed to load resource');
    if (message.type() === 'error' && !isNetwork) complaints.push(message.text());
  });
  page.on('request', (request) => {
    const { origin } = new URL(request.url());
    if (origin !== new URL(page.url()).origin && /^https?:/.test(page.url())) {
      complaints.push(`another host was asked: ${request.url()}`);
    }
  });
}

/** What axe looks at: everything, or only what colours can change, or what the room can change. */
export type Looked = 'all' | 'colours' | 'room';

/** Colours are half of the work, and the same whatever the room. */
const colours = ['color-contrast', 'link-in-text-block'];
const standard = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'];
const rules: Readonly<Record<Looked, object>> = {
  all: { runOnly: standard },
  colours: { runOnly: { type: 'rule', values: [...colours, 'target-size'] } },
  room: {
    runOnly: standard,
    rules: Object.fromEntries(colours.map((name) => [name, { enabled: false }])),
  },
};

/** What axe finds against WCAG 2.2 AA, in short. */
export async function violations(page: Page, looked: Looked = 'all'): Promise<string[]> {
  if (!(await page.evaluate('"axe" in window'))) await page.evaluate(axe.source);
  return await page.evaluate<string[]>(`axe.run(document, {
    ...${JSON.stringify(rules[looked])},
    // Of what is in order, the name of the rule is enough.
    resultTypes: ['violations'],
  }).then(({ violations, passes, incomplete, inapplicable }) => {
    const found = violations.map(({ id, nodes }) => id + ': ' +
      nodes.slice(0, 3).map(({ target, any }) => target.join(' ') + ' ' + (any[0]?.message ?? '')).join('; '));
    // Whether what is pressed is large enough must have been looked at.
    const tried = [violations, passes, incomplete, inapplicable].flat();
    return tried.some(({ id }) => id === 'target-size') ? found : [...found, 'target-size was not tried'];
  })`);
}

/**
 * What cannot be read as it stands: words that are cut off or lie beyond the edge, and a page that is
 * wider than its window. Long tables and programs scroll by themselves; rows of lists are cut, and
 * open.
 */
export async function cutOff(page: Page): Promise<string[]> {
  return await page.evaluate<string[]>(`(() => {
    const wrong = [];
    if (document.documentElement.scrollWidth > innerWidth) wrong.push('the page is too wide');
    const told = 'button, a.button, label, legend, h1, h2, h3, p, dt, dd, summary, select, .status, .tag';
    for (const element of document.querySelectorAll(told)) {
      if (element.closest('.windowed, .scroll-x, pre, .skip') !== null) continue;
      const { width, left, right } = element.getBoundingClientRect();
      if (width === 0) continue;
      const isCut = element.scrollWidth > element.clientWidth + 1 &&
        getComputedStyle(element).overflowX !== 'visible' && element.clientWidth > 1;
      if (isCut || right > innerWidth + 1 || left < -1) {
        wrong.push(element.tagName + ': ' + element.textContent.trim().slice(0, 60));
      }
    }
    return wrong;
  })()`);
}

/** A dashboard as its command serves it. */
export interface Served {
  readonly child: ChildProcess;
  /** What the command prints, once. */
  readonly link: string;
  /** What it has written to its log. */
  log(): string;
}

/** Starts the command, and waits for its link. */
export async function serve(
  env: Readonly<Record<string, string | undefined>>,
  words: readonly string[] = [],
): Promise<Served> {
  const child = spawn(
    process.execPath,
    [command, 'dashboard', '--no-open', '--json', '--log-level', 'debug', ...words],
    { env: { PATH: process.env['PATH'], ...env }, stdio: ['ignore', 'pipe', 'pipe'] },
  );
  let [out, log] = ['', ''];
  child.stderr.on('data', (chunk) => {
    log += String(chunk);
  });
  const link = await new Promise<string>((resolve, reject) => {
    child.stdout.on('data', (chunk) => {
      out += String(chunk);
      if (/\}\s*$/.test(out)) resolve(JSON.parse(out).url);
    });
    child.once('exit', () => reject(new Error(log)));
  });
  return { child, link, log: () => log };
}
