// Checks packages as they would be published: the tarballs that the arguments name. Prints what is wrong; then the exit code is 1.
import { readFileSync } from 'node:fs';
import { basename } from 'node:path';
import { checkPackage, createPackageFromTarballData } from '@arethetypeswrong/core';
import { publint } from 'publint';
import { formatMessage } from 'publint/utils';

for (const file of process.argv.slice(2)) {
  const data = new Uint8Array(readFileSync(file));
  for (const fault of [...(await manifestFaults(data)), ...(await typeFaults(data))]) {
    console.log(`${basename(file)}: ${fault}`);
    process.exitCode = 1;
  }
}

/** @param {Uint8Array<ArrayBuffer>} data */
async function manifestFaults(data) {
  const { messages, pkg } = await publint({ pack: { tarball: data.buffer }, strict: true });
  return messages
    .filter(({ type }) => type === 'error')
    .map((message) => `package.json: ${formatMessage(message, pkg, { color: false })}`);
}

/** @param {Uint8Array} data */
async function typeFaults(data) {
  const analysis = await checkPackage(createPackageFromTarballData(data));
  if (analysis.types === false) return ['it has no declarations'];
  return analysis.problems.map((problem) => `declarations: ${JSON.stringify(problem)}`);
}
