/** What entries of others let on after each change, compared with the whole table looked at anew; and what it costs. */
import test from "ava";
import fc from "fast-check";
import type { Entry, Instruction } from "../table/entry.ts";
import { entryKey } from "../table/match.ts";
import { fromOvs } from "../table/text.ts";
import { FollowedOpenings } from "./followed-openings.ts";
import { openings } from "./foreign.ts";
import type { FlowMod } from "./plan.ts";
import { smallMatches, WITHOUT_END } from "./testing/small-matches.ts";

const NORMAL: readonly Instruction[] = [{ kind: "apply", actions: [{ kind: "output", port: "NORMAL" }] }];
const ON: readonly Instruction[] = [
  { kind: "write_metadata", value: 1n, mask: 1n },
  { kind: "goto", table: 1 },
];
const LIMITED: readonly Instruction[] = [
  { kind: "meter", meter: 5 },
  { kind: "goto", table: 1 },
];
const LED: readonly Instruction[] = [{ kind: "apply", actions: [{ kind: "output", port: 4 }] }];
const QUEUED: readonly Instruction[] = [
  {
    kind: "apply",
    actions: [
      { kind: "set_queue", queue: 3 },
      { kind: "output", port: "NORMAL" },
    ],
  },
];
const member = (clause: number): readonly Instruction[] => [
  { kind: "apply", actions: [{ kind: "conjunction", id: 7, clause, clauses: 2 }] },
];

const ours = fc.oneof(
  fc.record({
    table: fc.constant(0),
    match: smallMatches("in_port", "eth_src"),
    instructions: fc.constantFrom<readonly Instruction[]>([], NORMAL, ON, LIMITED, [{ kind: "goto", table: 1 }]),
  }),
  fc.record({
    table: fc.constant(1),
    match: smallMatches("in_port", "eth_dst", "metadata"),
    instructions: fc.constantFrom<readonly Instruction[]>([], NORMAL, QUEUED, LED),
  }),
  fc.record({
    table: fc.constant(1),
    match: smallMatches("eth_dst"),
    instructions: fc.constantFrom(member(1), member(2)),
    priority: fc.constant(30),
  }),
  fc.record({
    table: fc.constant(1),
    match: fc.constant<Entry["match"]>([{ field: "conj_id", value: 7n }]),
    instructions: fc.constantFrom<readonly Instruction[]>([], NORMAL, QUEUED),
    priority: fc.constant(30),
  }),
);
const theirs = fc.record({
  table: fc.constantFrom(0, 1),
  match: smallMatches("in_port", "eth_src", "eth_dst"),
  instructions: fc.constantFrom<readonly Instruction[]>(NORMAL, ON),
  priority: fc.integer({ min: 0, max: 50 }),
});

test("after each change what is open is what looking at the whole table anew finds", (t) => {
  const seen = { opens: 0, closes: 0, same: 0 };
  fc.assert(
    fc.property(
      fc.array(theirs, { minLength: 1, maxLength: 3 }),
      fc.array(fc.tuple(ours, fc.nat(20), fc.integer({ min: 0, max: 3 })), { minLength: 4, maxLength: 24 }),
      fc.nat(4),
      fc.boolean(),
      (others, steps, begun, isMany) => {
        const foreign = others.map((one): Entry => ({ ...one, ...WITHOUT_END }));
        // Of many what they have in common is compared; those that drop let nothing on.
        if (isMany) for (let i = 0; i < 16; i++) foreign.push({ ...foreign[0]!, instructions: [] });
        // What matches all stands last in each table, as it does in ours.
        const miss = [0, 1].map((table): Entry => ({
          table,
          priority: 0,
          match: [],
          instructions: NORMAL,
          ...WITHOUT_END,
        }));
        const table = new Map(miss.map((one) => [entryKey(one), one]));
        const whole = (): boolean => openings(foreign, [...table.values()]).length > 0;
        let isOpen = false;
        let followed: FollowedOpenings | undefined;
        for (const [i, [one, at, kind]] of steps.entries()) {
          if (i === begun) followed = new FollowedOpenings(foreign, [...table.values()], (isOpen = whole()));
          // No two of ours that overlap share a priority, but for members.
          const entry: Entry = { priority: 2 * at + 1 + one.table, ...one, ...WITHOUT_END };
          const gone = kind < 2 ? [...table.values()].slice(2)[at % 8] : undefined;
          const mod: FlowMod = gone === undefined ? { kind: "add", entry } : { kind: "delete", entry: gone };
          if (mod.kind === "delete") table.delete(entryKey(mod.entry));
          else table.set(entryKey(entry), entry);
          if (followed === undefined) continue;
          const before = isOpen;
          const found = followed.follow([mod]);
          if (found !== undefined) isOpen = found.length > 0;
          t.is(isOpen, whole());
          t.true(found === undefined || found.every(({ entry: of }) => foreign.includes(of)));
          // Whoever has said what is opened hears so by that alone.
          for (const { by } of found ?? []) if (by !== undefined) t.true(followed.mayPass([by]));
          seen[before === isOpen ? "same" : isOpen ? "opens" : "closes"]++;
        }
      },
    ),
    { numRuns: 300, seed: 8 },
  );
  t.true(seen.opens > 50 && seen.closes > 20 && seen.same > 500, JSON.stringify(seen));
});

/** Entries in the notation of `ovs-ofctl`. */
function ovsTable(...lines: readonly string[]): readonly Entry[] {
  const read = fromOvs(lines.join("\n"));
  if ("errors" in read) throw new Error(JSON.stringify(read.errors));
  return read.entries;
}

test("what is denied may pass by an entry of others that shares packets with it, and does not only lead on to it", (t) => {
  const denies = ovsTable("table=2,priority=9,udp,nw_src=10.0.0.4 actions=drop");
  const may = (line: string): boolean => new FollowedOpenings(ovsTable(line), [], false).mayPass(denies);
  for (const [line, expected] of [
    ["table=2,priority=1,in_port=4,udp actions=goto_table:3", true],
    ["table=0,priority=1,in_port=4,udp actions=NORMAL", true],
    ["table=0,priority=1,in_port=4 actions=goto_table:3", true],
    ["table=0,priority=1,in_port=4 actions=write_metadata:1,goto_table:2", true],
    ["table=0,priority=1,in_port=4 actions=goto_table:2", false],
    ["table=2,priority=9,tcp actions=NORMAL", false],
    ["table=2,priority=9,udp,nw_src=10.0.0.5 actions=NORMAL", false],
    ["table=2,priority=9,udp actions=drop", false],
  ] as const)
    t.is(may(line), expected, line);
});

test("of 10,000 entries a change looks at those that hold what an entry of others holds", (t) => {
  let reads = 0;
  const line = (i: number): string => `priority=3,ip,nw_dst=10.1.${i >> 8}.${i & 255} actions=drop`;
  const many = ovsTable(...Array.from({ length: 10_000 }, (_, i) => line(i)), "priority=0 actions=NORMAL").map(
    (entry) => ({
      ...entry,
      get match(): Entry["match"] {
        reads++;
        return entry.match;
      },
    }),
  );
  const foreign = ovsTable("priority=30000,ip,nw_dst=10.0.0.77 actions=NORMAL", "priority=9,arp actions=NORMAL");
  const followed = new FollowedOpenings(foreign, many, false);
  const change = (text: string, kind: "add" | "delete" = "add") =>
    followed.follow([{ kind, entry: ovsTable(text)[0]! }]);
  reads = 0;
  t.is(change("priority=3,ip,nw_dst=10.0.0.78 actions=drop"), undefined);
  t.is(reads, 0);
  const [found] = change("priority=3,ip,nw_dst=10.0.0.77 actions=drop")!;
  t.deepEqual([found?.entry, found?.by?.priority], [foreign[0], 3]);
  t.deepEqual(change("priority=3,ip,nw_dst=10.0.0.77 actions=drop", "delete"), []);
  t.true(reads < 100, `${reads}`);
  // One of others that holds all: what is denied of one host is compared once with each entry, and followed with a few.
  const wide = new FollowedOpenings(ovsTable("priority=1,ip actions=NORMAL"), many, false);
  reads = 0;
  t.deepEqual(wide.follow([{ kind: "add", entry: ovsTable("priority=3,ip,nw_dst=10.0.0.7 actions=drop")[0]! }]), []);
  t.true(reads < 10_100, `${reads}`);
});
