/** Code that is loaded when it is first needed: with a subscription, a registration, or a packed payload. */
export { Events } from './core/events.ts';
export { Gate } from './core/gate.ts';
export { Invocations } from './core/invocations.ts';
export { packed, unpacked, unpackerIn } from './core/packing.ts';
export { Recovery } from './recovery.ts';
