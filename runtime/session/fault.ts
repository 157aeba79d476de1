/**
 * The faults of a session: errors that carry a diagnostic through rejected promises. They never reach the user as
 * exceptions, since functions with a result (`apply`, `readTable`) catch them and return the diagnostic.
 */
import type { Diagnostic } from "../../compiler/diagnostics/diagnostic.ts";
import { changeRefused } from "../../compiler/diagnostics/codes/runtime.ts";
import { errorName, type ErrorMessage } from "../openflow/index.ts";

/** The connection cannot be made, or not be used any longer. */
export class SessionFault extends Error {
  readonly diagnostic: Diagnostic;

  constructor(diagnostic: Diagnostic) {
    super(diagnostic.message);
    this.diagnostic = diagnostic;
  }
}

/** The switch answered one request with an error; the session lives on. */
export class RequestRefused extends SessionFault {
  readonly error: ErrorMessage;

  constructor(target: string, error: ErrorMessage) {
    super(changeRefused({ target, reason: errorName(error) }));
    this.error = error;
  }
}
