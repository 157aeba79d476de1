/**
 * Finds destinations that all tables treat alike, and keeps one of each kind. The other switches treat all hosts behind
 * one switch in the same way, so packets to these hosts take the same paths. The proof then grows with the number of
 * switches and not with the number of hosts.
 */
import type { FieldMatch, Match, MatchField } from "../table/entry.ts";
import { EVERY, withoutValues, type PacketSet } from "./packets.ts";
import { isProbe, type Row, type RowOut, type SwitchRows } from "./rows.ts";
import type { Places } from "./places.ts";

/** The fields of destinations. Sources are left out because the first table checks each of them by itself. */
const ENDS: readonly MatchField[] = ["eth_dst", "ipv4_dst", "ipv6_dst", "arp_tpa"];
/** Whether a field is one of `ENDS`. It runs for every field of every entry, where comparing beats a lookup. */
const isEnd = (field: MatchField): boolean =>
  field === "eth_dst" || field === "ipv4_dst" || field === "ipv6_dst" || field === "arp_tpa";

export interface Alike {
  /** The rows by switch, without those of values that another value represents. */
  readonly rows: ReadonlyMap<string, SwitchRows>;
  /** All packets except those with a represented value. */
  readonly left: PacketSet;
}

/** Drops all but one of each kind of destinations that the rows of all switches treat alike. */
export function withoutAlikeValues(rows: ReadonlyMap<string, SwitchRows>, wiring: Places): Alike {
  const treated = new Map<MatchField, Map<bigint, number>>(ENDS.map((field) => [field, new Map<bigint, number>()]));
  /** Values that must stay: a row matches them together with other fields, or does not show all that it matches. */
  const special = new Map<MatchField, Set<bigint>>(ENDS.map((field) => [field, new Set<bigint>()]));
  const blocks = new Blocks();
  const setApart = (match: Match, but?: MatchField): void => {
    for (const { field, value, mask } of match) {
      if (!isEnd(field) || field === but) continue;
      if (mask === undefined) special.get(field)!.add(value);
      else blocks.add(field, value, mask);
    }
  };
  setApart(wiring.kept);
  const lists = new Lists();
  for (const [name, { sending }] of rows) {
    const sent = new Map<RowOut, number>();
    for (const some of sending()) {
      const known = new Map<number, number>();
      for (const row of some) {
        const end = soleEnd(row);
        if (end === undefined) {
          for (const match of [row.match, ...row.clauses.flat()]) setApart(match);
          continue;
        }
        const outs = row.outs.length === 1 ? sentTo(row.outs[0]!, name, wiring, sent) : UNLIKE;
        if (outs === UNLIKE) special.get(end.field)!.add(end.value);
        const key = (row.priority * 0x1_0000 + end.type) * 0x10_0000 + outs;
        let element = known.get(key);
        if (element === undefined) known.set(key, (element = lists.newElement()));
        const all = treated.get(end.field)!;
        all.set(end.value, lists.longer(all.get(end.value) ?? 0, element));
      }
    }
  }
  const asked = ENDS.filter((field) => treated.get(field)!.size > 0);
  for (const { entrance } of rows.values())
    for (const { match } of [...entrance.values()].flat())
      // What the entrance asks of probes' targets is ignored.
      if (match.some(({ field }) => asked.includes(field))) setApart(match, isProbe(match) ? "arp_tpa" : undefined);
  const dropped = new Map<MatchField, Set<bigint>>();
  for (const [field, values] of treated) {
    const kinds = new Set<number>();
    for (const [value, list] of values) {
      if (special.get(field)!.has(value) || blocks.hold(field, value)) continue;
      if (kinds.has(list)) dropped.set(field, (dropped.get(field) ?? new Set()).add(value));
      else kinds.add(list);
    }
  }
  if (dropped.size === 0) return { rows, left: EVERY };
  const isLeft = ({ match }: Row): boolean =>
    !match.some(({ field, value, mask }) => mask === undefined && dropped.get(field)?.has(value) === true);
  const fewer = [...rows].map(([name, of]): [string, SwitchRows] => {
    const sending = of.sending().map((some) => some.filter(isLeft));
    return [name, { ...of, sending: () => sending }];
  });
  let left: PacketSet = EVERY;
  for (const [field, values] of dropped)
    left = withoutValues(
      left,
      field,
      [...values].map((value) => ({ field, value })),
    );
  return { rows: new Map(fewer), left };
}

/** The blocks of values that some row matches by a mask. */
class Blocks {
  /** Field → mask → the values under that mask. */
  readonly #values = new Map<MatchField, Map<bigint, Set<bigint>>>();

  add(field: MatchField, value: bigint, mask: bigint): void {
    const masks = this.#values.get(field) ?? new Map<bigint, Set<bigint>>();
    this.#values.set(field, masks);
    masks.set(mask, (masks.get(mask) ?? new Set()).add(value));
  }

  hold(field: MatchField, value: bigint): boolean {
    for (const [mask, values] of this.#values.get(field) ?? []) if (values.has(value & mask)) return true;
    return false;
  }
}

/** Numbers lists of elements: two lists are equal iff their numbers are. */
class Lists {
  readonly #longer = new Map<number, number>();
  #elements = 0;

  newElement(): number {
    return this.#elements++;
  }

  /** The number of a list with one more element. The empty list is 0. */
  longer(list: number, element: number): number {
    const key = list * 0x100_0000 + element;
    let found = this.#longer.get(key);
    if (found === undefined) this.#longer.set(key, (found = this.#longer.size + 1));
    return found;
  }
}

/** The destination that a row matches; undefined if the row matches more than it and the Ethernet type. */
function soleEnd({
  match,
  clauses,
  isWhole,
}: Row): { readonly field: MatchField; readonly value: bigint; readonly type: number } | undefined {
  if (!isWhole || clauses.length > 0) return undefined;
  let end: FieldMatch | undefined;
  let type = 0;
  for (const one of match) {
    if (one.mask !== undefined) return undefined;
    if (one.field === "eth_type") type = Number(one.value);
    else if (end !== undefined || !isEnd(one.field)) return undefined;
    else end = one;
  }
  return end && { field: end.field, value: end.value, type };
}

/** Stands for a row that sends to several ports or to none: such rows are never alike. */
const UNLIKE = 0;

/** A number for the place that an output leads to. All ports from which nothing comes back share one number. */
function sentTo(out: RowOut, switchName: string, wiring: Places, sent: Map<RowOut, number>): number {
  let found = sent.get(out);
  if (found === undefined) {
    found = out === "ALL" ? 1 : out === "IN_PORT" ? 2 : 4 + wiring.wayOut({ switch: switchName, port: out });
    sent.set(out, found);
  }
  return found;
}
