/** A route as a value: what it takes and gives, as schemas, who may ask, and what it does. */
import type { IncomingHttpHeaders } from "node:http";
import type { FastifyReply } from "fastify";
import type { z } from "zod";
import type { OnceKeys } from "../../log/once.ts";
import type { OpenLog } from "../../log/log.ts";
import type { LogJournal } from "../journal.ts";
import type { RunningNetwork } from "../network.ts";
import type { Server } from "../server.ts";
import type { Tokens } from "../tokens.ts";
import type { HttpMetrics } from "./metrics.ts";

/** What the routes stand before. */
export interface FrontHost {
  readonly server: Pick<
    Server,
    "service" | "switches" | "unready" | "hasTables" | "newToken" | "revokeTokens" | "watchSwitches" | "watchTurns"
  >;
  readonly network: RunningNetwork;
  readonly tokens: Tokens;
  readonly once: OnceKeys;
  readonly log: Pick<OpenLog, "end" | "follow" | "snapshot">;
  readonly journal: Pick<LogJournal, "nextOf" | "numbers">;
  readonly metrics: HttpMetrics;
}

/** `anyone` needs no token, `root` is root alone, and `metrics` is root and the name `metrics`. */
export type Asker = "anyone" | "speaker" | "metrics" | "root";

/** One request, read. */
export interface Call<Given, Body> {
  /** Who asks; empty where that need not be said. */
  readonly by: string;
  /** What stands in the path and behind the question mark. */
  readonly given: Given;
  readonly body: Body;
  readonly bytes: Buffer;
  readonly headers: IncomingHttpHeaders;
  /** Fires once the connection is gone; the same for all requests of one connection. */
  readonly from: AbortSignal;
  readonly reply: FastifyReply;
}

export interface HttpAnswer {
  readonly status?: number;
  /** JSON, or a text of `type`. */
  readonly body: object | string;
  readonly type?: string;
}

export interface HttpRoute {
  readonly method: "GET" | "POST" | "DELETE";
  /** With parameters in braces, as OpenAPI writes them. */
  readonly path: string;
  readonly summary: string;
  readonly who: Asker;
  readonly given: z.ZodObject;
  readonly body: z.ZodType | undefined;
  /** The answer's schema, by status; of a text its media type. */
  readonly answers: Readonly<Record<number, z.ZodType | string>>;
  /** Headers that are read, with what they mean. */
  readonly headers?: Readonly<Record<string, string>>;
  /** The answer; undefined: the route answers by itself. */
  readonly run: (host: FrontHost, call: Call<never, never>) => Promise<HttpAnswer | undefined>;
}

/** A route whose function takes what its schemas give. */
export function httpRoute<Given extends z.ZodObject, Body extends z.ZodType>(
  one: Omit<HttpRoute, "run" | "given" | "body"> & {
    readonly given: Given;
    readonly body?: Body;
    readonly run: (host: FrontHost, call: Call<z.infer<Given>, z.infer<Body>>) => Promise<HttpAnswer | undefined>;
  },
): HttpRoute {
  return { body: undefined, ...one };
}
