/**
 * The proof along a timeline: a fault that comes about at a later instant is found at that instant, or said to be open.
 * A live table is proven so after each of its changes (NETWORK, "Forward").
 */
import test from "ava";
import { fc, NOW, RULES } from "../admission/testing/networks.ts";
import { decide } from "../decide.ts";
import type { DerivedRule } from "../derived/rule.ts";
import { fromOvs, LiveTable, sortEntries } from "../lowering/index.ts";
import { topology } from "../paths/index.ts";
import { diff } from "../plan/index.ts";
import type { Table } from "../table/entry.ts";
import { compileStory, stories, textOf } from "../semantics/testing/frame-stories.ts";
import { tableFaults } from "./network.ts";
import { ProofOverTime } from "./over-time.ts";

const RUNS = Number(process.env["GLAZIER_RUNS"] ?? 60);

const table = (...lines: readonly string[]): Table => {
  const read = fromOvs(lines.map((line) => `cookie=0x1,${line}`).join("\n"));
  if ("errors" in read) throw new Error(JSON.stringify(read.errors));
  return { entries: sortEntries(read.entries) };
};

const ONE = topology({ users: [], userHosts: [], hosts: new Map(), switches: new Map(), links: [], portRates: [] });
const FIRST = "table=1,priority=5,in_port=1 actions=output:2";
const OTHER = "table=1,priority=5,dl_dst=02:00:00:00:00:01 actions=output:3";

/** The codes at each instant of a switch that has these tables one after the other. */
function alongTime(tables: readonly Table[], budget?: number): readonly (readonly string[])[] {
  const proof = new ProofOverTime(ONE, budget);
  return tables.map((now, i) => {
    const then = { tables: () => new Map([["", now]]), rules: () => [] };
    const before = tables[i - 1];
    const found = before === undefined ? proof.begin(0, then) : proof.next(i, new Map([["", diff(before, now)]]), then);
    return found.map(({ code }) => code);
  });
}

test("an entry that begins later beside one that stands, and does something else, is found when it begins", (t) => {
  const high = OTHER.replace("=5", "=6");
  t.deepEqual(alongTime([table(FIRST), table(FIRST, high), table(FIRST, high, OTHER)]), [[], [], ["E905"]]);
  t.deepEqual(alongTime([table(FIRST, high), table(FIRST), table(OTHER)]), [[], [], []]);
  t.deepEqual(alongTime([table(FIRST, OTHER), table(FIRST)]), [["E905"], []]);
});

test("a tag that ends lets two entries hold one packet that stood apart by it", (t) => {
  const tag = "table=0,priority=33,dl_type=0x800,nw_proto=6 actions=write_metadata:0x1/0x1,goto_table:1";
  const by = "table=1,priority=1,metadata=0x0/0x1,dl_type=0x800,nw_dst=10.0.0.1 actions=output:2";
  const plain = "table=1,priority=1,dl_type=0x800,nw_proto=6 actions=output:3";
  t.deepEqual(alongTime([table(tag, by, plain), table(by, plain)]), [[], ["E905"]]);
});

test("where the budget ends the answer says so once, and what ends needs no proof", (t) => {
  const more = (n: number): Table =>
    table(...Array.from({ length: n }, (_, i) => FIRST.replace("port=1", `port=${i + 1}`)));
  t.deepEqual(alongTime([more(4), more(5), more(6), more(7), more(8), more(3)], 8), [[], [], ["N837"], [], [], []]);
  t.deepEqual(alongTime([more(4), more(3), more(2), more(1)], 1), [[], [], [], []]);
});

test("of one switch the whole table is asked for once, and its plans are followed from then on", (t) => {
  const more = (n: number): Table =>
    table(...Array.from({ length: n }, (_, i) => FIRST.replace("port=1", `port=${i + 1}`)));
  let asked = 0;
  const proof = new ProofOverTime(ONE);
  const then = { tables: () => (asked++, new Map([["", more(2)]])), rules: () => [] };
  t.deepEqual(proof.begin(0, then), []);
  t.deepEqual(proof.next(1, new Map([["", diff(more(2), more(40))]]), then), []);
  t.deepEqual(proof.next(2, new Map([["", diff(more(40), more(1))]]), then), []);
  const [found] = proof.next(3, new Map([["", diff(more(1), table(FIRST, OTHER))]]), then);
  t.is(found?.code, "E905");
  t.is(asked, 1);
});

test("on one switch what two boxes give back goes round from the instant at which entries send to their ports", (t) => {
  const text = `default allow. switch(s1, 1). host_at(a, s1, 1). host_mac(a, 02:00:00:00:00:01). host_at(b, s1, 2). host_mac(b, 02:00:00:00:00:02).
    @q waypoint(*) = a, b on rootShare.`;
  const { model, admission } = decide([{ name: "n.pane", text }], { now: NOW, rules: RULES, load: () => undefined });
  const rules = admission.derived.active(NOW);
  const normal = table("table=0,priority=0 actions=NORMAL");
  const led = table(OTHER.replace("table=1", "table=0").replace("3", "1"), "table=0,priority=0 actions=ALL");
  const proof = new ProofOverTime(topology(model.directory));
  t.deepEqual(proof.begin(0, { tables: () => new Map([["s1", normal]]), rules: () => [] }), []);
  const then = { tables: () => new Map([["s1", led]]), rules: () => rules };
  const found = proof.next(1, new Map([["s1", diff(normal, led)]]), then);
  t.deepEqual(
    found.map(({ code }) => code),
    ["E903"],
  );
});

test("a live table that follows single rules of random networks is proven after each change", (t) => {
  t.timeout(600_000);
  const seen = { changes: 0, proven: 0 };
  fc.assert(
    fc.property(stories, fc.infiniteStream(fc.nat()), (story, order) => {
      const one = compileStory(story, { target: "ovs" });
      if (one === undefined) return;
      const { directory, rules } = one;
      const net = topology(directory);
      const live = new LiveTable({
        directory,
        defaults: { verdict: "allow", fragments: "deny" },
        target: "ovs",
        now: NOW,
      });
      const proof = new ProofOverTime(net, Infinity);
      let standing: readonly DerivedRule[] = [];
      const then = { tables: () => live.tables(), rules: () => standing };
      t.deepEqual(proof.begin(NOW, then), []);
      const drawn = rules.map((rule) => ({ rule, at: order.next().value! }));
      const come = drawn.toSorted((a, b) => a.at - b.at).map(({ rule }) => rule);
      const steps = [...come.map((rule) => ({ rule, comes: true })), ...come.map((rule) => ({ rule, comes: false }))];
      for (const [i, { rule, comes }] of steps.entries()) {
        standing = comes ? [...standing, rule] : standing.filter((other) => other !== rule);
        const plans = live.apply(comes ? { added: [rule], removed: [] } : { added: [], removed: [rule] });
        const found = proof.next(NOW + i + 1, plans, then);
        seen.changes++;
        // A table with a refusal leaves the compiler no more than one with a fault.
        if (live.diagnostics().some(({ severity }) => severity === "error")) continue;
        const errors = found.filter(({ severity }) => severity === "error");
        t.deepEqual(
          errors.map(({ code, message }) => `${code} ${message}`),
          [],
          textOf(story),
        );
        // The change alone is looked at on one switch, and finds what the whole does.
        t.deepEqual(
          tableFaults(live.tables(), net, standing).filter(({ severity }) => severity === "error"),
          [],
        );
        if (found.length === 0) seen.proven++;
      }
    }),
    { numRuns: RUNS },
  );
  t.log(`${seen.changes} changes, ${seen.proven} proven`);
  t.true(seen.proven > RUNS);
});
