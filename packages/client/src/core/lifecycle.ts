/** The state machine of a session that outlives its connections, as a table of events and effects by state. */

/** The state of a session. */
export type LifecycleState =
  | 'idle' // lazy, and no connection is needed
  | 'connecting' // the first attempt is running
  | 'open'
  | 'waiting' // for the next attempt
  | 'retrying' // a further attempt is running
  | 'closing' // GOODBYE was sent
  | 'closed';

/** The events. */
export type LifecycleEvent =
  | 'wanted' // a connection is needed
  | 'welcomed' // the attempt succeeded
  | 'failed' // the attempt failed, and another one may succeed
  | 'refused' // the attempt failed, and no other can succeed
  | 'lost' // the connection ended, and another one will replace it
  | 'ended' // the connection ended, and so does the session
  | 'due' // the delay has passed
  | 'wake' // an attempt may succeed now
  | 'renew' // the application asks for another connection
  | 'unused' // the connection was not needed for some time
  | 'close';

/** The effects of an event, in the order of the table. */
export type Effect =
  | 'attempt' // start an attempt
  | 'abort' // stop the running attempt
  | 'wait' // start the timer of the next attempt
  | 'stopWaiting'
  | 'resume' // continue on the new connection
  | 'suspend' // requests wait for the next connection
  | 'drop' // close the connection without GOODBYE
  | 'probe' // check that the router answers
  | 'leave' // send GOODBYE, and become idle
  | 'goodbye' // send GOODBYE, and end
  | 'end'; // end the session

type Step = readonly [next: LifecycleState, ...effects: Effect[]];

/** The transitions; an event without a transition is ignored. */
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
