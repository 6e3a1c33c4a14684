/** Calls and streams as options of TanStack Query, without importing it. */
import type {
  ProcedureArgs,
  ProcedureKwargs,
  ProcedureProgress,
  ProcedureResult,
  ProcedureUri,
  Rest,
  Session,
} from '@wamp/client';
import type { CallStoreOptions } from '@wamp/client/store';

/** The key of a query. */
export type WampKey = readonly ['wamp', realm: string, procedure: string, payload: unknown, kwargs: unknown];

/**
 * Options for `useQuery` of TanStack Query; when the query is aborted, the call is canceled.
 *
 * @example useQuery(callOptions(session, 'user.get', { id: '7' }));
 */
export function callOptions<C, U extends ProcedureUri<C>>(
  session: Session<C>,
  procedure: U,
  ...rest: Rest<ProcedureArgs<C, U, 'sent'>, ProcedureKwargs<C, U, 'sent'>, CallStoreOptions>
): {
  readonly queryKey: WampKey;
  readonly queryFn: (context: { readonly signal: AbortSignal }) => Promise<ProcedureResult<C, U>>;
} {
  const [payload, options] = plain(rest);
  return {
    queryKey: keyOf(session, procedure, rest),
    queryFn: ({ signal }) =>
      session.untyped.call(procedure, payload, { ...options, signal }) as Promise<ProcedureResult<C, U>>,
  };
}

/**
 * Options for `streamedQuery` of TanStack Query: the progressive results of a call.
 *
 * @example const { queryKey, streamFn } = streamOptions(session, 'log.follow', ['app']);
 *   useQuery({ queryKey, queryFn: streamedQuery({ streamFn }) });
 */
export function streamOptions<C, U extends ProcedureUri<C>>(
  session: Session<C>,
  procedure: U,
  ...rest: Rest<ProcedureArgs<C, U, 'sent'>, ProcedureKwargs<C, U, 'sent'>, CallStoreOptions>
): {
  readonly queryKey: WampKey;
  readonly streamFn: (context: { readonly signal: AbortSignal }) => AsyncIterable<ProcedureProgress<C, U>>;
} {
  const [payload, options] = plain(rest);
  return {
    queryKey: keyOf(session, procedure, rest),
    streamFn: ({ signal }) =>
      session.untyped.stream(procedure, payload, { ...options, signal }) as AsyncIterable<
        ProcedureProgress<C, U>
      >,
  };
}

/** What is needed of a `QueryClient` of TanStack Query. */
export interface Invalidates {
  invalidateQueries(filters: { readonly queryKey: readonly unknown[] }): unknown;
}

/**
 * Invalidates all queries of a session whenever it has missed events that the router could not recover (`restored` with
 * gaps), until the function that it returns is called. In a component, `useInvalidateAfterGaps` does so.
 *
 * @example const stop = invalidateAfterGaps(session, queryClient);
 */
export function invalidateAfterGaps(session: Pick<Session, 'untyped'>, client: Invalidates): () => void {
  const { untyped } = session;
  return untyped.on('restored', ({ gaps }): unknown =>
    gaps.length > 0 ? client.invalidateQueries({ queryKey: ['wamp', untyped.realm] }) : undefined,
  );
}

function plain(rest: readonly unknown[]): readonly [never, CallStoreOptions & { readonly kwargs?: never }] {
  return rest as unknown as readonly [never, CallStoreOptions & { readonly kwargs?: never }];
}

function keyOf(session: Pick<Session, 'untyped'>, procedure: string, rest: readonly unknown[]): WampKey {
  const [payload, options] = plain(rest) as readonly [unknown, { readonly kwargs?: unknown } | undefined];
  return ['wamp', session.untyped.realm, procedure, payload, options?.kwargs];
}
