/** Random tables, of which a switch refuses random entries: judged packet by packet by an evaluator of its own. */
import test from "ava";
import type { Entry, FieldMatch, Instruction, Table } from "../table/entry.ts";
import { entryKey, sortEntries } from "../table/match.ts";
import { nextLack, withoutLacking, type Lack } from "./lacking.ts";

/** A generator of numbers below a bound, the same for a seed everywhere. */
function numbers(seed: number): (below: number) => number {
  let state = seed >>> 0;
  return (below) => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return Math.floor((state / 2 ** 32) * below);
  };
}

/** Packets are two fields of two bits: 16 in all. */
type Packet = readonly [source: bigint, target: bigint];
const PACKETS: readonly Packet[] = Array.from({ length: 16 }, (_, i) => [BigInt(i >> 2), BigInt(i & 3)]);
const FIELDS = ["udp_src", "udp_dst"] as const;

function matches(entry: Entry, packet: Packet): boolean {
  return entry.match.every(({ field, value, mask = 3n }) => {
    const i = FIELDS.indexOf(field as "udp_src");
    return i < 0 || (packet[i]! & mask) === value;
  });
}

const conjunctionsOf = (entry: Entry) =>
  entry.instructions.flatMap((one) =>
    one.kind === "apply" ? one.actions.flatMap((action) => (action.kind === "conjunction" ? [action] : [])) : [],
  );

/** What becomes of a packet, as a text: where it drops that is `drop`. Conjunctions count at the priority of their members. */
function fate(entries: readonly Entry[], packet: Packet, table = 0): string {
  const here = entries.filter((entry) => entry.table === table);
  const found: { readonly priority: number; readonly entry: Entry }[] = [];
  for (const entry of here) {
    const id = entry.match.find(({ field }) => field === "conj_id")?.value;
    if (id === undefined) {
      if (conjunctionsOf(entry).length === 0 && matches(entry, packet)) found.push({ priority: entry.priority, entry });
      continue;
    }
    const members = here.flatMap((one) =>
      conjunctionsOf(one)
        .filter((action) => BigInt(action.id) === id && matches(one, packet))
        .map((action) => ({ ...action, priority: one.priority })),
    );
    const isWhole = members.length > 0 && new Set(members.map(({ clause }) => clause)).size === members[0]!.clauses;
    if (isWhole) found.push({ priority: members[0]!.priority, entry });
  }
  const [first] = found.toSorted((a, b) => b.priority - a.priority);
  if (first === undefined) return "drop";
  const done: string[] = [];
  for (const one of first.entry.instructions) {
    if (one.kind === "meter") done.push(`meter ${one.meter}`);
    if (one.kind === "apply") done.push("out");
    if (one.kind === "goto") done.push(fate(entries, packet, one.table));
  }
  return done.length === 0 || done.includes("drop") ? "drop" : done.join(" ");
}

const OUT: Instruction = { kind: "apply", actions: [{ kind: "output", port: 1 }] };

function randomTable(below: (bound: number) => number): Table {
  const entries = new Map<string, Entry>();
  const add = (one: Pick<Entry, "table" | "priority" | "match" | "instructions">): void => {
    const entry = { ...one, cookie: BigInt(entries.size), hardTimeout: 0, idleTimeout: 0 };
    if (!entries.has(entryKey(entry))) entries.set(entryKey(entry), entry);
  };
  const field = (i: 0 | 1): FieldMatch[] => {
    if (below(3) === 0) return [];
    if (below(3) === 0) return [{ field: FIELDS[i], value: BigInt(below(2)) << 1n, mask: 2n }];
    return [{ field: FIELDS[i], value: BigInt(below(4)) }];
  };
  let priority = 40;
  for (const table of [0, 1])
    for (let i = 0; i < 7; i++) {
      // Each has a priority of its own, so that no order is left to the switch.
      priority--;
      const acts: readonly (readonly Instruction[])[] = [
        [],
        table === 0 ? [{ kind: "goto", table: 1 }] : [OUT],
        [{ kind: "meter", meter: 1 + below(2) }, table === 0 ? { kind: "goto", table: 1 } : OUT],
      ];
      const instructions = acts[below(3)]!;
      if (below(4) > 0) {
        add({ table, priority, match: [...field(0), ...field(1)], instructions });
        continue;
      }
      const id = priority;
      for (const clause of [1, 2] as const)
        for (let n = 0; n < 2; n++) {
          const match: FieldMatch[] = [{ field: FIELDS[clause - 1]!, value: BigInt(below(4)) }];
          const action = { kind: "conjunction", id, clause, clauses: 2 } as const;
          add({ table, priority, match, instructions: [{ kind: "apply", actions: [action] }] });
        }
      add({ table, priority, match: [{ field: "conj_id", value: BigInt(id) }], instructions });
    }
  const meter = (number: number) => ({ meter: number, rate: 1000, burst: 1000, statement: `limit ${number}` });
  return { entries: sortEntries([...entries.values()]), meters: [meter(1), meter(2)] };
}

test("whatever a switch refuses, no packet passes that the whole table drops, or passes without its meters", (t) => {
  const kept = { same: 0, dropped: 0 };
  for (let seed = 1; seed <= 1500; seed++) {
    const below = numbers(seed);
    const table = randomTable(below);
    const lacking = new Map<string, Lack>();
    // As a switch would: what is refused as it is, is refused as one that drops as well, or not.
    for (const entry of table.entries) {
      if (below(12) > 0) continue;
      const first = nextLack(entry, undefined)!;
      lacking.set(entryKey(entry), below(2) === 0 ? first : (nextLack(entry, first) ?? first));
    }
    const { table: sent, closed } = withoutLacking(table, lacking);
    for (const packet of PACKETS) {
      const [meant, is] = [fate(table.entries, packet), fate(sent.entries, packet)];
      if (is !== "drop") t.is(is, meant, `seed ${seed}, packet ${packet.join()}`);
      kept[is === meant ? "same" : "dropped"]++;
    }
    // No entry refers to a meter that is not there, and no refused entry is sent as it was refused.
    for (const entry of sent.entries) {
      for (const one of entry.instructions)
        if (one.kind === "meter") t.true(sent.meters!.some(({ meter }) => meter === one.meter));
      const lack = lacking.get(entryKey(entry));
      t.true(lack === undefined || (lack === "acts" && entry.instructions.length === 0));
    }
    if (lacking.size === 0) t.is(sent, table);
    t.true(closed.every((entry) => table.entries.includes(entry)));
  }
  t.true(kept.same > 2 * kept.dropped, `most packets fare as before: ${JSON.stringify(kept)}`);
});
