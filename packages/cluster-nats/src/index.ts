/** The public names of the engine on NATS. */
export { natsEngine } from './engine.ts';
export type { NatsCredentials, NatsOptions, NatsTls } from './options.ts';
