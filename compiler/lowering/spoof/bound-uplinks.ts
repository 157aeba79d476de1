/**
 * Hosts that are named like a way to other networks and bound to their own addresses: what such a host forwards from there
 * is dropped (NETWORK, "Spoof"), and with the facts that suit any other host that is what an operator states. A name is only
 * a hint, so it is told as a note, and not of a host that is a waypoint, of which N839 tells, or beside one that is bound to no address.
 */
import type { DerivedRule } from "../../derived/rule.ts";
import { list } from "../../certificates/text.ts";
import { boundUplinks } from "../../diagnostics/codes/table.ts";
import type { Diagnostic } from "../../diagnostics/diagnostic.ts";
import type { Directory, Host } from "../../model/model.ts";

/** The field's words for what leads to other networks. */
const WORDS = /^(?:.*(?:router|gateway|firewall|uplink|modem)|r?gw|fw|internet|wan|isp|nat|upstream|egress)$/;

/** Whether a word of the name is one of these: `gw-2`, `edge_router`, `officeGateway`. */
export const isNamedUplink = (name: string): boolean =>
  name
    .replaceAll(/([a-z])([A-Z])/g, "$1 $2")
    .toLowerCase()
    .split(/[^\p{L}]+/u)
    .some((word) => WORDS.test(word));

/** The note that names them; none where nothing is like that. */
export function boundUplinksNote({ hosts }: Directory, rules: () => readonly DerivedRule[]): readonly Diagnostic[] {
  const named = [...hosts.values()].filter(({ name, at }) => at !== undefined && isNamedUplink(name));
  if (named.length === 0 || named.some(({ addresses }) => addresses.length === 0)) return [];
  const nodes = new Set(rules().flatMap(({ nodes }) => nodes ?? []));
  const bound = named.filter(({ name }) => !nodes.has(name));
  if (bound.length === 0) return [];
  const words = { hosts: list(bound.map(({ name }) => name)), family: familiesOf(bound) };
  const help =
    "where one is the way to other networks, leave out its `host_ip`: with `host_mac` and `host_at` alone it may send from every address that is no known host's";
  return [boundUplinks(words, { span: bound[0]!.span, help })];
}

function familiesOf(hosts: readonly Host[]): string {
  const found = new Set(hosts.flatMap(({ addresses }) => addresses.map(({ family }) => family)));
  return [4, 6]
    .filter((family) => found.has(family as 4 | 6))
    .map((family) => `IPv${family}`)
    .join(" and ");
}
