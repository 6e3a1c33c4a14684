/** The last step of `npm run docs`: no link of the site, or of the reference of the packages, leads nowhere. */
import { fileURLToPath } from 'node:url';
import { builtPages, deadLinks } from './links.ts';

const root = fileURLToPath(new URL('../..', import.meta.url));
const [site = ''] = process.argv.slice(2);
const dead = deadLinks(site, root);
for (const each of dead) console.error(each);
console.log(`${String(builtPages(site).length)} pages, ${String(dead.length)} dead links`);
process.exitCode = dead.length === 0 ? 0 : 1;
