/** For tests only: an HTTP front in this process over a log in memory, and clients with real sockets. */
import { connect } from "node:net";
import type { ExecutionContext } from "ava";
import { decide } from "#compiler/decide.ts";
import { MemoryStore } from "../../../log/testing/memory.ts";
import { Server } from "../../server.ts";
import { startNetwork } from "../../start.ts";
import { NOW, RULES } from "../../testing/server.ts";
import type { HttpBounds } from "../connections.ts";
import { HttpFront } from "../front.ts";

/** The seed's shares (section 4.2), and one of Bob's. */
export const PAPER = `
default allow.
AddUser Alice. AddUser Bob.
NewShare aliceBW for (user=Alice) [reserve <= 10Mb] on rootShare.
Grant aliceBW to Alice.
NewShare aliceAC for (dstHost=10.0.0.2) [deny = True] on rootShare.
Grant aliceAC to Alice.
NewShare bobAC for (dstHost=10.0.0.9) [deny = True] on rootShare.
Grant bobAC to Bob.
`;

export interface Reply {
  readonly status: number;
  readonly headers: Headers;
  /** The JSON of the answer, or its text. */
  readonly body: unknown;
}

export interface Asked {
  readonly as?: string;
  readonly method?: string;
  readonly body?: unknown;
  readonly headers?: Readonly<Record<string, string>>;
}

export interface TestFront {
  readonly port: number;
  readonly url: string;
  readonly server: Server;
  /** Tokens by name. */
  readonly tokens: Map<string, string>;
  /** The token of a user, which it makes if there is none. */
  readonly tokenOf: (name: string) => Promise<string>;
  /** Asks as a name whose token it makes. A body of an object is sent as JSON. */
  readonly ask: (path: string, asked?: Asked) => Promise<Reply>;
  readonly say: (text: string, asked?: Asked) => Promise<Reply>;
  /** Appends wait for it. */
  hold: Promise<unknown>;
  /** How many have begun. */
  readonly appends: number;
  /** The front and the server end; the log stays. */
  readonly stop: () => Promise<void>;
  /** What was logged of faults of ours. */
  readonly faults: string[];
  /** Lets a time pass, in seconds. */
  readonly pass: (seconds: number) => void;
}

export async function frontOf(
  t: ExecutionContext,
  { policy = PAPER, store = new MemoryStore(), bounds = {} as Partial<HttpBounds>, early = false } = {},
): Promise<TestFront> {
  let now = NOW;
  const clock = (): number => now * 1000;
  const log = store.open();
  const append = log.append.bind(log);
  log.append = async (...words) => {
    front.appends++;
    await front.hold;
    return append(...words);
  };
  const front = { hold: Promise.resolve() as Promise<unknown>, appends: 0 };
  const read = async (at: number): ReturnType<Parameters<typeof startNetwork>[0]> => ({
    decided: decide([{ name: "net.pane", text: policy }], { now: at, load: () => undefined, rules: RULES }),
    hash: "the same",
    rules: RULES,
  });
  const started = await startNetwork(read, log, { target: "ovs" }, clock);
  if ("faults" in started) throw new Error(started.faults.map(({ message }) => message).join("\n"));
  // As a server has done a moment after its start.
  if (!early) started.network.makeTables(() => true);
  const faults: string[] = [];
  const http = new HttpFront({ host: "127.0.0.1", port: 0, tls: undefined }, (line) => void faults.push(line), bounds);
  const server = new Server({
    ...started,
    switches: [],
    clock,
    report: () => undefined,
    faulty: () => undefined,
    observe: http.observe,
  });
  const port = await http.listen({ ...started, server, log });
  const stop = async (): Promise<void> => {
    await http.stop();
    await server.stop();
    await log.close();
  };
  t.teardown(stop);
  const url = `http://127.0.0.1:${port}`;
  const tokens = new Map<string, string>();
  const tokenOf = async (name: string): Promise<string> => {
    const known = tokens.get(name);
    if (known !== undefined) return known;
    const made = await server.newToken(name, "root");
    if (!("token" in made)) throw new Error(`${name}: ${made.refused}`);
    tokens.set(name, made.token);
    return made.token;
  };
  const ask = async (path: string, { as, method, body, headers }: Asked = {}): Promise<Reply> => {
    const isJson = body !== undefined && typeof body === "object" && !(body instanceof Uint8Array);
    const response = await fetch(url + path, {
      method: method ?? (body === undefined ? "GET" : "POST"),
      headers: {
        ...(as !== undefined && { authorization: `Bearer ${await tokenOf(as)}` }),
        ...(body !== undefined && { "content-type": "application/json" }),
        ...headers,
      },
      ...(body !== undefined && { body: isJson ? JSON.stringify(body) : (body as string | Uint8Array<ArrayBuffer>) }),
    });
    const text = await response.text();
    const isText = !(response.headers.get("content-type") ?? "").startsWith("application/json");
    return { status: response.status, headers: response.headers, body: isText ? text : JSON.parse(text) };
  };
  const say = (text: string, asked: Asked = {}): Promise<Reply> =>
    ask("/v1/statements", { as: "Alice", body: { text }, ...asked });
  const pass = (seconds: number): void => void (now += seconds);
  return Object.assign(front, { port, url, server, tokens, tokenOf, ask, say, stop, faults, pass });
}

/** Sends bytes over a connection of its own; resolves with all that comes back until the server ends it. */
export function raw(port: number, ...pieces: readonly (string | Uint8Array)[]): Promise<string> {
  const socket = connect(port, "127.0.0.1");
  socket.setEncoding("utf8");
  let all = "";
  return new Promise((resolve) => {
    socket.on("data", (text: string) => void (all += text));
    // A server that ends a connection may reset it while we still send.
    socket.on("error", () => resolve(all));
    socket.on("close", () => resolve(all));
    for (const piece of pieces) socket.write(piece);
  });
}
