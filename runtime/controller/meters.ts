/**
 * The meters of a table × those that a switch holds → the changes. A meter has no cookie: ours are those that only
 * entries of ours use, and those that we have recorded in the switch's database. A meter that foreign entries use is
 * never changed. A meter that no entry uses has no effect, and is replaced if a statement needs its number.
 */
import type { ResourceChange } from "../../compiler/plan/index.ts";
import type { Instruction, Meter, Table } from "../../compiler/table/entry.ts";
import { isOurs } from "../../compiler/table/cookie.ts";
import { kilo } from "../../compiler/table/units.ts";
import { foreignMeter, idleMeters } from "../../compiler/diagnostics/codes/runtime.ts";
import type { Diagnostic } from "../../compiler/diagnostics/diagnostic.ts";
import type { FlowStats, MultipartReply, WireInstruction } from "../openflow/index.ts";
import { RequestRefused, type Session } from "../session/index.ts";
import type { FlowsByOwner } from "./installed.ts";
import { append } from "#compiler/net/lists.ts";

/** A meter as the switch reports it. */
export type WireMeter = Extract<MultipartReply, { readonly kind: "meter_config" }>["meters"][number];

/**
 * One meter-mod. `old`: what the switch held, to undo it. `statement`: the limit that the meter belongs to, if known.
 */
export type MeterChange = { readonly statement?: string } & (
  | { readonly command: "add"; readonly next: WireMeter }
  | { readonly command: "modify"; readonly next: WireMeter; readonly old: WireMeter }
  | { readonly command: "delete"; readonly old: WireMeter }
);

/** The meter-mods of a plan, by when they are sent. */
export interface MeterPlan {
  /** New meters and lower rates, sent before the entries that need them. */
  readonly first: readonly MeterChange[];
  /** Removed meters, and rates that are raised once the new entries are there. */
  readonly last: readonly MeterChange[];
  readonly refused: readonly Diagnostic[];
  readonly warnings: readonly Diagnostic[];
}

/** OFPMM_ALL (1.3.5, section 7.3.4.4). */
const ALL_METERS = 0xffff_ffff;
/** OFPMF_KBPS, OFPMF_BURST and OFPMF_STATS: rates in kbit/s, bursts in kbit, with counters. */
const FLAGS = 1 | 4 | 8;

/** A limit's meter as a switch takes it: in kbit/s, rounded up, so that the whole rate passes. */
export function toWireMeter({ meter, rate, burst }: Meter): WireMeter {
  return { flags: FLAGS, meter, bands: [{ kind: "drop", rate: kilo(rate), burst: kilo(burst) }] };
}

/** The limit's meter; `undefined` for a meter in another form than ours. */
export function fromWireMeter({ flags, meter, bands }: WireMeter): Meter | undefined {
  const [band, ...more] = bands;
  if (flags !== FLAGS || band?.kind !== "drop" || more.length > 0) return undefined;
  // A meter does not say its statement; the entries that use it do.
  return { meter, rate: band.rate * 1000, burst: band.burst * 1000, statement: "" };
}

/** All meters of a switch; none if it does not know meters. */
export async function readMeters(session: Session): Promise<readonly WireMeter[]> {
  const meters: WireMeter[] = [];
  try {
    await session.collect({ kind: "meter_config", meter: ALL_METERS }, (part) => {
      if (part.kind === "meter_config") append(meters, part.meters);
    });
  } catch (fault) {
    if (!(fault instanceof RequestRefused)) throw fault;
  }
  return meters;
}

/** What a switch counts for a meter. */
export interface MeterUse {
  /** The number of entries that use it now, ours and foreign ones. */
  readonly users: number;
  /** Seconds since it was made. */
  readonly age: number;
}

/** The use of every meter by number; `undefined` if the switch does not count it. */
export async function readMeterUses(session: Session): Promise<ReadonlyMap<number, MeterUse> | undefined> {
  const uses = new Map<number, MeterUse>();
  try {
    await session.collect({ kind: "meter", meter: ALL_METERS }, (part) => {
      if (part.kind !== "meter") return;
      for (const { meter, flows, seconds } of part.meters) uses.set(meter, { users: flows, age: seconds });
    });
  } catch (fault) {
    if (fault instanceof RequestRefused) return undefined;
    throw fault;
  }
  return uses;
}

/** Our entries and all meters as a table, as the switch holds them. */
export const limitsOf = ({ ours }: Pick<FlowsByOwner, "ours">, held: readonly WireMeter[]): Table => ({
  entries: ours.flatMap(({ entry }) => (entry ? [entry] : [])),
  meters: held.flatMap((one) => fromWireMeter(one) ?? []),
});

/** What is known of a switch's meters. */
export interface MeterView {
  readonly target: string;
  readonly held: readonly WireMeter[];
  /** The flows of the switch without foreign ones that are taken over. Meters of foreign flows are left alone. */
  readonly flows: readonly Pick<FlowStats, "cookie" | "instructions">[];
  /** Meters that we have recorded as ours. */
  readonly recorded: ReadonlySet<number>;
  readonly takeOver: boolean;
  /** Meters without users that another apply may be about to remove or use (`writers/settled.ts`). They stay. */
  readonly unsettled: ReadonlySet<number>;
}

/**
 * Plans the changes of meters. Meters that the desired entries use without declaring them stay. A rate is lowered
 * before the entries change, and raised after them. So a meter never passes more than the old policy or than the new
 * one, even if an apply is interrupted.
 */
export function planMeters(view: MeterView, desired: Table): MeterPlan {
  const { target } = view;
  const users = usersOf(view.flows);
  const used = new Set(metersOf(desired.entries).map(([meter]) => meter));
  const held = new Map(view.held.map((meter) => [meter.meter, meter]));
  const wanted = new Map((desired.meters ?? []).map((meter) => [meter.meter, meter]));
  const first: MeterChange[] = [];
  const last: MeterChange[] = [];
  const refused: Diagnostic[] = [];
  for (const meter of wanted.values()) {
    const { statement } = meter;
    const old = held.get(meter.meter);
    const next = toWireMeter(meter);
    if (old === undefined) first.push({ command: "add", next, statement });
    else if (users.foreign.has(meter.meter)) refused.push(foreignMeter({ target, meter: meter.meter, statement }));
    else {
      const now = users.ours.has(meter.meter) ? stricter(old, next) : next;
      if (!sameMeter(old, now)) first.push({ command: "modify", next: now, old, statement });
      if (!sameMeter(now, next)) last.push({ command: "modify", next, old: now, statement });
    }
  }
  const left = view.held.filter(({ meter }) => !wanted.has(meter) && !used.has(meter) && !users.foreign.has(meter));
  const stays = ({ meter }: WireMeter): boolean => view.unsettled.has(meter);
  const known = ({ meter }: WireMeter): boolean => view.takeOver || users.ours.has(meter) || view.recorded.has(meter);
  const ours = (one: WireMeter): boolean => known(one) && !stays(one);
  const waiting = view.takeOver ? left.filter(stays).length : 0;
  const idle = left.filter((one) => !known(one) && !stays(one)).length + waiting;
  const help =
    waiting > 0
      ? "another apply may be about to use them; an apply with --take-over some minutes from now removes them"
      : "they stay; --take-over removes them";
  return {
    first,
    last: [...last, ...left.filter(ours).map((old): MeterChange => ({ command: "delete", old }))],
    refused,
    warnings: idle > 0 ? [idleMeters({ target, meters: idle === 1 ? "1 meter" : `${idle} meters` }, { help })] : [],
  };
}

/** The net change of a plan, in order of number. A meter that is changed twice is one change. */
export function meterChanges({ first, last }: Pick<MeterPlan, "first" | "last">): readonly ResourceChange<Meter>[] {
  const found = new Map<number, ResourceChange<Meter>>();
  for (const change of [...first, ...last]) {
    const { command, statement = "" } = change;
    if (command === "add") found.set(change.next.meter, { kind: "add", one: describe(change.next, statement) });
    else if (command === "delete")
      found.set(change.old.meter, { kind: "delete", one: describe(change.old, statement) });
    else {
      const before = found.get(change.old.meter);
      const old = before?.kind === "replace" ? before.old : describe(change.old, "");
      found.set(change.old.meter, { kind: "replace", one: describe(change.next, statement), old });
    }
  }
  return [...found.values()].toSorted((a, b) => a.one.meter - b.one.meter);
}

/** A meter for reports. One in another form than ours has a rate of 0, since its rate is not known. */
const describe = (meter: WireMeter, statement: string): Meter => ({
  ...(fromWireMeter(meter) ?? { meter: meter.meter, rate: 0, burst: 0 }),
  statement,
});

/** Whether two meters are the same on a switch. */
export function sameMeter(a: WireMeter, b: WireMeter): boolean {
  return (
    JSON.stringify([a.flags, a.meter, a.bands.map(bandKey)]) ===
    JSON.stringify([b.flags, b.meter, b.bands.map(bandKey)])
  );
}

/** The stricter of two limits; the second if either is in another form than ours. */
function stricter(a: WireMeter, b: WireMeter): WireMeter {
  const [one, other] = [fromWireMeter(a), fromWireMeter(b)];
  if (one === undefined || other === undefined) return b;
  return toWireMeter({ ...other, rate: Math.min(one.rate, other.rate), burst: Math.min(one.burst, other.burst) });
}

const bandKey = (band: WireMeter["bands"][number]): unknown =>
  band.kind === "unknown" ? [band.code, [...band.data]] : [band.kind, band.rate, band.burst];

/** The meters that flows use, by the owner of the flows. */
function usersOf(flows: MeterView["flows"]): {
  readonly ours: ReadonlySet<number>;
  readonly foreign: ReadonlySet<number>;
} {
  const ours = new Set<number>();
  const foreign = new Set<number>();
  for (const [meter, { cookie }] of metersOf(flows)) (isOurs(cookie) ? ours : foreign).add(meter);
  return { ours, foreign };
}

/** The meters that flows of others use. */
export const foreignMeters = (flows: MeterView["flows"]): ReadonlySet<number> => usersOf(flows).foreign;

/** The meters of a switch that none of its flows uses. */
export function idleIn(held: readonly WireMeter[], flows: MeterView["flows"]): ReadonlySet<number> {
  const used = new Set(metersOf(flows).map(([meter]) => meter));
  return new Set(held.map(({ meter }) => meter).filter((meter) => !used.has(meter)));
}

/** What entries and flows have in common here. */
interface User {
  readonly instructions: readonly (Instruction | WireInstruction)[];
}

/** Every use of a meter. Few of 100,000 entries use one, so nothing is allocated for the others. */
function metersOf<T extends User>(users: readonly T[]): readonly (readonly [meter: number, user: T])[] {
  const uses: [number, T][] = [];
  for (const user of users) for (const one of user.instructions) if (one.kind === "meter") uses.push([one.meter, user]);
  return uses;
}
