/** What a browser tells of the network and of the page: a session that waits tries at once. */
import { afterEach, expect, test, vi } from 'vitest';
import { ScriptedLine } from './scripted-line.ts';
import { settle } from './scripted-peer.ts';

/** A page: what happens to it, tests dispatch. */
class Page extends EventTarget {
  readonly document: EventTarget & { visibilityState: string } = Object.assign(new EventTarget(), {
    visibilityState: 'hidden',
  });

  constructor() {
    super();
    vi.stubGlobal('addEventListener', this.addEventListener.bind(this));
    vi.stubGlobal('removeEventListener', this.removeEventListener.bind(this));
    vi.stubGlobal('document', this.document);
  }
}

afterEach(() => {
  vi.unstubAllGlobals();
});

/** A session that has found nobody five times, and waits for several seconds. */
async function waiting(): Promise<{ readonly line: ScriptedLine; readonly tries: () => number }> {
  const line = new ScriptedLine();
  await line.connect();
  line.isDown = true;
  await line.cut();
  for (const pause of [250, 500, 1_000, 2_000]) await line.pass(pause);
  const before = line.tried.length;
  return { line, tries: () => line.tried.length - before };
}

test('a session that waits tries at once when the network is back', async () => {
  const page = new Page();
  const { line, tries } = await waiting();
  expect(tries()).toBe(0);
  line.isDown = false;
  page.dispatchEvent(new Event('online'));
  await line.welcome();
  expect(tries()).toBe(1);
});

test('a session that waits tries at once when its page becomes visible, and not when it is hidden', async () => {
  const { document } = new Page();
  const { line, tries } = await waiting();
  document.dispatchEvent(new Event('visibilitychange'));
  await settle();
  expect(tries()).toBe(0);
  line.isDown = false;
  document.visibilityState = 'visible';
  document.dispatchEvent(new Event('visibilitychange'));
  await line.welcome();
  expect(tries()).toBe(1);
});
