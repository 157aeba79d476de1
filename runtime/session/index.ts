/** Sessions with switches. */
export { RequestRefused, SessionFault } from "./fault.ts";
export { NO_DATABASE, Session } from "./session.ts";
export type { Listener } from "./session.ts";
export type { SessionOptions } from "./options.ts";
export { parseTarget, printTarget } from "./target.ts";
export type { SwitchTarget } from "./target.ts";
export { failureReason } from "./failure-reason.ts";
export { open } from "./transport.ts";
export type { TlsKeys } from "./transport.ts";
