/** Which part of the workspace may import which: the data of imports.test.ts. */

/**
 * The floors of each package from the ground up, as paths in its `src`: files, folders, or `.` for every file that no other
 * path names. A file imports from its own floor and from those below. Everything of a package is on one of its floors.
 */
export const floors: Readonly<Record<string, readonly (readonly string[])[]>> = {
  'packages/protocol': [['.'], ['serializers'], ['auth', 'transcode'], ['index.ts']],
  'packages/client': [
    ['clock.ts', 'errors.ts', 'options.ts', 'signal.ts', 'stack.ts'],
    ['auth'],
    ['core'],
    ['transports'],
    ['.'],
    ['index.ts'],
  ],
  'packages/router': [
    ['addresses.ts', 'log.ts', 'plain-socket.ts'],
    ['core'],
    ['limits.ts'],
    ['auth', 'authz', 'features'],
    ['output'],
    ['session'],
    ['connection'],
    ['host.ts'],
    ['transports'],
    ['router.ts', 'jwt.ts'],
    ['testing', 'index.ts'],
  ],
  'apps/router': [['failure.ts', 'one-line.ts'], ['config'], ['.']],
  'apps/chat': [['.']],
  'apps/dashboard': [['.']],
};

/** Which packages each may import. */
export const mayImport: Readonly<Record<string, readonly string[]>> = {
  'packages/protocol': [],
  'packages/client': ['packages/protocol'],
  'packages/router': ['packages/protocol'],
  'apps/router': ['packages/protocol', 'packages/router'],
  'apps/chat': ['packages/client'],
  'apps/dashboard': ['packages/client'],
};

/** Imports that still go up. Delete the line with the import; the test fails on a line without one. Add none. */
export const upward: readonly string[] = [
  'apps/router/src/config/development.ts → command-line.ts',
  'packages/client/src/errors.ts → core/handle.ts',
];
