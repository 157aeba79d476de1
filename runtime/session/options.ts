/** How patient a session is with its switch, and the keys that it shows. */
import type { TlsKeys } from "./transport.ts";

export interface SessionOptions {
  readonly tls?: TlsKeys;
  /** Seconds to connect, and again to shake hands. */
  readonly connectSeconds?: number;
  /** Seconds to wait for an answer, or for its next part. */
  readonly answerSeconds?: number;
  /** Seconds to wait for all parts of an answer. */
  readonly wholeAnswerSeconds?: number;
  /** Seconds of silence before an echo is requested. After six times as many the connection counts as lost. */
  readonly echoSeconds?: number;
  /** The most bytes of all parts of one answer. */
  readonly answerBytes?: number;
}

export const DEFAULTS = {
  tls: {},
  connectSeconds: 5,
  answerSeconds: 30,
  wholeAnswerSeconds: 120,
  echoSeconds: 5,
  answerBytes: 2 ** 29,
} as const satisfies Required<SessionOptions>;
