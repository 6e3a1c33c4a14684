/** Writes src/compiled-rows.ts from the wire table: `npx vitest run packages/protocol/test/compiled-rows.test.ts -u`. */
import { expect, test } from 'vitest';
import { MessageType } from '../src/message-type.ts';
import { wire, type MessageName, type Row } from '../src/wire.ts';

const names = Object.keys(wire) as MessageName[];

/** One row as TypeScript: a function from the checks of its elements to its reader and its writer. */
function compile(name: MessageName): string {
  const row: Row = wire[name];
  const [required, optional] = [Object.keys(row.elements), Object.keys(row.optional ?? {})];
  const all = [...required, ...optional];
  const type = MessageType[name];
  const read = (keys: readonly string[], indent: string): string =>
    [
      '({',
      `  type: ${type},`,
      ...keys.map((key, index) => `  ${key}: ${key}(list[${index + 1}]),`),
      ...(row.payload === true ? ['  payload,'] : []),
      '})',
    ].join(`\n${indent}`);
  const write = (keys: readonly string[]): string =>
    `[${[type, ...keys.map((key) => `message.${key}`)].join(', ')}]`;
  const missing = optional.length > 0;
  const readers = missing
    ? `
      list[${required.length + 1}] === undefined
        ? ${read(required, '          ').slice(1, -1)}
        : ${read(all, '          ').slice(1, -1)},`
    : ` ${read(all, '    ')},`;
  const writers = missing
    ? `\n      message.${optional.join()} === undefined ? ${write(required)} : ${write(all)}`
    : ` ${write(all)}`;
  return `
  ${name}: ({ ${all.join(', ')} }) => ({
    read: (list${row.payload === true ? ', payload' : ''}) =>${readers}
    write: (message) =>${writers},
  }),`;
}

test('the compiled rows say what the wire table says', async () => {
  const source = `/** The wire table as code. Generated from wire.ts by test/compiled-rows.test.ts: do not edit. */
import type { CompiledRows } from './wire.ts';

export const compiledRows: CompiledRows = {${names.map(compile).join('')}
};
`;
  await expect(source).toMatchFileSnapshot('../src/compiled-rows.ts');
});
