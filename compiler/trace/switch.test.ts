/**
 * The interpreter compared with the real switch. Random tables go to Open vSwitch as text and come back the same, and
 * for random packets `ofproto/trace` decides as the interpreter does, conjunctions and fragments included.
 */
import test from "ava";
import fc from "fast-check";
import type { Lab } from "../../runtime/lab/lab.ts";
import { switchTest } from "../../runtime/lab/test.ts";
import { claims, directory, packets, rules } from "../semantics/arbitrary-rules.ts";
import type { Ip } from "../net/index.ts";
import type { Entry, Table } from "../table/entry.ts";
import { sortEntries } from "../table/match.ts";
import { lower, toOvs, type TargetName } from "../lowering/index.ts";
import { meterText } from "../table/notes.ts";
import { tableOf } from "../table/testing/table-of.ts";
import type { Packet } from "./packet.ts";
import { runTable, Switch } from "./switch.ts";
import { traceOf } from "./testing/trace-of.ts";

/** The packet at a port that is plugged in. */
const plugged = (packet: Packet): Packet => ({ ...packet, inPort: ((packet.inPort - 1) % 3) + 1 });

async function load(lab: Lab, table: Table): Promise<void> {
  await lab.ofctl("del-flows");
  await lab.ofctl("add-flows", ["-"], { input: toOvs(table) });
}

const targets: readonly TargetName[] = ["ovs", "of13"];

switchTest("a switch takes a table, returns it equal, and decides as the interpreter does", async (t, start) => {
  const lab = await start({ name: "table" });
  const seen = { allow: 0, deny: 0, conjunctions: 0, tags: 0, fragments: 0 };
  const draws = fc.sample(
    fc.tuple(
      fc.array(rules, { minLength: 1, maxLength: 6 }),
      fc.array(packets, { minLength: 12, maxLength: 12 }),
      fc.constantFrom(...targets),
    ),
    { numRuns: 24, seed: 20261122 },
  );
  for (const [some, sent, target] of draws) {
    const { tables, diagnostics } = lower(some, {
      directory,
      defaults: { verdict: "allow", fragments: "deny" },
      target,
      now: 0,
    });
    const table = tables.get("")!;
    if (diagnostics.length > 0 || table.entries.length > 2000) continue;
    await load(lab, table);
    t.is(toOvs(tableOf(await lab.dump())), toOvs(table));
    const device = new Switch(table);
    for (const packet of sent.map(plugged)) {
      const { verdict, path } = device.run(packet);
      const trace = await lab.trace(traceOf(packet));
      t.is(trace.actions === "drop" ? "deny" : "allow", verdict, `${traceOf(packet)}\n${trace.text}`);
      seen[verdict]++;
      if (path.some(({ members }) => members.length > 0)) seen.conjunctions++;
      if (packet.ip !== undefined && packet.ip.fragment !== "no") seen.fragments++;
    }
    if (table.entries.some(({ instructions }) => instructions[0]?.kind === "write_metadata")) seen.tags++;
  }
  for (const count of Object.values(seen)) t.true(count > 0, JSON.stringify(seen));
});

switchTest("a switch meters and queues the packets that the interpreter does", async (t, start) => {
  const lab = await start({ name: "meters" });
  const seen = { meters: 0, several: 0, queues: 0, marks: 0, fragments: 0 };
  const draws = fc.sample(
    fc.tuple(
      fc.array(claims, { minLength: 2, maxLength: 6 }),
      fc.array(packets, { minLength: 8, maxLength: 8 }),
      fc.constantFrom("ovs" as const, "ovs-userspace" as const),
    ),
    { numRuns: 16, seed: 20261122 },
  );
  for (const [some, sent, target] of draws) {
    const { tables, diagnostics } = lower(some, {
      directory,
      defaults: { verdict: "allow", fragments: "deny" },
      target,
      now: 0,
    });
    const table = tables.get("")!;
    if (diagnostics.some(({ severity }) => severity === "error") || table.entries.length > 2000) continue;
    await lab.ofctl("del-flows");
    await lab.ofctl("del-meters");
    for (const meter of table.meters ?? []) await lab.ofctl("add-meter", [meterText(meter)]);
    await load(lab, table);
    t.is(toOvs({ entries: tableOf(await lab.dump()).entries }), toOvs({ entries: table.entries }));
    const device = new Switch(table);
    for (const packet of sent.map(plugged)) {
      const { meters, queue } = device.run(packet);
      const { text } = await lab.trace(traceOf(packet));
      const numbers = (of: RegExp): number[] => [...text.matchAll(of)].map((found) => Number(found[1]));
      // Which of two meters of one rate a fragment passes is the switch's choice (`fragments.ts`).
      const fragment = packet.ip !== undefined && packet.ip.fragment !== "no";
      const named = (id: number): number | undefined =>
        fragment ? table.meters?.find(({ meter }) => meter === id)?.rate : id;
      t.deepEqual(numbers(/^ *meter:(\d+)/gm).map(named), meters.map(named), text);
      if (fragment && meters.length > 0) seen.fragments++;
      t.deepEqual(numbers(/^ *set_queue:(\d+)/gm), queue === undefined ? [] : [queue], text);
      if (meters.length > 0) seen.meters++;
      if (meters.length > 1) seen.several++;
      if (queue !== undefined) seen.queues++;
      if (queue !== undefined && text.includes("->ip_dscp")) seen.marks++;
    }
  }
  for (const count of Object.values(seen)) t.true(count > 0, JSON.stringify(seen));
});

/** A frame over IPv6 from 2001:db8::1 to 2001:db8::2, in hexadecimal. */
function frameOf(next: number, payload: string): string {
  const hex = (value: number, digits: number): string => value.toString(16).padStart(digits, "0");
  const header = `60000000${hex(payload.length / 2, 4)}${hex(next, 2)}40`;
  const address = (last: string): string => `20010db8${"0".repeat(22)}${last}`;
  return `02000000000202000000000186dd${header}${address("01")}${address("02")}${payload}`;
}

const DATAGRAM = "14e9003500100000" + "0000000000000000"; // UDP from 5353 to 53

switchTest("a switch reads fragments and further headers over IPv6 as the interpreter does", async (t, start) => {
  const lab = await start({ name: "bytes" });
  const table = tableOf(`
table=0,priority=9,udp6,tp_dst=53 actions=drop
table=0,priority=8,udp6,nw_frag=no actions=output:1
table=0,priority=7,udp6,nw_frag=yes actions=output:2
table=0,priority=6,ipv6,nw_proto=44 actions=output:3
table=0,priority=0 actions=NORMAL`);
  await load(lab, table);
  const v6 = (last: bigint): Ip => ({ family: 6, value: (0x2001_0db8n << 96n) + last });
  const packet = (fragment: "no" | "first" | "later"): Packet => ({
    inPort: 1,
    ethSrc: 0x020000000001,
    ethDst: 0x020000000002,
    ethType: 0x86dd,
    ip: { src: v6(1n), dst: v6(2n), protocol: 17, dscp: 0, fragment },
    ...(fragment === "no" && { ports: { src: 5353, dst: 53 } }),
  });
  /** A fragment header in front of the datagram: where its part begins, and whether more follow. */
  const cut = (offset: number, more: 0 | 1): string =>
    frameOf(44, `1100${((offset << 3) | more).toString(16).padStart(4, "0")}00000001${DATAGRAM}`);
  const options = `1100010400000000${DATAGRAM}`;
  const routing = `1100000000000000${DATAGRAM}`;
  const frames = [
    ["no", frameOf(17, DATAGRAM)],
    ["no", cut(0, 0)],
    ["first", cut(0, 1)],
    ["later", cut(10, 0)],
    ["later", cut(10, 1)],
    ["no", frameOf(0, options)],
    ["no", frameOf(60, options)],
    ["no", frameOf(43, routing)],
  ] as const;
  for (const [fragment, frame] of frames) {
    const { text } = await lab.trace("in_port=1", undefined, frame);
    const { path } = runTable(table, packet(fragment));
    const [met] = [...text.matchAll(/priority (\d+)/g)].map((found) => Number(found[1]));
    t.is(met, path[0]!.entry!.priority, `${fragment}\n${text}`);
  }
});

const CONJUNCTIONS = `
table=0,priority=9,conj_id=7,ip actions=drop
table=0,priority=9,ip,nw_src=10.0.0.1 actions=conjunction(7,1/2),conjunction(8,1/2)
table=0,priority=9,ip,nw_src=10.0.0.2 actions=conjunction(7,1/2)
table=0,priority=9,ip,nw_dst=10.0.0.3 actions=conjunction(7,2/2)
table=0,priority=9,ip,nw_dst=10.0.0.4 actions=conjunction(8,2/2)
table=0,priority=9,ip,nw_dst=10.0.0.0/29 actions=drop
table=0,priority=9,ip,nw_src=10.0.0.5 actions=drop
table=0,priority=4,ip,nw_src=10.0.0.0/30 actions=conjunction(9,1/2)
table=0,priority=4,ip,nw_dst=10.0.0.9 actions=conjunction(9,2/2)
table=0,priority=4,conj_id=9 actions=drop
table=0,priority=3,ip,nw_dst=10.0.0.9 actions=NORMAL
table=0,priority=0 actions=NORMAL`;

switchTest("conjunctions that overlap entries of their own priority decide as in the interpreter", async (t, start) => {
  const lab = await start({ name: "conj" });
  const table = tableOf(CONJUNCTIONS);
  await load(lab, table);
  for (let src = 0; src < 7; src++) {
    for (let dst = 2; dst < 11; dst++) {
      const packet: Packet = {
        inPort: 1,
        ethSrc: 1,
        ethDst: 2,
        ethType: 0x0800,
        ip: {
          src: { family: 4, value: 0x0a000000 + src },
          dst: { family: 4, value: 0x0a000000 + dst },
          protocol: 47,
          dscp: 0,
          fragment: "no",
        },
      };
      const { actions, text } = await lab.trace(traceOf(packet));
      t.is(actions === "drop" ? "deny" : "allow", runTable(table, packet).verdict, text);
    }
  }
});

test("a packet goes from table to table, and the path says by which entries", (t) => {
  const table = tableOf(`
table=0,priority=33,ip,nw_src=10.0.0.1 actions=write_metadata:0x1/0x3,goto_table:1
table=0,priority=0 actions=goto_table:1
table=1,priority=5,metadata=0x1/0x1 actions=drop
table=1,priority=0 actions=NORMAL`);
  const to = (last: number): Packet => ({
    inPort: 1,
    ethSrc: 1,
    ethDst: 2,
    ethType: 0x0800,
    ip: {
      src: { family: 4, value: 0x0a000000 + last },
      dst: { family: 4, value: 1 },
      protocol: 6,
      dscp: 0,
      fragment: "no",
    },
    ports: { src: 1, dst: 80 },
  });
  const priorities = (last: number): (number | undefined)[] =>
    runTable(table, to(last)).path.map(({ entry }) => entry?.priority);
  t.deepEqual(priorities(1), [33, 5]);
  t.deepEqual(priorities(2), [0, 0]);
  t.is(runTable(table, to(1)).verdict, "deny");
  t.deepEqual(runTable(table, to(2)).outputs, ["NORMAL"]);
});

test("a table without a miss entry drops packets that it does not match", (t) => {
  const entries: Entry[] = [...tableOf("table=0,priority=1,arp actions=NORMAL").entries];
  const { verdict, path } = runTable(
    { entries: sortEntries(entries) },
    { inPort: 1, ethSrc: 1, ethDst: 2, ethType: 0x88cc },
  );
  t.is(verdict, "deny");
  t.deepEqual(path, [{ table: 0, members: [] }]);
});
