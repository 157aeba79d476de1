/** Events as an EventSource reads them: over a real socket, lost and resumed. */
import { once } from "node:events";
import { get, type IncomingMessage } from "node:http";
import test, { type ExecutionContext } from "ava";
import { EMPTY_LOG, linked } from "../../log/record.ts";
import { MemoryStore } from "../../log/testing/memory.ts";
import { frontOf, type TestFront } from "./testing/front.ts";

interface SeenEvent {
  readonly id: number;
  readonly kind: string;
  readonly data: Readonly<Record<string, unknown>>;
}

interface Stream {
  /** The next so many events. */
  readonly next: (count: number) => Promise<readonly SeenEvent[]>;
  readonly end: () => Promise<void>;
}

/** A reader of server-sent events by the standard's own words: fields are lines, an empty line ends an event. */
async function listen(
  t: ExecutionContext,
  front: TestFront,
  { as = "root", path = "/v1/events", headers = {} as Record<string, string> } = {},
): Promise<Stream> {
  await front.ask("/v1/shares", { as });
  const request = get(front.url + path, {
    headers: { authorization: `Bearer ${front.tokens.get(as)!}`, ...headers },
    agent: false,
  });
  t.teardown(() => request.destroy());
  const [response] = (await once(request, "response")) as [IncomingMessage];
  if (response.statusCode !== 200) throw new Error(String(response.statusCode));
  t.is(response.headers["content-type"], "text/event-stream");
  const pieces = response.setEncoding("utf8")[Symbol.asyncIterator]() as AsyncIterator<string>;
  let text = "";
  const next = async (count: number): Promise<readonly SeenEvent[]> => {
    const events: SeenEvent[] = [];
    while (events.length < count) {
      const at = text.indexOf("\n\n");
      if (at < 0) {
        const { done, value } = await pieces.next();
        if (done) throw new Error("the stream ended");
        text += value;
        continue;
      }
      const lines = text.slice(0, at).split("\n");
      text = text.slice(at + 2);
      const field = (name: string): string | undefined =>
        lines.find((line) => line.startsWith(`${name}: `))?.slice(name.length + 2);
      const data = field("data");
      if (data === undefined) continue;
      events.push({ id: Number(field("id")), kind: field("event")!, data: JSON.parse(data) as SeenEvent["data"] });
    }
    return events;
  };
  return {
    next,
    end: async () => {
      const closed = once(request, "close");
      request.destroy();
      await closed;
    },
  };
}

const deny = (host: number): string => `@d${host} deny(dstHost=10.0.0.2, srcHost=10.0.0.${host}) on aliceAC.`;

test("each record is an event; who was away goes on after the last id, and misses none", async (t) => {
  const front = await frontOf(t);
  await front.say("ListShares.");
  const first = await listen(t, front);
  await front.say(deny(11));
  await front.say(deny(12));
  const [one, two] = (await first.next(2)) as [SeenEvent, SeenEvent];
  t.is(two.id, one.id + 1);
  t.like(one.data, { kind: "say", by: "Alice", accepted: true, record: one.id, at: "2026-12-01T09:00:00.000Z" });
  t.is(one.data["text"], deny(11));
  await first.end();
  for (const host of [13, 14, 15]) await front.say(deny(host));
  const second = await listen(t, front, { headers: { "last-event-id": String(two.id) } });
  const missed = await second.next(3);
  t.deepEqual(
    missed.map(({ id, data }) => [id, data["text"]]),
    [13, 14, 15].map((host, i) => [two.id + 1 + i, deny(host)]),
  );
  await front.say(deny(16));
  t.is((await second.next(1))[0]!.data["text"], deny(16), "and then what is new");
  const all = await listen(t, front, { path: "/v1/events?after=-1" });
  t.is((await all.next(1))[0]!.id, 0);
});

test("a speaker gets her own statements; digests and keys of nobody are shown", async (t) => {
  const front = await frontOf(t);
  await front.say(deny(11), { headers: { "idempotency-key": "secret" } });
  await front.say("deny(dstHost=10.0.0.9) on bobAC.", { as: "Bob" });
  await front.say(deny(12));
  const hers = await (await listen(t, front, { as: "Alice", path: "/v1/events?after=-1" })).next(2);
  t.deepEqual(
    hers.map(({ data }) => data["text"]),
    [deny(11), deny(12)],
  );
  const roots = await (await listen(t, front, { path: "/v1/events?after=-1" })).next(7);
  t.deepEqual(new Set(roots.map(({ kind }) => kind)), new Set(["policy", "token", "say"]));
  t.notRegex(JSON.stringify(roots), /digest|secret|prev/);
});

test("an event comes when its record is durable, and not before", async (t) => {
  const front = await frontOf(t);
  await front.say("ListShares.");
  const stream = await listen(t, front, { as: "Alice" });
  const gate = Promise.withResolvers<void>();
  front.hold = gate.promise;
  const before = front.appends;
  const said = front.say(deny(11));
  while (front.appends === before) await front.ask("/healthz");
  const event = stream.next(1).then(() => "event");
  t.is(await Promise.race([event, front.ask("/healthz").then(() => "nothing")]), "nothing");
  gate.resolve();
  t.is(await event, "event");
  await said;
});

test("ids of another log, wrong ones, and too many streams are refused in a sentence", async (t) => {
  const front = await frontOf(t);
  await front.say("ListShares.");
  const events = (id: string): ReturnType<TestFront["ask"]> =>
    front.ask("/v1/events", { as: "Alice", headers: { "last-event-id": id } });
  t.is((await events("99")).status, 409);
  t.is((await events("x")).status, 400);
  t.is((await events("-1")).status, 400);
  t.is((await front.ask("/v1/events?after=99", { as: "Alice" })).status, 409);
  const streams = await Promise.all(Array.from({ length: 16 }, () => listen(t, front, { as: "Alice" })));
  t.is((await front.ask("/v1/events", { as: "Alice" })).status, 429);
  await (await listen(t, front, { as: "Bob" })).end();
  await Promise.all(streams.map((one) => one.end()));
  // The server hears of it soon.
  let stream: Stream | undefined;
  while (stream === undefined) stream = await listen(t, front, { as: "Alice" }).catch(() => undefined);
  await front.say(deny(11));
  t.is((await stream.next(1)).length, 1, "there is room again");
});

test("a stream ends with the token that it was opened with, and a new one is refused", async (t) => {
  const front = await frontOf(t);
  const stream = await listen(t, front, { as: "Bob" });
  const { status } = await front.ask("/v1/tokens", { method: "DELETE", as: "root", body: { name: "Bob" } });
  t.is(status, 200);
  await t.throwsAsync(stream.next(1));
  t.is((await front.ask("/v1/events", { as: "Bob" })).status, 401);
});

test("the log says why a cancellation was refused; its speaker is told that there is no such request", async (t) => {
  const front = await frontOf(t);
  await front.say("@mine deny(dstHost=10.0.0.2, srcHost=10.0.0.3) on aliceAC.");
  const root = await listen(t, front);
  const bob = await listen(t, front, { as: "Bob" });
  const reply = await front.say('Cancel "Alice:mine".', { as: "Bob" });
  t.notRegex(JSON.stringify(reply.body), /may-not-cancel/);
  const [recorded] = (await root.next(2)).filter(({ kind }) => kind === "say");
  t.deepEqual(recorded!.data["answers"], [{ kind: "rejected", code: "may-not-cancel", told: "unknown-request" }]);
  const [heard] = await bob.next(1);
  t.deepEqual(heard!.data["answers"], [{ kind: "rejected", code: "unknown-request" }]);
  // What is not hers to know is told in the same words as what is not there.
  await front.say("Cancel none.", { as: "Bob" });
  const [unknown] = await bob.next(1);
  t.deepEqual(unknown!.data["answers"], heard!.data["answers"]);
});

test("who asks for a record that a shortened log does not have hears so, and what to do", async (t) => {
  const store = new MemoryStore();
  const front = await frontOf(t, { store });
  for (const host of [3, 4]) await front.say(`deny(dstHost=10.0.0.2, srcHost=10.0.0.${host}) on aliceAC.`);
  const records = store.entries(0);
  let end = EMPTY_LOG;
  for (const { bytes } of records.slice(0, -1)) end = linked(end, bytes);
  store.keep({ ...end, bytes: new Uint8Array() });
  for (const after of [-1, 0, end.at - 2]) {
    const { status, body } = await front.ask(`/v1/events?after=${after}`, { as: "root" });
    t.is(status, 410);
    t.like(body, { error: { code: "gone", message: `record ${after + 1} is gone` } });
  }
  // Of Alice's sentences the first is gone and the second is there, wherever the log begins.
  for (const [after, wanted] of [
    [-1, 410],
    [0, 410],
    [3, 409],
  ] as const) {
    const { status, body } = await front.ask(`/v1/events?after=${after}`, { as: "Alice" });
    t.is(status, wanted);
    t.notRegex(JSON.stringify(body), new RegExp(`\\b(${end.at}|${end.at + 1})\\b`));
  }
  const hers = await listen(t, front, { as: "Alice", path: "/v1/events?after=1" });
  t.deepEqual(
    (await hers.next(1)).map(({ id, data }) => [id, data["record"], data["text"]]),
    [[2, 2, "deny(dstHost=10.0.0.2, srcHost=10.0.0.4) on aliceAC."]],
  );
  const stream = await listen(t, front, { path: `/v1/events?after=${end.at - 1}` });
  t.deepEqual(
    (await stream.next(1)).map(({ id }) => id),
    [end.at],
  );
});

test("what begins and ends by itself is told to the one who asked for it and to root; what is cancelled has no end", async (t) => {
  const front = await frontOf(t);
  const [root, alice] = [await listen(t, front), await listen(t, front, { as: "Alice" })];
  await front.ask("/v1/shares", { as: "Bob" });
  front.server.start();
  const on = (label: string, when: string, who: "Alice" | "Bob"): Promise<unknown> => {
    const [host, share] = who === "Alice" ? ["10.0.0.2", "aliceAC"] : ["10.0.0.9", "bobAC"];
    return front.say(`@${label} deny(dstHost=${host}) on ${share} ${when}.`, { as: who });
  };
  await on("past", "from now to +1s", "Alice");
  front.pass(2);
  t.is((await kinds(root, "end"))[0]!.data["request"], "Alice:past");
  t.is((await kinds(alice, "end"))[0]!.data["request"], "past");
  await on("later", "from +10s to +20s", "Alice");
  await on("bobs", "from +5s to +15s", "Bob");
  await on("never", "from +12s to +14s", "Alice");
  await front.say("Cancel never.");
  front.pass(12);
  t.deepEqual(
    (await kinds(alice, "begin")).map(({ data }) => data),
    [{ request: "later", by: "Alice", share: "aliceAC", at: "2026-12-01T09:00:12.000Z" }],
  );
  t.deepEqual(
    (await kinds(root, "begin", 2)).map(({ data }) => data["request"]),
    ["Bob:bobs", "Alice:later"],
  );
  front.pass(10);
  t.deepEqual(
    (await kinds(alice, "end")).map(({ data }) => data["request"]),
    ["later"],
  );
  t.deepEqual(
    (await kinds(root, "end", 2)).map(({ data }) => data["request"]),
    ["Bob:bobs", "Alice:later"],
  );
});

/** The next events of a kind, past all records. */
async function kinds(stream: Stream, kind: "begin" | "end", count = 1): Promise<readonly SeenEvent[]> {
  const found: SeenEvent[] = [];
  while (found.length < count) {
    const [event] = await stream.next(1);
    if (event!.kind === kind) found.push(event!);
    else if (event!.kind !== "say" && event!.kind !== "token") throw new Error(`${event!.kind} comes before ${kind}`);
  }
  return found;
}
