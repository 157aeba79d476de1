/** The privileges that a NewShare states beyond its parent's → words. */
import type { Demand } from "../model/model.ts";
import { printRate } from "../net/index.ts";
import { boundsOf, statedBounds, type Bound } from "../shares/privileges.ts";
import type { Share } from "../shares/tree.ts";
import type { Refusal } from "./refusal.ts";
import { list } from "./text.ts";

/** What a share states beyond its parent's, and what the parent holds. */
export function excessText({ statement: { demand }, excess, tree, code }: Refusal): string {
  if (demand.kind !== "NewShare") return "";
  const stated = new Map(statedBounds(demand.privileges));
  const parent = tree.get(demand.parent);
  const most = new Map(parent ? boundsOf(parent.privileges, parent.bucket) : []);
  const rate = (bound: Bound, n: number): string =>
    bound === "requests" || bound === "entries" ? `${n}` : n === 0 ? "none" : printRate(n);
  // A right that the parent lacks is named by the bounds that ask for it.
  const asking = (one: string): readonly string[] =>
    (code === "too-permissive" ? ASKING[one] : undefined)?.filter((bound) => stated.has(bound)) ?? [one];
  const shown = new Set(excess.flatMap(asking));
  const texts = [...shown].map((one) => {
    const bound = EXCESS[one as Bound];
    if (bound === undefined) return nodesBeyond(demand, parent, one) ?? `\`${one}\``;
    const held = most.get(one as Bound);
    const none = code === "too-permissive" ? ", where the parent has none" : "";
    const beside = held === undefined ? none : `, where the parent has ${rate(one as Bound, held)}`;
    return `\`${bound} ${rate(one as Bound, stated.get(one as Bound)!)}\`${beside}`;
  });
  return texts.join(code === "contradictory" ? ", " : "; ");
}

/** The nodes of a kind that the parent lacks. */
function nodesBeyond(
  { privileges }: Demand & { readonly kind: "NewShare" },
  parent: Share | undefined,
  kind: string,
): string | undefined {
  if (kind !== "waypoint" && kind !== "avoid") return undefined;
  const held = parent?.privileges[kind] ?? [];
  const beyond = (privileges[kind] ?? []).filter((node) => held !== "all" && !held.includes(node));
  return beyond.length === 0 ? undefined : `\`${kind}\` of ${list(beyond)}`;
}

/** Rights that are asked for by bounds. */
const ASKING: Readonly<Record<string, readonly Bound[]>> = {
  reserve: ["reserve_max"],
  limit: ["limit_cap", "limit_floor"],
};

const EXCESS: Readonly<Partial<Record<Bound, string>>> = {
  reserve_max: "reserve <=",
  reserve_min: "reserve >=",
  fill: "reserveTBFill =",
  capacity: "reserveTBCapacity =",
  limit_cap: "limit <=",
  limit_floor: "limit >=",
  requests: "requests <=",
  entries: "entries <=",
};
