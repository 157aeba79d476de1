/**
 * Values that no entry tells apart but by treating them alike: of all hosts behind one switch the tables of the others say the
 * same. Such packets take the same ways, so one of each kind stands for all, and what is to be looked at grows with the
 * number of switches and not with that of hosts.
 */
import type { MatchField } from "../table/entry.ts";
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
  const treated = new Map<string, { readonly field: MatchField; readonly value: bigint; text: string }>();
  const alone = new Set<MatchField>();
  const special = new Set<string>(wiring.kept.map(({ field, value }) => `${field}=${value}`));
  let number = 0;
  for (const [name, { sending, entrance }] of rows) {
    number++;
    for (const { match } of entrance)
      for (const { field, value } of match) if (IS_END.has(field)) special.add(`${field}=${value}`);
    for (const [table, some] of sending.entries()) {
      for (const row of some) {
        const end = soleEnd(row);
        if (end === undefined) {
          for (const match of [row.match, ...row.clauses.flat()]) {
            for (const { field, value, mask } of match) {
              if (!IS_END.has(field)) continue;
              if (mask === undefined) special.add(`${field}=${value}`);
              else alone.add(field);
            }
          }
          continue;
        }
        const key = `${end.field}=${end.value}`;
        const known = treated.get(key) ?? { ...end, text: "" };
        known.text += `${number}.${table}.${row.priority}.${row.match.length === 1 ? "" : matchKey(row.match.filter((one) => one.field !== end.field))}${sentBy(row.outs, name, wiring)};`;
        treated.set(key, known);
      }
    }
  }
  const dropped = new Map<MatchField, Set<bigint>>();
  const kinds = new Set<string>();
  for (const [key, { field, value, text }] of treated) {
    if (special.has(key) || alone.has(field)) continue;
    const kind = `${field} ${text}`;
    if (kinds.has(kind)) dropped.set(field, (dropped.get(field) ?? new Set()).add(value));
    else kinds.add(kind);
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
const sentBy = (outs: readonly RowOut[], switchName: string, wiring: Places): string =>
  outs.map((out) => (typeof out === "string" ? out : (wiring.behind({ switch: switchName, port: out }) ?? "-"))).join();
