import { createHash } from 'node:crypto';
import type { Reply } from './reply.js';

const style = `
:root { color-scheme: light dark; --ink: #16202c; --dim: #5a6878; --paper: #fff; --edge: #d5dce4; --field: #f6f8fa;
  --accent: #1c5fb0; --on-accent: #fff; --bad: #a4262c; --bad-paper: #fdf1f1; --good: #1d6b3a; --sky: #e8edf3; }
@media (prefers-color-scheme: dark) { :root { --ink: #e6ebf1; --dim: #9aa8b8; --paper: #18202a; --edge: #344150;
  --field: #10171f; --accent: #6cabf5; --on-accent: #0b1420; --bad: #ff9a9a; --bad-paper: #3a1d20; --good: #7fd49d; --sky: #0d131a; } }
* { box-sizing: border-box; }
body { margin: 0; min-height: 100vh; display: flex; align-items: center; justify-content: center; padding: 1.5rem 1rem;
  background: var(--sky); color: var(--ink); font: 16px/1.5 system-ui, -apple-system, "Segoe UI", Roboto, sans-serif; }
main { width: 100%; max-width: 27rem; background: var(--paper); border: 1px solid var(--edge); border-radius: 12px;
  padding: 2rem; box-shadow: 0 8px 30px rgb(0 0 0 / 8%); }
.brand { display: flex; align-items: center; gap: .55rem; margin: 0 0 1.25rem; color: var(--dim); font-size: .875rem; font-weight: 600; }
.brand svg { flex: none; color: var(--accent); }
h1 { margin: 0 0 .75rem; font-size: 1.375rem; line-height: 1.25; }
p { margin: 0 0 1rem; }
main > :last-child { margin-bottom: 0; }
.dim { color: var(--dim); font-size: .875rem; }
.client { overflow-wrap: anywhere; font-weight: 600; }
.code { display: block; margin: 0 0 1rem; padding: .6rem; border: 1px dashed var(--edge); border-radius: 8px; background: var(--field);
  text-align: center; font: 600 1.5rem/1.3 ui-monospace, "SF Mono", Menlo, Consolas, "DejaVu Sans Mono", monospace; letter-spacing: .12em; }
ul { margin: 0 0 1.25rem; padding: 0 0 0 1.15rem; color: var(--dim); font-size: .9375rem; }
label { display: block; margin: 0 0 .3rem; font-size: .875rem; font-weight: 600; }
input { width: 100%; margin: 0 0 1rem; padding: .6rem .75rem; border: 1px solid var(--edge); border-radius: 8px; background: var(--field);
  color: inherit; font: inherit; }
input.user-code { text-align: center; text-transform: uppercase; letter-spacing: .12em; font-family: ui-monospace, Menlo, Consolas, monospace; }
input:focus-visible, button:focus-visible { outline: 2px solid var(--accent); outline-offset: 2px; }
.actions { display: flex; flex-direction: row-reverse; gap: .75rem; margin-top: .5rem; }
button { flex: 1; padding: .65rem 1rem; border: 1px solid var(--accent); border-radius: 8px; background: var(--accent); color: var(--on-accent);
  font: inherit; font-weight: 600; cursor: pointer; }
button.second { background: transparent; border-color: var(--edge); color: var(--ink); }
.alert { margin: 0 0 1.25rem; padding: .65rem .8rem; border-left: 3px solid var(--bad); border-radius: 4px; background: var(--bad-paper); color: var(--bad); font-size: .9375rem; }
.mark { display: block; margin: 0 0 .75rem; color: var(--good); }
.mark.refused { color: var(--bad); }
`;

const styleHash = createHash('sha256').update(style).digest('base64');

const galaxy =
  '<svg width="22" height="22" viewBox="0 0 24 24" fill="none" stroke="currentColor" stroke-width="1.8" stroke-linecap="round" aria-hidden="true">' +
  '<circle cx="12" cy="12" r="2.4" fill="currentColor" stroke="none"/><path d="M12 4.5c5 0 8 2.6 8 6.2 0 2.6-1.9 4.6-4.6 5.1"/>' +
  '<path d="M12 19.500c-5 0-8-2.6-8-6.2 0-2.600 1.900-4.600 4.600-5.100"/></svg>';

/** Escapes text for HTML, in elements and in quoted attributes. */
export const escapeHtml = (text: string): string =>
  text.replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`);

/** The content of a page. */
export interface PageOptions {
  readonly title: string;
  /** HTML. */
  readonly content: string;
  readonly status?: number | undefined;
  /** Where its form may lead besides this origin (CSP `form-action`). */
  readonly formTarget?: string | undefined;
}

/** A page of the identity services: no scripts or external content, no frames, no caches. */
export function page({ title, content, status = 200, formTarget }: PageOptions): Reply {
  const targets = formTarget === undefined ? "'self'" : `'self' ${formTarget}`;
  const policy = [
    "default-src 'none'",
    `style-src 'sha256-${styleHash}'`,
    `form-action ${targets}`,
    "frame-ancestors 'none'",
    "base-uri 'none'",
  ];
  return {
    status,
    headers: {
      'content-type': 'text/html; charset=utf-8',
      'content-security-policy': policy.join('; '),
      'cache-control': 'no-store',
      'referrer-policy': 'no-referrer',
      'x-content-type-options': 'nosniff',
      'x-frame-options': 'DENY',
    },
    body: `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${escapeHtml(title)}</title>
<style>${style}</style>
</head>
<body>
<main>
<p class="brand">${galaxy} Local Science Platform</p>
${content}
</main>
</body>
</html>
`,
  };
}

/** An error message, for the top of a form. */
export const alert = (message: string | undefined): string =>
  message === undefined ? '' : `<p class="alert" role="alert">${escapeHtml(message)}</p>\n`;

const marks = {
  done: '<path d="m7.500 12.500 3 3 6-6.500"/>',
  refused: '<path d="m8.500 8.500 7 7m0-7-7 7"/>',
};

/** A page with the outcome of something. */
export function resultPage(mark: keyof typeof marks, title: string, text: string): Reply {
  const icon = `<svg class="mark ${mark}" width="44" height="44" viewBox="0 0 24 24" fill="none" stroke="currentColor" stroke-width="1.6" stroke-linecap="round" stroke-linejoin="round" aria-hidden="true"><circle cx="12" cy="12" r="9.500"/>${marks[mark]}</svg>`;
  return page({
    title,
    content: `${icon}\n<h1>${escapeHtml(title)}</h1>\n<p>${escapeHtml(text)}</p>`,
  });
}
