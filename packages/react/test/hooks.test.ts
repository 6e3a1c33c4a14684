// @vitest-environment happy-dom
/** The hooks in a real React: strict mode, suspense, servers; and in Preact. */
import { createTestRealm, type TestRealm } from '../../router/src/testing/index.ts';
import { connect, type Session } from '@wamp/client';
import { act, createElement as h, StrictMode, Suspense, use, useState, type FunctionComponent } from 'react';
import { createRoot, hydrateRoot, type Root } from 'react-dom/client';
import { renderToString } from 'react-dom/server';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import {
  useCall,
  useEvents,
  useRegistration,
  useSession,
  useSessionState,
  useSubscription,
  wampHooks,
  WampProvider,
} from '../src/index.ts';

(globalThis as { IS_REACT_ACT_ENVIRONMENT?: boolean }).IS_REACT_ACT_ENVIRONMENT = true;

let realm: TestRealm;
let session: Session;
let root: Root;
let page: HTMLElement;

beforeEach(async () => {
  realm = createTestRealm();
  session = await realm.connect(connect);
  page = document.createElement('div');
  root = createRoot(page);
});
afterEach(async () => {
  await act(async () => {
    root.unmount();
    await realm.settle();
  });
  await session.close();
  await realm.close();
});

async function show(component: FunctionComponent): Promise<void> {
  await act(async () => {
    root.render(h(StrictMode, null, h(WampProvider, { session, children: h(component) })));
    await realm.settle();
  });
}

/** How many messages of a type the client has sent. */
function sent(type: number): number {
  return realm.frames.filter(({ from, message }) => from === 'client' && message[0] === type).length;
}

const News: FunctionComponent = () => {
  const texts = useEvents('news', (all: unknown[], { args: [text] }) => [...all, text], []);
  return h('p', null, texts.join(' '));
};

describe('in React', () => {
  test('strict mode and several components cost one subscription, and leaving the page ends it', async () => {
    await show(() => h('div', null, h(News), h(News)));
    expect(sent(32)).toBe(1);
    await act(async () => {
      await session.publish('news', ['hi'], { excludeMe: false, acknowledge: true });
      await realm.settle();
    });
    expect(page.textContent).toBe('hihi');
    await show(() => h('p', null, 'other page'));
    await new Promise((resolve) => setTimeout(resolve, 1_100));
    await realm.settle();
    expect([sent(32), sent(34)]).toEqual([1, 1]);
  });

  test('a subscription calls the handler of the latest rendering', async () => {
    const heard: unknown[] = [];
    let next: (n: number) => void = () => undefined;
    await show(() => {
      const [n, setN] = useState(1);
      next = setN;
      useSubscription('news', ({ args: [text] }) => heard.push([n, text]));
      return null;
    });
    act(() => {
      next(2);
    });
    await act(async () => {
      await session.publish('news', ['hi'], { excludeMe: false, acknowledge: true });
      await realm.settle();
    });
    expect(heard).toEqual([[2, 'hi']]);
    expect(sent(32)).toBe(1);
  });

  test('a call is made once, shown, and repeated', async () => {
    let served = 0;
    const callee = await realm.connect(connect);
    await callee.register('count', ([by]) => (served += Number(by)));
    let again: () => void = () => undefined;
    const Count: FunctionComponent = () => {
      const { status, value, refresh } = useCall('count', [5]);
      again = refresh;
      return h('p', null, `${status} ${String(value)};`);
    };
    await show(() => h('div', null, h(Count), h(Count)));
    expect(page.textContent).toBe('done 5;done 5;');
    await act(async () => {
      again();
      await realm.settle();
    });
    expect([page.textContent, served]).toEqual(['done 10;done 10;', 10]);
  });

  test('a procedure is offered while its component is there', async () => {
    const caller = await realm.connect(connect);
    await show(() => {
      useRegistration('greet', ([name]) => `Hello ${String(name)}`);
      return null;
    });
    expect(await caller.call('greet', ['Joe'])).toBe('Hello Joe');
    await show(() => null);
    await realm.settle();
    await expect(caller.call('greet', ['Joe'])).rejects.toMatchObject({
      uri: 'wamp.error.no_such_procedure',
    });
  });

  test('the state of the session is shown as it changes', async () => {
    await show(() => h('p', null, useSessionState()));
    expect(page.textContent).toBe('open');
    await act(async () => {
      realm.down();
      await realm.settle();
    });
    expect(page.textContent).toBe('reconnecting');
    realm.up();
  });

  test('a rendering that suspends subscribes to nothing, and costs nothing when it is repeated', async () => {
    let resolve: (text: string) => void = () => undefined;
    const text = new Promise<string>((done) => (resolve = done));
    const Slow: FunctionComponent = () => h('div', null, h(News), use(text));
    const Direct: FunctionComponent = () => {
      const texts = useEvents('news', (all: unknown[]) => all, []);
      return h('p', null, use(text), texts.length);
    };
    await show(() => h(Suspense, { fallback: 'wait' }, h(Direct), h(Slow)));
    expect([page.textContent, sent(32)]).toEqual(['wait', 0]);
    await act(async () => {
      resolve('there');
      await realm.settle();
    });
    expect([page.textContent, sent(32)]).toEqual(['there0there', 1]);
  });

  test('outside of a provider, a hook says what is missing', () => {
    const Lost: FunctionComponent = () => h('p', null, useSession().realm);
    expect(() => renderToString(h(Lost))).toThrow('There is no WampProvider around this component.');
  });
});

test('on a server, the first rendering is what the client takes over, and nothing is sent', async () => {
  const App: FunctionComponent = () => {
    const { status } = useCall('count', [1]);
    return h(WampProvider, { session }, h('p', null, useSessionState(), status), h(News));
  };
  const app = h(WampProvider, { session, children: h(App) });
  const before = realm.frames.length;
  const served = document.createElement('div');
  served.innerHTML = renderToString(app);
  expect(served.textContent).toBe('openpending');
  expect(realm.frames).toHaveLength(before);
  const errors: unknown[] = [];
  const hydrated = await act(async () => {
    const taken = hydrateRoot(served, app, { onRecoverableError: (error) => errors.push(error) });
    await realm.settle();
    return taken;
  });
  expect(errors).toEqual([]);
  expect(sent(32)).toBe(1);
  act(() => {
    hydrated.unmount();
  });
});

test('hooks of a contract are the same hooks', () => {
  expect(wampHooks<{ topics: { news: [text: string] } }>().useEvents).toBe(useEvents);
});
