/** For tests of what uses the client: a router that follows a script, and a clock that the test moves. */
export { ManualClock } from './manual-clock.ts';
export { ANY } from './matching.ts';
export { ScriptedPeer, scriptedPeer, type WelcomeOptions } from './scripted-peer.ts';
