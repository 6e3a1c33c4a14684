/** Hooks: who listens hears, in order, until it wants no more. */
import { expect, test } from 'vitest';
import { Hook } from '../src/core/hook.ts';

test('listeners hear all that is emitted, in the order in which they came', () => {
  const hook = new Hook<[number, string]>();
  const heard: unknown[] = [];
  hook.on((...what) => heard.push(['first', ...what]));
  hook.on((...what) => heard.push(['second', ...what]));
  hook.emit(1, 'a');
  hook.emit(2, 'b');
  expect(heard).toEqual([
    ['first', 1, 'a'],
    ['second', 1, 'a'],
    ['first', 2, 'b'],
    ['second', 2, 'b'],
  ]);
});

test('emitting when nobody listens is nothing', () => {
  expect(() => {
    new Hook<[]>().emit();
  }).not.toThrow();
});

test('who wants no more hears no more, and others do', () => {
  const hook = new Hook<[number]>();
  const heard: string[] = [];
  const stop = hook.on((value) => heard.push(`one ${value}`));
  hook.on((value) => heard.push(`two ${value}`));
  hook.emit(1);
  stop();
  stop();
  hook.emit(2);
  expect(heard).toEqual(['one 1', 'two 1', 'two 2']);
});

test('who goes while it is emitted takes nothing from the others', () => {
  const hook = new Hook<[number]>();
  const heard: string[] = [];
  const stop = hook.on((value) => {
    heard.push(`one ${value}`);
    stop();
  });
  hook.on((value) => heard.push(`two ${value}`));
  hook.emit(1);
  hook.emit(2);
  expect(heard).toEqual(['one 1', 'two 1', 'two 2']);
});

test('who comes while it is emitted hears the next one', () => {
  const hook = new Hook<[number]>();
  const heard: string[] = [];
  const stop = hook.on((value) => {
    heard.push(`one ${value}`);
    hook.on((late) => heard.push(`late ${late}`));
  });
  hook.emit(1);
  stop();
  hook.emit(2);
  expect(heard).toEqual(['one 1', 'late 2']);
});
