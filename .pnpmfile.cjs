// pnpm resolves `workspace:` in any order when it packs: sorted dependencies let two builds give identical tarballs.
const KINDS = ['dependencies', 'optionalDependencies', 'peerDependencies', 'devDependencies'];

/** @param {Record<string, Record<string, string> | undefined>} manifest */
function beforePacking(manifest) {
  for (const kind of KINDS) {
    const entries = manifest[kind];
    if (entries === undefined) continue;
    manifest[kind] = Object.fromEntries(
      Object.entries(entries).sort(([one], [other]) => (one < other ? -1 : 1)),
    );
  }
  return manifest;
}

module.exports = { hooks: { beforePacking } };
