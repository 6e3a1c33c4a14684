/** Publications that have to be written to the store before they are sent. */
import type { Uri } from '@wamp/protocol';
import type { Publication } from './publication.ts';

/** Why a publication could not be written. */
export interface Unwritten {
  /** The error for the publisher. */
  readonly error: Uri;
  /** The explanation for the publisher. */
  readonly why: string;
}

/** Writes publications to the store before they are sent. */
export interface Writing {
  /**
   * Makes a publication wait until it, and earlier ones of its publisher, have been written.
   * @param done called later, in the order of publishing; with the reason if the publication was not written and must not be
   *   sent
   * @returns false when the publication need not wait; `done` is not called then
   */
  write(publication: Publication, done: (unwritten: Unwritten | undefined) => void): boolean;
  /** Called for a publication that is not sent, because too many of the router itself wait. */
  dropped?(publication: Publication): void;
}
