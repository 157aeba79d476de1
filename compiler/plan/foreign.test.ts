/** The foreign entries that pass what ours deny, compared with every packet of a small world. */
import test from "ava";
import fc from "fast-check";
import type { Entry, Instruction, MatchField } from "../table/entry.ts";
import { fromOvs } from "../table/text.ts";
import { openings, packetsText } from "./foreign.ts";
import { smallMatches, WITHOUT_END } from "./testing/small-matches.ts";

type Fields = Readonly<Partial<Record<MatchField, bigint>>>;

interface Ran {
  readonly out: boolean;
  readonly met: boolean;
  /** The entries that lead, limit or queue it on the way. */
  readonly by: readonly Entry[];
}

/** What a table does with a packet, and whether this entry decided on the way. */
function run(entries: readonly Entry[], packet: Fields, watched?: Entry): Ran {
  const by: Entry[] = [];
  const fields: Partial<Record<MatchField, bigint>> = { ...packet, metadata: 0n };
  let met = false;
  let table: number | undefined = 0;
  while (table !== undefined) {
    const at: number = table;
    const [entry] = entries
      .filter(
        (one) =>
          one.table === at && one.match.every(({ field, value, mask }) => ((fields[field] ?? 0n) & mask!) === value),
      )
      .toSorted((a, b) => b.priority - a.priority);
    if (entry === undefined) return { out: false, met, by };
    met ||= entry === watched;
    if (HOLDING.has(entry.instructions) && (entry.instructions !== LED || entry.priority >= 10)) by.push(entry);
    table = undefined;
    for (const one of entry.instructions) {
      if (one.kind === "write_metadata") fields.metadata = (fields.metadata! & ~one.mask) | one.value;
      if (one.kind === "goto") table = one.table;
      if (one.kind === "apply") return { out: true, met, by };
    }
  }
  return { out: false, met, by };
}

/** Whether the policy does not hold for a packet: its table drops it, or leads, limits or queues it otherwise than it is now. */
const isPassed = (ours: Ran, now: Ran): boolean =>
  now.met && now.out && (!ours.out || ours.by.some((entry) => !now.by.includes(entry)));

const LED: readonly Instruction[] = [{ kind: "apply", actions: [{ kind: "output", port: 4 }] }];
const LIMITED: readonly Instruction[] = [
  { kind: "meter", meter: 5 },
  { kind: "goto", table: 1 },
];
const QUEUED: readonly Instruction[] = [
  {
    kind: "apply",
    actions: [
      { kind: "set_queue", queue: 3 },
      { kind: "output", port: "NORMAL" },
    ],
  },
];
const HOLDING: ReadonlySet<readonly Instruction[]> = new Set([LED, LIMITED, QUEUED]);
const NORMAL: readonly Instruction[] = [{ kind: "apply", actions: [{ kind: "output", port: "NORMAL" }] }];
const first = fc.record({
  table: fc.constant(0),
  match: smallMatches("in_port", "eth_src"),
  instructions: fc.constantFrom<readonly Instruction[]>(
    [],
    NORMAL,
    LIMITED,
    [{ kind: "goto", table: 1 }],
    [
      { kind: "write_metadata", value: 1n, mask: 1n },
      { kind: "goto", table: 1 },
    ],
  ),
});
const second = fc.record({
  table: fc.constant(1),
  match: smallMatches("in_port", "eth_dst", "metadata"),
  instructions: fc.constantFrom<readonly Instruction[]>([], NORMAL, QUEUED, LED),
});

test("a foreign entry is found exactly if some packet passes by it that ours drop, lead, limit or queue", (t) => {
  const seen = { opening: 0, harmless: 0, let: 0 };
  const packets = [0n, 1n, 2n, 3n].flatMap((a) =>
    [0n, 1n, 2n, 3n].flatMap((b) => [0n, 1n, 2n, 3n].map((c) => [a, b, c])),
  );
  fc.assert(
    fc.property(
      fc.array(first, { maxLength: 4 }),
      fc.array(second, { maxLength: 4 }),
      smallMatches("in_port", "eth_src", "eth_dst"),
      fc.nat(8),
      (one, two, match, at) => {
        // No two entries share a priority, because the switch would then choose which of them decides.
        const ours = [...one, ...two].map((entry, index): Entry => ({ ...entry, ...WITHOUT_END, priority: 4 * index }));
        const theirs: Entry = { table: 0, match, instructions: NORMAL, ...WITHOUT_END, priority: 4 * at + 2 };
        const passes = packets.filter(([a, b, c]) => {
          const packet = { in_port: a!, eth_src: b!, eth_dst: c! };
          return isPassed(run(ours, packet), run([...ours, theirs], packet, theirs));
        });
        const [found] = openings([theirs], ours);
        t.is(found !== undefined, passes.length > 0);
        seen[found ? (found.by?.instructions.length ? "let" : "opening") : "harmless"]++;
        if (found === undefined) return;
        const value = (field: MatchField): bigint => found.packets.find((fm) => fm.field === field)?.value ?? 0n;
        const shown = { in_port: value("in_port"), eth_src: value("eth_src"), eth_dst: value("eth_dst") };
        t.true(isPassed(run(ours, shown), run([...ours, theirs], shown, theirs)), "the packets that are shown do pass");
      },
    ),
    { numRuns: 3_000, seed: 4 },
  );
  t.true(seen.opening > 100 && seen.harmless > 100 && seen.let > 100, JSON.stringify(seen));
});

test("a foreign entry that leads on is found exactly if some packet that ours hold passes by it", (t) => {
  const seen = { opening: 0, harmless: 0 };
  const values = [0n, 1n, 2n, 3n];
  const packets = values.flatMap((a) => values.flatMap((b) => values.map((c) => [a, b, c] as const)));
  const leads = fc.constantFrom<readonly Instruction[]>(
    [{ kind: "goto", table: 1 }],
    [
      { kind: "write_metadata", value: 1n, mask: 1n },
      { kind: "goto", table: 1 },
    ],
  );
  fc.assert(
    fc.property(
      fc.array(first, { maxLength: 4 }),
      fc.array(second, { minLength: 1, maxLength: 4 }),
      fc.tuple(smallMatches("in_port", "eth_src", "eth_dst"), leads),
      fc.nat(8),
      (one, two, [match, instructions], at) => {
        const ours = [...one, ...two].map((entry, index): Entry => ({ ...entry, ...WITHOUT_END, priority: 4 * index }));
        const theirs: Entry = { table: 0, match, instructions, ...WITHOUT_END, priority: 4 * at + 2 };
        const isOpen = packets.some(([a, b, c]) => {
          const packet = { in_port: a, eth_src: b, eth_dst: c };
          return isPassed(run(ours, packet), run([...ours, theirs], packet, theirs));
        });
        t.is(openings([theirs], ours).length > 0, isOpen);
        seen[isOpen ? "opening" : "harmless"]++;
      },
    ),
    { numRuns: 3_000, seed: 5 },
  );
  t.true(seen.opening > 100 && seen.harmless > 100, JSON.stringify(seen));
});

/** Entries in the notation of `ovs-ofctl`. */
function ovsTable(...lines: readonly string[]): readonly Entry[] {
  const read = fromOvs(lines.join("\n"));
  if ("errors" in read) throw new Error(JSON.stringify(read.errors));
  return read.entries;
}

test("a foreign entry that drops, copies to a controller, or stands below a decision opens nothing", (t) => {
  const ours = ovsTable(
    "priority=9,tcp,tp_dst=80 actions=NORMAL",
    "priority=8,ip actions=drop",
    "priority=0 actions=NORMAL",
  );
  const found = (text: string): readonly string[] =>
    openings(ovsTable(text), ours).map(({ packets, by }) => `${packetsText(packets)} ${by?.priority}`);
  t.deepEqual(found("priority=100,ip actions=drop"), []);
  t.deepEqual(found("priority=100,ip actions=CONTROLLER"), []);
  t.deepEqual(found("priority=5,ip actions=NORMAL"), [], "below the deny");
  t.deepEqual(found("priority=100,tcp,tp_dst=80 actions=NORMAL"), [], "the policy lets it on, too");
  t.deepEqual(found("priority=100,arp actions=NORMAL"), []);
  t.deepEqual(found("priority=100,udp actions=NORMAL"), ["dl_type=0x800,nw_proto=17 8"]);
  t.deepEqual(found("priority=100,udp actions=goto_table:5").length, 1);
});

test("the switch's own forwarding takes nothing to reserved groups, so an entry that leaves it to that opens none", (t) => {
  const ours = ovsTable(
    "table=0,priority=0 actions=goto_table:1",
    "table=1,priority=9,dl_dst=01:80:c2:00:00:00/ff:ff:ff:ff:ff:f0 actions=drop",
    "table=1,priority=0 actions=NORMAL",
  );
  const found = (match: string, actions: string): readonly string[] =>
    openings(ovsTable(`table=0,priority=100,${match} actions=${actions}`), ours).map(({ packets }) =>
      packetsText(packets),
    );
  const group = "dl_dst=01:80:c2:00:00:00/ff:ff:ff:ff:ff:f0";
  t.deepEqual(found("in_port=4", "NORMAL"), []);
  t.deepEqual(found("in_port=4", "set_queue:1,NORMAL,CONTROLLER"), []);
  t.deepEqual(found("in_port=4", "output:2"), [`in_port=4,${group}`]);
  t.deepEqual(found("in_port=4", "ALL"), [`in_port=4,${group}`]);
  t.deepEqual(found("in_port=4", "NORMAL,output:2"), [`in_port=4,${group}`]);
  t.deepEqual(found("in_port=4", "set_field:02:00:00:00:00:09->eth_dst,NORMAL"), [`in_port=4,${group}`], "for another");
  t.deepEqual(found("in_port=4", "goto_table:5"), [`in_port=4,${group}`], "to a table of others");
  t.deepEqual(found("in_port=4,dl_dst=02:00:00:00:00:09", "output:2"), []);
});

test("a foreign entry that leads on to where ours drop the same opens nothing", (t) => {
  const ours = ovsTable(
    "table=0,priority=9,in_port=1,dl_src=00:00:00:00:00:02 actions=goto_table:1",
    "table=0,priority=8,in_port=1 actions=drop",
    "table=0,priority=0 actions=goto_table:1",
    "table=1,priority=5,ip actions=drop",
    "table=1,priority=0 actions=NORMAL",
  );
  const found = (text: string): readonly string[] =>
    openings(ovsTable(text), ours).map(({ packets }) => packetsText(packets));
  t.deepEqual(found("table=0,priority=100,ip actions=goto_table:1"), []);
  t.deepEqual(found("table=0,priority=100,ip actions=resubmit(,1)"), []);
  t.deepEqual(found("table=0,priority=100,in_port=2 actions=goto_table:1"), []);
  t.deepEqual(found("table=0,priority=100,arp actions=goto_table:1").length, 1, "past the guard");
  t.deepEqual(found("table=0,priority=100,ip actions=goto_table:7").length, 1, "to a table of others");
  t.deepEqual(found("table=0,priority=100,ip actions=NORMAL,goto_table:1").length, 1, "and elsewhere");
  // One that only counts, however many it counts.
  const limits = Array.from(
    { length: 3_000 },
    (_, i) => `table=1,priority=1,tcp,tp_dst=${i + 1} actions=meter:${i + 1},NORMAL`,
  );
  const many = ovsTable("table=0,priority=0 actions=goto_table:1", ...limits, "table=1,priority=0 actions=NORMAL");
  t.deepEqual(openings(ovsTable("table=0,priority=100,tcp actions=goto_table:1"), many), []);
});

test("a conjunction denies and allows by its members together", (t) => {
  const members = [
    "priority=5,in_port=1 actions=conjunction(7,1/2)",
    "priority=5,in_port=2 actions=conjunction(7,1/2)",
    "priority=5,dl_type=0x806 actions=conjunction(7,2/2)",
    "priority=5,dl_type=0x88cc actions=conjunction(7,2/2)",
  ];
  const found = (verdict: string, miss: string, theirs: string): readonly string[] =>
    openings(
      ovsTable(theirs),
      ovsTable(...members, `priority=5,conj_id=7 actions=${verdict}`, `priority=0 actions=${miss}`),
    ).map(({ packets }) => packetsText(packets));
  t.deepEqual(found("drop", "NORMAL", "priority=9,arp actions=NORMAL"), ["in_port=1,dl_type=0x806"]);
  t.deepEqual(found("drop", "NORMAL", "priority=9,in_port=3 actions=NORMAL"), []);
  t.deepEqual(found("drop", "NORMAL", "priority=9,ip actions=NORMAL"), []);
  t.deepEqual(found("NORMAL", "drop", "priority=9,in_port=2,arp actions=NORMAL"), []);
  t.deepEqual(found("NORMAL", "drop", "priority=9,in_port=3,arp actions=NORMAL"), ["in_port=3,dl_type=0x806"]);
  t.deepEqual(found("drop", "NORMAL", "priority=3,arp actions=NORMAL"), [], "below its members");
});

test("a foreign entry is compared with entries of ours up to the first that drops it", (t) => {
  let reads = 0;
  const ours = ovsTable(
    ...Array.from(
      { length: 200 },
      (_, i) => `priority=${3 + (i % 7)},tcp,nw_dst=10.0.${i >> 4}.${i & 15},tp_dst=${i + 1} actions=drop`,
    ),
  ).map((entry) => ({
    ...entry,
    get priority(): number {
      reads++;
      return entry.priority;
    },
  }));
  const readsBeside = (n: number): number => {
    const theirs = ovsTable(...Array.from({ length: n }, (_, i) => `priority=10,ip,nw_src=10.1.0.${i} actions=NORMAL`));
    reads = 0;
    t.is(openings(theirs, ours).length, n);
    return reads;
  };
  t.is(readsBeside(100) - readsBeside(50), 50);
});

test("below many denies a foreign entry is followed from what drops, and said where that takes too long", (t) => {
  const line = (i: number): string => `priority=3,tcp,nw_dst=10.0.${i >> 8}.${i & 255},tp_dst=${i + 1} actions=drop`;
  const ours = (n: number, miss: string): readonly Entry[] =>
    ovsTable(...Array.from({ length: n }, (_, i) => line(i)), `priority=0 actions=${miss}`);
  const theirs = ovsTable("priority=2,ip,nw_src=10.1.0.1 actions=NORMAL");
  t.deepEqual(openings(theirs, ours(20_000, "NORMAL")), []);
  const [found] = openings(theirs, ours(1_000, "drop"));
  t.deepEqual([found?.by?.priority, found?.isFollowed], [0, true]);
  const crossed = Array.from({ length: 1_100 }, () => theirs[0]!);
  const all = openings(crossed, ours(5_000, "NORMAL"));
  t.true(all.length > 0 && all.every(({ by, isFollowed }) => by === undefined && !isFollowed));
});

test("foreign entries beyond those that are told are not followed", (t) => {
  const table = (text: string): readonly Entry[] => {
    const read = fromOvs(text);
    if ("errors" in read) throw new Error(text);
    return read.entries;
  };
  const ours = table("cookie=0x61a2c3c0484c0aea,table=0,priority=3,dl_type=0x800,nw_dst=10.0.0.1 actions=drop");
  const line = (i: number): string => `table=0,priority=10,dl_type=0x800,nw_src=10.0.1.${i} actions=NORMAL`;
  const foreign = table([1, 2, 3].map(line).join("\n"));
  const last: Entry = {
    ...foreign[0]!,
    get match(): Entry["match"] {
      throw new Error("this one is followed");
    },
  };
  t.deepEqual(
    openings([...foreign, last], ours, 3).map(({ entry }) => entry),
    foreign,
  );
  t.throws(() => openings([...foreign, last], ours), { message: /is followed/ });
});
