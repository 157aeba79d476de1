/**
 * old table × new table → the new one, in which limits that go on keep their meters' old numbers. A new meter begins
 * with a full bucket, so a limit that got a new one would let a burst through. A meter's number is a hash of the
 * statement's identity, which changes with its label, or with its rate where it has no label. So a limit is recognized
 * by the flows that pass its meter.
 */
import type { Entry, Instruction, Meter, Table } from "../table/entry.ts";
import { matchKey } from "../table/match.ts";
import { kilo } from "../table/units.ts";

/** A limit as a switch shows it: its meter, and the entries that use the meter. */
interface MeterUse {
  readonly meter: number;
  /** The sorted matches of its entries, as one text. */
  readonly flows: string;
  readonly cookies: ReadonlySet<bigint>;
  /** Rate and burst. */
  readonly config: string;
}

/** Signs that a limit of the old table goes on as one of the new table: they share a text. The surest come first. */
const SIGNS: readonly ((use: MeterUse) => readonly string[])[] = [
  ({ flows, cookies }) => [...cookies].map((cookie) => `${cookie} ${flows}`),
  ({ flows, config }) => [`${flows} ${config}`],
  ({ flows }) => [flows],
  ({ cookies }) => [...cookies].map(String),
];

/**
 * The new table with the old numbers of limits that go on. A new limit has its own number, or the next one below that
 * no old or new limit uses. None has a number of `leave`: another apply may be about to use or remove those, or
 * entries of others use them.
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
      if (!taken.has(use.meter) && !leave.has(use.meter)) for (const sign of signs(use)) free.set(sign, use.meter);
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

/** The next free number below, since a switch may not offer the numbers above; above only where none is free below. */
function freeNumber(wanted: number, used: ReadonlySet<number>): number {
  let number = wanted;
  while (used.has(number) && number > 1) number--;
  while (used.has(number)) number++;
  return number;
}

function usesOf({ entries, meters = [] }: Table): readonly MeterUse[] {
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
