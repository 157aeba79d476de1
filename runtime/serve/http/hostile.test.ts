/** Clients that mean no good, over real sockets: a sentence in JSON for each, and the server answers the next one. */
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { connect, type AddressInfo, type Socket } from "node:net";
import { join } from "node:path";
import { connect as connectTls } from "node:tls";
import test, { type ExecutionContext } from "ava";
import { folder } from "../../cli/testing.ts";
import { testUnless } from "../../lab/test.ts";
import { until } from "../../lab/until.ts";
import { ConnectionPlaces } from "../listening/connection-places.ts";
import { authority, noOpenssl } from "../testing/authority.ts";
import { HTTP_BOUNDS, listenerOf } from "./connections.ts";
import { frontOf, raw, type TestFront } from "./testing/front.ts";

const DENY = "deny(dstHost=10.0.0.2, srcHost=10.0.0.3) on aliceAC.";

/** The status and the error of an answer as it came over the wire. */
function refused(t: ExecutionContext, answer: string): readonly [number, string] {
  const [head, body] = answer.split("\r\n\r\n") as [string, string];
  t.regex(head, /content-type: application\/json/i, answer);
  const { error } = JSON.parse(body) as { error: { code: string; message: string } };
  t.regex(error.message, /^[a-z`].*[^.]$/, "a sentence");
  t.notRegex(answer, /\.ts:\d|node:internal|at Object/, "no stack");
  return [Number(head.split(" ")[1]), error.code];
}

const lives = async (t: ExecutionContext, front: TestFront): Promise<void> => {
  t.is((await front.say("ListShares.")).status, 200);
  t.is(front.server.service.fault, undefined);
  t.deepEqual(front.faults, []);
};

test("bodies that are no JSON, no UTF-8, too large, or of another shape", async (t) => {
  const front = await frontOf(t);
  const post = async (body: string | Uint8Array, headers: Record<string, string> = {}): Promise<unknown[]> => {
    const reply = await front.ask("/v1/statements", { as: "Alice", body, headers });
    return [reply.status, (reply.body as { error: { message: string } }).error.message];
  };
  t.deepEqual(await post("{"), [400, "the body is not JSON"]);
  t.deepEqual(await post(new Uint8Array([0x7b, 0xc3, 0x28, 0x7d])), [400, "the body is not UTF-8"]);
  t.deepEqual(await post(new Uint8Array([0xef, 0xbb, 0xbf, 0x7b, 0x7d])), [400, "the body is not JSON"]);
  t.deepEqual(await post('{"text":"\\ud800"}'), [400, "`text` does not fit: it has half a character of UTF-16"]);
  t.deepEqual(await post("x".repeat(65_537)), [413, "a body has at most 65536 bytes"]);
  t.deepEqual(await post("{}", { "content-type": "text/plain" }), [415, "a body is JSON"]);
  const words = async (body: string): Promise<string> => String((await post(body))[1]);
  t.is(await words('{"text":1}'), "`text` is not a text");
  t.is(await words('{"texts":[]}'), "`texts` has not at least 1 entry");
  t.is(await words('{"text":"a","more":1}'), "the body takes no `more`");
  t.is(await words("[]"), "the body is not an object");
  for (const body of [
    "{}",
    "[]",
    "null",
    '"x"',
    "1e999",
    '{"text":1}',
    '{"texts":[]}',
    '{"text":"a","texts":["b"]}',
    '{"text":"a","more":1}',
    '{"__proto__":{"text":"a"}}',
    '{"constructor":{"prototype":{"x":1}}}',
    `{"texts":${"[".repeat(20_000)}${"]".repeat(20_000)}}`,
  ])
    t.is((await post(body))[0], 400, body.slice(0, 40));
  t.is((await front.ask("/v1/statements", { as: "Alice", method: "POST" })).status, 400);
  // Statements of 64 KiB are read, and refused in a sentence or decided.
  const ports = Array.from({ length: 8_000 }, (_, i) => i + 1).join(",");
  for (const text of [
    `deny(dstHost=10.0.0.2, dstPort={${ports}}) on aliceAC.`,
    `${"(".repeat(30_000)}.`,
    "\0".repeat(9_000),
  ])
    t.true([200, 422].includes((await front.say(text)).status));
  await lives(t, front);
});

test("what is no request, headers without an end, paths that are none", async (t) => {
  const front = await frontOf(t);
  const { port } = front;
  t.deepEqual(refused(t, await raw(port, "GARBAGE\r\n\r\n")), [400, "malformed"]);
  t.deepEqual(refused(t, await raw(port, "\x16\x03\x01\x02\x00\x01\x00")), [400, "malformed"], "TLS on a plain port");
  t.deepEqual(refused(t, await raw(port, `GET / HTTP/1.1\r\nHost: x\r\nX: ${"a".repeat(20_000)}`)), [
    431,
    "large-headers",
  ]);
  const many = Array.from({ length: 3_000 }, (_, i) => `X-${i}: y\r\n`).join("");
  t.deepEqual(refused(t, await raw(port, `GET / HTTP/1.1\r\nHost: x\r\n${many}\r\n`)), [431, "large-headers"]);
  t.deepEqual(refused(t, await raw(port, "GET /%zz HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")), [
    400,
    "malformed",
  ]);
  t.deepEqual(refused(t, await raw(port, "CONNECT x:1 HTTP/1.1\r\nHost: x\r\n\r\n")), [405, "no-method"]);
  t.deepEqual(refused(t, await raw(port, "GET /healthz HTTP/1.1\r\n\r\n")), [400, "malformed"], "no host");
  t.regex(await raw(port, "GET /healthz HTTP/1.0\r\n\r\n"), /^HTTP\/1\.1 200 /, "which HTTP/1.0 need not name");
  t.deepEqual(refused(t, await raw(port, "POST / HTTP/1.1\r\nHost: x\r\nExpect: more\r\n\r\n")), [400, "malformed"]);
  const smuggled =
    "POST /v1/statements HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n";
  t.deepEqual(refused(t, await raw(port, smuggled)), [400, "malformed"]);
  for (const path of ["/", "/v1", "/v1/../etc/passwd", `/${"a".repeat(5_000)}`])
    t.is((await front.ask(path, { as: "Alice" })).status, 404, path.slice(0, 30));
  const methods = [
    ["GET", "/v1/statements", "/v1/statements takes POST, and no GET"],
    ["DELETE", "/v1/schedule/x", "/v1/schedule/x takes GET, and no DELETE"],
  ] as const;
  for (const [method, path, message] of methods)
    t.like(await front.ask(path, { as: "Alice", method }), {
      status: 405,
      body: { error: { code: "no-method", message } },
    });
  t.is((await front.ask(`/v1/schedule/${"a".repeat(2_000)}`, { as: "Alice" })).status, 400);
  for (const query of ["limit=0", "limit=x", "limit=99999", "skip=-1", "limit=1&limit=2", "nonsense=1"])
    t.is((await front.ask(`/v1/requests?${query}`, { as: "Alice" })).status, 400, query);
  await lives(t, front);
});

test("requests that do not come in time", async (t) => {
  const front = await frontOf(t, { bounds: { headers: 200, request: 400 } });
  const { port } = front;
  await front.say("ListShares.");
  t.deepEqual(refused(t, await raw(port, "GET /healthz HTTP/1.1\r\nHost: x\r\n")), [408, "too-slow"]);
  const token = front.tokens.get("Alice")!;
  const head = `POST /v1/statements HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer ${token}\r\nContent-Type: application/json\r\n`;
  t.deepEqual(refused(t, await raw(port, `${head}Content-Length: 100\r\n\r\n`, '{"text":')), [408, "too-slow"]);
  t.deepEqual(refused(t, await raw(port, `${head}Transfer-Encoding: chunked\r\n\r\n`, "5\r\n{")), [408, "too-slow"]);
  t.is(await raw((await frontOf(t, { bounds: { silent: 100 } })).port), "", "a connection that says nothing ends");
  await lives(t, front);
});

test("a client that is refused for its slowness keeps no place by leaving its half open", async (t) => {
  const front = await frontOf(t, { bounds: { headers: 200, connections: 3 } });
  const sockets = [1, 2, 3].map(() => connect({ port: front.port, host: "127.0.0.1", allowHalfOpen: true }));
  t.teardown(() => {
    for (const one of sockets) one.destroy();
  });
  for (const one of sockets) one.on("error", () => undefined).write("GET /healthz");
  await Promise.all(sockets.map((one) => once(one.resume(), "end")));
  t.true(await until(async () => (await front.ask("/healthz")).status === 200));
});

test("a body is not read of those who may not ask", async (t) => {
  const front = await frontOf(t);
  const head =
    "POST /v1/statements HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 60000\r\n\r\n";
  const socket = connect(front.port, "127.0.0.1");
  socket.write(head);
  const [answer] = (await once(socket, "data")) as [Buffer];
  t.deepEqual(refused(t, answer.toString()), [401, "unauthorized"]);
  socket.destroy();
  await lives(t, front);
});

/** A connection on which this is sent, with all that comes back. */
async function half(t: ExecutionContext, front: TestFront, text: string): Promise<() => string> {
  let all = "";
  const socket = connect(front.port, "127.0.0.1").setEncoding("utf8");
  t.teardown(() => void socket.destroy());
  socket.on("error", () => undefined).on("data", (piece: string) => void (all += piece));
  await once(socket, "connect");
  socket.write(text);
  return () => all;
}

const NEVER = { headers: 300_000, request: 300_000, silent: 300_000, idle: 300_000 };

test("a thousand connections that ask nothing keep nobody out: the oldest makes room, and reads why", async (t) => {
  const front = await frontOf(t, { bounds: NEVER });
  await front.say("ListShares.");
  const before = await Promise.all(
    ["", "GET /healthz HTTP/1.1\r\nHo", "POST /v1/statements HTTP/1.1\r\nHost: x\r\nContent-Length: 9\r\n"].map(
      (text) => half(t, front, text),
    ),
  );
  for (let nth = 0; nth < 1_100; nth++) await half(t, front, "GET /healthz HTTP/1.1\r\n");
  t.is((await front.ask("/healthz")).status, 200);
  t.is((await front.say(DENY)).status, 200);
  for (const all of before) {
    t.true(await until(() => Promise.resolve(all().includes("}"))));
    t.deepEqual(refused(t, all()), [503, "too-busy"]);
  }
  await lives(t, front);
});

test("who is being answered keeps her place; one who waits between requests, or in one, makes room once all are known", async (t) => {
  const front = await frontOf(t, { bounds: { ...NEVER, connections: 3 } });
  const token = await front.tokenOf("Alice");
  const head = `Host: x\r\nAuthorization: Bearer ${token}\r\nContent-Type: application/json\r\n`;
  const body = JSON.stringify({ text: DENY });
  const events = `GET /v1/events?after=-1 HTTP/1.1\r\n${head}\r\n`;
  const statement = `POST /v1/statements HTTP/1.1\r\n${head}Content-Length: ${body.length}\r\n\r\n`;
  const comes = (all: () => string, what: string): Promise<boolean> =>
    until(() => Promise.resolve(all().includes(what)));
  for (const all of [await half(t, front, events), await half(t, front, events)])
    t.true(await comes(all, "records follow"));
  // The head of a request says who asks; it is decided once its body is there.
  const slow = await half(t, front, statement);
  const stranger = await half(t, front, "GET /healthz HTTP/1.1\r\n");
  t.true(await comes(slow, "}"));
  t.deepEqual(refused(t, slow()), [503, "too-busy"]);
  const before = front.appends;
  const gate = Promise.withResolvers<void>();
  front.hold = gate.promise;
  const waits = await half(t, front, statement + body);
  t.true(await comes(stranger, "}"));
  t.true(await until(() => Promise.resolve(front.appends > before)));
  const late = await half(t, front, events);
  t.true(await comes(late, "}"), "all are in use");
  t.deepEqual(refused(t, late()), [503, "too-busy"]);
  gate.resolve();
  t.true(await comes(waits, '"accepted":true'));
  t.true(await comes(await half(t, front, events), "records follow"), "and now one is idle");
  t.is(front.server.service.fault, undefined);
});

testUnless(
  noOpenssl,
  "over TLS handshakes that do not end make room, and so do connections that ask nothing",
  async (t) => {
    const cwd = folder(t, {});
    const ca = authority(cwd);
    await ca.root("ca");
    const { cert, key } = await ca.client("server", "/CN=server", "ca", 2, "subjectAltName=IP:127.0.0.1");
    const places = new ConnectionPlaces({ all: 3 });
    const bounds = { ...HTTP_BOUNDS, ...NEVER };
    const tls = { cert: cert!, key: key! };
    const server = listenerOf((_, response) => void response.end("heard"), bounds, tls, places);
    await once(server.listen(0, "127.0.0.1"), "listening");
    t.teardown(() => void (server.closeAllConnections(), server.close()));
    const { port } = server.address() as AddressInfo;
    const silent = async (): Promise<Socket> => {
      const socket = connect(port, "127.0.0.1").on("error", () => undefined);
      t.teardown(() => void socket.destroy());
      await once(socket, "connect");
      return socket;
    };
    const spoken = async (text: string): Promise<() => string> => {
      let all = "";
      const socket = connectTls({ host: "127.0.0.1", port, ca: readFileSync(join(cwd, "ca.pem")) }).setEncoding("utf8");
      t.teardown(() => void socket.destroy());
      socket.on("error", () => undefined).on("data", (piece: string) => void (all += piece));
      await once(socket, "secureConnect");
      socket.write(text);
      return () => all;
    };
    const first = await silent();
    const ended = once(first, "close");
    const idle = await spoken("GET / HTTP/1.1\r\n");
    await silent();
    const whole = await spoken("GET / HTTP/1.1\r\nHost: x\r\n\r\n");
    await ended;
    t.true(await until(() => Promise.resolve(whole().endsWith("heard"))));
    await silent();
    t.true(await until(() => Promise.resolve(idle().includes("}"))));
    t.deepEqual(refused(t, idle()), [503, "too-busy"]);
  },
);

test("requests one behind the other are answered in order", async (t) => {
  const front = await frontOf(t);
  await front.say("ListShares.");
  const body = (host: number): string =>
    JSON.stringify({ text: `@p${host} deny(dstHost=10.0.0.2, srcHost=10.0.0.${host}) on aliceAC.` });
  const head = `Host: x\r\nAuthorization: Bearer ${front.tokens.get("Alice")!}\r\nContent-Type: application/json\r\n`;
  const one = (host: number, isLast: boolean): string =>
    `POST /v1/statements HTTP/1.1\r\n${head}${isLast ? "Connection: close\r\n" : ""}Content-Length: ${body(host).length}\r\n\r\n${body(host)}`;
  const all = await raw(front.port, Array.from({ length: 200 }, (_, i) => one(i + 10, i === 199)).join(""));
  t.deepEqual(
    [...all.matchAll(/"id":"p(\d+)"/g)].map(([, host]) => Number(host)),
    Array.from({ length: 200 }, (_, i) => i + 10),
  );
  await lives(t, front);
});

test("one speaker has no more than her part of the open requests", async (t) => {
  const front = await frontOf(t);
  await front.say("ListShares.");
  await front.say("ListShares.", { as: "Bob" });
  const gate = Promise.withResolvers<void>();
  front.hold = gate.promise;
  const statuses: number[] = [];
  const all = Promise.all(Array.from({ length: 300 }, async () => void statuses.push((await front.say(DENY)).status)));
  while (statuses.length < 44) await front.ask("/healthz");
  t.deepEqual(new Set(statuses), new Set([429]), "those beyond 256 are refused at once");
  const bob = front.say("deny(dstHost=10.0.0.9) on bobAC.", { as: "Bob" });
  gate.resolve();
  t.is((await bob).status, 200);
  await all;
  t.is(statuses.filter((one) => one === 200).length, 256);
  await lives(t, front);
});

test("clients that leave in the middle", async (t) => {
  const front = await frontOf(t);
  await front.say("ListShares.");
  const token = front.tokens.get("Alice")!;
  const head = `Host: x\r\nAuthorization: Bearer ${token}\r\nContent-Type: application/json\r\n`;
  const body = JSON.stringify({ text: DENY });
  const whole = `POST /v1/statements HTTP/1.1\r\n${head}Content-Length: ${body.length}\r\n\r\n${body}`;
  const events = `GET /v1/events?after=-1 HTTP/1.1\r\n${head}\r\n`;
  for (const text of [whole, whole.slice(0, -5), whole.slice(0, 60), events, `${events}${whole}`])
    for (const end of ["resetAndDestroy", "destroy", "end"] as const) {
      const socket = connect(front.port, "127.0.0.1").on("error", () => undefined);
      await once(socket, "connect");
      socket.write(text);
      socket[end]();
    }
  await lives(t, front);
});
