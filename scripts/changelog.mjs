// How `changeset version` writes changelogs: the text of each changeset, and no list of updated dependencies, because all packages
// have one version.

/**
 * @param {{ summary: string }} changeset
 * @returns {Promise<string>} an item of a list; all lines but the first are indented
 */
function getReleaseLine({ summary }) {
  return Promise.resolve(`- ${summary.trim().replaceAll(/\n(?=[^\n])/g, '\n  ')}`);
}

/** @returns {Promise<string>} nothing */
function getDependencyReleaseLine() {
  return Promise.resolve('');
}

export default { getReleaseLine, getDependencyReleaseLine };
