/**
 * A table → `tc` commands that put its packets into queues, for Open vSwitch's userspace datapath, which ignores
 * `set_queue`. The table marks packets for a queue by DSCP (target `ovs-userspace`), and one filter for each queue and
 * port puts marked packets into the queue's HTB class. Pure: the commands need root and the switch's namespace, so they
 * run only if the user asks for it.
 */
import { queuesAt, type Action, type Table } from "../../compiler/table/entry.ts";
import type { Bridge } from "./bridge.ts";

/** The DSCP value of packets for a queue. */
export interface Mark {
  readonly dscp: number;
  readonly queue: number;
}

/** The priorities of our filters on a port. Others use small ones, and we remove only filters with these. */
const PRIORITIES = { ip: 47_101, ipv6: 47_102 } as const;

function marksOf(actions: readonly Action[]): readonly Mark[] {
  const marks: Mark[] = [];
  let dscp: number | undefined;
  for (const action of actions) {
    if (action.kind === "set_field" && action.field === "ip_dscp") dscp = Number(action.value);
    if (action.kind === "set_queue" && dscp !== undefined) marks.push({ dscp, queue: action.queue });
  }
  return marks;
}

/** The marks of a table, each once, in order of queue. */
export function dscpMarks({ entries }: Table): readonly Mark[] {
  const marks = entries.flatMap(({ instructions }) =>
    instructions.flatMap((one) => (one.kind === "apply" ? marksOf(one.actions) : [])),
  );
  const unique = new Map(marks.map((mark) => [`${mark.queue} ${mark.dscp}`, mark]));
  return [...unique.values()].toSorted((a, b) => a.queue - b.queue || a.dscp - b.dscp);
}

/**
 * One command to run. Removing a filter that is not there fails without harm: such commands have `mayFail`.
 */
export interface FilterCommand {
  readonly argv: readonly string[];
  readonly mayFail: boolean;
}

/** The commands after which the ports with queues of this table have exactly its filters, of those that are ours. */
export function filterCommands(bridge: Bridge, table: Table): readonly FilterCommand[] {
  const marks = dscpMarks(table);
  return bridge.ports.flatMap(({ name, number, qos }): FilterCommand[] => {
    const queues = queuesAt(table.queues ?? [], number);
    if (queues.length === 0 && qos?.ours !== true) return [];
    const own = marks.filter(({ queue }) => queues.some((one) => one.queue === queue));
    return [
      ...Object.values(PRIORITIES).map((priority) => clear(name, priority)),
      ...own.flatMap((mark) => put(name, mark)),
    ];
  });
}

const clear = (port: string, priority: number): FilterCommand => ({
  argv: ["tc", "filter", "del", "dev", port, "parent", "1:", "prio", String(priority)],
  mayFail: true,
});

/**
 * Open vSwitch makes queue N the class 1:(N+1), which tc writes in hexadecimal. DSCP is the upper six bits of its byte.
 */
function put(port: string, { dscp, queue }: Mark): FilterCommand[] {
  const value = `0x${(dscp << 2).toString(16).padStart(2, "0")}`;
  const flow = ["flowid", `1:${(queue + 1).toString(16)}`];
  const add = (protocol: "ip" | "ipv6", match: readonly string[]): FilterCommand => {
    const priority = ["protocol", protocol, "prio", String(PRIORITIES[protocol])];
    return {
      argv: ["tc", "filter", "add", "dev", port, "parent", "1:", ...priority, "u32", "match", ...match, ...flow],
      mayFail: false,
    };
  };
  return [add("ip", ["ip", "dsfield", value, "0xfc"]), add("ipv6", ["ip6", "priority", value, "0xfc"])];
}
