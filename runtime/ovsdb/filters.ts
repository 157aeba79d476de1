/**
 * For Open vSwitch's userspace datapath, which ignores `set_queue`: the table marks packets for a queue by their DSCP
 * (target `ovs-userspace`), and one filter per queue and port puts marked packets into the queue's HTB class. Pure:
 * gives the `tc` commands; they need root and the switch's namespace, so they are run only where the user asks.
 */
import { queuesAt, type Action, type Table } from "../../compiler/table/entry.ts";
import type { Bridge } from "./bridge.ts";

/** The DSCP value of packets that belong into a queue. */
export interface Mark {
  readonly dscp: number;
  readonly queue: number;
}

/** Priorities of our filters on a port, IPv4 and IPv6: others use small ones, and we remove only these. */
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

/** The marks of a table, each once, by queue. */
export function dscpMarks({ entries }: Table): readonly Mark[] {
  const marks = entries.flatMap(({ instructions }) =>
    instructions.flatMap((one) => (one.kind === "apply" ? marksOf(one.actions) : [])),
  );
  const unique = new Map(marks.map((mark) => [`${mark.queue} ${mark.dscp}`, mark]));
  return [...unique.values()].toSorted((a, b) => a.queue - b.queue || a.dscp - b.dscp);
}

/**
 * The commands that leave exactly our filters on the ports of the bridge that have queues of this table. Removing a
 * filter that is not there fails harmlessly: such commands have `mayFail`.
 */
export interface FilterCommand {
  readonly argv: readonly string[];
  readonly mayFail: boolean;
}

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
 * Open vSwitch makes queue N as class 1:(N+1). The DSCP is the upper six bits of the byte; tc counts in hexadecimal.
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
