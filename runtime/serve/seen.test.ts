/**
 * Two speakers who may see nothing of each other (LIVE: speakers are not friends of each other): two worlds that differ
 * in what Eve did where Alice may not see it. Every byte that Alice gets, on every route, is the same in both.
 */
import { once } from "node:events";
import { connect } from "node:net";
import test, { type ExecutionContext } from "ava";
import { frontOf, type TestFront } from "./http/testing/front.ts";
import { replyText } from "./reply.ts";

const POLICY = `
default allow.
AddUser Alice. AddUser Eve. AddUser Mallory. AddUser Zoe.
NewShare lab for (srcHost=10.0.0.0/8) [deny = True, allow = True, reserve <= 10Mb, limit >= 1Mb] on rootShare.
NewShare aliceLab for (srcHost=10.0.0.0/24) [deny = True, allow = True, reserve <= 10Mb, limit >= 1Mb] on lab.
Grant aliceLab to Alice.
NewShare eveLab for (srcHost=10.0.0.0/16) [deny = True, allow = True, reserve <= 10Mb, limit >= 1Mb] on lab.
Grant eveLab to Eve.
`;

type World = readonly string[];

/** Of the same effect on Alice's flows: another label, another text, one beside, another time, other shares and grants. */
const ONE: World = [
  "@evesecret deny(srcHost=10.0.0.5, dstPort=22, transport=TCP) on eveLab.",
  "@eveflow reserve(srcHost=10.0.0.6, dstHost=10.0.0.99) = 8Mb on eveLab.",
  "@evelimit limit(srcHost=10.0.0.8) = 2Mb on eveLab.",
  "@evefar deny(srcHost=10.0.7.1) on eveLab.",
  "NewShare evebranch for (srcHost=10.0.9.0/24) [deny = True] on eveLab.",
  "Grant eveLab to Mallory.",
];
const OTHER: World = [
  "@eveother deny(srcHost=10.0.0.5, dstPort=22-23, transport=TCP) on eveLab.",
  "@evething reserve(srcHost=10.0.0.6, dstHost=10.0.0.99) = 8Mb on eveLab.",
  "@evecap limit(srcHost=10.0.0.8) = 2Mb on eveLab.",
  "@evenear deny(srcHost=10.0.5.1, dstHost=10.0.5.2) on eveLab.",
  "NewShare evetwig for (srcHost=10.0.8.0/24) [allow = True] on eveLab.",
  "Grant eveLab to Zoe.",
];

/** What Alice says and asks in words; each is also said over HTTP. */
const WORDS = [
  "allow(srcHost=10.0.0.5, dstPort=22, transport=TCP) on aliceLab.",
  "partial allow(srcHost=10.0.0.5, dstPort=22, transport=TCP) on aliceLab.",
  "@mine deny(srcHost=10.0.0.7, dstPort=80, transport=TCP) on aliceLab.",
  "reserve(srcHost=10.0.0.8, dstHost=10.0.0.99) = 5Mb on aliceLab.",
  "reserve(srcHost=10.0.0.9, dstHost=10.0.0.99) = 9Mb on aliceLab.",
  "deny(srcHost=10.0.0.5) on eveLab.",
  "deny(srcHost=10.0.0.5) on evebranch.",
  "deny(srcHost=10.0.0.5) on evetwig.",
  "deny(srcHost=10.0.0.5) on nosuchshare.",
  "Cancel evesecret.",
  "Cancel eveother.",
  // A name of Eve's that is nearer does not keep one of hers from being proposed.
  "@evesecrets deny(srcHost=10.0.0.7, dstPort=70, transport=TCP) on aliceLab.",
  "Cancel evesecre.",
  "NewShare evebranches for (srcHost=10.0.0.20) [deny = True] on aliceLab.",
  "deny(srcHost=10.0.0.20, dstPort=7, transport=TCP) on evebranche.",
  "ListRequests on evebranche.",
  "RemoveShare eveLab.",
  "Grant eveLab to Alice.",
  "NewShare eveLab for (srcHost=10.0.0.1) [deny = True] on aliceLab.",
  "ListShares.",
  "ListSharesByFlowGroup (srcHost=10.0.0.0/16).",
  "ListUsers.",
  "ListRequests.",
  "ListRequests on aliceLab.",
  "ListRequests on eveLab.",
  "ListRequests on evebranch.",
  "ListRequestsByFlowGroup (srcHost=10.0.0.0/8).",
  "GetSchedule aliceLab.",
  "GetSchedule eveLab.",
  "GetSchedule rootShare.",
  "GetSchedule evetwig.",
  "Available 5Mb for (srcHost=10.0.0.8, dstHost=10.0.0.99) on aliceLab.",
  "Available 5Mb for (srcHost=10.0.0.8, dstHost=10.0.0.99) on eveLab.",
  "begin. deny(srcHost=10.0.0.7, dstPort=81, transport=TCP) on aliceLab. allow(srcHost=10.0.0.5, dstPort=22, transport=TCP) on aliceLab. commit.",
] as const;

const GETS = [
  "/v1/shares",
  "/v1/requests",
  "/v1/requests?share=aliceLab",
  "/v1/requests?share=eveLab",
  "/v1/requests?share=evebranch",
  "/v1/schedule/aliceLab",
  "/v1/schedule/eveLab",
  "/v1/schedule/evetwig",
  "/v1/available?rate=5Mb&flows=(srcHost=10.0.0.8,dstHost=10.0.0.99)&share=aliceLab",
  "/v1/available?rate=5Mb&flows=(srcHost=10.0.0.8,dstHost=10.0.0.99)&share=eveLab",
  "/v1/explain?of=evesecret",
  "/v1/tokens",
  "/metrics",
  "/readyz",
  "/healthz",
  "/v1/openapi.json",
] as const;

test("every route that answers a question is asked in these worlds, and those of statements and events are", async (t) => {
  const { ask } = await frontOf(t);
  const { paths } = (await ask("/v1/openapi.json")).body as { paths: Readonly<Record<string, object>> };
  const asked = (list: readonly string[], path: string): boolean =>
    list.some((one) => new RegExp(`^${path.replaceAll(/\{\w+\}/g, "[^/?]+")}(?:\\?|$)`).test(one));
  const routes = Object.entries(paths).filter(([, of]) => "get" in of);
  t.true(routes.length > 8);
  for (const [path] of routes) {
    // A stream does not end: `eventsOf` reads it.
    if (path === "/v1/events") continue;
    t.true(asked(GETS, path), path);
    t.true(asked(EVES_GETS, path), path);
  }
});

/** The events of a speaker from one of hers to the one that holds these words, and the comment before them. */
function eventsOf({ port, tokens }: TestFront, until: string, as = "Alice", after = -1): Promise<string> {
  const socket = connect(port, "127.0.0.1").setEncoding("utf8");
  socket.write(
    `GET /v1/events?after=${after} HTTP/1.1\r\nHost: here\r\nAuthorization: Bearer ${tokens.get(as)!}\r\n\r\n`,
  );
  let all = "";
  return new Promise((resolve, reject) => {
    socket.on("error", reject).on("data", (text: string) => {
      all += text;
      if (!all.includes(until)) return;
      socket.destroy();
      resolve(all.slice(all.indexOf(": records")));
    });
  });
}

interface Got {
  readonly asked: string;
  readonly bytes: string;
}

/** All that Alice gets in a world, with what she asked. */
async function heardIn(t: ExecutionContext, world: World): Promise<readonly Got[]> {
  const front = await frontOf(t, { policy: POLICY });
  const { ask, say, server } = front;
  await ask("/v1/shares", { as: "Alice" });
  for (const text of world) {
    const { body } = await say(text, { as: "Eve" });
    t.true((body as { accepted: boolean }).accepted, text);
  }
  const got: Got[] = [];
  const keep = (asked: string, bytes: unknown): void =>
    void got.push({ asked, bytes: typeof bytes === "string" ? bytes : JSON.stringify(bytes) });
  for (const [i, text] of WORDS.entries()) {
    keep(`text ${text}`, replyText(await server.service.say({ text, by: "Alice", via: "unix" })));
    const http = await say(text);
    keep(`http ${text}`, [http.status, http.body]);
    for (const again of ["first", "again"]) {
      const { status, body } = await say(text, { headers: { "Idempotency-Key": `k${i}` } });
      keep(`${again} with a key: ${text}`, [status, body]);
    }
  }
  for (const path of GETS) {
    const { status, body } = await ask(path, { as: "Alice" });
    keep(path, [status, body]);
  }
  await say("@last deny(srcHost=10.0.0.7, dstPort=99, transport=TCP) on aliceLab.");
  keep("events", await eventsOf(front, "@last"));
  return got;
}

test("Alice gets the same bytes on every route, whatever Eve did where she may not see it", async (t) => {
  const [one, other] = [await heardIn(t, ONE), await heardIn(t, OTHER)];
  for (const [i, { asked, bytes }] of one.entries()) {
    t.is(bytes, other[i]!.bytes, asked);
    // Nor is there what only this world has and she did not say herself.
    const said = `${asked} ${WORDS.join(" ")}`;
    for (const word of ["evesecret", "eveother", "eveflow", "evelimit", "evefar", "evebranch", "Mallory"])
      if (!said.includes(word) && !/ListUsers/.test(asked)) t.false(bytes.includes(word), `${asked}: ${word}`);
  }
});

test("she hears that it does not fit, and of which kind the other request is; root hears all", async (t) => {
  const front = await frontOf(t, { policy: POLICY });
  await front.say(ONE[0]!, { as: "Eve" });
  const say = async (text: string, by: string): Promise<string> =>
    replyText(await front.server.service.say({ text, by, via: "unix" }));
  const alice = await say(WORDS[0], "Alice");
  t.regex(alice, /^False\n rejected: `allow` on `aliceLab` conflicts with requests of others \[conflict\]/);
  t.regex(alice, /blocked by deny on eveLab from \S+: another's request/);
  t.regex(alice, /for example: srcHost=10\.0\.0\.5/);
  t.regex(await say(WORDS[0], "root"), /False[^]*evesecret/);
  // Her own request is named as before.
  await say("@mine deny(srcHost=10.0.0.7, dstPort=80, transport=TCP) on aliceLab.", "Alice");
  t.regex(await say("allow(srcHost=10.0.0.7, dstPort=80, transport=TCP) on aliceLab.", "Alice"), /request `mine`/);
  t.regex(await say("Cancel evesecret.", "Alice"), /there is no standing request `evesecret`/);
  t.regex(await say("ListRequests.", "Eve"), /^1;\n evesecret/);
});

test("a share beside hers is listed whatever flows are asked for: its own are not found out by asking", async (t) => {
  const front = await frontOf(t, { policy: POLICY });
  await front.ask("/v1/shares", { as: "Alice" });
  const say = async (text: string, by = "Alice"): Promise<string> =>
    replyText(await front.server.service.say({ text, by, via: "unix" }));
  const asked = ["10.0.0.5", "10.0.9.9", "10.1.0.5", "192.168.0.1"].map((host) =>
    say(`ListSharesByFlowGroup (srcHost=${host}).`),
  );
  const besides = (await Promise.all(asked)).map((reply) => /^ eveLab\tlab\b/m.test(reply));
  t.deepEqual(besides, [true, true, true, true]);
  t.regex(await say("RemoveShare aliceLab."), /`Alice` does not speak for a share above `aliceLab`/);
});

const APART = `
default allow.
AddUser Alice. AddUser Eve.
NewShare aliceLab for (srcHost=10.0.0.0/24) [deny = True, allow = True, reserve <= 10Mb, limit >= 1Mb] on rootShare.
Grant aliceLab to Alice.
NewShare eveLab for (srcHost=10.1.0.0/24) [deny = True, allow = True, reserve <= 10Mb, limit >= 1Mb] on rootShare.
Grant eveLab to Eve.
@files deny(srcHost=10.1.0.99, dstPort=22, transport=TCP) on eveLab.
@hers deny(srcHost=10.0.0.99, dstPort=22, transport=TCP) on aliceLab.
`;

/** What Eve says and asks, of flows that are hers alone. */
const EVES = [
  "@one deny(srcHost=10.1.0.1, dstPort=1, transport=TCP) on eveLab.",
  "deny(srcHost=10.1.0.1, dstPort=2, transport=TCP) on eveLab.",
  "@one deny(srcHost=10.1.0.1, dstPort=3, transport=TCP) on eveLab.",
  "partial_ deny.",
  "begin. deny(srcHost=10.1.0.2, dstPort=1, transport=TCP) on eveLab. @two deny(srcHost=10.1.0.2, dstPort=2, transport=TCP) on eveLab. commit.",
  "begin. Cancel two. @two deny(srcHost=10.1.0.2, dstPort=4, transport=TCP) on eveLab. Cancel two. commit.",
  "allow(srcHost=10.1.0.1, dstPort=1-2, transport=TCP) on eveLab.",
  "allow(srcHost=10.1.0.1, dstPort=1-9, transport=TCP) partial on eveLab.",
  "@rate reserve(srcHost=10.1.0.8, dstHost=10.1.0.9) = 8Mb on eveLab.",
  "reserve(srcHost=10.1.0.8, dstHost=10.1.0.9) = 5Mb on eveLab.",
  "@cap limit(srcHost=10.1.0.7) = 2Mb on eveLab.",
  "limit(srcHost=10.1.0.7, dstPort=80, transport=TCP) = 5Mb on eveLab.",
  "reserve(srcHost=10.1.0.7, dstHost=10.1.0.9) = 5Mb on eveLab.",
  "@three deny(srcHost=10.1.0.3, dstPort=1, transport=TCP) on eveLab.",
  "Cancel three.",
  "Cancel three.",
  "Cancel four.",
  "Cancel fourr.",
  'Cancel "Alice:four".',
  'Cancel "Eve:cap".',
  "Cancel on.",
  "Cancel r1.",
  "Cancel r2.",
  "Cancel r3.",
  "Cancel r5.",
  "Cancel r900.",
  "Cancel files.",
  "@herz deny(srcHost=10.1.0.4, dstPort=9, transport=TCP) on eveLab.",
  "Cancel hers.",
  "@hers deny(srcHost=10.1.0.4, dstPort=1, transport=TCP) on eveLab.",
  '@"Alice:four" deny(srcHost=10.1.0.4, dstPort=2, transport=TCP) on eveLab.',
  '@"Eve:one" deny(srcHost=10.1.0.4, dstPort=3, transport=TCP) on eveLab.',
  '@"two words" deny(srcHost=10.1.0.4, dstPort=4, transport=TCP) on eveLab.',
  "allow(srcHost=10.1.0.4, dstPort=1-4, transport=TCP) on eveLab.",
  'Cancel "two words".',
  "@r77 deny(srcHost=10.1.0.5, dstPort=77, transport=TCP) on eveLab.",
  "deny(srcHost=10.0.0.1, dstPort=2, transport=TCP) on aliceLab.",
  "deny(srcHost=10.0.0.1, dstPort=2, transport=TCP) on eveLab.",
  "Grant eveLab to Mallory.",
  "AddUser Mallory.",
  "ListShares.",
  "ListUsers.",
  "ListRequests.",
  "ListRequests on eveLab.",
  "ListRequests on aliceLab.",
  "ListRequestsByFlowGroup (srcHost=10.0.0.0/8).",
  "GetSchedule eveLab.",
  "GetSchedule aliceLab.",
  "Available 5Mb for (srcHost=10.1.0.8, dstHost=10.1.0.9) on eveLab.",
  "Available 5Mb for (srcHost=10.1.0.7, dstHost=10.1.0.9) on eveLab.",
  "Explain one.",
  "Explain four.",
  "Cancel one.",
] as const;

const EVES_GETS = [
  "/v1/shares",
  "/v1/requests",
  "/v1/requests?share=eveLab",
  "/v1/requests?share=aliceLab",
  "/v1/schedule/eveLab",
  "/v1/schedule/aliceLab",
  "/v1/available?rate=5Mb&flows=(srcHost=10.1.0.7,dstHost=10.1.0.9)&share=eveLab",
  "/v1/explain?of=one",
  "/v1/tokens",
  "/metrics",
  "/readyz",
  "/healthz",
  "/v1/openapi.json",
  "/v1/events?after=900",
] as const;

/** What Alice says before each sentence of Eve's: the same names for other flows, some that Eve will use, and keys. */
const ALICES = (i: number): readonly string[] =>
  [
    `@${["one", "two", "three", "four", "cap", "rate", "r1", "r2", "files", "r900"][i % 10]!} deny(srcHost=10.0.0.${i}, dstPort=5, transport=TCP) on aliceLab.`,
    `deny(srcHost=10.0.0.${i}, dstPort=6, transport=TCP) on aliceLab.`,
    `Cancel ${["r3", "three", "one", "hers", "nobody"][i % 5]!}.`,
    `begin. @b${i} allow(srcHost=10.0.0.${i}, dstPort=7, transport=TCP) on aliceLab. deny(srcHost=10.0.0.${i}, dstPort=8, transport=TCP) on aliceLab. commit.`,
    "ListRequests.",
  ].slice(0, (i % 5) + 1);

/** All that Eve gets, beside an Alice who says much or who is silent. */
async function heardBeside(t: ExecutionContext, isSaying: boolean): Promise<readonly Got[]> {
  const front = await frontOf(t, { policy: APART });
  const { ask, say, server, pass } = front;
  await ask("/v1/shares", { as: "Eve" });
  const got: Got[] = [];
  const keep = (asked: string, bytes: unknown): void =>
    void got.push({ asked, bytes: typeof bytes === "string" ? bytes : JSON.stringify(bytes) });
  let accepted = 0;
  const alice = async (i: number): Promise<void> => {
    if (!isSaying) return;
    for (const text of ALICES(i)) {
      await say(text, { headers: { "Idempotency-Key": `k${i % 7}` } });
      const { body } = await say(text);
      if ((body as { accepted?: boolean }).accepted === true) accepted++;
    }
  };
  for (const [i, text] of EVES.entries()) {
    await alice(i);
    pass(1);
    keep(`text ${text}`, replyText(await server.service.say({ text, by: "Eve", via: "unix" })));
    await alice(i + 1);
    const http = await say(text, { as: "Eve" });
    keep(`http ${text}`, [http.status, http.body]);
    for (const again of ["first", "again"]) {
      const { status, body } = await say(text, { as: "Eve", headers: { "Idempotency-Key": `k${i}` } });
      keep(`${again} with a key: ${text}`, [status, body]);
    }
  }
  const other = await say("ListUsers.", { as: "Eve", headers: { "Idempotency-Key": "k0" } });
  keep("another body with a key", [other.status, other.body]);
  for (const path of EVES_GETS) {
    const { status, body } = await ask(path, { as: "Eve" });
    keep(path, [status, body]);
  }
  await say("@last deny(srcHost=10.1.0.77, dstPort=99, transport=TCP) on eveLab.", { as: "Eve" });
  for (const after of [-1, 0, 1, 5, 20]) keep(`events after ${after}`, await eventsOf(front, "@last", "Eve", after));
  t.true(isSaying ? accepted > 50 : accepted === 0);
  return got;
}

test("Eve gets the same bytes on every route, whether Alice says anything or not", async (t) => {
  const [silent, saying] = [await heardBeside(t, false), await heardBeside(t, true)];
  t.is(silent.length, saying.length);
  for (const [i, { asked, bytes }] of silent.entries()) t.is(saying[i]!.bytes, bytes, asked);
  const accepted = silent.filter(({ bytes }) => /^True|"accepted":true/.test(bytes)).length;
  t.true(accepted > 30, `${accepted}`);
});

/** What Eve is told of beginnings and ends, beside an Alice whose requests of the same names begin and end with hers. */
async function toldBeside(t: ExecutionContext, isSaying: boolean): Promise<string> {
  const front = await frontOf(t, { policy: APART });
  await front.ask("/v1/shares", { as: "Eve" });
  front.server.start();
  const times = ["from +2s to +9s", "from +3s to +9s", "from +3s to +20s"];
  for (const [i, when] of times.entries())
    for (const [as, share, host] of [
      ["Alice", "aliceLab", "10.0.0"],
      ["Eve", "eveLab", "10.1.0"],
    ] as const) {
      if (as === "Alice" && !isSaying) continue;
      const label = i === 1 ? "" : `@one${i} `;
      const { body } = await front.say(`${label}deny(srcHost=${host}.${i}) on ${share} ${when}.`, { as });
      t.true((body as { accepted: boolean }).accepted);
    }
  const socket = connect(front.port, "127.0.0.1").setEncoding("utf8");
  t.teardown(() => socket.destroy());
  const token = front.tokens.get("Eve")!;
  socket.write(`GET /v1/events?after=3 HTTP/1.1\r\nHost: here\r\nAuthorization: Bearer ${token}\r\n\r\n`);
  let all = "";
  const heard = async (kind: string, count: number): Promise<void> => {
    while (all.split(kind).length <= count) all += ((await once(socket, "data")) as [string])[0];
  };
  await heard(": records follow after 3", 1);
  front.pass(5);
  await heard("event: begin", 3);
  front.pass(5);
  await heard("event: end", 2);
  // Pieces of a stream are as long as they happen to be.
  return [...all.matchAll(/^(?:: |event: |id: |data: ).*$/gm)].map(([line]) => line).join("\n");
}

test("Eve is told of what begins and ends in the same bytes, whether Alice's does or not", async (t) => {
  const [silent, saying] = [await toldBeside(t, false), await toldBeside(t, true)];
  t.is(saying, silent);
  t.deepEqual(
    [...silent.matchAll(/^event: (\w+)\ndata: .*?"request":"(\w+)"/gm)].map(([, kind, name]) => `${kind!} ${name!}`),
    ["begin one0", "begin r2", "begin one2", "end one0", "end r2"],
  );
});
