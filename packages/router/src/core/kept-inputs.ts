/** The inputs of calls that wait, or that a callee may decline, in the accounts of their callers. */
import type { Payload } from '@wamp/protocol';
import { weightOfTexts } from './call-options.ts';
import { weightOf, type SessionAccounts } from './kept.ts';
import { setKept, type OpenCall } from './pending-calls.ts';
import type { QuotaTally } from './quotas.ts';
import { isTrusted, type Session } from './session.ts';

export class KeptInputs {
  readonly #accounts: SessionAccounts<Session>;
  readonly #limited: QuotaTally;

  constructor(accounts: SessionAccounts<Session>, limited: QuotaTally) {
    this.#accounts = accounts;
    this.#limited = limited;
  }

  /** Reserves room for the texts among the options of a new call. @returns false when there is none */
  admit(call: OpenCall): boolean {
    const texts = weightOfTexts(call.options, call.trace);
    return texts === 0 || this.#reserve(call, texts);
  }

  /** Keeps the input of a call. @returns false when its caller has no room for it */
  keep(call: OpenCall, payload: Payload): boolean {
    if (call.payload !== undefined) return true;
    if (!this.#reserve(call, weightOf(payload))) return false;
    setKept(call, payload.keep(), call.weight);
    return true;
  }

  /** Drops the input of a call that no other callee will need. */
  drop(call: OpenCall): void {
    if (call.payload === undefined) return;
    const texts = Math.min(call.weight, weightOfTexts(call.options, call.trace));
    this.#accounts.release(call.caller, call.weight - texts);
    setKept(call, undefined, texts);
  }

  /** Releases everything that is kept of a call that has ended. */
  release(call: OpenCall): void {
    if (call.weight === 0) return;
    this.#accounts.release(call.caller, call.weight);
    setKept(call, call.payload, 0);
  }

  #reserve(call: OpenCall, weight: number): boolean {
    if (isTrusted(call.caller)) return true;
    if (!this.#accounts.reserve(call.caller, weight)) {
      this.#limited.add('waiting_calls');
      return false;
    }
    setKept(call, call.payload, call.weight + weight);
    return true;
  }
}
