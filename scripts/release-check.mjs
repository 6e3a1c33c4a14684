// `npm run release:check`: installs what is missing, then publishes to a registry on loopback, and uses what was published.
import { install, needsInstall, requireNode, runTool } from './workspace.mjs';

requireNode();

const installed = needsInstall() ? await install() : undefined;
if (installed?.ok === false) {
  console.error(installed.output);
  process.exitCode = 1;
} else {
  const { ok } = await runTool('tsx', ['scripts/release/main.ts', ...process.argv.slice(2)], { live: true });
  process.exitCode = ok ? 0 : 1;
}
