/** A waypoint that is a host which switches cannot tell from others: what is said of it, and what ends it. */
import type { BoxFault } from "../paths/index.ts";
import type { Refusal } from "./refusal.ts";
import { list, nameText } from "./text.ts";

interface UnfitNode {
  readonly node: string;
  readonly why: string;
  /** What to do, as a sentence. */
  readonly help: string;
}

/** The first such waypoint of a refused statement; undefined: there is none. */
export function unfitNodeOf({ statement: { demand }, boxFault }: Refusal): UnfitNode | undefined {
  for (const node of (demand.kind === "request" && demand.nodes) || []) {
    const fault = boxFault(node);
    if (fault !== undefined) return { node, ...said(node, fault) };
  }
  return undefined;
}

function said(node: string, fault: BoxFault): Pick<UnfitNode, "why" | "help"> {
  if (fault.kind === "noMac")
    return {
      why: "no fact states its MAC, and without it no switch could tell what it sends itself from what it gives back",
      help: `state \`host_mac(${nameText(node)}, MAC)\``,
    };
  const { switch: name, port } = fault.at;
  const others = list(fault.others, MOST_OTHERS);
  return {
    why: `${others} ${fault.others.length > 1 ? "stand" : "stands"} at its port ${name}:${port}, too, and no switch could tell what it gives back from what is sent there`,
    help: `plug it into a port of its own, and say so by \`host_at(${nameText(node)}, SWITCH, PORT)\``,
  };
}

/** The most hosts beside it that are named. */
const MOST_OTHERS = 3;
