/**
 * Fragments under policies at random (NETWORK, "Fragments"): users, places, addresses, transports, ports and ICMP types,
 * with `except`, `or`, `not` and `pass`, under both `default fragments`. Real frames of both families, whole, first and
 * later, pass just where a judge by brute force says so.
 */
import fc from "fast-check";
import type { Table } from "../../compiler/table/entry.ts";
import { switchTest, type SwitchBody } from "./test.ts";
import { Burst } from "./testing/burst.ts";
import { FRAMES, passes, stories, treatments, type Frame, type Story } from "./testing/fragment-law.ts";
import { compiled, install } from "./testing/user-frames.ts";

const SEED = Number(process.env["GLAZIER_SEED"] ?? 1);
const COUNT = Number(process.env["GLAZIER_FRAGMENTS"] ?? 40);
const HOSTS = ["alice", "eve", "bob"];

const SENT = FRAMES.map(({ sender, bytes }) => ({ from: HOSTS[sender]!, bytes }));

/** A switch with hosts that send all at once. */
async function senders(...[t, start]: Parameters<SwitchBody>) {
  const lab = await start({ name: "fragments" });
  const burst = new Burst(lab.hosts);
  t.teardown(() => burst.close());
  return { lab, burst };
}

/** The table of a story; undefined: it says nothing, or the same twice. */
function tableOf({ text }: Story): ReturnType<typeof compiled>["table"] | undefined {
  try {
    return compiled(text).table;
  } catch {
    return undefined;
  }
}

const FACTS = [1, 2, 3].map((n) => `host_ip(h${n}, 10.0.0.${n + 1}). host_ip(h${n}, 2001:db8::${n + 1}).`).join("\n");
const USERS = HOSTS.map((user, i) => `user_host("${user}", h${i + 1}).`).join(" ");
const shows = ({ cut }: Frame): boolean => cut === "no";

/** Statements in several parts, and the fragments that they do not hold. */
const NAMED: readonly (readonly [statement: string, held: (frame: Frame) => boolean])[] = [
  [
    "policy p on share rootShare as root ordered { pass <= dstUser=alice, srcUser=eve, transport=tcp. allow. }",
    (one) =>
      one.sender === 1 && one.receiver === 0 && (one.protocol === 6 || (one.family === 6 && one.cut === "later")),
  ],
  [
    "@q allow((*) except (inPort=2, user=eve, dstPort=80)) on rootShare.",
    (one) =>
      one.sender === 1 &&
      ((one.family === 6 && one.cut === "later") || (one.protocol === 17 && !shows(one)) || one.protocol === 6),
  ],
  ["@q allow((transport=TCP) or (transport!=TCP)) on rootShare.", () => false],
  [
    "@q allow(transport=TCP) on rootShare. @r allow(transport!=TCP) on rootShare.",
    (one) => one.family === 6 && one.cut === "later",
  ],
  [
    "@q allow((transport=UDP, srcPort=0-99) or (transport=UDP, srcPort=100-65535)) on rootShare.",
    (one) => one.protocol !== 17 || (one.family === 6 && one.cut === "later"),
  ],
];

switchTest("a statement in several parts holds the fragments that are surely of its flows", async (t, start) => {
  const { lab, burst } = await senders(t, start);
  for (const [statement, held] of NAMED) {
    await install(lab, compiled(`default deny. ${FACTS} ${USERS} ${statement}`).table);
    const heard = await burst.send(SENT);
    const wrong = FRAMES.filter((frame, i) => (heard[i]!.length === 0) !== held(frame));
    t.deepEqual(
      wrong.map(({ name }) => name),
      [],
      statement,
    );
  }
});

/** A wide statement that another one cuts for a part of its time, and whether it holds each fragment to bob while it does not. */
const SHARES =
  "NewShare A for (*) [allow=True, deny=True] on rootShare. NewShare B for (*) [allow=True, deny=True] on rootShare.";
const CUT: readonly (readonly [statements: string, holds: "allow" | "deny"])[] = [
  ["default allow. default fragments allow.", "deny"],
  ["default deny.", "allow"],
].flatMap(([head, kind]) =>
  ["transport=TCP, dstPort=1000-2000", "transport=UDP, dstPort!=80", "icmpType=8", "transport=TCP"].flatMap((hole) => {
    const other = kind === "allow" ? "deny" : "allow";
    const wide = `${kind}((dstHost=10.0.0.4) or (dstHost=2001:db8::4)) partial on A`;
    return ["from +1h", "from +1h to +2h"].map(
      (time) =>
        [`${head} ${SHARES} @later ${other}(${hole}) on B ${time}. @d ${wide}.`, kind as "allow" | "deny"] as const,
    );
  }),
);

switchTest("a grant that is cut for a part of its time holds its fragments before", async (t, start) => {
  const { lab, burst } = await senders(t, start);
  for (const [text, kind] of CUT) {
    await install(lab, compiled(text).table);
    const heard = await burst.send(SENT);
    const wrong = FRAMES.filter(
      ({ receiver }, i) => heard[i]!.length > 0 !== (receiver === 2 ? kind === "allow" : kind === "deny"),
    );
    t.deepEqual(
      wrong.map(({ name }) => name),
      [],
      text,
    );
  }
});

/** A table that drops what passes a meter or is queued, so that frames show it. */
const dropping = (table: Table): Table => ({
  entries: table.entries.map((entry) => {
    const treats = entry.instructions.some(
      (one) => one.kind === "meter" || (one.kind === "apply" && one.actions.some(({ kind }) => kind === "set_queue")),
    );
    return treats ? { ...entry, instructions: [] } : entry;
  }),
});

for (const [title, all, shown] of [
  ["fragments of random policies pass where brute force says so", stories, (table: Table) => table],
  ["fragments of random limits and reservations are treated where brute force says so", treatments, dropping],
] as const)
  switchTest(title, async (t, start) => {
    t.timeout(60_000 + COUNT * 10_000);
    const { lab, burst } = await senders(t, start);
    const seen = { compiled: 0, passed: 0, held: 0 };
    for (const story of fc.sample(all, { numRuns: COUNT, seed: SEED })) {
      const table = tableOf(story);
      if (table === undefined) continue;
      seen.compiled++;
      await install(lab, shown(table));
      const heard = await burst.send(SENT);
      const wrong = FRAMES.flatMap((frame, i) => {
        const passed = heard[i]!.length > 0;
        seen[passed ? "passed" : "held"]++;
        const right = passes(story, frame);
        return right === undefined || passed === right ? [] : [`${frame.name} ${passed ? "passed" : "was held"}`];
      });
      t.deepEqual(wrong, [], story.text);
    }
    t.true(seen.compiled > COUNT / 2 && seen.passed > COUNT * 20 && seen.held > COUNT * 20, JSON.stringify(seen));
  });
