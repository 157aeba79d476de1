/**
 * Compares the path that a frame took with what the statements in force demand. It reads nothing but the statements.
 */
import type { Topology } from "../../paths/topology.ts";
import type { Judged } from "../frame-judge.ts";
import { hasCommonPath, hasPath, type PathQuery } from "../path-reference.ts";
import { holds, place, type Kind, type StoryStatement, type Story, type To } from "./frame-stories.ts";

/** A frame and the statements that apply. */
export interface Asked {
  readonly story: Story;
  readonly net: Topology;
  /** The statements that were accepted. */
  readonly inForce: readonly StoryStatement[];
  /** Hosts that give frames back, and so may get one more than once. */
  readonly boxes: ReadonlySet<string>;
  /** Port → the name of the host there. */
  readonly plugged: ReadonlyMap<string, string>;
  readonly source: number;
  readonly to: To;
  readonly kind: Kind;
}

/** Reports each fault in the path of a frame. Returns which kinds of treatment the frame tested, as counts. */
export function faultsOfFrame(
  { story, net, inForce, boxes, plugged, source, to, kind }: Asked,
  { arrivals, crossed }: Pick<Judged, "arrivals" | "crossed">,
  report: (fault: string) => void,
): Readonly<Partial<Record<"denied" | "flooded" | "steered" | "lost", number>>> {
  const from = place(story, source);
  const holding = inForce.filter((one) => holds(story, one, source, to, kind));
  const does = (what: StoryStatement["kind"]): readonly StoryStatement[] => holding.filter((one) => one.kind === what);
  const lists = does("waypoint").map(({ nodes }) => nodes);
  const avoid = does("avoid").flatMap(({ nodes }) => nodes);
  if (does("deny").length > 0 || (story.verdict === "deny" && does("allow").length === 0)) {
    if (arrivals.length > 0) report(`denied, and arrives at ${arrivals.map(({ at }) => at).join()}`);
    return { denied: 1 };
  }
  for (const one of avoid) {
    // A frame that enters at the avoided switch crosses it unavoidably, and must be dropped there.
    const isIngress = from.startsWith(`${one}:`) && arrivals.length === 0;
    if (crossed.has(one) && !isIngress) report(`crosses ${one}`);
  }
  const isAt = (node: string, at: string): boolean => node === at || (net.hosts.has(node) && plugged.get(at) === node);
  if (typeof to !== "number") {
    for (const [at, times] of Map.groupBy(arrivals, (one) => one.at))
      if (times.length > 1 && !boxes.has(plugged.get(at)!)) report(`arrives ${times.length} times at ${at}`);
    const others = [...plugged.keys()].filter((at) => at !== from && isPossible(net, from, at, [], []));
    if (lists.length + avoid.length === 0)
      for (const at of others) if (!arrivals.some((one) => one.at === at)) report(`misses ${at}`);
    return { flooded: 1 };
  }
  const end = place(story, to);
  const there = arrivals.filter(({ at }) => at === end);
  if (there.length > 1) report(`arrives ${there.length} times`);
  // A frame to a host that no cable reaches is flooded, as one to an unknown destination.
  const isReached = from.split(":")[0] !== end.split(":")[0] || story.cables.flat().some((cable) => isOn(cable, from));
  if (isReached && isPossible(net, from, end, [], []))
    for (const { at } of arrivals) if (at !== end && !boxes.has(plugged.get(at)!)) report(`arrives at ${at}`);
  for (const { by } of there) {
    for (const list of lists) {
      let left = list;
      for (const at of by) while (left.length > 0 && isAt(left[0]!, at)) left = left.slice(1);
      if (left.length > 0) report(`arrives without ${left.join()}, by ${by.join(" ")}`);
    }
  }
  const isPossibleHere = isPossible(net, from, end, lists, avoid);
  if (there.length === 0 && isPossible(net, from, end, lists, avoid, hasCommonPath))
    report(`does not arrive (${lists.join(" and ")} around ${avoid.join()})`);
  if (there.length > 0 && !isPossibleHere) report("arrives, and there is no such path");
  return { steered: Number(lists.length + avoid.length > 0), lost: Number(!isPossibleHere) };
}

const isOn = (cable: string, port: string): boolean => cable.split(":")[0] === port.split(":")[0];

/** Whether a network has a path with these waypoints around these avoided nodes. */
function isPossible(
  net: Topology,
  from: string,
  to: string,
  lists: PathQuery["lists"],
  avoid: readonly string[],
  asks: typeof hasCommonPath = hasPath,
): boolean {
  const port = (text: string) => ({ switch: text.split(":")[0]!, port: Number(text.split(":")[1]) });
  return asks(net, { from: port(from), to: port(to), lists, avoid });
}
