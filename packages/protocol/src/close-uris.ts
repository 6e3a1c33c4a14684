/** The predefined reasons of GOODBYE and ABORT. */
export const SYSTEM_SHUTDOWN = 'wamp.close.system_shutdown';
export const CLOSE_REALM = 'wamp.close.close_realm';
export const GOODBYE_AND_OUT = 'wamp.close.goodbye_and_out';
export const KILLED = 'wamp.close.killed';
