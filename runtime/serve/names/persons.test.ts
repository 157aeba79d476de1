/** Who is added under a removed user's name is another person: she gets the same bytes, whatever that one said. */
import { connect } from "node:net";
import test, { type ExecutionContext } from "ava";
import { MemoryStore } from "../../log/testing/memory.ts";
import { frontOf, type TestFront } from "../http/testing/front.ts";
import { live, snapshotFolder, type Life } from "../testing/lives.ts";

const POLICY = `
default allow.
AddUser Alice.
NewShare oneAC for (dstHost=10.0.0.1) [deny = True] on rootShare. Grant oneAC to Alice.
NewShare twoAC for (dstHost=10.0.0.2) [deny = True] on rootShare.
`;

/** What the first one of the name says, with keys of hers. */
const FORMER = [
  "@mine deny(dstHost=10.0.0.1, dstPort=1, transport=TCP) on oneAC.",
  "deny(dstHost=10.0.0.1, dstPort=2, transport=TCP) on oneAC.",
  "@gone deny(dstHost=10.0.0.1, dstPort=3, transport=TCP) on oneAC.",
  "Cancel gone.",
  "@later deny(dstHost=10.0.0.1, dstPort=4, transport=TCP) on oneAC from +5s to +9s.",
];

/** What the second one says. */
const LATTER = [
  "ListRequests.",
  "Cancel mine.",
  'Cancel "Zoe:nothing".',
  "Cancel r1.",
  "@mine deny(dstHost=10.0.0.1, dstPort=1, transport=TCP) on oneAC.",
  "@mine deny(dstHost=10.0.0.2, dstPort=1, transport=TCP) on twoAC.",
  "deny(dstHost=10.0.0.2, dstPort=2, transport=TCP) on twoAC.",
  "@gone deny(dstHost=10.0.0.2, dstPort=3, transport=TCP) on twoAC.",
  "ListRequests.",
  "Cancel r2.",
  "Cancel mine.",
  "Cancel mine.",
  "ListUsers.",
  "@last deny(dstHost=10.0.0.2, dstPort=4, transport=TCP) on twoAC.",
];

/** The second one of a name comes. */
async function comes(front: TestFront): Promise<void> {
  for (const text of ["AddUser Zoe.", "Grant twoAC to Zoe."]) await front.say(text, { as: "root" });
  front.tokens.delete("Zoe");
  await front.tokenOf("Zoe");
}

const key = (i: number): Record<string, string> => ({ "Idempotency-Key": `k${i}` });

/** All events of a speaker up to one that holds these words, and those that come while a time passes. */
function eventsOf({ port, tokens, pass }: TestFront, until: string): Promise<string> {
  const socket = connect(port, "127.0.0.1").setEncoding("utf8");
  socket.write(`GET /v1/events?after=-1 HTTP/1.1\r\nHost: here\r\nAuthorization: Bearer ${tokens.get("Zoe")!}\r\n\r\n`);
  let all = "";
  let hasPassed = false;
  return new Promise((resolve, reject) => {
    socket.on("error", reject).on("data", (text: string) => {
      all += text;
      if (!hasPassed && all.includes("@last")) {
        hasPassed = true;
        pass(20);
      }
      if (!all.includes(until)) return;
      socket.destroy();
      // Pieces of a stream are as long as they happen to be.
      resolve([...all.matchAll(/^(?:: |event: |id: |data: ).*$/gm)].map(([line]) => line).join("\n"));
    });
  });
}

async function heard(t: ExecutionContext, isSaying: boolean, restarts: boolean): Promise<readonly string[]> {
  const store = new MemoryStore();
  let front = await frontOf(t, { store, policy: POLICY });
  for (const text of ["AddUser Zoe.", "Grant oneAC to Zoe."]) await front.say(text, { as: "root" });
  const said = isSaying ? FORMER : [];
  for (const [i, text] of said.entries()) {
    const { body } = await front.say(text, { as: "Zoe", headers: key(i) });
    t.like(body, { accepted: true }, text);
  }
  await front.say("RemoveUser Zoe.", { as: "root" });
  if (restarts) {
    await front.stop();
    front = await frontOf(t, { store, policy: POLICY });
  }
  await comes(front);
  if (restarts) {
    const tokens = front.tokens;
    await front.stop();
    front = await frontOf(t, { store, policy: POLICY });
    for (const [name, token] of tokens) front.tokens.set(name, token);
  }
  front.server.start();
  const got: string[] = [];
  const keep = (asked: string, { status, body }: { readonly status: number; readonly body: unknown }): void =>
    void got.push(`${asked}: ${status} ${JSON.stringify(body)}`);
  // With the keys of the first one, of which some have the same words.
  const all = [...FORMER.slice(0, 2), "Cancel mine.", ...LATTER];
  for (const [i, text] of all.entries()) keep(text, await front.say(text, { as: "Zoe", headers: key(i) }));
  await front.say("@soon deny(dstHost=10.0.0.2, dstPort=5, transport=TCP) on twoAC from +5s to +9s.", { as: "Zoe" });
  keep("/v1/requests", await front.ask("/v1/requests", { as: "Zoe" }));
  got.push(`events: ${await eventsOf(front, '"request":"soon"')}`);
  const { body } = await front.say("ListRequests.", { as: "root" });
  if (isSaying) t.regex(JSON.stringify(body), /"Zoe:mine".*"Zoe:r2".*"Zoe:2:r9".*"Zoe:2:gone"/, "to root they are two");
  await front.stop();
  return got;
}

for (const restarts of [false, true])
  test(`who is added under a removed user's name gets the same bytes, whatever that one said${restarts ? ", over restarts" : ""}`, async (t) => {
    const [silent, saying] = [await heard(t, false, restarts), await heard(t, true, restarts)];
    t.is(saying.length, silent.length);
    for (const [i, one] of silent.entries()) t.is(saying[i], one);
    const all = silent.join("\n");
    t.regex(all, /accepted":true[^\n]*"id":"r9"/, "her numbers begin anew: it is her ninth that is recorded");
    t.notRegex(all, /Zoe:(?:\d|mine|r\d|gone|later)/);
  });

/** What the second one and root read of a life. */
async function seen(life: Life): Promise<readonly string[]> {
  return [
    await life.say("ListRequests.", "Zoe"),
    await life.say("ListRequests."),
    await life.say("Cancel one.", "Zoe"),
  ];
}

test("whose a request is follows from a snapshot, from records, and from a shortened log under another policy", async (t) => {
  const lives = async (policy: string, retention: number | undefined, take: boolean): Promise<readonly string[]> => {
    const [store, folder] = [new MemoryStore(), snapshotFolder(t)];
    const more = retention === undefined ? {} : { retention: { records: retention, seconds: 0 } };
    const life = await live(t, store, POLICY, folder, more);
    const say = async (text: string, by?: string): Promise<void> => {
      t.regex(await life.say(text, by), /^True/, text);
    };
    for (const text of ["AddUser Zoe.", "Grant oneAC to Zoe."]) await say(text);
    // Of two statements in one a shortened log keeps no names: they follow from who said it.
    await say(
      "begin. @one deny(dstHost=10.0.0.1, dstPort=1, transport=TCP) on oneAC. @two deny(dstHost=10.0.0.1, dstPort=2, transport=TCP) on oneAC. commit.",
      "Zoe",
    );
    for (const text of ["RemoveUser Zoe.", "AddUser Zoe.", "Grant twoAC to Zoe."]) await say(text);
    if (take) await life.keeper.take();
    await say(
      "begin. @two deny(dstHost=10.0.0.2, dstPort=3, transport=TCP) on twoAC. deny(dstHost=10.0.0.2, dstPort=4, transport=TCP) on twoAC. commit.",
      "Zoe",
    );
    for (let i = 0; i < 4; i++)
      await say(`@a${i} deny(dstHost=10.0.0.1, dstPort=${i}, transport=TCP) on oneAC.`, "Alice");
    if (take) await life.keeper.take();
    if (retention !== undefined) t.true(store.first > 0);
    const later = await live(t, store, policy, folder, more);
    t.deepEqual(later.notices, []);
    const got = await seen(later);
    t.is(later.started.journal.nextOf("Zoe"), 3, "one of hers, and what she said of `one`");
    await later.started.rebuild();
    t.regex(await later.say("Cancel two.", "Zoe"), /^True/);
    return got;
  };
  const [hers, roots, cancelled] = await lives(POLICY, undefined, false);
  t.regex(hers!, /^2;\n[^]*two\t[^]*r1_2\t/);
  t.regex(roots!, /Zoe:one\t[^]*Zoe:two\t[^]*Zoe:2:two\t[^]*Zoe:2:r1_2\t/);
  t.regex(cancelled!, /unknown-request/);
  const another = `${POLICY}AddUser Carol.\n`;
  for (const [policy, retention, take] of [
    [POLICY, undefined, true],
    [another, undefined, false],
    [POLICY, 3, true],
    [another, 3, true],
  ] as const)
    t.deepEqual(await lives(policy, retention, take), [hers, roots, cancelled], `${policy === another} ${retention}`);
});
