/** What went wrong with a request → one JSON answer with a sentence. No client sees a stack. */
import type { JsonDiagnostic } from "#compiler/diagnostics/documents.ts";
import { SentenceFault, ServiceStopped, SpeakerGone } from "../service.ts";

/** The codes of refusals, with their HTTP status. */
const REFUSALS = {
  malformed: 400,
  unauthorized: 401,
  forbidden: 403,
  unknown: 404,
  "no-method": 405,
  "too-slow": 408,
  conflict: 409,
  gone: 410,
  "too-large": 413,
  "not-json": 415,
  faulty: 422,
  "other-body": 422,
  "too-many": 429,
  "large-headers": 431,
  internal: 500,
  stopped: 503,
  "too-busy": 503,
} as const;

export type RefusalCode = keyof typeof REFUSALS;

interface RefusalMore {
  /** What the client can do. */
  readonly help?: string | undefined;
  readonly diagnostics?: readonly JsonDiagnostic[];
}

/** Ends a request with its status and a sentence. */
export class HttpRefusal extends Error {
  readonly code: RefusalCode;
  readonly more: RefusalMore;

  constructor(code: RefusalCode, message: string, more: RefusalMore = {}) {
    super(message);
    this.code = code;
    this.more = more;
  }

  get status(): number {
    return REFUSALS[this.code];
  }

  get headers(): Readonly<Record<string, string>> {
    if (this.code === "unauthorized") return { "www-authenticate": 'Bearer realm="glazier"' };
    return this.status === 429 || this.status === 503 ? { "retry-after": "1" } : {};
  }

  get body(): object {
    const { help, diagnostics } = this.more;
    const { code, message } = this;
    return { error: { code, message, ...(help !== undefined && { help }), ...(diagnostics && { diagnostics }) } };
  }
}

/** Any error as a refusal; undefined: it was not foreseen. */
export function refusalOf(error: unknown): HttpRefusal | undefined {
  if (error instanceof HttpRefusal) return error;
  if (error instanceof ServiceStopped) {
    const why = error.cause === undefined ? error.message : "the log cannot be written";
    return new HttpRefusal("stopped", `nothing is decided any more: ${why}`);
  }
  // Nobody reads it: the connection is gone.
  if (error instanceof SpeakerGone) return new HttpRefusal("too-slow", error.message);
  if (error instanceof SentenceFault) return new HttpRefusal("internal", error.message);
  const { code, statusCode } = error as { code?: string; statusCode?: number };
  if (code === "FST_ERR_CTP_BODY_TOO_LARGE") return TOO_LARGE;
  if (code === "FST_ERR_CTP_INVALID_MEDIA_TYPE")
    return new HttpRefusal("not-json", "a body is JSON", { help: "send `content-type: application/json`" });
  if (code === "FST_ERR_BAD_URL") return new HttpRefusal("malformed", "this is not a path: an escape of % is wrong");
  if (statusCode !== undefined && statusCode >= 400 && statusCode < 500)
    return new HttpRefusal("malformed", "this is not a request that can be read");
  return undefined;
}

/** The most bytes of a body. */
export const MOST_OF_BODY = 65_536;

const TOO_LARGE = new HttpRefusal("too-large", `a body has at most ${MOST_OF_BODY} bytes`);

/** A refusal as it is written on a connection on which no request could be read. */
export function rawRefusal(refusal: HttpRefusal): string {
  const body = JSON.stringify(refusal.body);
  const headers = { "content-type": "application/json", ...refusal.headers, connection: "close" };
  const lines = Object.entries({ ...headers, "content-length": String(Buffer.byteLength(body)) });
  return `HTTP/1.1 ${refusal.status} Refused\r\n${lines.map(([name, value]) => `${name}: ${value}\r\n`).join("")}\r\n${body}`;
}
