/** Brackets that are not closed, and lists without commas: of nodes, of values, and of flows. */
import type { FaultPlace, Habit } from "./habit.ts";

/** Nodes of a `waypoint` or an `avoid`, up to the last one that was read. */
const NODES = /\b(?:waypoint|avoid)\b.*\)\s*=\s*(?:[\p{L}_"][^\s,()=]*\s*,\s*)*[\p{L}_"][^\s,()=]*\s*$/su;
const COMMAS = "nodes stand between commas, in the order in which they are passed";

/** The statement up to the fault. */
const read = ({ source, unit, start }: FaultPlace): string => source.text.slice(unit.start, start);

/** Habits of lists and brackets. */
export const LISTS: readonly ((place: FaultPlace) => Habit | undefined)[] = [
  /** `waypoint(…) = ids -> fw on net0`, `= ids fw`, `= s2:2`. */
  (place) => {
    const { found, behind, start, end, expected } = place;
    if (!expected.includes("`on`") || !NODES.test(read(place))) return undefined;
    if (found === ":" || found === "/")
      return { help: "a node is a switch or a host, by its name alone: where a host stands, `host_at` says" };
    const sign = /^(?:-{1,2}>?|=?>|→|then)(?=\s|$)/u.exec(found + behind)?.[0];
    if (sign !== undefined)
      return { help: COMMAS, change: { start, end: start + Math.max(sign.length, end - start), text: "," } };
    if (/^(?:in|at|for|under)$/.test(found))
      return { help: "the share stands behind `on`", change: { start, end, text: "on" } };
    // Of two names side by side one may be a word (`ids, then fw`): as a node it would stand nowhere, and all be dropped.
    return /^[\p{L}_"]/u.test(found) && !/^(?:to|from|with|log)$/.test(found) ? { help: COMMAS } : undefined;
  },
  /** `waypoint(…) via ids on net0`. */
  ({ found, before, start, end, expected }) =>
    /^(?:via|through|by|over)$/.test(found) && expected.includes("`=`") && /\)\s*$/.test(before)
      ? { help: "nodes stand behind `=`", change: { start, end, text: "=" } }
      : undefined,
  /** `limit(…) = 5,5Mb on net0`. */
  ({ found, before, behind, start, end }) =>
    found === "," && /\)\s*=\s*\d+$/.test(before) && /^\d+[A-Za-z]/.test(behind)
      ? { help: "a fraction stands behind a point", change: { start, end, text: "." } }
      : undefined,
  /** `dstPort={80 443}`; of names side by side one may be a word of another language. */
  ({ found, expected, after }) => {
    if (!expected.includes("`}`") || !/^[\p{L}\p{N}_"]/u.test(found)) return undefined;
    const help = "the values of a set stand between commas";
    return /^\d/.test(found)
      ? { help, change: { start: after, end: after, text: ",", title: "write a comma" } }
      : { help };
  },
  /** `deny(srcHost=10.0.0.1 on net0`. */
  ({ found, expected, after }) =>
    /^(?:on|both|strict|partial|from|to)$/.test(found) && expected.includes("`)`")
      ? {
          help: "`)` closes the flows",
          change: { start: after, end: after, text: ")", title: "write `)`" },
        }
      : undefined,
  /** `deny(srcHost=10.0.0.1)) on net0`. */
  ({ found, expected, start, end, before }) =>
    found === ")" && expected.includes("`on`") && /\)\s*$/.test(before)
      ? { help: "this closes nothing", change: { start, end, text: "", title: "take `)` out" } }
      : undefined,
];
