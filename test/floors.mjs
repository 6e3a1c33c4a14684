/** Which part of the workspace may import which: what imports.test.ts checks, and what the linter says of each folder. */

/**
 * The floors of each package from the ground up, as paths in its `src`: a file, a folder with the files directly in it, or `.`
 * for the files of `src` itself that no other path names. A file imports from its own floor and from those below.
 * Everything of a package is on one of its floors.
 * @type {Readonly<Record<string, readonly (readonly string[])[]>>}
 */
export const floors = {
  'packages/protocol': [['.'], ['serializers'], ['auth', 'transcode'], ['index.ts']],
  'packages/client': [
    ['clock.ts', 'ending.ts', 'errors.ts', 'options.ts', 'signal.ts', 'stack.ts'],
    ['auth'],
    ['core'],
    ['transports'],
    ['.'],
    ['meta', 'contract', 'store', 'testing'],
    ['index.ts', 'meta.ts'],
  ],
  'packages/router': [
    ['addresses.ts', 'expect.ts', 'log.ts', 'nothing.ts', 'plain-socket.ts'],
    ['core'],
    ['limits.ts'],
    ['stores'],
    ['events.ts', 'events-log.ts', 'realm-events.ts'],
    ['metrics'],
    ['auth', 'authz', 'features', 'cluster'],
    ['output', 'realm-patterns.ts'],
    ['session'],
    ['connection'],
    ['router-options.ts', 'router-settings.ts', 'realm-templates.ts', 'host.ts'],
    ['transports'],
    ['shown-router.ts'],
    ['router.ts', 'jwt.ts'],
    ['create-router.ts'],
    ['testing', 'index.ts'],
  ],
  'packages/cli': [
    ['io'],
    ['output'],
    ['profile'],
    ['session'],
    ['commands'],
    ['completion'],
    ['program.ts', 'run.ts', 'main.ts'],
  ],
  'packages/react': [['.'], ['index.ts']],
  'packages/store-sqlite': [
    ['disk.ts', 'driver.ts', 'errors.ts'],
    ['group-commit.ts', 'holdings.ts', 'schema.ts'],
    ['database.ts'],
    ['worker.ts'],
    ['thread.ts'],
    ['log.ts', 'retained.ts'],
    ['store.ts'],
    ['index.ts'],
  ],
  'packages/http-bridge': [
    ['media.ts', 'options.ts', 'metrics.ts', 'status.ts', 'credentials.ts', 'sessions.ts', 'wanted.ts'],
    ['answers.ts', 'posted.ts', 'refusals.ts', 'open-api.ts', 'webhooks'],
    ['.'],
    ['index.ts'],
  ],
  'packages/opentelemetry': [
    ['span.ts', 'post.ts'],
    ['exporter.ts', 'sampling.ts'],
    ['tracing.ts'],
    ['index.ts'],
  ],
  'packages/cluster-nats': [
    ['options.ts', 'remains.ts'],
    ['connection.ts', 'ledger.ts'],
    ['engine.ts'],
    ['index.ts'],
  ],
  'apps/router': [
    ['failure.ts', 'one-line.ts'],
    ['config'],
    ['convert', 'admin-realm'],
    ['.'],
    ['workers'],
    ['program.ts', 'main.ts'],
  ],
  'apps/chat': [['common'], ['service'], ['page']],
  'apps/dashboard': [['lib'], ['operator'], ['parts'], ['views', 'realm'], ['shell.tsx'], ['main.tsx']],
};

/**
 * Which packages each may import.
 * @type {Readonly<Record<string, readonly string[]>>}
 */
export const mayImport = {
  'packages/protocol': [],
  'packages/client': ['packages/protocol'],
  'packages/router': ['packages/protocol'],
  'packages/cli': ['packages/protocol', 'packages/client'],
  'packages/react': ['packages/client'],
  'packages/store-sqlite': ['packages/router'],
  'packages/http-bridge': ['packages/protocol', 'packages/router'],
  'packages/cluster-nats': ['packages/router'],
  'packages/opentelemetry': ['packages/router'],
  'apps/router': [
    'packages/protocol',
    'packages/router',
    'packages/store-sqlite',
    'packages/cluster-nats',
    'packages/http-bridge',
    'packages/opentelemetry',
  ],
  'apps/chat': ['packages/protocol', 'packages/client', 'packages/store-sqlite'],
  'apps/dashboard': ['packages/client'],
};
