// @ts-check
import { defineConfig } from 'vitepress';
import { slugOf } from '../../scripts/lib/markdown.mjs';
import { sections } from './pages.mjs';

const base = process.env['DOCS_BASE'] ?? '/';

/** Without colours in code, which take more than half of the time, and as it was written. */
const draft =
  process.env['DOCS_DRAFT'] === undefined
    ? undefined
    : { highlight: (/** @type {string} */ code) => `<pre><code>${escaped(code)}</code></pre>` };

/** @param {string} code */
const escaped = (code) =>
  code.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('{', '&#123;');

// Everything comes from the site itself: no fonts, scripts or searches from elsewhere.
export default defineConfig({
  title: 'skaha',
  description: 'The CANFAR Science Platform from TypeScript and from a shell',
  lang: 'en',
  base,
  // `scripts/docs.mjs` puts the pages there, with those that are generated.
  srcDir: 'dist/pages',
  cacheDir: './dist/cache',
  head: [['link', { rel: 'icon', type: 'image/svg+xml', href: `${base}logo.svg` }]],
  // Its tables have many columns: the room for the outline is theirs.
  transformPageData(page) {
    if (page.relativePath === 'troubleshooting.md') page.frontmatter['aside'] = false;
  },
  markdown: {
    anchor: { slugify: slugOf },
    languageAlias: { csv: 'text' },
    ...draft,
  },
  vite: { build: { minify: draft === undefined } },
  themeConfig: {
    logo: '/logo.svg',
    search: { provider: 'local' },
    outline: { level: [2, 3] },
    nav: [
      { text: 'Get started', link: '/get-started' },
      { text: 'Guides', link: '/sessions' },
      {
        text: 'Reference',
        items: [
          { text: 'Commands', link: '/reference/cli' },
          { text: 'Library', link: '/api/' },
          { text: 'Configuration', link: '/configuration' },
          { text: 'Errors', link: '/errors' },
        ],
      },
      { text: 'Help', link: '/troubleshooting' },
    ],
    sidebar: sections.map(({ text, items }) => ({ text, items: [...items] })),
    footer: { message: 'Published under the MIT licence' },
  },
});
