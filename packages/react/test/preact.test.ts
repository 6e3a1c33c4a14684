// @vitest-environment happy-dom
/** The same hooks in Preact, whose `preact/compat` stands for React. */
import { expect, test, vi } from 'vitest';
import { connect } from '@wamp/client';
import { createTestRealm } from '../../router/src/testing/index.ts';

vi.mock('react', () => import('preact/compat'));

test('events and calls show in Preact', async () => {
  const { createElement: h, render } = await import('preact/compat');
  const { useCall, useEvents, WampProvider } = await import('../src/index.ts');
  await using realm = createTestRealm();
  const session = await realm.connect(connect);
  await session.register('name', () => 'Joe');
  const App = (): unknown => {
    const texts = useEvents('news', (all: unknown[], { args: [text] }) => [...all, text], []);
    return `${String(useCall('name').value)}: ${texts.join(' ')}`;
  };
  const page = document.createElement('div');
  const tree = h(WampProvider as never, { session } as never, h(App as never, null));
  render(tree, page);
  await expect.poll(() => page.textContent).toBe('Joe: ');
  await session.publish('news', ['hi'], { excludeMe: false, acknowledge: true });
  await expect.poll(() => page.textContent).toBe('Joe: hi');
  render(null, page);
});
