/** Hooks: who listens hears, in order, until it wants no more. */
import { expect, test } from 'vitest';
import { Hook } from '../src/core/hook.ts';

test('listeners are called for each event, in the order in which they were added', () => {
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

test('emitting without listeners does nothing', () => {
  expect(() => {
    new Hook<[]>().emit();
  }).not.toThrow();
});

test('a removed listener is not called again, and others are', () => {
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

test('a listener removed during an event does not affect the others', () => {
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

test('a listener added during an event is called for the next one', () => {
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
