/** The clock that tests move. */
import { ManualClock } from '@wamp/router/testing';
import { expect, test } from 'vitest';

test('it does not advance by itself', () => {
  const clock = new ManualClock(1000);
  expect(clock.now()).toBe(1000);
  clock.advance(5);
  expect(clock.now()).toBe(1005);
});

test('timers run when they are due, in order, and see the time for which they were set', () => {
  const clock = new ManualClock();
  const heard: [string, number][] = [];
  clock.after(20, () => heard.push(['late', clock.now()]));
  clock.after(10, () => heard.push(['early', clock.now()]));
  clock.after(20, () => heard.push(['late, too', clock.now()]));
  clock.advance(19);
  expect(heard).toEqual([['early', 10]]);
  expect(clock.pending).toBe(2);
  clock.advance(1);
  expect(heard).toEqual([
    ['early', 10],
    ['late', 20],
    ['late, too', 20],
  ]);
  clock.advance(100);
  expect(heard).toHaveLength(3);
  expect(clock.pending).toBe(0);
});

test('a timer that is called off does not run', () => {
  const clock = new ManualClock();
  let runs = 0;
  const dismiss = clock.after(10, () => (runs += 1));
  dismiss();
  dismiss();
  expect(clock.pending).toBe(0);
  clock.advance(10);
  expect(runs).toBe(0);
});

test('what a timer starts runs in the same stretch when it is due by then', () => {
  const clock = new ManualClock();
  const heard: number[] = [];
  clock.after(10, () => {
    clock.after(10, () => heard.push(clock.now()));
    clock.after(11, () => heard.push(clock.now()));
  });
  clock.advance(20);
  expect(heard).toEqual([20]);
  clock.advance(1);
  expect(heard).toEqual([20, 21]);
});
