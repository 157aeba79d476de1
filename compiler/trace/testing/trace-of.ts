/** A packet → the words in which Open vSwitch's `ofproto/trace` is asked about it. */
import { exact, MATCH_FIELDS } from "../../table/match.ts";
import { matchText } from "../../table/text.ts";
import { matchFieldsOf, type Packet } from "../packet.ts";

/** A packet as `ofproto/trace` reads it. */
export function traceOf(packet: Packet): string {
  const fields = matchFieldsOf(packet);
  if (packet.vlan === undefined) fields.delete("vlan_vid");
  if (packet.ip?.fragment === "later") {
    for (const name of fields.keys()) if (/^(tcp|udp|sctp|icmp)/.test(name)) fields.delete(name);
  }
  // The first fragment carries its ports, and the switch is given them.
  if (packet.ip?.fragment === "first") {
    const whole = matchFieldsOf({ ...packet, ip: { ...packet.ip, fragment: "no" } });
    for (const [field, value] of whole) if (field !== "ip_frag" && fields.has(field)) fields.set(field, value);
  }
  return matchText(MATCH_FIELDS.flatMap((field) => (fields.has(field) ? [exact(field, fields.get(field)!)] : [])));
}
