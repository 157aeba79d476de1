/**
 * Waypoints and avoids that are said to a running network → why it does not take them. All of them are made anew wherever
 * one comes or goes, while everybody waits. So what they may come to is counted, far below what files may ask for: of all
 * that stand or begin while these do, as if they stood at once. However their beginnings are spread, no instant has more.
 */
import type { Decided } from "../admission/decided.ts";
import type { Accepted } from "../admission/state/accepted.ts";
import type { DerivedRule } from "../derived/rule.ts";
import type { Diagnostic } from "../diagnostics/diagnostic.ts";
import type { LowerContext, WaysBudget } from "../lowering/pipeline/options.ts";
import { reportRefusals } from "../lowering/pipeline/refusal.ts";
import type { UserIndex } from "../lowering/encode/user-index.ts";
import { steeredEntries } from "../lowering/steering/steered-entries.ts";
import type { RefusedSteering } from "../lowering/steering/steered.ts";
import { overlap } from "../net/interval.ts";
import type { Topology } from "../paths/index.ts";

/** Some tens of milliseconds, wherever one of them comes or goes. */
export const MOST_SAID_WAYS: WaysBudget = { entries: 1_000, combinations: 32 };

/** The waypoints and avoids among accepted requests with these identities. */
export const waysAmong = ({ state: { accepted } }: Decided["admission"], ids: readonly string[]): readonly Accepted[] =>
  ids.flatMap((id) => accepted.get(id) ?? []).filter(({ kind }) => kind === "waypoint" || kind === "avoid");

/**
 * Why the ways among these requests cannot stand beside all others of their time; nothing is made of more than may be.
 *
 * @param mine Those that were said, and are accepted.
 */
export function faultsOfWays(
  { state: { accepted } }: Decided["admission"],
  mine: readonly Accepted[],
  {
    topology,
    userIndex,
    context,
  }: { readonly topology: Topology; readonly userIndex: UserIndex; readonly context: LowerContext },
): readonly Diagnostic[] {
  if (mine.length === 0) return [];
  const all = [...accepted.ofKind("waypoint"), ...accepted.ofKind("avoid")].filter((one) =>
    mine.some(({ interval }) => overlap(interval, one.interval)),
  );
  const refusalsOf = (some: readonly Accepted[]): readonly RefusedSteering[] =>
    steeredEntries(some.flatMap(rulesOf), topology, userIndex, { ...context, ways: MOST_SAID_WAYS }).refusals;
  const found = refusalsOf(all);
  const ofAll = found.filter(({ refusal: { kind } }) => kind === "steered" || kind === "regions");
  if (ofAll.length > 0)
    return reportRefusals(ofAll, context).map((one) => ({ ...one, help: `${one.help}; ${COUNTED}` }));
  const said = new Set(mine);
  const others = all.filter((one) => !said.has(one));
  const isMine = ({ rule }: RefusedSteering): boolean => mine.some(({ id }) => id === rule.statement);
  // What others have brought about without these refuses nobody.
  return reportRefusals(found.every(isMine) || refusalsOf(others).length === 0 ? found : found.filter(isMine), context);
}

const COUNTED =
  "a running network makes all of them anew wherever one comes or goes, so all that stand or begin while this stands are counted together: say fewer, for narrower flows, one behind the other in time, or have them in the files of the policy";

/** What is accepted as rules, as if it stood now. */
const rulesOf = ({ id, kind, pieces, nodes = [] }: Accepted): readonly DerivedRule[] =>
  kind !== "waypoint" && kind !== "avoid"
    ? []
    : pieces.flatMap(({ flows: { cubes }, interval: { end } }) =>
        cubes.map((cube) => ({ ...ALONE, statement: id, stage: kind, effect: kind, cube, end, nodes })),
      );

const ALONE = { depth: 0, level: 0, levels: 1 } as const;
