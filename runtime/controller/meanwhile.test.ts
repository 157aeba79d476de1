/**
 * Programs that are not ours change a real switch between reading and sending. An apply that has sent its change tells
 * what then differs from the policy. Hosts' own frames show that it does.
 */
import type { ExecutionContext } from "ava";
import type { Lab } from "../lab/lab.ts";
import { switchTest, trafficTest } from "../lab/test.ts";
import { fromOvs } from "../../compiler/table/text.ts";
import { cookieOf } from "../../compiler/table/cookie.ts";
import type { Table } from "../../compiler/table/entry.ts";
import { apply, type ApplyResult } from "./index.ts";
import { until } from "../lab/until.ts";
import type { Message } from "../openflow/index.ts";
import { proxy } from "./testing/proxy.ts";
import { besidesDatabase } from "./testing/results.ts";

function table(...lines: readonly string[]): Table {
  const read = fromOvs(lines.join("\n"));
  if ("errors" in read) throw new Error(JSON.stringify(read.errors));
  return { entries: read.entries.map((entry, i) => ({ ...entry, cookie: cookieOf(`${i} ${entry.priority}`) })) };
}

const BOB = "priority=3,ip,nw_dst=10.0.0.4 actions=drop";
const OTHER = "priority=3,ip,nw_dst=10.9.9.9 actions=drop";
const PASS = "priority=0 actions=NORMAL";

/** So many entries that they are not read back whole where the switch tells that nobody else changes them. */
const MANY = Array.from({ length: 1_200 }, (_, i) => `priority=3,ip,nw_dst=10.7.${i >> 8}.${i & 255} actions=drop`);

const CHANGES = [
  ["changes a deny", "mod-flows", ["ip,nw_dst=10.0.0.4,actions=NORMAL"], ["E959"], true],
  [
    "gives a deny an end",
    "add-flow",
    ["COOKIE,priority=3,hard_timeout=60,ip,nw_dst=10.0.0.4,actions=drop"],
    ["E959"],
    false,
  ],
  ["lets pass what is denied", "add-flow", ["priority=9,icmp,actions=NORMAL"], ["E994"], true],
  ["removes a deny", "del-flows", ["ip,nw_dst=10.0.0.4"], ["E959"], true],
  ["only drops", "add-flow", ["priority=9,udp,actions=drop"], [], false],
] as const;

for (const [what, command, words, codes, opens] of CHANGES)
  for (const [where, end, rest, monitors] of [
    ["", "", [], true],
    [" that ends", "hard_timeout=600,", [], true],
    [" among 1,200", "", MANY, true],
    [" among 1,200 of a switch that tells no changes", "", MANY, false],
  ] as const) {
    if (!monitors && opens && command !== "mod-flows") continue;
    // Large tables one by one: a busy machine would take the seconds of what ends.
    (rest.length > 0 ? trafficTest : switchTest)(
      `another program that ${what}${where} before an apply commits`,
      async (t, start) => {
        const lab = await start();
        const deny = end + BOB;
        // Both tables are of one time, however long the machine takes from one to the other.
        const begun = performance.now();
        const elapsed = (): number => (performance.now() - begun) / 1000;
        const first = await apply(lab.mgmt, table(PASS, deny, ...rest), { takeOver: true, elapsed });
        t.is(first.outcome, "applied");
        t.false(await reachesBob(lab));
        const cookie = /cookie=0x[0-9a-f]+(?=[^\n]*10\.0\.0\.4)/.exec(await lab.dump())![0];
        let done = false;
        const slow = await proxy(t, lab.mgmt, {
          monitors,
          pause: async (message) => {
            if (done || message.type !== "bundle_control" || message.control !== "open_request") return;
            done = true;
            await lab.ofctl(
              command,
              words.map((word) => word.replace("COOKIE", cookie)),
            );
          },
        });
        const result = await apply(slow.target, table(PASS, deny, OTHER, ...rest), { elapsed });
        t.true(done);
        // A deny with an end may get another one: which is right is told by the clock alone, at the next apply.
        const expected = end !== "" && what.startsWith("gives") ? [] : codes;
        t.deepEqual(
          result.diagnostics.map(({ code }) => code).filter((code) => code.startsWith("E")),
          expected,
        );
        if (expected.length > 0) t.like(result, { outcome: "failed", state: "changed" });
        t.is(await reachesBob(lab), opens);
      },
    );
  }

/** Messages before which another program acts: of a bundle, of reading back (the first time is before the change), of stages. */
const MOMENTS = [
  ["before a bundle", true, (one: Message) => one.type === "bundle_control"],
  ["before it reads back", true, (one: Message) => one.type === "multipart_request" && one.part.body.kind === "flow"],
  ["among the stages", false, (one: Message) => one.type === "flow_mod"],
] as const;

for (const [what, words] of [
  ["drops everything", "priority=9,actions=drop"],
  ["lets on what is let on", "priority=9,ip,nw_dst=10.0.0.2,actions=NORMAL"],
] as const)
  for (const [when, bundles, isMoment] of MOMENTS)
    switchTest(`an entry of others that ${what} is told of where it comes ${when}`, async (t, start) => {
      const lab = await start();
      t.is((await apply(lab.mgmt, table(PASS, BOB), { takeOver: true })).outcome, "applied");
      await lab.ofctl("add-flow", ["priority=7,udp,actions=drop"]);
      let [seen, done] = [0, false];
      const slow = await proxy(t, lab.mgmt, {
        bundles,
        pause: async (message) => {
          if (done || !isMoment(message) || (message.type === "multipart_request" && ++seen < 2)) return;
          done = true;
          await lab.ofctl("add-flow", [words]);
        },
      });
      const result = await apply(slow.target, table(PASS, BOB, OTHER));
      t.true(done);
      t.is(result.outcome, "applied");
      const told = result.diagnostics.flatMap(({ code, message }) => (code === "W950" ? [message] : []));
      t.regex(told.join(), /holds 2 entries of others in our tables$/);
      t.is("foreign" in result ? result.foreign.length : 0, 2);
    });

/** What comes while an apply finds that it has nothing to send, and what that apply is to say. */
const BESIDES = [
  ["removes a deny", (lab: Lab) => lab.ofctl("del-flows", ["ip,nw_dst=10.0.0.4"]), [], 1],
  ["changes a deny", (lab: Lab) => lab.ofctl("mod-flows", ["ip,nw_dst=10.0.0.4,actions=NORMAL"]), [], 1],
  ["lets pass what is denied", (lab: Lab) => lab.ofctl("add-flow", ["priority=9,icmp,actions=NORMAL"]), ["E994"], 0],
  ["only drops", (lab: Lab) => lab.ofctl("add-flow", ["priority=9,udp,actions=drop"]), ["W950"], 0],
] as const;

for (const [rest, monitors, size] of [
  [[], true, ""],
  [MANY, true, " of 1,200"],
  [MANY, false, " of 1,200, on a switch that tells no changes"],
] as const) {
  const scenario = rest.length > 0 ? trafficTest : switchTest;
  /** Applies what is there, while something happens before it ends. */
  const meanwhile = async (t: ExecutionContext, lab: Lab, happens: () => Promise<unknown>): Promise<ApplyResult> => {
    t.is((await apply(lab.mgmt, table(PASS, BOB, ...rest), { takeOver: true })).outcome, "applied");
    let [reads, done] = [0, false];
    const slow = await proxy(t, lab.mgmt, {
      monitors,
      pause: async (message) => {
        if (message.type !== "multipart_request") return;
        const { kind } = message.part.body;
        // A large table on a switch that tells changes is not read again, so it happens before the meters are read.
        const isLate = rest.length > 0 && monitors ? kind === "meter_config" : kind === "flow" && ++reads === 2;
        if (done || !isLate) return;
        done = true;
        await happens();
      },
    });
    const result = await apply(slow.target, table(PASS, BOB, ...rest));
    t.true(done);
    return result;
  };
  for (const [what, change, codes, added] of BESIDES)
    scenario(`an apply that has nothing to send${size} hears of another program that ${what}`, async (t, start) => {
      const lab = await start();
      const result = await meanwhile(t, lab, () => change(lab));
      t.deepEqual(
        codesOf(result).filter((code) => code !== "W957"),
        codes,
      );
      t.is(result.outcome, codes.includes("E994" as never) ? "failed" : "applied");
      if (result.outcome === "applied") t.is(result.added + result.replaced, added);
      t.is(await reachesBob(lab), codes.includes("E994" as never));
    });
  scenario(`an apply that has nothing to send${size} hears of another apply`, async (t, start) => {
    const lab = await start();
    const result = await meanwhile(t, lab, () => apply(lab.mgmt, table(PASS, BOB, OTHER, ...rest)));
    t.like(result, { outcome: "applied", superseded: true });
    t.true(codesOf(result).includes("W958"));
  });
}

const reachesBob = (lab: Lab): Promise<boolean> => lab.ping("alice", "bob", { timeout: 500 });

trafficTest("a large table that nobody else changes is not read whole a second time", async (t, start) => {
  const lab = await start();
  const first = await apply(lab.mgmt, table(PASS, BOB, ...MANY), { takeOver: true });
  t.is(first.outcome, "applied");
  let number = 0;
  for (const [how, monitors, change, reads] of [
    ["alone", true, [], 1],
    ["an entry of others that is over", true, ["priority=7,icmp,hard_timeout=1,actions=drop"], 1],
    ["not alone", true, ["priority=9,udp,actions=drop"], 2],
    ["a switch that tells no changes", false, [], 2],
  ] as const) {
    // What ends while the apply runs stood before it.
    if (how.endsWith("over")) await lab.ofctl("add-flow", change);
    let [whole, done] = [0, false];
    const slow = await proxy(t, lab.mgmt, {
      monitors,
      pause: async (message) => {
        if (message.type === "multipart_request") {
          const { body } = message.part;
          if (body.kind === "flow" && body.cookieMask === 0n) whole++;
        }
        if (done || message.type !== "bundle_control") return;
        done = true;
        if (how === "not alone") await lab.ofctl("add-flow", change);
        if (how.endsWith("over")) t.true(await until(async () => !(await lab.dump()).includes("icmp")));
      },
    });
    const result = await apply(slow.target, table(PASS, BOB, ...MANY, OTHER.replace("10.9.9.9", `10.9.9.${++number}`)));
    t.is(result.outcome, "applied", how);
    t.is(whole, reads, how);
  }
});

trafficTest("what is not read back of a very large change is said", async (t, start) => {
  const lab = await start();
  const many = Array.from({ length: 20_100 }, (_, i) => `priority=3,ip,nw_dst=10.7.${i >> 8}.${i & 255} actions=drop`);
  const first = await apply(lab.mgmt, table(PASS, ...many), { takeOver: true });
  t.deepEqual(codesOf(first), []);
  const half = many.map((line, i) => (i % 2 === 0 ? line.replace("10.7", "10.8") : line));
  const second = await apply(lab.mgmt, table(PASS, ...half));
  t.deepEqual(codesOf(second), ["N998"]);
  t.regex(second.diagnostics.find(({ code }) => code === "N998")!.message, /^of \d{5} statements .* of 2000 were read/);
  // Its remedy shows what differs, and that is nothing.
  t.like(await apply(lab.mgmt, table(PASS, ...half), { dryRun: true }), { added: 0, replaced: 0, deleted: 0 });
});

const codesOf = (result: ApplyResult): readonly string[] => besidesDatabase(result).map(({ code }) => code);
