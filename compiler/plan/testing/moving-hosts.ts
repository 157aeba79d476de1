/** Random policies of one switch whose hosts come, go and move, as text: for tests of the order of plans. */
import fc from "fast-check";
import { RULES } from "../../admission/testing/networks.ts";
import { tablesAt } from "../../compile.ts";
import { decide } from "../../decide.ts";
import type { Table } from "../../table/entry.ts";
import type { Packet } from "../../trace/packet.ts";

/** The table of such a policy. A rejected request has no entries. */
export function tableOfMoving(text: string, target: "ovs" | "of13"): Table {
  const decided = decide([{ name: "moving.pane", text }], { now: 0, load: () => undefined, rules: RULES });
  return tablesAt(decided, 0, { target }).tables.get("s1")!;
}

/** Hosts as `semantics/arbitrary-rules.ts` knows their addresses, MACs and ports. */
const hosts = fc
  .array(
    fc.record({
      address: fc.constantFrom("10.0.0.1", "10.0.0.2", "10.0.0.3", "2001:db8::1", "2001:db8::2"),
      mac: fc.constantFrom(undefined, 1, 2, 5),
      port: fc.constantFrom(1, 2, 3),
    }),
    { maxLength: 3 },
  )
  .map((all) => {
    const seen = new Set<string>();
    // An address and a MAC belong to one host.
    return all.filter(({ address, mac }) => {
      const keys = [address, ...(mac === undefined ? [] : [`mac ${mac}`])];
      if (keys.some((key) => seen.has(key))) return false;
      for (const key of keys) seen.add(key);
      return true;
    });
  });

const conditions = fc.constantFrom(
  "*",
  "srcHost=10.0.0.1",
  "srcHost=10.0.0.0/30",
  "srcHost=10.0.0.1, dstHost=10.0.0.2",
  "dstHost=10.0.0.2, transport=TCP, dstPort=80",
  "srcHost=2001:db8::1",
  "ethType=IPv6",
  "ethType=ARP",
  "srcEth=00:00:00:00:00:01",
  "inPort=1",
  "transport=UDP",
  "srcHost=10.0.0.1|10.0.0.2|10.0.0.4|10.0.0.7, dstHost=10.0.0.1|10.0.0.2|10.0.0.4|10.0.0.7",
);
const requests = fc.array(
  fc.record({ verb: fc.constantFrom("allow", "deny"), share: fc.constantFrom("rootShare", "low"), conditions }),
  { maxLength: 4 },
);

/** A policy that always has a table, although some of its requests may be rejected. */
export const movingPolicies: fc.Arbitrary<string> = fc
  .record({
    verdict: fc.constantFrom("allow", "deny", "deny"),
    hosts,
    requests,
    limited: fc.boolean(),
    reserved: fc.boolean(),
  })
  .map(({ verdict, hosts: all, requests: asked, limited, reserved }) => {
    const facts = all.map(({ address, mac, port }, i) => {
      const known = mac === undefined ? "" : ` host_mac(h${i}, 00:00:00:00:00:0${mac}).`;
      return `host_ip(h${i}, ${address}).${known} host_at(h${i}, s1, ${port}).`;
    });
    const share = "NewShare low for (*) [allow=True, deny=True] on rootShare.";
    const asks = asked.map(({ verb, share: on, conditions: where }, i) => `@r${i} ${verb}(${where}) partial on ${on}.`);
    const rates = [
      ...(limited ? ["@limited limit(transport=TCP) = 10Mb on rootShare."] : []),
      ...(reserved ? ["@reserved reserve(srcHost=10.0.0.2) = 1Mb on rootShare."] : []),
    ];
    return [`default ${verdict}.`, "switch(s1, 1).", ...facts, share, ...asks, ...rates].join("\n");
  });

/** An address moves from one host to another and loses its allow: both tables deny its first packet at the new port. */
export const MOVED_HOST: { readonly old: string; readonly next: string; readonly packet: Packet } = {
  old: `default deny. switch(s1, 1).
host_ip(h3, 10.0.0.1). host_mac(h3, 00:00:00:00:00:03). host_at(h3, s1, 3).
allow(srcHost=10.0.0.1) on rootShare.`,
  next: `default deny. switch(s1, 1).
host_ip(h4, 10.0.0.1). host_mac(h4, 00:00:00:00:00:04). host_at(h4, s1, 4).`,
  packet: {
    inPort: 4,
    ethSrc: 4,
    ethDst: 9,
    ethType: 0x0800,
    ip: {
      src: { family: 4, value: 0x0a000001 },
      dst: { family: 4, value: 0x0a000009 },
      protocol: 17,
      dscp: 0,
      fragment: "no",
    },
    ports: { src: 7, dst: 7 },
  },
};
