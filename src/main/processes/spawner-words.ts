/** What the core and a process that it starts say to each other over the process's file descriptor 3, a line each. */

/** The core's: the process is written down, and may go on. */
export const GO = 'go\n';
/** The process's: its sockets are open. Instead of it, an error as JSON in the shape of `ErrorReport`. */
export const READY = 'ready';
