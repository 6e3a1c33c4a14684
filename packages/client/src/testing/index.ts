/** Entry `@wamp/client/testing`: a scripted router and a manual clock for tests of code that uses the client. */
export { ManualClock } from './manual-clock.ts';
export { ANY } from './matching.ts';
export { ScriptedPeer, scriptedPeer, type WelcomeOptions } from './scripted-peer.ts';
