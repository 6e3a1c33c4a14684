/** A contract as an object: what `implement` needs of it. `defineContract` of `@wamp/client/contract` makes one. */
/// <reference lib="esnext.disposable" preserve="true" />
import type { Uri } from '@wamp/protocol';
import type { Procedure, RegisterOptions, Registration } from './registration.ts';

/**
 * What is held against the schemas of a contract: `incoming` what arrives (arguments of procedures, results, events);
 * `both` also what is sent, before it leaves; `off` nothing.
 */
export type Validate = 'incoming' | 'both' | 'off';

/** Registers one procedure of a contract. */
export type Register = (
  procedure: Uri,
  handler: Procedure,
  options: RegisterOptions,
) => Promise<Registration>;

/** A contract that is there at run time. Type parameter `C` is the interface that it stands for. */
export interface Contract<C> {
  /** The type; nothing is there. */
  readonly '~types'?: C;
  /** For `implement`. @throws TypeError when handlers are missing, or too many */
  '~implement'(
    handlers: Readonly<Record<Uri, unknown>>,
    options: ImplementOptions,
    register: Register,
  ): Promise<Implementation>;
}

/** How to implement a contract: options for all its registrations. */
export interface ImplementOptions extends RegisterOptions {
  /** What is held against the contract's schemas: default, the session's own, which is `incoming` unless it says otherwise. */
  readonly validate?: Validate | undefined;
}

/** The procedures of a contract, registered. */
export interface Implementation extends AsyncDisposable {
  readonly registrations: readonly Registration[];
  /** Withdraws them all. */
  unregister(): Promise<void>;
}
