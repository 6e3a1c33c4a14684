/** Publications that have to be written to the store before they are sent. */
import type { Uri } from '@wamp/protocol';
import type { Publication } from './publication.ts';

/** Why a publication could not be written. */
export interface Unwritten {
  /** The error for the publisher. */
  readonly error: Uri;
  /** The same in words. */
  readonly why: string;
}

/** Writes publications, and says when they are to be sent. */
export interface Writing {
  /**
   * Has a publication wait until it is written, or until those before it of its publisher are.
   * @param done called later, in the order of publishing; with the reason when it is not written, and so not to be sent
   * @returns false when it need not wait; `done` is not called then
   */
  write(publication: Publication, done: (unwritten: Unwritten | undefined) => void): boolean;
}
