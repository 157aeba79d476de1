/**
 * Transports of which connection tracking knows no ports (NETWORK, "Track"), by real frames. SCTP has ports, so what would
 * seem to be of one connection is of many: it shows no direction. Of others the two hosts are the connection.
 */
import { readPacket } from "../../compiler/trace/read-packet.ts";
import { tracePacket } from "../../compiler/trace/trace.ts";
import { apply } from "../controller/index.ts";
import { ethernet, icmp4, icmp6, ipv4, ipv6, site6, udp } from "./frames.ts";
import { sctp } from "./testing/headers.ts";
import { switchTest } from "./test.ts";
import { compiled, decidedOf } from "./testing/compiled.ts";

const ALICE = "00:00:00:00:00:02";
const EVE = "00:00:00:00:00:09";
const four = (from: number, to: number, protocol: number, payload: readonly number[], vlan?: number): Uint8Array => {
  const [src, dst] = from === 2 ? [ALICE, EVE] : [EVE, ALICE];
  const packet = ipv4(`10.0.0.${from}`, `10.0.0.${to}`, protocol, payload);
  return ethernet({ src, dst, ...(vlan !== undefined && { tags: [[0x8100, vlan]] }) }, 0x0800, packet);
};
const six = (from: number, to: number, protocol: number, payload: readonly number[]): Uint8Array => {
  const [src, dst] = from === 2 ? [ALICE, EVE] : [EVE, ALICE];
  return ethernet({ src, dst }, 0x86dd, ipv6(from, to, protocol, payload));
};
/** An INIT with its right checksum over these two ports. */
const init = (from: number, to: number): readonly number[] => {
  const bytes = [...sctp(from, to)];
  // INIT: tag 7, window 65,535, one stream each way, first number 1.
  bytes.splice(12, 20, 1, 0, 0, 20, 0, 0, 0, 7, 0, 0, 255, 255, 0, 1, 0, 1, 0, 0, 0, 1);
  bytes.splice(8, 4, ...crc32c(bytes));
  return bytes;
};
/** CRC32c, least byte first (RFC 9260, appendix A). */
function crc32c(bytes: readonly number[]): readonly number[] {
  let sum = 0xffffffff;
  for (const byte of bytes) {
    sum ^= byte;
    for (let bit = 0; bit < 8; bit++) sum = (sum >>> 1) ^ (sum & 1 ? 0x82f63b78 : 0);
  }
  sum = ~sum >>> 0;
  return [sum & 255, (sum >>> 8) & 255, (sum >>> 16) & 255, sum >>> 24];
}

const BOTH_WAYS = ["(direction=response)", "(direction=request)", "(direction={request, response})"];
/** Policies → whether SCTP passes, whatever went before. */
const OF_SCTP: readonly (readonly [policy: string, passes: boolean])[] = ["", "default fragments allow. "].flatMap(
  (more) => [
    ...BOTH_WAYS.map((flows) => [`${more}default deny. @a allow${flows} on rootShare.`, false] as const),
    ...BOTH_WAYS.map((flows) => [`${more}default allow. @d deny${flows} on rootShare.`, false] as const),
    [`${more}default allow. @d deny((*) except (direction={request, response})) on rootShare.`, false] as const,
    [`${more}default allow. @d deny(transport=SCTP, direction=response) on rootShare.`, false] as const,
    [`${more}default allow. @d deny(dstPort=1-65535, direction=response) on rootShare.`, false] as const,
    [`${more}default deny. @a allow(transport=SCTP, direction=request) on rootShare.`, false] as const,
    [`${more}default deny. @a allow(dstPort=1-65535, direction={request, response}) on rootShare.`, false] as const,
    // What no statement of a direction holds passes as it does without tracking.
    [`${more}default allow. @d deny(dstPort=23, direction=request) on rootShare.`, true] as const,
    [`${more}default allow. @d deny(transport=TCP, direction=request) on rootShare.`, true] as const,
    [
      `${more}default deny. @a allow(direction=request) on rootShare. @s allow(transport=SCTP) on rootShare.`,
      true,
    ] as const,
    [`${more}default allow. @l limit(direction=request) = 9Mb on rootShare.`, true] as const,
  ],
);

switchTest(
  "SCTP shows no direction: a permission by direction holds none of it, a restriction all, and no other loses it",
  async (t, start) => {
    const lab = await start({ name: "sctp" });
    for (const [text, passes] of OF_SCTP) {
      const table = compiled(text);
      t.is((await apply(lab.mgmt, table)).outcome, "applied");
      const decided = decidedOf(text);
      // Associations that alice opens, and then their answers and others that eve opens.
      for (const [by, frames] of [
        ["alice", [four, six].flatMap((make) => [make(2, 9, 132, init(4000, 80)), make(2, 9, 132, init(5000, 22))])],
        ["eve", [four, six].flatMap((make) => [make(9, 2, 132, init(80, 4000)), make(9, 2, 132, init(5000, 22))])],
      ] as const) {
        const heard = new Map(await lab.frames(by, frames));
        const count = heard.get(by === "alice" ? "eve" : "alice")!;
        // What arrives may be answered.
        t.true(passes ? count >= frames.length : count === 0, `${text}: ${by}`);
      }
      for (const words of ["srcHost=10.0.0.9, dstHost=10.0.0.2", "srcHost=2001:db8::9, dstHost=2001:db8::2"]) {
        const one = `${words}, transport=SCTP, srcPort=5000, dstPort=22`;
        const read = readPacket(one, decided.model);
        if (!read.ok) return t.fail(words);
        const traced = tracePacket(decided, new Map([["", table]]), read.value, { instant: 0, target: "ovs" });
        const verdict = passes ? "allow" : "deny";
        t.deepEqual([traced.policyVerdict, traced.tableVerdict, traced.agree], [verdict, verdict, true], text);
        const directed = readPacket(`${one}, direction=response`, decided.model);
        t.is(directed.ok ? "" : directed.fault, "no packet like that has a `direction`");
      }
    }
  },
);

switchTest(
  "of transports without ports the two hosts are the connection, and VLANs do not part connections",
  async (t, start) => {
    const lab = await start({ name: "pairs" });
    const passes = async (by: string, frame: Uint8Array): Promise<boolean> => (await lab.frame(by, frame)).length > 0;
    const table = compiled(`default deny. @o allow(vlan=10, direction=request) on rootShare.
    @i allow(direction=response) on rootShare.`);
    t.is((await apply(lab.mgmt, table)).outcome, "applied");
    for (const [name, protocol, asked, answer, other] of [
      ["GRE", 47, [0, 0, 8, 0], [0, 0, 8, 0], [0, 0, 0x88, 0xb5]],
      ["ESP", 50, [0, 0, 0, 1], [0, 0, 0, 2], [0, 0, 0, 9]],
      ["UDP", 17, udp(4000, 80), udp(80, 4000), undefined],
    ] as const) {
      t.false(await passes("eve", four(9, 2, protocol, answer, 20)), name);
      t.true(await passes("alice", four(2, 9, protocol, asked, 10)), name);
      t.true(await passes("eve", four(9, 2, protocol, answer, 20)), name);
      if (other !== undefined) t.true(await passes("eve", four(9, 2, protocol, other)), name);
    }
    t.false(await passes("eve", four(9, 2, 17, udp(81, 4000))));
    // An ICMP error is a response of what it is about, where tracking has seen that; SCTP it has not.
    const errors = (protocol: number, payload: readonly number[]): readonly Uint8Array[] => [
      ethernet(
        { src: EVE, dst: ALICE },
        0x0800,
        icmp4("10.0.0.9", "10.0.0.2", 3, 2, [0, 0, 0, 0, ...ipv4("10.0.0.2", "10.0.0.9", protocol, payload)]),
      ),
      ethernet(
        { src: EVE, dst: ALICE },
        0x86dd,
        icmp6(site6(9), site6(2), 1, 4, [0, 0, 0, 0, ...ipv6(2, 9, protocol, payload)]),
      ),
    ];
    for (const [policy, ofUdp, ofSctp] of [
      [
        "default deny. @a allow(transport={UDP, SCTP}) on rootShare. @i allow(direction={request, response}) on rootShare.",
        true,
        false,
      ],
      ["default allow. @d deny(transport=ICMP, direction=request) on rootShare.", true, false],
      ["default allow. @d deny(transport=ICMP, direction=response) on rootShare.", false, false],
    ] as const) {
      t.is((await apply(lab.mgmt, compiled(policy))).outcome, "applied");
      for (const [protocol, payload, isHeard] of [
        [17, udp(4001, 80), ofUdp],
        [132, init(4001, 80), ofSctp],
      ] as const) {
        for (const asked of [four(2, 9, protocol, payload), six(2, 9, protocol, payload)])
          t.true(await passes("alice", asked), policy);
        // These datagrams over IPv6 have no checksum, which tracking calls invalid itself.
        for (const [at, error] of errors(protocol, payload)
          .slice(0, protocol === 132 ? 2 : 1)
          .entries())
          t.is(await passes("eve", error), isHeard, `${policy} ${protocol} ${at}`);
      }
    }
  },
);
