/** The HTTP front as programs use it: over real sockets, judged by what comes back and by the log. */
import { connect } from "node:net";
import test, { type ExecutionContext } from "ava";
import { until } from "../../lab/until.ts";
import { readRecord } from "../../log/record.ts";
import { MemoryStore } from "../../log/testing/memory.ts";
import type { Spoken } from "../conversation.ts";
import { frontOf, type Reply, type TestFront } from "./testing/front.ts";

interface DecidedBody {
  readonly accepted: boolean;
  readonly text: string;
  readonly statements: readonly {
    readonly id: string;
    readonly verdict: string;
    readonly certificate?: {
      readonly code: string;
      readonly nearest: readonly string[];
      readonly otherwise?: readonly string[];
      readonly proof?: unknown;
    };
  }[];
}

const decided = ({ body }: Reply): DecidedBody => body as DecidedBody;
const errorOf = ({ body }: Reply): { code: string; message: string; diagnostics?: readonly { place: object }[] } =>
  (body as { error: { code: string; message: string } }).error;
const rowsOf = ({ body }: Reply): readonly Record<string, unknown>[] =>
  (body as { rows: readonly Record<string, unknown>[] }).rows;

const DENY = "deny(dstHost=10.0.0.2, srcHost=10.0.0.3) on aliceAC.";

test("the conversation of section 4.2", async (t) => {
  const { say, ask } = await frontOf(t);
  const reserved = await say("reserve(user=Alice,dstPort=80) = 5Mb on aliceBW from +20min to +30min.");
  t.is(reserved.status, 200);
  t.true(decided(reserved).accepted);
  const { id } = decided(reserved).statements[0]!;
  t.regex(id, /^r\d+$/);
  const outside = await say("deny(dstHost=10.0.0.4, srcHost=10.0.0.3) on aliceAC.");
  t.is(outside.status, 200);
  t.false(decided(outside).accepted);
  t.is(decided(outside).statements[0]!.certificate!.code, "outside-share");
  t.false("proof" in decided(outside).statements[0]!.certificate!, "derivations are left out");
  const cut = decided(await say("reserve(user=Alice,dstPort=81) = 9Mb on aliceBW from +20min to +30min."));
  t.deepEqual(cut.statements[0]!.certificate!.nearest, [
    "reserve(user=Alice, dstPort=81) = 5Mb on aliceBW from 2026-12-01T09:20:00Z to 2026-12-01T09:30:00Z.",
  ]);
  t.deepEqual(
    rowsOf(await ask("/v1/requests?share=aliceBW", { as: "Alice" })).map(({ request, rate }) => [request, rate]),
    [[id, 5_000_000]],
  );
  t.deepEqual(rowsOf(await ask("/v1/schedule/aliceBW", { as: "Alice" })), [
    { from: "2026-12-01T09:00:00Z", to: "2026-12-01T09:20:00Z", reserved: 0, available: 10_000_000 },
    { from: "2026-12-01T09:20:00Z", to: "2026-12-01T09:30:00Z", reserved: 5_000_000, available: 5_000_000 },
    { from: "2026-12-01T09:30:00Z", to: null, reserved: 0, available: 10_000_000 },
  ]);
  t.true(decided(await say(`Cancel ${id}.`)).accepted);
  t.deepEqual(rowsOf(await ask("/v1/requests", { as: "Alice" })), []);
});

test("Figure 2 and the signal bars of section 3: what fits later, or at a lower rate, is offered, and accepted once said", async (t) => {
  const { say, ask } = await frontOf(t);
  t.true(decided(await say("@transfer reserve(user=Alice, dstPort=22) = 8Mb on aliceBW from now to +20min.")).accepted);
  const video = decided(await say("reserve(user=Alice) = 5Mb on aliceBW from now to +10min."));
  t.false(video.accepted);
  const { code, nearest, otherwise } = video.statements[0]!.certificate!;
  t.is(code, "share-short");
  t.deepEqual(nearest, ["reserve(user=Alice) = 2Mb on aliceBW to 2026-12-01T09:10:00Z."], "audio now");
  t.deepEqual(
    otherwise,
    ["reserve(user=Alice) = 5Mb on aliceBW from 2026-12-01T09:20:00Z to 2026-12-01T09:30:00Z."],
    "video from t on",
  );
  for (const offer of [nearest[0]!, otherwise![0]!]) t.true(decided(await say(offer)).accepted, offer);
  t.deepEqual(
    rowsOf(await ask("/v1/schedule/aliceBW", { as: "Alice" })).map(({ from, reserved }) => [from, reserved]),
    [
      ["2026-12-01T09:00:00Z", 10_000_000],
      ["2026-12-01T09:10:00Z", 8_000_000],
      ["2026-12-01T09:20:00Z", 5_000_000],
      ["2026-12-01T09:30:00Z", 0],
    ],
  );
});

test("lists come in pages", async (t) => {
  const { ask } = await frontOf(t);
  const names = async (path: string): Promise<unknown> => {
    const { body } = await ask(path, { as: "Bob" });
    const { rows, more } = body as { rows: readonly { share: string }[]; more: boolean };
    return [rows.map(({ share }) => share), more];
  };
  t.deepEqual(await names("/v1/shares"), [["rootShare", "aliceAC", "aliceBW", "bobAC"], false]);
  t.deepEqual(await names("/v1/shares?limit=2"), [["rootShare", "aliceAC"], true]);
  t.deepEqual(await names("/v1/shares?limit=2&skip=2"), [["aliceBW", "bobAC"], false]);
});

test("several statements are accepted together or not at all", async (t) => {
  const { ask, server } = await frontOf(t);
  const all = (texts: readonly string[]): Promise<Reply> => ask("/v1/statements", { as: "Alice", body: { texts } });
  const [a, b] = [
    "reserve(user=Alice,dstPort=80) = 5Mb on aliceBW.",
    "reserve(user=Alice,dstPort=81) = 9Mb on aliceBW.",
  ];
  const refused = decided(await all([a, b]));
  t.false(refused.accepted);
  t.deepEqual(
    refused.statements.map(({ verdict, certificate }) => [verdict, certificate!.code]),
    [
      ["rejected", "transaction"],
      ["rejected", "share-short"],
    ],
  );
  t.is(server.service.fault, undefined, "a refused transaction ended the server");
  t.deepEqual(rowsOf(await ask("/v1/requests", { as: "Alice" })), []);
  t.true(decided(await all([a, DENY])).accepted);
  t.is(rowsOf(await ask("/v1/requests", { as: "Alice" })).length, 2);
  for (const [texts, at] of [
    [[DENY, "commit. Cancel x."], 1],
    [["commit.", "begin."], 1],
    [[`${DENY} /*`, DENY, `*/ ${DENY}`], 0],
    [[`${DENY} ${DENY}`], 0],
    [["deny(dstHost=10.0.0.2) on aliceAC", DENY], 0],
    [[""], 0],
  ] as const) {
    const reply = await all(texts);
    t.is(reply.status, 400, texts.join());
    t.is(errorOf(reply).message, `\`texts[${at}]\` is not one statement with its full stop`);
  }
});

test("what cannot be read gets the diagnostics of `check`, with places in the statement", async (t) => {
  const { say } = await frontOf(t);
  const reply = await say("deny(dstHots=10.0.0.2) on aliceAC.");
  t.is(reply.status, 422);
  t.regex(errorOf(reply).message, /`dstHots` is not a field of a flow/);
  t.like(errorOf(reply).diagnostics![0], {
    code: "E120",
    help: "did you mean `dstHost`?",
    place: { line: 1, column: 6 },
  });
  t.is(errorOf(await say("Bob: ListShares.")).code, "faulty");
  t.is(errorOf(await say("")).message, "nothing was said");
});

test("a question asks and does nothing else, whatever stands in it", async (t) => {
  const { ask, server } = await frontOf(t);
  const available = (words: Record<string, string>): Promise<Reply> =>
    ask(
      `/v1/available?${new URLSearchParams({ rate: "5Mb", flows: "(user=Alice)", share: "aliceBW", ...words }).toString()}`,
      {
        as: "Alice",
      },
    );
  t.like(rowsOf(await available({ lasting: "10min" }))[0], { available: "yes", from: "2026-12-01T09:00:00Z" });
  for (const words of [
    { lasting: `1h. ${DENY}` },
    { flows: `(user=Alice) on aliceBW. ${DENY} ListRequests` },
    { rate: `5Mb for (user=Alice) on aliceBW. begin. ${DENY} commit` },
    { share: `aliceBW. ${DENY}` },
    { share: 'aliceBW". deny(dstHost=10.0.0.2) on aliceAC. //' },
    { lasting: "\n" },
  ])
    t.true([404, 422].includes((await available(words)).status), JSON.stringify(words));
  t.is((await ask("/v1/schedule/nope", { as: "Alice" })).status, 404);
  t.is((await ask(`/v1/schedule/${encodeURIComponent(`x. ${DENY}`)}`, { as: "Alice" })).status, 404);
  t.deepEqual(rowsOf(await ask("/v1/requests", { as: "Alice" })), []);
  t.is(server.service.fault, undefined);
});

test("who asks is said by the token, and root alone makes and takes tokens", async (t) => {
  const { ask, say, tokens } = await frontOf(t);
  for (const path of ["/v1/shares", "/v1/requests", "/v1/events", "/v1/explain?of=x", "/metrics"]) {
    const reply = await ask(path);
    t.is(reply.status, 401, path);
    t.regex(reply.headers.get("www-authenticate")!, /^Bearer/);
  }
  const wrong = { headers: { authorization: "Bearer glz_wrong" } };
  t.is((await ask("/v1/shares", wrong)).status, 401);
  t.is((await ask("/v1/tokens", { as: "Alice", body: { name: "Alice" } })).status, 403);
  t.is((await ask("/v1/explain?of=x", { as: "Alice" })).status, 403);
  t.is((await ask("/metrics", { as: "Alice" })).status, 403);
  t.is((await ask("/v1/tokens", { as: "root", body: { name: "Eve" } })).status, 404);
  const made = await ask("/v1/tokens", { as: "root", body: { name: "Bob" } });
  t.is(made.status, 201);
  const { token } = made.body as { token: string };
  const asBob = { headers: { authorization: `Bearer ${token}` } };
  t.is((await ask("/v1/shares", asBob)).status, 200);
  t.is((await ask("/v1/tokens", { method: "DELETE", as: "root", body: { name: "Bob", token } })).status, 200);
  t.is((await ask("/v1/shares", asBob)).status, 401);
  t.is((await ask("/v1/tokens", { method: "DELETE", as: "root", body: { name: "Bob", token } })).status, 404);
  await say(DENY);
  t.is((await ask("/v1/tokens", { method: "DELETE", as: "root", body: { name: "Alice" } })).status, 200);
  t.is((await say(DENY)).status, 401);
  // The first start made one, and the test another.
  const mine = tokens.get("root")!;
  t.is((await ask("/v1/tokens", { method: "DELETE", as: "root", body: { name: "root" } })).status, 409);
  t.is((await ask("/v1/tokens", { method: "DELETE", as: "root", body: { name: "root", token: mine } })).status, 200);
  t.is((await ask("/v1/shares", { as: "root" })).status, 401);
});

test("the name `metrics` reads counters and nothing else", async (t) => {
  const { ask, say } = await frontOf(t);
  await say(DENY);
  await say("deny(dstHost=10.0.0.4) on aliceAC.");
  await say("nonsense");
  await say("ListShares.");
  const { status, body } = await ask("/metrics", { as: "metrics" });
  t.is(status, 200);
  for (const line of [
    'glazier_decisions_total{verdict="accepted"} 1',
    'glazier_decisions_total{verdict="rejected"} 1',
    'glazier_decisions_total{verdict="faulty"} 1',
    'glazier_decisions_total{verdict="answered"} 1',
    "glazier_decision_seconds_count 4",
    "glazier_log_records 6",
    "glazier_switches_held 0",
  ])
    t.true((body as string).split("\n").includes(line), `${line}\n${body as string}`);
  t.is((await ask("/v1/shares", { as: "metrics" })).status, 403);
});

test("an answer, a question and a table show what is durable alone", async (t) => {
  const front = await frontOf(t);
  const { ask, say } = front;
  await say("ListShares.");
  const gate = Promise.withResolvers<void>();
  front.hold = gate.promise;
  const answers: string[] = [];
  const before = front.appends;
  const said = say(`@mine ${DENY}`).then(() => void answers.push("said"));
  while (front.appends === before) await ask("/healthz");
  const asked = ask("/v1/requests", { as: "Alice" }).then((reply) => void answers.push(String(rowsOf(reply).length)));
  t.is((await ask("/healthz")).status, 200);
  t.deepEqual(answers, []);
  gate.resolve();
  await Promise.all([said, asked]);
  t.deepEqual(answers.toSorted(), ["1", "said"]);
});

test("what a client said that is gone before its turn is not decided; what its speaker says elsewhere is", async (t) => {
  const front = await frontOf(t);
  const { service } = front.server;
  const token = await front.tokenOf("Alice");
  const waiting: Spoken[] = [];
  const decide = service.say.bind(service);
  service.say = (spoken) => {
    waiting.push(spoken);
    return decide(spoken);
  };
  const heard = (count: number): Promise<boolean> => until(() => Promise.resolve(waiting.length === count));
  const denies = (label: string, port: number): string =>
    `@${label} deny(dstHost=10.0.0.2, dstPort=${port}, transport=TCP) on aliceAC.`;
  const gate = Promise.withResolvers<void>();
  front.hold = gate.promise;
  const appends = front.appends;
  const first = front.say(denies("first", 1));
  t.true(await until(() => Promise.resolve(front.appends > appends)));
  // Who reads the network has what comes behind wait.
  const read = service.atRest(() => undefined);
  const body = JSON.stringify({ text: denies("late", 2) });
  const head = ["POST /v1/statements HTTP/1.1", "Host: here", `Authorization: Bearer ${token}`];
  const more = ["Content-Type: application/json", `Content-Length: ${body.length}`, "", body];
  const gone = connect(front.port, "127.0.0.1").on("error", () => undefined);
  gone.write([...head, ...more].join("\r\n"));
  t.true(await heard(2));
  const other = front.say(denies("other", 3));
  t.true(await heard(3));
  gone.destroy();
  t.true(await until(() => Promise.resolve(waiting[1]!.from?.aborted === true)));
  gate.resolve();
  await read;
  t.deepEqual([(await first).status, (await other).status], [200, 200]);
  const listed = rowsOf(await front.ask("/v1/requests", { as: "Alice" }));
  t.deepEqual(
    listed.map((row) => Object.values(row)[0]),
    ["first", "other"],
  );
  t.deepEqual(front.faults, [], "it is no fault of ours");
});

/** A server without switches says what else it lacks. */
async function isUnready(t: ExecutionContext, front: TestFront, has: { log: boolean; tables: boolean }): Promise<void> {
  const { status, body } = await front.ask("/readyz");
  t.is(status, 503);
  const reasons = [
    ...(has.log ? [] : ["the log cannot be written"]),
    ...(has.tables ? [] : ["the tables are not made yet"]),
  ];
  t.deepEqual(body, { ready: false, ...has, switches: { all: 0, held: 0, lacking: 0, opened: 0 }, reasons });
}

test("when the log cannot be written, nothing more is answered and nothing is shown", async (t) => {
  const front = await frontOf(t);
  await front.say("ListShares.");
  front.hold = Promise.reject(new Error("no space in /var/lib/secret"));
  front.hold.catch(() => undefined);
  const reply = await front.say(DENY);
  t.is(reply.status, 503);
  t.is(errorOf(reply).message, "nothing is decided any more: the log cannot be written");
  t.is(reply.headers.get("retry-after"), "1");
  t.is((await front.ask("/v1/requests", { as: "Alice" })).status, 503);
  await isUnready(t, front, { log: false, tables: true });
});

test("a start answers before its tables are made, and is not ready before", async (t) => {
  const front = await frontOf(t, { early: true });
  await isUnready(t, front, { log: true, tables: false });
  t.true(decided(await front.say(DENY)).accepted);
  t.is((await front.ask("/readyz")).status, 503);
  front.server.start();
  t.true(await until(async () => (await front.ask("/readyz")).status === 200));
});

test("who repeats an Idempotency-Key gets the first answer, also after a restart", async (t) => {
  const store = new MemoryStore();
  const front = await frontOf(t, { store });
  const keyed = (key: string, text: string): Promise<Reply> => front.say(text, { headers: { "idempotency-key": key } });
  const first = await keyed("k", DENY);
  t.true(decided(first).accepted);
  t.deepEqual((await keyed("k", DENY)).body, first.body);
  const other = await keyed("k", DENY.replace(".3", ".5"));
  t.is(other.status, 422);
  t.is(errorOf(other).code, "other-body");
  const rejected = await keyed("no", "deny(dstHost=10.0.0.4) on aliceAC.");
  t.false(decided(rejected).accepted);
  t.is((await keyed("faulty", "nonsense")).status, 422);
  t.true(decided(await keyed("faulty", DENY.replace(".3", ".6"))).accepted, "what got no record is free");
  const bob = await front.say("deny(dstHost=10.0.0.9) on bobAC.", { as: "Bob", headers: { "idempotency-key": "k" } });
  t.true(decided(bob).accepted, "a key is its speaker's own");
  // Many at once: one record.
  const many = await Promise.all(Array.from({ length: 20 }, () => keyed("many", DENY.replace(".3", ".7"))));
  t.is(new Set(many.map(({ body }) => JSON.stringify(body))).size, 1);
  t.is(rowsOf(await front.ask("/v1/requests?share=aliceAC", { as: "Alice" })).length, 3);
  t.is((await keyed("", DENY)).status, 400);
  t.is((await keyed("x".repeat(201), DENY)).status, 400);
  const tokens = new Map(front.tokens);
  await front.stop();
  const next = await frontOf(t, { store });
  for (const [name, token] of tokens) next.tokens.set(name, token);
  const again = await next.say(DENY, { headers: { "idempotency-key": "k" } });
  t.deepEqual(again.body, first.body, "the token and the answer are those of before");
  t.deepEqual(
    (await next.say("deny(dstHost=10.0.0.4) on aliceAC.", { headers: { "idempotency-key": "no" } })).body,
    rejected.body,
  );
  t.is((await next.say(DENY.replace(".3", ".5"), { headers: { "idempotency-key": "k" } })).status, 422);
  next.pass(24 * 3600 + 1);
  t.notDeepEqual((await next.say(DENY, { headers: { "idempotency-key": "k" } })).body, first.body);
});

test("a token that was taken away stays away after a restart", async (t) => {
  const store = new MemoryStore();
  const front = await frontOf(t, { store });
  await front.say(DENY);
  const token = front.tokens.get("Alice")!;
  await front.ask("/v1/tokens", { method: "DELETE", as: "root", body: { name: "Alice" } });
  await front.stop();
  const texts: string[] = [];
  for await (const entries of store.open().follow(0, new AbortController().signal)) {
    for (const { n, bytes } of entries) {
      texts.push(Buffer.from(bytes).toString());
      readRecord(bytes, n);
    }
    break;
  }
  t.false(texts.join().includes(token), "the log holds no token");
  const next = await frontOf(t, { store });
  t.is((await next.ask("/v1/shares", { headers: { authorization: `Bearer ${token}` } })).status, 401);
});

test("explanations are root's", async (t) => {
  const { ask, say } = await frontOf(t);
  await say(`@eve ${DENY}`);
  const explain = (of: string): Promise<Reply> =>
    ask(`/v1/explain?${new URLSearchParams({ of }).toString()}`, { as: "root" });
  t.like((await explain("@eve")).body, { standing: { id: "Alice:eve", kind: "deny", inForce: true } });
  t.like((await explain("(dstHost=10.0.0.2)")).body, {
    parts: [{ verdict: "deny", decidedBy: "Alice:eve" }, { verdict: "default" }],
  });
  t.is((await explain("nobody")).status, 404);
  t.is((await explain("(dstHots=1)")).status, 404);
});
