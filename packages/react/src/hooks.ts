/** Hooks over the client's stores: session, state, events, calls, and registrations. */
import type {
  ProcedureArgs,
  ProcedureHandler,
  ProcedureKwargs,
  ProcedureResult,
  ProcedureUri,
  RegisterOptions,
  Rest,
  Session,
  SessionState,
  SubscribeOptions,
  TopicArgs,
  TopicKwargs,
  TopicUri,
  Untyped,
  WampEvent,
} from '@wamp/client';
import {
  callStore,
  eventsStore,
  stateStore,
  type CallState,
  type CallStoreOptions,
  type Store,
} from '@wamp/client/store';
import { invalidateAfterGaps, type Invalidates } from './queries.ts';
import {
  createContext,
  createElement,
  useCallback,
  useContext,
  useEffect,
  useMemo,
  useRef,
  useState,
  useSyncExternalStore,
  type Context,
  type FunctionComponent,
  type ReactNode,
} from 'react';

/** The hooks of a contract `C`. */
export interface WampHooks<C> {
  /** The session of the nearest `WampProvider`. @throws Error if there is none */
  readonly useSession: () => Session<C>;
  /** The state of the session; the component is rendered again when it changes. */
  readonly useSessionState: () => SessionState;
  /**
   * A value reduced from the events of a topic since the component was mounted. Components share one subscription.
   * @param reduce returns the new value for an event
   * @param options such as `match`; if the topic or options change, the value begins with `initial` again
   * @throws the error of the subscription if the router refuses it, for the nearest error boundary
   */
  readonly useEvents: <U extends TopicUri<C>, S>(
    topic: U,
    reduce: (value: S, event: WampEvent<TopicArgs<C, U>, TopicKwargs<C, U>>) => S,
    initial: S,
    options?: SubscribeOptions,
  ) => S;
  /** Calls the handler of the latest rendering for each event of a topic, while the component is mounted. */
  readonly useSubscription: <U extends TopicUri<C>>(
    topic: U,
    handler: (event: WampEvent<TopicArgs<C, U>, TopicKwargs<C, U>>) => void,
    options?: SubscribeOptions,
  ) => void;
  /**
   * Registers a procedure, served by the handler of the latest rendering, while the component is mounted.
   * @throws the error of the registration if the router refuses it, for the nearest error boundary
   */
  readonly useRegistration: <U extends ProcedureUri<C>>(
    procedure: U,
    handler: ProcedureHandler<C, U>,
    options?: RegisterOptions,
  ) => void;
  /**
   * The result of a call, made when the component is mounted and whenever payload or options change; components with
   * the same call share it.
   */
  readonly useCall: <U extends ProcedureUri<C>>(
    procedure: U,
    ...rest: Rest<ProcedureArgs<C, U, 'sent'>, ProcedureKwargs<C, U, 'sent'>, CallStoreOptions>
  ) => CallState<ProcedureResult<C, U>> & { readonly refresh: () => void };
}

const SessionContext: Context<Session | undefined> = createContext<Session | undefined>(undefined);

/** Provides a session to the components below; the code that created the session closes it. */
export const WampProvider: FunctionComponent<{
  readonly session: Pick<Session, 'untyped'>;
  readonly children?: ReactNode;
}> = ({ session, children }) => createElement(SessionContext.Provider, { value: session.untyped }, children);

function useSession(): Session {
  const session = useContext(SessionContext);
  if (session === undefined) throw new Error('There is no WampProvider around this component.');
  return session;
}

/** The value of a store; during server rendering and hydration, its initial value. */
function useStore<T>(store: Store<T>): T {
  const subscribe = useCallback((changed: () => void) => store.subscribe(changed), [store]);
  const get = useCallback(() => store.get(), [store]);
  return useSyncExternalStore(subscribe, get, get);
}

/**
 * Invalidates all WAMP queries of a `QueryClient` of TanStack Query whenever the session has missed events that the router
 * could not recover, while the component is mounted.
 */
export function useInvalidateAfterGaps(client: Invalidates): void {
  const session = useSession();
  useEffect(() => invalidateAfterGaps(session, client), [session, client]);
}

/** A reference to the value of the latest rendering, for functions that are called later. */
function useLatest<T>(value: T): { readonly current: T } {
  const latest = useRef(value);
  useEffect(() => {
    latest.current = value;
  });
  return latest;
}

function useSessionState(): SessionState {
  return useStore(stateStore(useSession()));
}

function useEvents<S>(
  topic: string,
  reduce: (value: S, event: WampEvent<unknown[]>) => S,
  initial: S,
  options: SubscribeOptions = {},
): S {
  const session = useSession();
  const latest = useLatest({ reduce, initial, options });
  const key = JSON.stringify([topic, options]);
  // A store does nothing until it is subscribed to, so discarded renderings cost nothing.
  const store = useMemo(
    () =>
      eventsStore(session, topic, {
        reduce: (value: S, event) => latest.current.reduce(value, event),
        initial: latest.current.initial,
        options: latest.current.options,
      }),
    [session, key],
  );
  const value = useStore(store);
  if (store.error !== undefined) throw store.error;
  return value;
}

function useSubscription(
  topic: string,
  handler: (event: WampEvent<unknown[]>) => void,
  options: SubscribeOptions = {},
): void {
  const count = useRef(0);
  const latest = useLatest(handler);
  useEvents(
    topic,
    (_, event) => {
      latest.current(event);
      return count.current;
    },
    count.current,
    options,
  );
}

function useRegistration(
  procedure: string,
  handler: ProcedureHandler<Untyped, string>,
  options: RegisterOptions = {},
): void {
  const session = useSession();
  const latest = useLatest({ handler, options });
  const key = JSON.stringify([procedure, options]);
  const [failure, setFailure] = useState<Error>();
  useEffect(() => {
    const stop = new AbortController();
    const { signal } = stop;
    const register = async (): Promise<void> => {
      // Strict mode mounts twice in a row; by now the first mount has ended.
      await Promise.resolve();
      if (signal.aborted) return;
      await session.register(procedure, (args, invocation) => latest.current.handler(args, invocation), {
        ...latest.current.options,
        signal,
      });
    };
    register().catch((error: unknown) => {
      if (!signal.aborted) setFailure(error as Error);
    });
    return () => {
      stop.abort();
    };
  }, [session, key, procedure, latest]);
  if (failure !== undefined) throw failure;
}

function useCall(
  procedure: string,
  payload?: readonly unknown[] | Readonly<Record<string, unknown>>,
  options?: CallStoreOptions,
): CallState<unknown> & { readonly refresh: () => void } {
  const store = callStore(useSession(), procedure, payload, options);
  const state = useStore(store);
  return useMemo(() => ({ ...state, refresh: () => store.refresh() }), [state, store]);
}

/**
 * The hooks, typed by a contract; at run time they are the same functions.
 *
 * @example export const { useEvents, useCall } = wampHooks<Api>();
 */
export function wampHooks<C>(): WampHooks<C> {
  const hooks: Readonly<Record<keyof WampHooks<C>, unknown>> = {
    useSession,
    useSessionState,
    useEvents,
    useSubscription,
    useRegistration,
    useCall,
  };
  return hooks as WampHooks<C>;
}
