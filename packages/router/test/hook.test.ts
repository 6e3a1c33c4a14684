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

test('coming and going while it is emitted counts from the next time on', () => {
  const hook = new Hook<[number]>();
  const heard: string[] = [];
  const stop = hook.on((value) => {
    heard.push(`one ${value}`);
    stop();
    hook.on((late) => heard.push(`late ${late}`));
  });
  hook.on((value) => heard.push(`two ${value}`));
  hook.emit(1);
  hook.emit(2);
  expect(heard).toEqual(['one 1', 'two 1', 'two 2', 'late 2']);
});
