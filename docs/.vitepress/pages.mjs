// @ts-check
// What stands on the site, and in which order. A page that is in no list here is an error.

/**
 * Pages that live elsewhere in the repository, by their place on the site.
 *
 * @type {Readonly<Record<string, string>>}
 */
export const borrowed = {
  'about.md': 'README.md',
  'changelog.md': 'CHANGELOG.md',
  'contributing.md': 'CONTRIBUTING.md',
  'glossary.md': 'CONTEXT.md',
  'security.md': 'SECURITY.md',
  'examples/star-catalogue.md': 'examples/star-catalogue/README.md',
};

/** The overview for those who read in the repository; the site has a home page in its place. */
export const overview = 'index.md';

/** @typedef {{text: string, link: string}} Entry */

/** @type {readonly {text: string, items: readonly Entry[], collapsed?: boolean}[]} */
export const sections = [
  {
    text: 'Begin',
    items: [
      { text: 'Get started', link: '/get-started' },
      { text: 'A notebook and a desktop', link: '/walk-through' },
      { text: 'Install', link: '/install' },
      { text: 'What is new', link: '/whats-new' },
    ],
  },
  {
    text: 'Guides',
    items: [
      { text: 'Logging in', link: '/authentication' },
      { text: 'Sessions', link: '/sessions' },
      { text: 'Batches', link: '/batches' },
      { text: 'Clusters', link: '/clusters' },
      { text: 'Storage', link: '/storage' },
      { text: 'The dashboard', link: '/dashboard' },
      { text: 'Assistants', link: '/assistants' },
      { text: 'The local platform', link: '/local-platform' },
      { text: 'A platform on a cluster', link: '/cluster' },
      { text: 'The command line', link: '/command-line' },
      { text: 'Scripts', link: '/scripting' },
      { text: 'Networks', link: '/networks' },
      { text: 'TypeScript', link: '/library' },
      { text: 'Use it without async', link: '/sync' },
      { text: 'Use it from Python scripts', link: '/scripting#use-it-from-python-scripts' },
      { text: 'Coming from Python', link: '/migration' },
    ],
  },
  {
    text: 'Examples',
    items: [
      { text: 'Programs', link: '/examples' },
      { text: 'Star catalogue', link: '/examples/star-catalogue' },
    ],
  },
  {
    text: 'Reference',
    items: [
      { text: 'Commands', link: '/reference/cli' },
      { text: 'Library', link: '/api/' },
      { text: 'Configuration', link: '/configuration' },
      { text: 'Environment variables', link: '/configuration#variables' },
      { text: 'Errors', link: '/errors' },
      { text: 'The local platform in detail', link: '/local-platform-reference' },
      { text: 'The local platform and the real one', link: '/local-platform-differences' },
      { text: 'Exit codes', link: '/command-line#exit-codes' },
      { text: 'Logging', link: '/logging' },
      { text: 'Glossary', link: '/glossary' },
    ],
  },
  {
    text: 'Help',
    items: [
      { text: 'FAQ', link: '/faq' },
      { text: 'Troubleshooting', link: '/troubleshooting' },
      { text: 'Security', link: '/security' },
    ],
  },
  {
    text: 'The project',
    items: [
      { text: 'About', link: '/about' },
      { text: 'Contributing', link: '/contributing' },
      { text: 'Architecture', link: '/architecture' },
      { text: 'Inside the packages', link: '/inside-the-packages' },
      { text: 'Speed and memory', link: '/benchmarks' },
      { text: 'Speed at scale', link: '/performance' },
      { text: 'Changes', link: '/changelog' },
    ],
  },
];
