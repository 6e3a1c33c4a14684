/** The life of a session that outlives its connections, as a table: what happens in which state, and what is to be done then. */

/** Where a session stands. */
export type LifecycleState =
  | 'idle' // lazy, and nothing is wanted
  | 'connecting' // the first attempt is under way
  | 'open'
  | 'waiting' // until the next attempt
  | 'retrying' // a further attempt is under way
  | 'closing' // GOODBYE is out
  | 'closed';

/** What may happen to it. */
export type LifecycleEvent =
  | 'wanted' // something needs the router
  | 'welcomed' // the attempt has led to a connection
  | 'failed' // the attempt has not, and another one may
  | 'refused' // no attempt will
  | 'lost' // the connection is gone, and another one may carry on
  | 'ended' // the connection is gone, and that was the last one
  | 'due' // the wait is over
  | 'wake' // there is reason to believe that an attempt would succeed now
  | 'renew' // the application wants another connection
  | 'unused' // nobody has needed the router for a while
  | 'close';

/** What is to be done about it, in the order of the table. */
export type Effect =
  | 'attempt' // begin an attempt
  | 'abort' // give up the one under way
  | 'wait' // set the timer
  | 'stopWaiting'
  | 'resume' // take up work on the new connection
  | 'suspend' // there is none any more
  | 'drop' // give the connection up, without a word
  | 'probe' // ask for a sign of life
  | 'leave' // GOODBYE, for now
  | 'goodbye' // GOODBYE, for good
  | 'end'; // nothing follows

type Step = readonly [next: LifecycleState, ...effects: Effect[]];

/** What an event leads to; where there is no step, it is of no interest. */
export const LIFECYCLE: Readonly<Record<LifecycleState, Readonly<Partial<Record<LifecycleEvent, Step>>>>> = {
  idle: {
    wanted: ['connecting', 'attempt'],
    refused: ['closed', 'end'],
    close: ['closed', 'end'],
  },
  connecting: {
    welcomed: ['open', 'resume'],
    failed: ['waiting', 'wait'],
    refused: ['closed', 'abort', 'end'],
    close: ['closed', 'abort', 'end'],
  },
  open: {
    lost: ['waiting', 'suspend', 'wait'],
    ended: ['closed', 'suspend', 'end'],
    wake: ['open', 'probe'],
    renew: ['retrying', 'drop', 'attempt'],
    unused: ['idle', 'leave'],
    close: ['closing', 'goodbye'],
  },
  waiting: {
    due: ['retrying', 'attempt'],
    wake: ['retrying', 'stopWaiting', 'attempt'],
    renew: ['retrying', 'stopWaiting', 'attempt'],
    refused: ['closed', 'stopWaiting', 'end'],
    close: ['closed', 'stopWaiting', 'end'],
  },
  retrying: {
    welcomed: ['open', 'resume'],
    failed: ['waiting', 'wait'],
    refused: ['closed', 'abort', 'end'],
    close: ['closed', 'abort', 'end'],
  },
  closing: {
    lost: ['closed', 'end'],
    ended: ['closed', 'end'],
  },
  closed: {},
};
