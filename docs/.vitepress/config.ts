/** The site of the documentation: its pages, their order, and a search that works offline. */
import { readFileSync } from 'node:fs';
import { join, posix } from 'node:path';
import { defineConfig, type DefaultTheme } from 'vitepress';

const SOURCES = 'https://github.com/wamp-ts/wamp/blob/main/';

function pages(text: string, items: Readonly<Record<string, string>>): DefaultTheme.SidebarItem {
  return { text, items: Object.entries(items).map(([link, name]) => ({ text: name, link: `/${link}` })) };
}

const sidebar = [
  pages('Begin', {
    'getting-started': 'Getting started',
    concepts: 'Concepts',
    examples: 'Examples',
    comparison: 'WAMP beside other protocols',
  }),
  pages('Client', {
    'client/': 'Overview',
    'client/connect': 'Connect and log in',
    'client/call': 'Call',
    'client/register': 'Register',
    'client/publish-subscribe': 'Publish and subscribe',
    'client/streams': 'Streams',
    patterns: 'Patterns',
    'client/contracts': 'Contracts',
    'client/errors': 'Errors and retries',
    'client/recovery': 'Recovery',
    reconnecting: 'Reconnecting',
    'client/browsers': 'Browsers',
    'client/node-services': 'Services on Node',
    frameworks: 'Vue, Svelte, Solid',
    'client/testing': 'Testing',
    'client/complaints': 'Twenty complaints',
  }),
  pages('Router', {
    authentication: 'Authentication',
    authorization: 'Authorization',
    history: 'History and retention',
    'http-bridge': 'HTTP bridge',
    extending: 'Extending the router',
  }),
  pages('Operate', {
    operations: 'Deployment and operation',
    clustering: 'Clusters',
    configuration: 'Configuration',
    'configuration-reference': 'Every option',
    cli: 'Command-line tool',
    admin: 'Admin realm',
    console: 'Console',
    metrics: 'Metrics',
    tracing: 'Tracing',
    limits: 'Limits',
    performance: 'Performance',
    'security-checklist': 'Security checklist',
    threats: 'Threats',
  }),
  pages('Move here', {
    'from-crossbar': 'From Crossbar.io',
    'client/from-autobahn-js': 'From autobahn-js',
    'client/from-wampy': 'From wampy',
  }),
  pages('Reference', {
    api: 'API of all packages',
    codes: 'Error and log codes',
    conformance: 'Conformance',
    benchmark: 'Benchmark',
    choices: 'Choices',
    map: 'Map of the sources',
    dependencies: 'Dependencies',
    releasing: 'Releasing',
  }),
];

export default defineConfig({
  title: '@wamp',
  description: 'A WAMP router, client and protocol library for TypeScript',
  lang: 'en',
  // The reference of the API is built beside the pages.
  srcExclude: ['api/**'],
  ignoreDeadLinks: [/^\/api\//],
  rewrites: { 'client/README.md': 'client/index.md' },
  lastUpdated: false,
  // The theme is too faint in two places: the name of the language of a block of code, and the button of the first page.
  head: [
    [
      'style',
      {},
      'html:root, html.dark { --vp-code-lang-color: var(--vp-c-text-2); } ' +
        'html:root:not(.dark) { --vp-button-brand-bg: var(--vp-c-brand-1); }',
    ],
  ],
  transformPageData: ({ relativePath, title }, { siteConfig }) => ({
    description: descriptionOf(readFileSync(join(siteConfig.srcDir, sourceOf(relativePath)), 'utf8'), title),
  }),
  themeConfig: {
    search: { provider: 'local' },
    nav: [
      { text: 'Getting started', link: '/getting-started' },
      { text: 'Examples', link: '/examples' },
      { text: 'API', link: '/api' },
    ],
    sidebar,
    outline: [2, 3],
  },
  markdown: {
    theme: { light: 'github-light-high-contrast', dark: 'github-dark-high-contrast' },
    // The pages are plain Markdown; `<…>` in them is text.
    html: false,
    config: (md) => {
      md.core.ruler.push('links', ({ tokens, env }) => {
        const { relativePath } = env as { relativePath: string };
        for (const token of tokens.flatMap(({ children }) => children ?? [])) {
          const href = token.type === 'link_open' ? token.attrGet('href') : null;
          if (href !== null) token.attrSet('href', onSite(href, relativePath));
        }
      });
    },
  },
});

/** The file of a page; those of folders have another name on the site. */
function sourceOf(path: string): string {
  return path.replace('client/index.md', 'client/README.md');
}

/** The first paragraph of a page, as text: what search engines show of it. */
function descriptionOf(page: string, title: string): string {
  const tagline = /^ {2}tagline: (.*)$/m.exec(page)?.[1];
  const paragraph = page.split(/\n\n/).find((part) => /^[\p{L}`[_*]/u.test(part)) ?? title;
  const text = (tagline ?? paragraph)
    .replaceAll(/!?\[([^\]]*)\]\([^)]*\)/g, '$1')
    .replaceAll(/[`*_]/g, '')
    .replaceAll(/\s+/g, ' ');
  return text.length <= 200 ? text : `${text.slice(0, 199).replace(/\s\S*$/, '')}…`;
}

/** What lies outside of the pages is in the repository. */
function onSite(href: string, from: string): string {
  if (/^(\w+:|#|\/)/.test(href)) return href;
  const path = posix.join(posix.dirname(from), href);
  if (path.startsWith('../')) return SOURCES + path.replaceAll('../', '');
  return href.replace(/README\.md/, 'index.md');
}
