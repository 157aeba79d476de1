/**
 * A table → `tc` commands that put its packets into queues, for Open vSwitch's userspace datapath, which ignores
 * `set_queue`. The table marks packets for a queue by DSCP (target `ovs-userspace`), and one filter for each queue and
 * port puts marked packets into the queue's HTB class. They also keep the queues short, as all ports share one send
 * buffer. Pure: the commands need root and the switch's namespace, so they run only if the user asks for it.
 */
import { queuesAt, type Action, type Queue, type Table } from "../../compiler/table/entry.ts";
import type { Bridge } from "./bridge.ts";

/** The DSCP value of packets for a queue. */
export interface Mark {
  readonly dscp: number;
  readonly queue: number;
}

/** Priorities of our filters on a port, one for each type that a frame may show: others use small ones, and we remove only these. */
const PRIORITIES = { ip: 47_101, ipv6: 47_102, "802.1Q": 47_103, "802.1ad": 47_104 } as const;
type Protocol = keyof typeof PRIORITIES;

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

/**
 * Frames that may wait in all queues together. The datapath sends for all its ports through one socket, and what waits in
 * a queue fills that socket's buffer: by default it holds 92 frames of 1,500 bytes, and what is sent while it is full is
 * lost before it comes to any queue. The rest is for what is on its way.
 */
const MOST_WAITING = 80;

/** With fewer frames a queue does not give its rate (measured: a class of 8 Mb gave 6.9 with 5 frames, 6.3 with 3). */
const LEAST_WAITING = 4;

/** How many queues a bridge has, queue 0 of each port included, how many frames each may hold, and how many may be full at once. */
export interface WaitingFrames {
  readonly all: number;
  readonly each: number;
  readonly full: number;
}

export function waitingFrames(bridge: Bridge, queues: readonly Queue[]): WaitingFrames {
  const all = bridge.ports.reduce((sum, { number }) => sum + classesAt(queues, number).length, 0);
  // The other bridges count as many: no one of them needs to know what the others have.
  const most = Math.floor(MOST_WAITING / Math.max(1, bridge.inUserspace));
  const each = Math.max(LEAST_WAITING, Math.floor(most / Math.max(1, all)));
  return { all, each, full: Math.min(all, Math.floor(most / each)) };
}

/** The queues that a port has, with everybody's. */
function classesAt(queues: readonly Queue[], port: number): readonly number[] {
  const own = queuesAt(queues, port).map(({ queue }) => queue);
  return own.length === 0 ? [] : [...new Set([0, ...own])];
}

/**
 * The commands after which the ports with queues of this table have exactly its filters, of those that are ours, and all
 * of these queues are short. A class begins with the length of its device's transmit queue, mostly 1,000 frames.
 */
export function filterCommands(bridge: Bridge, table: Table): readonly FilterCommand[] {
  const marks = dscpMarks(table);
  const { each } = waitingFrames(bridge, table.queues ?? []);
  return bridge.ports.flatMap(({ name, number, qos }): FilterCommand[] => {
    const queues = queuesAt(table.queues ?? [], number);
    if (queues.length === 0 && qos?.ours !== true) return [];
    const own = marks.filter(({ queue }) => queues.some((one) => one.queue === queue));
    return [
      ...classesAt(queues, number).map((queue) => shorten(name, queue, each)),
      ...Object.values(PRIORITIES).map((priority) => clear(name, priority)),
      ...(own.length === 0 ? [] : TAGS.flatMap((tag) => behindTwo(name, tag))),
      ...own.flatMap((mark) => put(name, mark)),
    ];
  });
}

const shorten = (port: string, queue: number, frames: number): FilterCommand => ({
  argv: ["tc", "qdisc", "replace", "dev", port, "parent", classOf(queue), "pfifo", "limit", String(frames)],
  mayFail: false,
});

const clear = (port: string, priority: number): FilterCommand => ({
  argv: ["tc", "filter", "del", "dev", port, "parent", "1:", "prio", String(priority)],
  mayFail: true,
});

function add(port: string, protocol: Protocol, flow: string, matches: readonly (readonly string[])[]): FilterCommand {
  const priority = ["protocol", protocol, "prio", String(PRIORITIES[protocol])];
  const match = matches.flatMap((one) => ["match", ...one]);
  return {
    argv: ["tc", "filter", "add", "dev", port, "parent", "1:", ...priority, "u32", ...match, "flowid", flow],
    mayFail: false,
  };
}

/** The types that mark a tag, by the names that `tc` has for them. */
const TAGS = ["802.1Q", "802.1ad"] as const;
const TYPES = { "802.1Q": 0x8100, "802.1ad": 0x88a8 } as const;

/**
 * No entry reads behind a second tag, so what a sender wrote there as a mark is none. Kernels that count from behind all
 * tags would take it for one: such frames go to everybody's queue, before any filter looks for a mark. Ten bytes before
 * the packet is the type of the first of two tags; of a frame with one tag it is the middle of the sender's MAC.
 */
const behindTwo = (port: string, tag: Protocol): readonly FilterCommand[] =>
  Object.values(TYPES).map((type) => add(port, tag, EVERYBODY, [u16(type, 0xffff, -10)]));

/** Open vSwitch makes queue N as class 1:(N+1). tc counts in hexadecimal. */
const classOf = (queue: number): string => `1:${(queue + 1).toString(16)}`;
const EVERYBODY = classOf(0);

/**
 * The DSCP is the upper six bits of the byte.
 *
 * Of a frame with a tag tc knows the type of the tag alone. Newer kernels count from behind the tags, older ones from the
 * number of the first: each filter says of the types where they must be, so it holds only where it counts rightly. The
 * sender chooses what stands behind them, so that alone tells nothing.
 */
function put(port: string, { dscp, queue }: Mark): FilterCommand[] {
  const value = hex(dscp << 2);
  const flow = classOf(queue);
  const tagged = TAGS.flatMap((tag) =>
    [0, 4].flatMap((head) => {
      const first = head === 0 ? [] : [u16(TYPES[tag], 0xffff, -2)];
      return [
        add(port, tag, flow, [...first, u16(0x0800, 0xffff, head - 2), ["u8", value, "0xfc", "at", String(head + 1)]]),
        add(port, tag, flow, [...first, u16(0x86dd, 0xffff, head - 2), u16(dscp << 6, 0x0fc0, head)]),
      ];
    }),
  );
  return [
    add(port, "ip", flow, [["ip", "dsfield", value, "0xfc"]]),
    add(port, "ipv6", flow, [["ip6", "priority", value, "0xfc"]]),
    ...tagged,
  ];
}

const hex = (value: number): string => `0x${value.toString(16).padStart(2, "0")}`;
const u16 = (value: number, mask: number, at: number): readonly string[] => [
  "u16",
  `0x${value.toString(16).padStart(4, "0")}`,
  `0x${mask.toString(16).padStart(4, "0")}`,
  "at",
  String(at),
];
