/** A client whose spans are linked with those of the router, by the API of OpenTelemetry. */
import { context, propagation, trace } from '@opentelemetry/api';
import type { Session } from '@wamp/client';

const tracer = trace.getTracer('example');

/** Calls within a span, which becomes the parent of the spans of router and callee. */
export function tracedCall(session: Session, procedure: string, args: unknown[]): Promise<unknown> {
  return tracer.startActiveSpan(procedure, async (span) => {
    const extra: Record<string, string> = {};
    propagation.inject(context.active(), extra);
    try {
      return await session.call(procedure, args, { extra });
    } finally {
      span.end();
    }
  });
}

/** Registers a procedure that runs within a span, whose parent is the span of the router. */
export async function tracedRegister(
  session: Session,
  procedure: string,
  run: (args: unknown[]) => unknown,
): Promise<void> {
  await session.register(procedure, (args, { details }) =>
    tracer.startActiveSpan(procedure, {}, propagation.extract(context.active(), details), async (span) => {
      try {
        return await run(args);
      } finally {
        span.end();
      }
    }),
  );
}
