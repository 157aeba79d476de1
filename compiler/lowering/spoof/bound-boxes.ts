/**
 * Hosts that are named like a box by which others send, and bound as any other host: a way to other networks that has an
 * address, and an access point alone at its port. What they send on is dropped (NETWORK, "Spoof"), and with the facts that suit any
 * other host that is what an operator states. A name is only a hint, so these are notes.
 */
import type { DerivedRule } from "../../derived/rule.ts";
import { list } from "../../certificates/text.ts";
import { boundAccess, boundUplinks } from "../../diagnostics/codes/table.ts";
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

/** The field's words for what gives wireless hosts a way in. */
const ACCESS = /(?<!\p{L})(?:w?ap|wlan|wi-?fi|hotspot|access[-_ ]?point)(?!\p{L})/iu;

/** The notes that name them. */
export const boundBoxes = (directory: Directory, rules: () => readonly DerivedRule[]): readonly Diagnostic[] => [
  ...uplinks(directory, rules),
  ...accessPoints(directory),
];

/** Not told of a host that is a waypoint, of which N839 tells, nor beside an uplink that is bound to no address. */
function uplinks({ hosts }: Directory, rules: () => readonly DerivedRule[]): readonly Diagnostic[] {
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

function accessPoints({ hosts }: Directory): readonly Diagnostic[] {
  const placed = [...hosts.values()].filter(({ at }) => at !== undefined);
  const portOf = ({ at }: Host): string => `${at!.switch}:${at!.port}`;
  const named = placed.filter(({ name, macs, addresses }) => ACCESS.test(name) && macs.length + addresses.length > 0);
  if (named.length === 0) return [];
  const at = Map.groupBy(placed, portOf);
  const alone = named.filter((host) => at.get(portOf(host))!.length === 1);
  if (alone.length === 0) return [];
  const words = { hosts: list(alone.map(({ name }) => name)), ports: list(alone.map(portOf)) };
  const help =
    "state who is behind it at its port, too, by `host_mac` and `host_at`; or leave out its own `host_at`, and what comes in there may have every source that is no known host's";
  return [boundAccess(words, { span: alone[0]!.span, help })];
}

function familiesOf(hosts: readonly Host[]): string {
  const found = new Set(hosts.flatMap(({ addresses }) => addresses.map(({ family }) => family)));
  return [4, 6]
    .filter((family) => found.has(family as 4 | 6))
    .map((family) => `IPv${family}`)
    .join(" and ");
}
