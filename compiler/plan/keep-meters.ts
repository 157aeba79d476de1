/**
 * table × table → the second one, with the numbers under which the first has its limits. A meter begins with a full
 * bucket, so a limit that goes on must go on with its meter. Its number is hashed from the statement's identity, which a
 * new label changes, and without a label a new rate; so a limit is recognized by the flows that pass its meter.
 */
import type { Entry, Instruction, Meter, Table } from "../table/entry.ts";
import { matchKey } from "../table/match.ts";
import { kilo } from "../table/units.ts";

/** What of a limit a switch can show. */
interface Use {
  readonly meter: number;
  /** Its matches in order: the flows. */
  readonly flows: string;
  readonly cookies: ReadonlySet<bigint>;
  readonly config: string;
}

/** Whether a limit of the old table goes on as one of the new table; the surest signs come first. */
const SIGNS: readonly ((use: Use) => readonly string[])[] = [
  ({ flows, cookies }) => [...cookies].map((cookie) => `${cookie} ${flows}`),
  ({ flows, config }) => [`${flows} ${config}`],
  ({ flows }) => [flows],
  ({ cookies }) => [...cookies].map(String),
];

/**
 * A limit that is new has the number of its own, or the next below that no limit of either table has and that is not
 * among those to `leave`.
 */
export function keepMeters(old: Table, next: Table, leave: ReadonlySet<number> = new Set()): Table {
  if ((next.meters ?? []).length === 0) return next;
  const before = usesOf(old);
  if (before.length + leave.size === 0) return next;
  const uses = usesOf(next);
  const kept = new Map<number, number>();
  const taken = new Set<number>();
  for (const signs of SIGNS) {
    const free = new Map<string, number>();
    for (const use of before.toReversed())
      if (!taken.has(use.meter)) for (const sign of signs(use)) free.set(sign, use.meter);
    for (const use of uses) {
      if (kept.has(use.meter)) continue;
      const number = signs(use)
        .map((sign) => free.get(sign))
        .find((one) => one !== undefined && !taken.has(one));
      if (number === undefined) continue;
      kept.set(use.meter, number);
      taken.add(number);
    }
  }
  const used = new Set([...leave, ...taken, ...before.map(({ meter }) => meter)]);
  for (const { meter } of uses) {
    if (kept.has(meter)) continue;
    const number = freeNumber(meter, used);
    kept.set(meter, number);
    used.add(number);
  }
  return [...kept].every(([meter, number]) => meter === number) ? next : renumbered(next, kept);
}

/** Below its own, as no number above it need be one of the switch's. */
function freeNumber(wanted: number, used: ReadonlySet<number>): number {
  let number = wanted;
  while (used.has(number) && number > 1) number--;
  while (used.has(number)) number++;
  return number;
}

function usesOf({ entries, meters = [] }: Table): readonly Use[] {
  const configs = new Map(meters.map(({ meter, rate, burst }) => [meter, `${kilo(rate)} ${kilo(burst)}`]));
  const uses = new Map<number, { flows: string[]; cookies: Set<bigint> }>();
  for (const { match, cookie, instructions } of entries) {
    for (const one of instructions) {
      if (one.kind !== "meter") continue;
      const use = uses.get(one.meter) ?? { flows: [], cookies: new Set() };
      uses.set(one.meter, use);
      use.flows.push(matchKey(match));
      use.cookies.add(cookie);
    }
  }
  return [...uses]
    .map(([meter, { flows, cookies }]) => {
      return { meter, cookies, flows: flows.toSorted().join(" "), config: configs.get(meter) ?? "" };
    })
    .toSorted((a, b) => a.meter - b.meter);
}

function renumbered(table: Table, numbers: ReadonlyMap<number, number>): Table {
  const numberOf = (meter: number): number => numbers.get(meter) ?? meter;
  const instruction = (one: Instruction): Instruction =>
    one.kind === "meter" ? { kind: "meter", meter: numberOf(one.meter) } : one;
  const entries = table.entries.map((entry): Entry => {
    const isSame = entry.instructions.every((one) => one.kind !== "meter" || numberOf(one.meter) === one.meter);
    return isSame ? entry : { ...entry, instructions: entry.instructions.map(instruction) };
  });
  const meters = table.meters!.map((one): Meter => ({ ...one, meter: numberOf(one.meter) }));
  return { ...table, entries, meters: meters.toSorted((a, b) => a.meter - b.meter) };
}
