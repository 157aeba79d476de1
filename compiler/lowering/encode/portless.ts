/**
 * Packets of TCP, UDP and SCTP that show no ports: fragments, and headers that are cut short (NETWORK, "Fragments"). They
 * read as port 0 on both sides, as a whole packet from port 0 to port 0 does, which hosts do not send.
 */
import type { FieldMatch } from "../../table/entry.ts";
import { exact } from "../../table/match.ts";
import { tagOf, type Condition, type TagBlock } from "./alternatives.ts";
import { ETHER_TYPE } from "./shape.ts";

export const PORTED_TRANSPORTS = [6, 17, 132] as const;
export const PORT_NAMES = { 6: "tcp", 17: "udp", 132: "sctp" } as const;

/** The match of what shows no ports of a transport that has some. */
export function portless(protocol: number | bigint): readonly FieldMatch[] {
  const name = PORT_NAMES[Number(protocol) as (typeof PORTED_TRANSPORTS)[number]];
  return [exact("ip_proto", protocol), exact(`${name}_src`, 0), exact(`${name}_dst`, 0)];
}

/** The block of a kind without ports, within that of its kind. */
const block = (type: number, protocol: number): TagBlock => ({
  space: "kind",
  value: (BigInt(type) << 8n) | BigInt(protocol),
  length: 25,
});

const BLOCKS = [ETHER_TYPE[4], ETHER_TYPE[6]].flatMap((type) =>
  PORTED_TRANSPORTS.map((protocol) => block(type, protocol)),
);

/**
 * What shows its ports. A match cannot say it, as it would take one for each bit of both ports. So a tag does: one bit,
 * whatever the number of rules.
 */
export const SHOWS_PORTS: Condition = {
  count: Infinity,
  alternatives: () => [],
  tag: tagOf("Kind", BLOCKS.length, () => BLOCKS, true),
};
