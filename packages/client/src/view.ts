/** Views of a session: the same session with a prefix for URIs, or with defaults for options. */
import { apiOf } from './api.ts';
import { DEFAULTS, type DefaultOptions } from './connect-options.ts';
import { withDefaults } from './defaults.ts';
import type { Contract, ImplementOptions, Register } from './definition.ts';
import { demand, fault } from './options.ts';
import type { Handlers, Session } from './session.ts';
import { entryOf } from './stack.ts';

/** A method whose first argument is a URI. */
type Method = (uri: unknown, ...rest: unknown[]) => unknown;
type MethodName = 'call' | 'stream' | 'publish' | 'subscribe' | 'register';

/** The prefix for the URIs below another one. @throws TypeError */
export function prefixOf(session: Session, uri: unknown): string {
  if (typeof uri === 'string' && /[^.]$/.test(uri)) return `${uri}.`;
  throw fault('The prefix of scope', 'a URI without a dot at its end', uri, entryOf(session, 'scope'));
}

/** The methods whose first argument is a URI, with a longer URI, and with defaults for their options. */
function longer(
  session: Session,
  prefix: string,
  { call, publish, subscribe }: DefaultOptions,
): Readonly<Record<MethodName, Method>> {
  const method =
    (name: MethodName, set?: object): Method =>
    (uri, ...rest) => {
      // A subscription that is iterated has no handler before its options.
      const index = name === 'subscribe' && typeof rest[0] !== 'function' ? 0 : 1;
      const options = withDefaults(set, rest[index] as object | undefined);
      if (options !== undefined) rest[index] = options;
      return (session[name] as Method)(typeof uri === 'string' ? prefix + uri : uri, ...rest);
    };
  const streaming = Object.entries(call ?? {}).filter(([name]) => name !== 'idempotent');
  return {
    call: method('call', call),
    stream: method('stream', call && Object.fromEntries(streaming)),
    publish: method('publish', publish),
    subscribe: method('subscribe', subscribe),
    register: method('register'),
  };
}

/**
 * A view of a session. Members that it does not change are those of the session.
 * @param prefix precedes every URI
 * @param defaults options that apply if a request does not set them
 */
export function viewOf(session: Session, prefix: string, defaults: DefaultOptions): Session {
  const methods = longer(session, prefix, defaults);
  const own: Readonly<Partial<Record<PropertyKey, unknown>>> = {
    ...methods,
    implement: <D>(contract: Contract<D>, handlers: Handlers<D>, options: ImplementOptions = {}) =>
      contract['~implement'](handlers, options, methods.register as Register),
    scope: (uri: unknown) => viewOf(view, prefixOf(view, uri), {}),
    with: (more: DefaultOptions) => {
      demand(DEFAULTS, more, 'The defaults', entryOf(view, 'with'));
      return viewOf(view, '', more);
    },
  };
  const computed: Readonly<Partial<Record<PropertyKey, () => unknown>>> = {
    api: () => apiOf((procedure, args) => view.call(procedure, args)),
    ready: () => session.ready.then(() => view),
    untyped: () => view,
  };
  const view: Session = new Proxy(session, {
    get(target, name) {
      if (Object.hasOwn(own, name)) return own[name];
      if (Object.hasOwn(computed, name)) return computed[name]?.();
      const value: unknown = Reflect.get(target, name, target);
      return typeof value === 'function' ? (value.bind(target) as unknown) : value;
    },
  });
  return view;
}
