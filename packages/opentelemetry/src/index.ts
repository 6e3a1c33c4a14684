/** The public names of `@wamp/opentelemetry`. */
export { tracing, type Tracing, type TracingOptions } from './tracing.ts';
export type { Post, PostAnswer } from './post.ts';
