/**
 * Values that no entry tells apart but by treating them alike: of all hosts behind one switch the tables of the others say the
 * same. Such packets take the same ways, so one of each kind stands for all, and what is to be looked at grows with the
 * number of switches and not with that of hosts.
 */
import type { Match, MatchField } from "../table/entry.ts";
import { matchKey } from "../table/match.ts";
import { EVERY, withoutValues, type PacketSet } from "./packets.ts";
import type { Row, RowOut, SwitchRows } from "./rows.ts";
import type { Places } from "./places.ts";

/** Fields of destinations: the first table asks for sources. */
const ENDS: readonly MatchField[] = ["eth_dst", "ipv4_dst", "ipv6_dst", "arp_tpa"];
const IS_END: ReadonlySet<MatchField> = new Set(ENDS);

export interface Alike {
  /** Without the rows of values that others stand for. */
  readonly rows: ReadonlyMap<string, SwitchRows>;
  /** All packets but those with such a value. */
  readonly left: PacketSet;
}

export function alikeValues(rows: ReadonlyMap<string, SwitchRows>, wiring: Places): Alike {
  const treated = new Map<MatchField, Map<bigint, string>>(ENDS.map((field) => [field, new Map<bigint, string>()]));
  /** Values that stand beside others, or where no row shows all that is asked. */
  const special = new Map<MatchField, Set<bigint>>(ENDS.map((field) => [field, new Set<bigint>()]));
  const masked = new Set<MatchField>();
  const setApart = (match: Match): void => {
    for (const { field, value, mask } of match) {
      if (!IS_END.has(field)) continue;
      if (mask === undefined) special.get(field)!.add(value);
      else masked.add(field);
    }
  };
  setApart(wiring.kept);
  let number = 0;
  for (const [name, { sending, entrance }] of rows) {
    number++;
    const sent = new Map<RowOut, string>();
    const sentBy = (outs: readonly RowOut[]): string => {
      if (outs.length !== 1) return outs.map((out) => textOf(out, name, wiring)).join();
      const known = sent.get(outs[0]!) ?? textOf(outs[0]!, name, wiring);
      sent.set(outs[0]!, known);
      return known;
    };
    for (const { match } of entrance) setApart(match);
    for (const [table, some] of sending.entries()) {
      for (const row of some) {
        const end = soleEnd(row);
        if (end === undefined) {
          for (const match of [row.match, ...row.clauses.flat()]) setApart(match);
          continue;
        }
        const rest = row.match.length === 1 ? "" : matchKey(row.match.filter((one) => one.field !== end.field));
        const all = treated.get(end.field)!;
        const before = all.get(end.value) ?? "";
        all.set(end.value, `${before}${number}.${table}.${row.priority}.${rest}${sentBy(row.outs)};`);
      }
    }
  }
  const dropped = new Map<MatchField, Set<bigint>>();
  for (const [field, values] of treated) {
    if (masked.has(field)) continue;
    const kinds = new Set<string>();
    for (const [value, text] of values) {
      if (special.get(field)!.has(value)) continue;
      if (kinds.has(text)) dropped.set(field, (dropped.get(field) ?? new Set()).add(value));
      else kinds.add(text);
    }
  }
  if (dropped.size === 0) return { rows, left: EVERY };
  const isLeft = ({ match }: Row): boolean =>
    !match.some(({ field, value, mask }) => mask === undefined && dropped.get(field)?.has(value) === true);
  const fewer = [...rows].map(([name, { sending, ...others }]): [string, SwitchRows] => [
    name,
    { sending: sending.map((some) => some.filter(isLeft)), ...others },
  ]);
  let left: PacketSet = EVERY;
  for (const [field, values] of dropped)
    left = withoutValues(
      left,
      field,
      [...values].map((value) => ({ field, value })),
    );
  return { rows: new Map(fewer), left };
}

/** The destination that a row asks for, if that is all but for kinds of packets. */
function soleEnd({ match, clauses, isWhole }: Row): { readonly field: MatchField; readonly value: bigint } | undefined {
  if (!isWhole || clauses.length > 0) return undefined;
  let end: { readonly field: MatchField; readonly value: bigint } | undefined;
  for (const { field, value, mask } of match) {
    if (field === "eth_type") continue;
    if (mask !== undefined || end !== undefined || !IS_END.has(field)) return undefined;
    end = { field, value };
  }
  return end;
}

/** Where it is sent, as far as something comes back from there. */
const textOf = (out: RowOut, switchName: string, wiring: Places): string =>
  typeof out === "string" ? out : String(wiring.behind({ switch: switchName, port: out }) ?? "-");
