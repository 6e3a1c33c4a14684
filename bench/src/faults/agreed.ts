/** The topics that clients and routers of the fault schedules share. */

/** The topic with a log. */
export const LOG = 'faults.log';
/** A topic without one. */
export const PLAIN = 'faults.plain';
/** Subscribers may get its events twice. */
export const AGAIN = 'faults.again';
export const ECHO = 'faults.echo';
export const COUNT = 'faults.count';
