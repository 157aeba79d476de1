/**
 * A network whose boxes may forward as routers → a network without such boxes, in which the proof looks for circles. A router
 * writes its MAC into IP and gives on what else the packet shows; the MAC of the next hop does not change on a circle, for it
 * is the destination's. So for each MAC that a box writes there is a copy of all switches, in which packets show this MAC as
 * their source: their entries lose what they ask of it. A box leads from each copy into its own, unless it wrote the packet
 * itself: a router does not take again what it has just sent.
 */
import type { Port, Topology } from "../paths/topology.ts";
import type { Entry, Match, Table } from "../table/entry.ts";
import { exact, maskOfField } from "../table/match.ts";
import type { Box, GivenBack, Wired } from "./places.ts";

/** Such a network. */
export interface RoutedNetwork {
  /** How many entries its tables have. */
  readonly entries: number;
  readonly tables: () => ReadonlyMap<string, Table>;
  readonly wired: Wired;
  /** The port of which one is a copy. */
  readonly placeOf: (port: Port) => Port;
}

/** A MAC that a box writes: the number of its copy, and the box. */
interface Writer {
  readonly number: number;
  readonly box: Box;
  readonly mac: bigint;
}

/** What `Places` asks of a network whose boxes give back what they get as it is. */
export const wiredOf = ({ trunks }: Pick<Topology, "trunks">, boxes: readonly Box[]): Wired => ({
  trunks,
  back: boxes.map(({ at, keeps }) => ({ at, keeps, by: [at] })),
  inner: new Set(),
});

/** The network with its copies; undefined if no packet could circle by routers: one alone takes nothing twice. */
export function routedNetwork(
  tables: ReadonlyMap<string, Table>,
  { trunks }: Pick<Topology, "trunks">,
  boxes: readonly Box[],
): RoutedNetwork | undefined {
  if (boxes.length < 2) return undefined;
  const named = new Set<bigint>();
  for (const { entries } of tables.values())
    for (const { match } of entries) for (const { field, value } of match) if (field === "eth_src") named.add(value);
  let unstated = UNSTATED;
  const fresh = (): bigint => {
    while (named.has(unstated)) unstated++;
    return unstated++;
  };
  const writers = boxes
    .flatMap((box) => box.macs.map((mac) => ({ box, mac: mac === undefined ? fresh() : BigInt(mac) })))
    .map((one, i): Writer => ({ ...one, number: i + 1 }));
  const names = [...tables.keys()];
  const size = [...tables.values()].reduce((sum, { entries }) => sum + entries.length, 0);
  return {
    entries: size * (writers.length + 1),
    tables: () =>
      new Map([
        ...tables,
        ...writers.flatMap(({ number, mac }) =>
          [...tables].map(([name, table]) => [copyOf(name, number), written(table, mac)] as const),
        ),
      ]),
    wired: {
      trunks: new Map([
        ...trunks,
        ...writers.flatMap(({ number }) =>
          [...trunks].map(([name, links]) => {
            const copied = links.map((link) => ({
              ...link,
              from: inCopy(link.from, number),
              to: inCopy(link.to, number),
            }));
            return [copyOf(name, number), copied] as const;
          }),
        ),
      ]),
      back: [
        ...boxes.map(({ at, keeps, own = [] }) => ({ at, keeps: [...keeps, ...own], by: [at] })),
        ...givenBack(boxes, writers),
      ],
      inner: new Set(writers.flatMap(({ number }) => names.map((name) => copyOf(name, number)))),
    },
    placeOf: ({ switch: name, port }) => ({ switch: name.split(MARK)[0]!, port }),
  };
}

/** What boxes give back in the copies: as it is where another wrote it, and in a router's copy what comes from all others. */
function givenBack(boxes: readonly Box[], writers: readonly Writer[]): readonly GivenBack[] {
  return writers.flatMap(({ number, box: own }) =>
    boxes.map((box): GivenBack => {
      const at = inCopy(box.at, number);
      // What a packet shows as its source says the copy.
      const keeps = [...box.keeps, ...(box.own ?? [])].filter(
        (match) => !match.some(({ field }) => field === "eth_src"),
      );
      if (box !== own) return { at, keeps, by: [at] };
      const others = writers.filter((one) => one.box !== own).map((one) => inCopy(box.at, one.number));
      return { at, keeps: [...keeps, ...NOT_ROUTED], by: [box.at, ...others] };
    }),
  );
}

/** The table for IP packets whose source shows a MAC. */
function written({ entries }: Table, mac: bigint): Table {
  return {
    entries: entries.flatMap((entry): readonly Entry[] => {
      const { match } = entry;
      const isHeld = match.every(
        (one) =>
          (one.field !== "eth_src" || (mac & maskOfField(one)) === one.value) &&
          (one.field !== "eth_type" || IP_TYPES.includes(one.value)),
      );
      if (!isHeld) return [];
      const left: Match = match.filter(({ field }) => field !== "eth_src");
      // Every packet comes to the first table, so what is not IP goes no further.
      if (entry.table === 0 && !match.some(({ field }) => field === "eth_type"))
        return IP_TYPES.map((type) => ({ ...entry, match: [exact("eth_type", type), ...left] }));
      return [left.length === match.length ? entry : { ...entry, match: left }];
    }),
  };
}

/** What no router forwards: what is for several hosts, or from no address, or of a single wire, as neighbour discovery. */
const NOT_ROUTED: readonly Match[] = [
  [{ field: "eth_dst", value: 0x01_00_00_00_00_00n, mask: 0x01_00_00_00_00_00n }],
  [exact("ipv4_src", 0n)],
  [exact("ipv6_src", 0n)],
  [{ field: "ipv6_src", value: 0xfe80n << 112n, mask: 0xffc0n << 112n }],
  ...[133n, 134n, 135n, 136n, 137n].map((type): Match => [exact("icmpv6_type", type)]),
];

const IP_TYPES: readonly bigint[] = [0x0800n, 0x86ddn];
/** The first of the MACs for boxes of which no fact states one. */
const UNSTATED = 0x02_00_5e_00_00_00n;
/** Stands in no name of a switch. */
const MARK = "\n";

const copyOf = (name: string, number: number): string => `${name}${MARK}${number}`;
const inCopy = ({ switch: name, port }: Port, number: number): Port => ({ switch: copyOf(name, number), port });
