/**
 * The interface of a contract object that `implement` uses. `defineContract` of `@wamp/client/contract` makes one.
 */
/// <reference lib="esnext.disposable" preserve="true" />
import type { Uri } from '@wamp/protocol';
import type { Procedure, RegisterOptions, Registration } from './registration.ts';

/**
 * What is checked against the schemas of a contract: `incoming`, what is received (arguments of procedures, results,
 * events); `both`, also what is sent; `off`, nothing.
 */
export type Validate = 'incoming' | 'both' | 'off';

/** Registers one procedure of a contract. */
export type Register = (
  procedure: Uri,
  handler: Procedure,
  options: RegisterOptions,
) => Promise<Registration>;

/** A contract at run time. Type parameter `C` is the interface that it describes. */
export interface Contract<C> {
  /** Carries the type; has no value. */
  readonly '~types'?: C;
  /** For `implement`. @throws TypeError if handlers are missing or superfluous */
  '~implement'(
    handlers: Readonly<Record<Uri, unknown>>,
    options: ImplementOptions,
    register: Register,
  ): Promise<Implementation>;
}

/** Options of `implement`: those of all its registrations, and the validation. */
export interface ImplementOptions extends RegisterOptions {
  /**
   * What is checked against the contract's schemas. Default: the setting of the session, which is `incoming` by
   * default.
   */
  readonly validate?: Validate | undefined;
}

/** The registered procedures of a contract. */
export interface Implementation extends AsyncDisposable {
  readonly registrations: readonly Registration[];
  /** Unregisters them all. */
  unregister(): Promise<void>;
}
