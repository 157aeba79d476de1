/** Tables that follow decisions are those that are made of all that stands, through random lives of networks. */
import test from "ava";
import fc from "fast-check";
import { RULES, Conversation, NOW } from "./admission/testing/networks.ts";
import { tablesAt } from "./compile.ts";
import { decide } from "./decide.ts";
import { LiveTables } from "./live.ts";
import { tablesToKeep } from "./lowering/reserved-stages.ts";
import { MOST_WAITING } from "./plan/pending-changes.ts";
import { entryKey } from "./table/match.ts";
import { toOvs } from "./table/text.ts";
import type { Entry, Table } from "./table/entry.ts";
import { life } from "./semantics/testing/stories.ts";

const FACTS = `default deny.
switch(s1, 1). switch(s2, 2). link(s1, 9, s2, 9, 100Mb). port_rate(s1, 1, 10Mb).
host_ip(h1, 10.0.0.1). host_mac(h1, 02:00:00:00:00:01). host_at(h1, s1, 1). user_host("Alice", h1).
host_ip(h2, 10.0.0.2). host_mac(h2, 02:00:00:00:00:02). host_at(h2, s2, 2). user_host("Bob", h2).
`;

/**
 * A switch that carries flow-mods out: what stands by place, without timeouts, and without whose it is: an entry that goes
 * over to another statement is not sent again (SEMANTICS, "Diff").
 */
class Carried {
  readonly #entries: Map<string, string>;

  constructor({ entries }: Table) {
    this.#entries = new Map(entries.map((entry) => [entryKey(entry), shown(entry)]));
  }

  carryOut(live: LiveTables, name: string, now: number): void {
    for (const { kind, entry } of live.take(name, now).stages.flat()) {
      if (kind === "delete") this.#entries.delete(entryKey(entry));
      else this.#entries.set(entryKey(entry), shown(entry));
    }
  }

  get text(): string {
    return [...this.#entries.values()].toSorted().join("\n");
  }
}

const shown = (entry: Entry): string => toOvs({ entries: [{ ...entry, hardTimeout: 0, cookie: 0n }] });

test("through random lives the tables that follow are those of all that stands", (t) => {
  let changes = 0;
  let faulty = 0;
  fc.assert(
    fc.property(life, ([[first, rest], pauses]) => {
      const decided = decide([{ name: "net.pane", text: FACTS }], { now: NOW, load: () => undefined, rules: RULES });
      const live = new LiveTables(decided, { target: "ovs" }, NOW);
      const names = ["s1", "s2"];
      const before = live.tables(NOW);
      const carried = new Map(names.map((name) => [name, new Carried(before.get(name)!)]));
      const reader = new Conversation(NOW, decided.model);
      const compare = (now: number, text: string): void => {
        const options = { target: "ovs", keep: tablesToKeep(decided.model.directory) } as const;
        const batch = tablesAt(decided, now, options);
        const tables = live.tables(now);
        for (const name of names) {
          const table = tables.get(name)!;
          t.is(toOvs(table), toOvs(batch.tables.get(name)!), text);
          t.deepEqual(table.meters, batch.tables.get(name)!.meters);
          t.deepEqual(table.queues, batch.tables.get(name)!.queues);
          if (live.pending.has(name)) changes++;
          carried.get(name)!.carryOut(live, name, now);
          t.is(carried.get(name)!.text, table.entries.map(shown).toSorted().join("\n"), text);
        }
        t.is(live.validUntil(now), batch.validUntil, text);
      };
      const say = (text: string, now: number): void => {
        reader.now = now;
        for (const statement of reader.statements(text)) {
          decided.admission.advance(now);
          const transaction = decided.admission.begin();
          decided.admission.submit(statement, now);
          const faults = live.follow(now);
          const codes = faults.map(({ code }) => code);
          const batch = tablesAt(decided, now, {
            target: "ovs",
            keep: tablesToKeep(decided.model.directory),
          }).diagnostics;
          t.deepEqual(
            [...new Set(codes)].toSorted(),
            [...new Set(batch.flatMap(({ severity, code }) => (severity === "error" ? [code] : [])))].toSorted(),
          );
          if (faults.length === 0) transaction.commit();
          else {
            faulty++;
            transaction.rollback();
            t.deepEqual(live.follow(now), []);
          }
          compare(now, statement.text);
        }
      };
      say(first, NOW);
      let now = NOW;
      for (const [i, text] of rest.entries()) {
        now += pauses[i]!;
        say(text, now);
      }
      for (const later of [1, 5, 10, 20]) {
        decided.admission.advance(now + later);
        t.deepEqual(live.follow(now + later), []);
        compare(now + later, "later");
      }
    }),
    { numRuns: 100, seed: 8 },
  );
  t.true(changes > 150, `${changes} changes`);
  t.log(`${changes} changes, ${faulty} taken back`);
});

/** What overlaps, shadows and follows itself, for tables that have much to make at once. */
const STANDING = `
deny(vlan=5, srcHost=10.0.0.1) on rootShare to +25s. deny(vlan=5) on rootShare to +40s. deny(vlan=5) on rootShare from +40s.
deny(srcHost={10.0.0.1, 10.0.0.7-10.0.0.9}, dstHost={10.0.0.2, 10.0.1.0/24, 10.0.3.3}, dstPort=0-1023) on rootShare.
deny(dstPort=80) on rootShare. deny(dstPort=80, transport=TCP) on rootShare. limit(user=Bob) = 9kb on rootShare.
limit(vlan=6, user=Bob) = 5kb on rootShare to +30s. reserve(srcHost=10.0.0.1, dstHost=10.0.0.2) = 1b on rootShare to +60s.
`;

test("tables that are made at once in the middle of a life are those that followed it, then and later", (t) => {
  let rules = 0;
  fc.assert(
    fc.property(life, ([[first, rest], pauses]) => {
      const network = () => {
        const decided = decide([{ name: "net.pane", text: FACTS + STANDING }], {
          now: NOW,
          load: () => undefined,
          rules: RULES,
        });
        return { decided, reader: new Conversation(NOW, decided.model) };
      };
      const [slow, quick] = [network(), network()];
      const followed = new LiveTables(slow.decided, { target: "ovs" }, NOW);
      let atOnce: LiveTables | undefined;
      const compare = (now: number, text: string): void => {
        if (atOnce === undefined) return;
        for (const [name, table] of followed.tables(now)) {
          const other = atOnce.tables(now).get(name)!;
          t.is(toOvs(other), toOvs(table), text);
          t.deepEqual([other.meters, other.queues], [table.meters, table.queues], text);
        }
        t.deepEqual([...atOnce.cookies()], [...followed.cookies()]);
        t.is(atOnce.validUntil(now), followed.validUntil(now));
      };
      let now = NOW;
      for (const [i, text] of [first, ...rest].entries()) {
        if (i > 0) now += pauses[i - 1]!;
        if (i === Math.ceil(rest.length / 2)) {
          quick.decided.admission.advance(now);
          slow.decided.admission.advance(now);
          followed.follow(now);
          atOnce = new LiveTables(quick.decided, { target: "ovs" }, now);
          rules += quick.decided.admission.derived.active(now).length;
          compare(now, "made");
        }
        for (const { decided, reader } of [slow, quick]) {
          reader.now = now;
          decided.admission.advance(now);
        }
        const [ours, theirs] = [slow, quick].map(({ reader }) => reader.statements(text));
        for (const [k, statement] of ours!.entries()) {
          const open = [slow, quick].map(({ decided: { admission } }) => admission.begin());
          slow.decided.admission.submit(statement, now);
          quick.decided.admission.submit(theirs![k]!, now);
          const isGood = followed.follow(now).length === 0;
          t.is((atOnce?.follow(now).length ?? 0) === 0, isGood || atOnce === undefined, text);
          for (const transaction of open) transaction[isGood ? "commit" : "rollback"]();
          followed.follow(now);
          atOnce?.follow(now);
          compare(now, statement.text);
        }
      }
    }),
    { numRuns: 60, seed: 10 },
  );
  t.true(rules > 400, `${rules} rules were there`);
});

test("changes of a switch that takes none do not grow without end", (t) => {
  const decided = decide([{ name: "net.pane", text: FACTS }], { now: NOW, load: () => undefined, rules: RULES });
  const live = new LiveTables(decided, { target: "ovs" }, NOW);
  const reader = new Conversation(NOW, decided.model);
  const addresses = Array.from({ length: 1_000 }, (_, i) => `10.1.${i >> 8}.${(2 * i) & 255}`).join(", ");
  const say = (text: string): void => {
    for (const statement of reader.statements(text))
      t.is(decided.admission.submit(statement, NOW).kind, "accepted", text);
    t.deepEqual(live.follow(NOW), []);
  };
  let waited = 0;
  for (let round = 0; waited <= MOST_WAITING; round++) {
    say(`@many deny(srcHost = {${addresses}}) on rootShare.`);
    const { stages, tooMuch } = live.take("s2", NOW);
    t.is(tooMuch, undefined, "a switch that takes what there is gets all of it");
    t.true(stages.flat().length >= 500);
    waited += stages.flat().length;
    say("Cancel many.");
    waited += live.take("s2", NOW).stages.flat().length;
  }
  const s1 = live.take("s1", NOW);
  t.true(s1.tooMuch);
  t.deepEqual(s1.stages, []);
  say("deny(srcHost = 10.0.0.1) on rootShare.");
  t.false(live.pending.has("s2") && live.take("s2", NOW).tooMuch === true);
  const next = live.take("s1", NOW);
  t.is(next.tooMuch, undefined, "what changes after it was compared is told as ever");
  t.true(next.stages.flat().length > 0);
});
