/**
 * Flows that avoid switches and say where they come in (`user`, `srcAP`), and a port of hosts without a stated MAC → what
 * the first switch does with what no later one could tell from others: ARP, and all that shows no stated address. It goes
 * only where ordinary forwarding comes to no avoided switch (NETWORK, "Forward").
 */
import { constraint } from "../../flowgroup/cubes.ts";
import type { Cube } from "../../flowgroup/cube.ts";
import {
  blindForwarding,
  portKey,
  type AttachedHost,
  type ForwardingAround,
  type Port,
  type Topology,
} from "../../paths/index.ts";
import { comesInAt, holdsUnknown, isOfUsersAt } from "../../paths/end-ports.ts";
import type { EntryPosition } from "../contributions/contribution.ts";
import { sentTo } from "../encode/endpoints.ts";
import type { ArpEnds } from "./drafts-at-ports.ts";
import { namesIngress, withoutEnds } from "./returning.ts";
import { ofIpv4, recognizable, withUnstatedMac } from "../encode/senders.ts";

export interface BlindPart {
  readonly at: Port;
  readonly flows: Cube;
  /** Flows to a host by its MAC or its address stand above what is dropped, and floods below all of these. */
  readonly rank: "mac" | "address" | "dropped" | "flood" | "blindFlood";
  /** Where they go; undefined: they are dropped. */
  readonly port: EntryPosition["port"];
  /** The hosts whose MACs would let all of them through. */
  readonly lacks: readonly string[];
  /** Only ARP with these addresses; absent: all of them. */
  readonly arp?: ArpEnds;
}

interface Around {
  readonly closed: ReadonlySet<string>;
  readonly around: ForwardingAround;
  readonly isFlooded: boolean;
}

const rankOf = ({ macs }: AttachedHost): "mac" | "address" => (macs.length > 0 ? "mac" : "address");

/** The parts of the flows of a cube from such ports, without where they come in and leave. None where all arrives as it is. */
export function blindParts(
  topology: Topology,
  sources: Topology,
  { closed, around, isFlooded }: Around,
  cube: Cube,
): readonly BlindPart[] {
  if (closed.size === 0 || (!namesIngress(cube) && constraint(cube, "user") === undefined)) return [];
  const open = withoutEnds(cube);
  const here = [...topology.hosts.values()].flatMap(({ at }) => (at.switch === around.switch ? [at] : []));
  const ports = [...new Map(here.map((at) => [portKey(at), at])).values()].filter(
    (at) => comesInAt(cube, at) && isOfUsersAt(topology, cube, at),
  );
  const bare = ports.flatMap((at) => {
    const lacks = withUnstatedMac(sources, at);
    const { led, rest } = recognizable(open, sources, at);
    return lacks.length === 0 || rest === undefined ? [] : [{ at, lacks, led, rest }];
  });
  const found = bare.length === 0 ? undefined : blindForwarding(topology, closed, around);
  if (found === undefined) return [];
  const send = around.flood ?? ("ALL" as const);
  // Where ordinary forwarding would lead ARP by the address that it asks for, across closed switches.
  const isLost = (host: AttachedHost): boolean => found.lost.some((one) => one.host === host);
  const asked = (towards: readonly { readonly host: AttachedHost }[]): readonly number[] =>
    towards.flatMap(({ host }) => (host.macs.length > 0 ? [] : ofIpv4(host)));
  const [lost, none] = [found.lost, around.towards.filter(({ host, port }) => port === undefined && !isLost(host))];
  // What else a cube holds of its ports or of `unknown` is told by its sources: ordinary forwarding takes what shows none.
  const isBySource = namesIngress(cube) || holdsUnknown(cube);
  const ordinarily = ({ at, rest }: (typeof bare)[number]): readonly BlindPart[] =>
    around.towards.flatMap(({ host, port }): readonly BlindPart[] => {
      if (isLost(host)) return [];
      const [flows, tpa] = [sentTo(rest, host), port === undefined ? [] : asked([{ host }])];
      return [
        ...(tpa.length > 0 ? [{ at, flows: open, rank: "address", port, lacks: [], arp: { tpa } } as const] : []),
        ...(flows ? [{ at, flows, rank: rankOf(host), port, lacks: [] } as const] : []),
      ];
    });
  const flooded = ({ at, rest }: (typeof bare)[number], lacks: readonly string[]): readonly BlindPart[] =>
    isFlooded ? [{ at, flows: rest, rank: "blindFlood", port: found.flood, lacks }] : [];
  const unasked = bare.flatMap(({ at, lacks }) =>
    (
      [
        [asked(lost), lacks],
        [asked(none), []],
      ] as const
    ).flatMap(([tpa, names]): readonly BlindPart[] => {
      return tpa.length === 0
        ? []
        : [{ at, flows: open, rank: "address", port: undefined, lacks: names, arp: { tpa } }];
    }),
  );
  // Ordinary forwarding takes all of them where they may go. A cube that names its ports has all dropped there that nothing leads.
  if (found.isWhole)
    return [...unasked, ...(isBySource ? bare.flatMap((one) => [...ordinarily(one), ...flooded(one, [])]) : [])];
  return [
    ...unasked,
    ...bare.flatMap((one) => ordinarily(one)),
    ...bare.flatMap(({ at, lacks, led, rest }): readonly BlindPart[] => [
      ...found.lost.flatMap(({ host, port }): readonly BlindPart[] => {
        const rank = rankOf(host);
        const dropped = sentTo(rest, host);
        return [
          ...led.flatMap((one) => {
            const flows = sentTo(one, host);
            return flows === undefined ? [] : [{ at, flows, rank, port, lacks: [] } as const];
          }),
          ...(dropped ? [{ at, flows: dropped, rank: "dropped", port: undefined, lacks } as const] : []),
        ];
      }),
      ...(isFlooded ? led.map((flows) => ({ at, flows, rank: "flood", port: send, lacks: [] }) as const) : []),
      ...flooded({ at, lacks, led, rest }, lacks),
    ]),
  ];
}
