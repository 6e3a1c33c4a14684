/** On Linux, the program starts itself anew so that freed memory is given back. */
import { expect, test } from 'vitest';
import { returnFreedMemory, type Executable } from '../src/freed-memory.ts';

function executed(changes: Partial<Executable>): unknown[] {
  const calls: unknown[] = [];
  returnFreedMemory({
    platform: 'linux',
    execPath: '/bin/node',
    execArgv: ['--max-old-space-size=512'],
    argv: ['/bin/node', 'main.js', 'start', '--port', '1'],
    env: { HOME: '/home/me' },
    execve: (...call) => calls.push(call),
    ...changes,
  });
  return calls;
}

test('the program is started anew with its arguments and environment, and the threshold', () => {
  expect(executed({})).toEqual([
    [
      '/bin/node',
      ['/bin/node', '--max-old-space-size=512', 'main.js', 'start', '--port', '1'],
      { HOME: '/home/me', MALLOC_MMAP_THRESHOLD_: '131072' },
    ],
  ]);
});

test.each<[string, Partial<Executable>]>([
  ['the setting is there', { env: { MALLOC_MMAP_THRESHOLD_: '131072' } }],
  ['somebody has set how glibc keeps memory', { env: { GLIBC_TUNABLES: 'glibc.malloc.arena_max=1' } }],
  ['the system is another', { platform: 'darwin' }],
  ['a parent process talks to it', { channel: {} }],
  ['this version of Node cannot', { execve: undefined }],
])('nothing is started when %s', (_why, changes) => {
  expect(executed(changes)).toEqual([]);
});
