/** Limits and reservations: the table does what they naively mean, a live table is the batch's, and numbers stay. */
import test from "ava";
import fc from "fast-check";
import { addresses, cube, numbers, type Cube } from "../../flowgroup/index.ts";
import type { Ip } from "../../net/index.ts";
import type { DerivedRule } from "../../derived/rule.ts";
import { Switch } from "../../trace/switch.ts";
import { NumberPool } from "./number-pool.ts";
import { claims, directory, packets, rules, twoSwitches } from "../../semantics/arbitrary-rules.ts";
import { LiveTable, lower, TARGETS, toOvs, type LowerContext, type TargetName } from "../index.ts";
import type { Table } from "../../table/entry.ts";
import { keyOf } from "../../derived/rule-key.ts";
import { faultOfLimits, reservationOf, resourcesBetween, verdictOfRules } from "../../semantics/table-reference.ts";

const targets: readonly TargetName[] = ["ovs", "ovs-userspace", "of13"];
const defaults = { verdict: "allow", fragments: "deny" } as const;
const base: LowerContext = { directory, defaults, target: "ovs", now: 0 };
const sets = fc.tuple(fc.array(rules, { maxLength: 2 }), fc.array(claims, { maxLength: 7 })).map((both) => both.flat());

test("a packet that is let through passes every limit that holds it, and has the largest reservation's queue", (t) => {
  const seen = { limits: 0, several: 0, queues: 0, fragments: 0 };
  const law = fc.property(
    sets,
    fc.array(packets, { minLength: 25, maxLength: 25 }),
    fc.constantFrom(...targets),
    (some, sent, target) => {
      const { tables, diagnostics } = lower(some, { ...base, target });
      if (diagnostics.some(({ severity }) => severity === "error")) return;
      const table = tables.get("")!;
      const device = new Switch(table);
      for (const packet of sent) {
        // Without a fragment field a fragment looks like port 0 (`shape.ts`).
        if (target === "of13" && (packet.ip?.fragment !== "no" || packet.ports?.src === 0 || packet.ports?.dst === 0)) {
          continue;
        }
        const { verdict, meters, queue } = device.run(packet);
        t.is(verdict, verdictOfRules(some, packet, directory, defaults));
        if (verdict === "deny") continue;
        const limits = meters.map((id) => table.meters!.find(({ meter }) => meter === id)!);
        const passed = limits.map(({ statement, rate }) => `${statement} ${rate}`);
        t.is(faultOfLimits(passed, some, packet, directory, defaults), undefined);
        if (limits.length > 0 && packet.ip !== undefined && packet.ip.fragment !== "no") seen.fragments++;
        if (target === "ovs-userspace" && packet.ip === undefined) continue;
        const reserved = table.queues?.find((one) => one.queue === queue);
        const expected = reservationOf(some, packet, directory, defaults);
        t.is(reserved && `${reserved.statement} ${reserved.minimum}`, expected);
        if (meters.length > 0) seen.limits++;
        if (meters.length > 1) seen.several++;
        if (queue !== undefined) seen.queues++;
      }
    },
  );
  fc.assert(law, { numRuns: 250 });
  for (const count of Object.values(seen)) t.true(count > 50, JSON.stringify(seen));
});

const history = fc.array(
  fc.record({
    added: sets,
    removed: fc.array(fc.nat(), { maxLength: 3 }),
  }),
  { maxLength: 5 },
);

test("with limits and reservations a live table is the batch's, byte for byte, after every change", (t) => {
  const law = fc.property(history, fc.constantFrom(...targets), fc.boolean(), (changes, target, two) => {
    const context = { ...base, target, directory: two ? twoSwitches : directory };
    const live = new LiveTable(context);
    let standing: DerivedRule[] = [];
    let before: ReadonlyMap<string, Table> = new Map();
    for (const { added, removed } of changes) {
      const going = removed.flatMap((n) => (standing.length === 0 ? [] : [standing[n % standing.length]!]));
      live.apply({ added, removed: going });
      // Equal rules are one.
      const gone = new Set(going.map(keyOf));
      standing = [...standing.filter((rule) => !gone.has(keyOf(rule))), ...added];
      const batch = lower(standing.toReversed(), context);
      for (const [name, table] of live.tables()) t.is(toOvs(table), toOvs(batch.tables.get(name)!));
      t.deepEqual(live.diagnostics(), batch.diagnostics);
      t.deepEqual(live.cookies(), batch.cookies);
      t.deepEqual(live.resources(), resourcesBetween(before, batch.tables));
      before = batch.tables;
    }
  });
  fc.assert(law, { numRuns: 80 });
});

interface Item {
  statement: string;
  key: string;
  number?: number | undefined;
}

test("numbers depend on the set of claims alone, not on past ones, and each claim has its own", (t) => {
  const steps = fc.array(fc.integer({ min: 0, max: 25 }), { maxLength: 60 });
  const law = fc.property(steps, fc.constantFrom(7, 20, 1000), (names, size) => {
    const live = new NumberPool<Item>(size);
    const items = new Map<number, Item>();
    for (const name of names) {
      const item = items.get(name);
      if (item === undefined) {
        const next = { statement: `s${name % 20}`, key: String(name) };
        items.set(name, next);
        live.insert(next);
      } else {
        items.delete(name);
        live.remove(item);
      }
    }
    const batch = new NumberPool<Item>(size);
    const fresh = [...items.values()].map(({ statement, key }): Item => ({ statement, key }));
    for (const item of fresh.toReversed()) batch.insert(item);
    t.deepEqual(
      [...items.values()].map(({ number }) => number),
      fresh.map(({ number }) => number),
    );
    if (items.size <= size) t.is(new Set(fresh.map(({ number }) => number)).size, items.size);
    else t.true(fresh.every(({ number }) => number === undefined));
  });
  fc.assert(law, { numRuns: 300 });
});

const ip = (value: number): Ip => ({ family: 4, value });
const from = (host: number, prefix = 32): Cube =>
  cube({ srcHost: addresses({ address: ip(0x0a000000 + host), length: prefix }) });

function claim(statement: string, stage: "limit" | "reserve", rate: number, of: Cube): DerivedRule {
  return { statement, stage, effect: stage, rate, cube: of, depth: 0, level: 0, levels: 1, end: Infinity };
}

/** Entries without cookies, and meter and queue numbers by their statements. */
function read(some: readonly DerivedRule[], context: Partial<LowerContext> = {}, switchName = ""): readonly string[] {
  const table = lower(some, { ...base, ...context }).tables.get(switchName)!;
  let text = toOvs({ entries: table.entries }).replaceAll(/cookie=\w+,table=/g, "");
  for (const { meter, statement } of table.meters ?? [])
    text = text.replaceAll(`meter:${meter}`, `meter:<${statement}>`);
  for (const { queue, statement } of table.queues ?? []) {
    text = text
      .replaceAll(`set_queue:${queue}`, `set_queue:<${statement}>`)
      .replaceAll(`set_field:${queue}-`, "set_field:<mark>-");
  }
  return text.trimEnd().split("\n");
}

const codes = (some: readonly DerivedRule[], context: Partial<LowerContext> = {}): string[] =>
  lower(some, { ...base, ...context }).diagnostics.map(({ code, message }) => `${code} ${message}`);

test("limits that overlap have tables of their own, and limits that do not share one", (t) => {
  const some = [
    claim("host", "limit", 5e6, from(1)),
    claim("net", "limit", 10e6, from(0, 24)),
    claim("other", "limit", 1e6, from(2)),
  ];
  t.deepEqual(read(some), [
    "0,priority=0 actions=goto_table:1",
    "1,priority=1,dl_type=0x800,nw_src=10.0.0.1 actions=meter:<host>,goto_table:2",
    "1,priority=1,dl_type=0x800,nw_src=10.0.0.2 actions=meter:<other>,goto_table:2",
    "1,priority=0 actions=goto_table:2",
    "2,priority=1,dl_type=0x800,nw_src=10.0.0.0/24 actions=meter:<net>,NORMAL",
    "2,priority=0 actions=NORMAL",
  ]);
  const { meters } = lower(some, base).tables.get("")!;
  t.deepEqual(meters!.map(({ statement, rate, burst }) => `${statement} ${rate} ${burst}`).sort(), [
    "host 5000000 5000000",
    "net 10000000 10000000",
    "other 1000000 1000000",
  ]);
});

test("one more limit inside a wide one moves no entry, and a limit of several cubes has one meter", (t) => {
  const live = new LiveTable(base);
  live.load([claim("host", "limit", 5e6, from(1)), claim("net", "limit", 10e6, from(0, 24))]);
  const plan = live.apply({
    added: [claim("new", "limit", 1e6, from(7)), claim("new", "limit", 1e6, from(9))],
    removed: [],
  });
  t.deepEqual(
    plan
      .get("")!
      .stages.flat()
      .map(({ kind }) => kind),
    ["add", "add"],
  );
  t.is(live.tables().get("")!.meters!.length, 3);
});

test("the largest reservation stands above those that it overlaps", (t) => {
  const some = [claim("big", "reserve", 9e6, from(0, 24)), claim("small", "reserve", 1e6, from(0, 16))];
  t.deepEqual(read(some).slice(1, 3), [
    "1,priority=3,dl_type=0x800,nw_src=10.0.0.0/24 actions=set_queue:<big>,NORMAL",
    "1,priority=1,dl_type=0x800,nw_src=10.0.0.0/16 actions=set_queue:<small>,NORMAL",
  ]);
  t.is(
    read(some, { target: "ovs-userspace" })[1],
    "1,priority=5,dl_type=0x800,nw_src=10.0.0.0/24 actions=set_field:<mark>->ip_dscp,set_queue:<big>,NORMAL",
  );
  // A reservation that is never the largest has no entry, and no queue.
  const hidden = lower([...some, claim("tiny", "reserve", 1e5, from(3))], base).tables.get("")!;
  t.deepEqual(hidden.queues!.map(({ statement }) => statement).sort(), ["big", "small"]);
});

test("where DSCP marks select queues, a host's own mark is cleared, and one from another switch stays", (t) => {
  const some = [claim("call", "reserve", 1e6, from(1))];
  const read2 = (on: string): readonly string[] => read(some, { target: "ovs-userspace", directory: twoSwitches }, on);
  const clears = (line: string): boolean => line.includes("set_field:0->ip_dscp");
  t.deepEqual(
    read2("s1")
      .filter(clears)
      .map((line) => /priority=.* actions=set_field:0->ip_dscp/.exec(line)?.[0]),
    ["priority=1,dl_type=0x800 actions=set_field:0->ip_dscp", "priority=1,dl_type=0x86dd actions=set_field:0->ip_dscp"],
  );
  const { tables } = lower(some, { ...base, directory: twoSwitches, target: "ovs-userspace" });
  const text = (_: string, value: unknown): unknown => (typeof value === "bigint" ? `${value}` : value);
  const address = (value: number): Ip => ({ family: 4, value });
  const path = (on: string, inPort: number): string => {
    const dst = address(0x0a000002);
    const sent = { src: address(0x0b000001), dst, protocol: 17, dscp: 5, fragment: "no" as const };
    const { path: hops, verdict } = new Switch(tables.get(on)!).run({
      inPort,
      ethSrc: 0x77,
      ethDst: 2,
      ethType: 0x0800,
      ip: sent,
      ports: { src: 1, dst: 2 },
    });
    return `${verdict} ${JSON.stringify(
      hops.map(({ entry }) => entry!.instructions),
      text,
    ).includes("ip_dscp")}`;
  };
  t.is(path("s1", 7), "allow true");
  t.is(path("s1", 9), "allow false");
  t.false(read(some).some(clears));
});

test("a limit is kept where its traffic enters, and refused where that is at several switches", (t) => {
  const wide = claim("wide", "limit", 1e6, from(0, 24));
  const anywhere = { ...wide, cube: cube({ dstHost: addresses(ip(0x0a000001)) }) };
  t.deepEqual(codes([anywhere], { directory: twoSwitches }), [
    "E816 traffic of this limit enters at 2 switches (`s1`, `s2`): each would let its whole rate through",
  ]);
  const here = claim("here", "limit", 1e6, from(1));
  t.deepEqual(codes([here], { directory: twoSwitches }), []);
  t.true(read([here], { directory: twoSwitches }, "s1").some((line) => line.includes("meter:<here>")));
  t.false(read([here], { directory: twoSwitches }, "s2").some((line) => line.includes("meter")));
});

test("a reservation between known hosts has queues at the ports of its path", (t) => {
  const path = cube({ srcHost: addresses(ip(0x0a000001)), dstHost: addresses(ip(0x0a000002)) });
  const { tables } = lower([claim("call", "reserve", 1e6, path)], { ...base, directory: twoSwitches });
  t.deepEqual(
    [...tables].map(([on, { queues }]) => [on, queues?.map(({ port, minimum }) => [port, minimum])]),
    [
      ["s1", [[9, 1e6]]],
      ["s2", [[2, 1e6]]],
    ],
  );
});

test("limits or reservations beyond what a target can tell apart are an error", (t) => {
  const nested = Array.from({ length: 30 }, (_, i) => claim(`l${i}`, "limit", 1e6, from(0, 31 - i)));
  t.deepEqual(codes(nested, { target: { ...TARGETS.of13, tables: 20 } }), [
    "E817 limits that overlap need 20 or more tables, one for each on a packet's way; `of13` has room for 19, and none is left for `l19`",
  ]);
  const many = Array.from({ length: 64 }, (_, i) => claim(`r${i}`, "reserve", 1e6, from(i)));
  const errors = (some: typeof many): readonly string[] =>
    codes(some, { target: "ovs-userspace" }).filter((one) => one.startsWith("E"));
  t.deepEqual(errors(many), ["E818 64 reservations need a DSCP mark each; `ovs-userspace` has 63"]);
  t.deepEqual(errors(many.slice(1)), []);
});

test("a rate that switches cannot count is an error, and one that they round is a warning", (t) => {
  const faults = (effect: "limit" | "reserve", rate: number): readonly string[] =>
    lower([claim("r", effect, rate, cube({ transport: numbers("transport", 6) }))], base).diagnostics.map(
      ({ code, message }) => `${code} ${message}`,
    );
  const most = (2 ** 32 - 1) * 1000;
  t.deepEqual(faults("limit", 999), [
    "E826 a meter counts in kb/s, so a limit of 999b cannot be kept: the least is 1kb",
  ]);
  t.deepEqual(faults("limit", 1000), []);
  t.deepEqual(faults("limit", 1001), ["W828 a meter counts in kb/s: `r` is kept at 2kb, not 1.001kb"]);
  t.deepEqual(faults("limit", most), []);
  t.deepEqual(faults("limit", most + 1000), [
    "E827 a meter counts no further than 4294.967Gb, and `r` asks for 4294967.296Mb",
  ]);
  t.deepEqual(faults("limit", 100_001), [], "less than 1% more");
  t.deepEqual(faults("reserve", 11_999), [
    "W829 a queue keeps at least a full frame a second: `r` gets 12kb, not 11.999kb",
  ]);
  t.deepEqual(faults("reserve", 12_000), []);
  t.deepEqual(faults("reserve", (2 ** 32 - 1) * 8), []);
  t.deepEqual(faults("reserve", 35e9), ["E827 a queue counts no further than 34.359Gb, and `r` asks for 35Gb"]);
});
