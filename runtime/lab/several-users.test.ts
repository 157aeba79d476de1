/**
 * Frames that may be of several users: with the MAC of one's host and the address of another's, or of a host that two
 * share (NETWORK, "Addresses, users, hosts"). A restriction of any of these users holds such a frame, a permission only
 * if it holds it for each of them. Real frames show it, named ones and random ones.
 */
import fc from "fast-check";
import type { Directory } from "../../compiler/model/model.ts";
import { parseIp, parseMac, type Ip } from "../../compiler/net/address.ts";
import { receivers, senders } from "../../compiler/semantics/owners.ts";
import { toOvs } from "../../compiler/table/text.ts";
import { flowOf, possibleUsers, type Packet } from "../../compiler/trace/packet.ts";
import { tracePacket } from "../../compiler/trace/trace.ts";
import { switchTest } from "./test.ts";
import { Burst } from "./testing/burst.ts";
import { ALL, bytesOf, compiled, EVES, HOSTS, install, OTHER, udpOf, type Frame } from "./testing/user-frames.ts";

const mac = (text: string): number => {
  const parsed = parseMac(text);
  return parsed.ok ? parsed.value : -1;
};

const ip = (text: string): Ip => {
  const parsed = parseIp(text);
  if (!parsed.ok) throw new Error(text);
  return parsed.value;
};

/** The frame as `trace` reads it. */
function packetOf({ src, dst, inPort, carries: [kind, from, to] }: Frame): Packet {
  const link = { inPort, ethSrc: mac(src), ethDst: mac(dst) };
  if (kind === "other") return { ...link, ethType: 0x1234 };
  if (kind === "arp") {
    const asked = { op: 1, spa: Number(ip(from).value), tpa: Number(ip("10.0.0.99").value), sha: link.ethSrc, tha: 0 };
    return { ...link, ethType: 0x0806, arp: asked };
  }
  const ports = from === "0.0.0.0" ? { src: 68, dst: 67 } : { src: 7, dst: 7 };
  return { ...link, ethType: 0x0800, ip: { src: ip(from), dst: ip(to), protocol: 17, dscp: 0, fragment: "no" }, ports };
}

/** The users of whom a frame may be, on both sides, by the naive reading of the facts. */
function usersOf(
  frame: Frame,
  directory: Directory,
): { readonly user: readonly string[]; readonly dstUser: readonly string[] } {
  const packet = packetOf(frame);
  return { user: [...senders(packet, directory, "s1")], dstUser: [...receivers(packet, directory)] };
}

const facts = `host_ip(desk, 10.0.0.3). host_mac(laptop, ${EVES}). user_host("Bob", desk). user_host("Eve", laptop).
host_ip(kiosk, 10.0.0.5). user_host("Carl", kiosk). user_host("Dan", kiosk).
host_ip(copy, 10.0.0.6). user_host("Fay", copy). host_ip(twin, 10.0.0.6).
`;
/** The name of a frame → the frame, which comes from Eve's port. */
const NAMED: Readonly<Record<string, Frame>> = {
  both: udpOf(EVES, "10.0.0.3"),
  hers: udpOf(EVES, "10.0.0.9"),
  "hers, DHCP": udpOf(EVES, "0.0.0.0"),
  "hers, ARP of his address": { src: EVES, dst: ALL, inPort: 2, carries: ["arp", "10.0.0.3"] },
  "hers, not IP": { src: EVES, dst: ALL, inPort: 2, carries: ["other"] },
  his: udpOf(OTHER, "10.0.0.3"),
  shared: udpOf(OTHER, "10.0.0.5"),
  "hers or nobody's": udpOf(OTHER, "10.0.0.6"),
  nobodys: udpOf(OTHER, "10.0.0.9"),
  "to both": udpOf(OTHER, "10.0.0.9", EVES, "10.0.0.3"),
  "to her": udpOf(OTHER, "10.0.0.9", EVES, "10.0.0.9"),
  "to him": udpOf(OTHER, "10.0.0.9", ALL, "10.0.0.3"),
};
const hers = ["hers", "hers, DHCP", "hers, ARP of his address", "hers, not IP"];
const toAny = ["to both", "to her", "to him"];

/** A statement → the frames that it drops under `default allow`, or lets through under `default deny`. */
const HELD: readonly (readonly [statement: string, held: readonly string[]])[] = [
  ["deny(user=Eve)", ["both", ...hers]],
  ["deny(user=Bob)", ["both", "his"]],
  ["deny(user!=Eve)", ["both", "his", "shared", "hers or nobody's", "nobodys", ...toAny]],
  ["deny(user!=Fay)", ["both", ...hers, "his", "shared", "hers or nobody's", "nobodys", ...toAny]],
  ["deny(user=unknown)", ["hers or nobody's", "nobodys", ...toAny]],
  ["deny(user=Fay)", ["hers or nobody's"]],
  ["deny(user=Carl)", ["shared"]],
  ["deny(dstUser=Eve)", ["to both", "to her"]],
  ["deny(dstUser=Bob)", ["to both", "to him"]],
  ["allow(user=Eve)", hers],
  ["allow(user=Bob)", ["his"]],
  ["allow(user={Eve, Bob})", ["both", "his", ...hers]],
  ["allow(user!=Eve)", ["his", "shared", "hers or nobody's", "nobodys", ...toAny]],
  ["allow(user!=Bob)", [...hers, "shared", "hers or nobody's", "nobodys", ...toAny]],
  ["allow(user!=Fay)", ["both", ...hers, "his", "shared", "nobodys", ...toAny]],
  ["allow(user=Fay)", []],
  ["allow(user=unknown)", ["nobodys", ...toAny]],
  ["allow(user={Fay, unknown})", ["hers or nobody's", "nobodys", ...toAny]],
  ["allow(user=Carl)", []],
  // One of its users is held by this part of a permission, the other by that.
  ["allow((user=Carl, transport=UDP) or (user=Dan))", ["shared"]],
  ["allow((user=Carl, transport=TCP) or (user=Dan))", []],
  ["allow((user=Eve) or (user=Bob, dstHost=10.0.0.99))", ["both", "his", ...hers]],
  ["allow((user={Eve, Fay}) or (user!={Eve, Fay}, ethType=IPv4))", Object.keys(NAMED)],
  ["allow(user={Carl, Dan})", ["shared"]],
  ["allow(dstUser=Eve)", ["to her"]],
  ["allow(dstUser={Eve, Bob})", toAny],
];

switchTest(
  "a restriction of either user holds a frame that may be of both, a permission only one of both",
  async (t, start) => {
    const lab = await start({ name: "several-users" });
    const burst = new Burst(lab.hosts);
    t.teardown(() => burst.close());
    await lab.vsctl(["set", "bridge", "s1", "flood_vlans=0"]);
    const names = Object.keys(NAMED);
    const frames = Object.values(NAMED).map((frame) => ({ from: "eve", bytes: bytesOf(frame) }));
    for (const [statement, held] of HELD) {
      const isDeny = statement.startsWith("deny");
      const { table } = compiled(`default ${isDeny ? "allow" : "deny"}. ${facts}@q ${statement} on rootShare.`);
      await install(lab, table);
      const heard = await burst.send(frames);
      const dropped = names.filter((_, i) => heard[i]!.length === 0);
      const passed = names.filter((_, i) => heard[i]!.length > 0);
      t.deepEqual((isDeny ? dropped : passed).toSorted(), [...held].toSorted(), statement);
    }
  },
);

switchTest("of two limits of two users, a frame that may be of both passes the lowest", async (t, start) => {
  const lab = await start({ name: "several-limits" });
  const burst = new Burst(lab.hosts);
  t.teardown(() => burst.close());
  for (const [eves, bobs, name] of [
    ["1Mb", "2Mb", "eves"],
    ["2Mb", "1Mb", "bobs"],
  ] as const) {
    const { table } = compiled(`default allow. ${facts}
@eves limit(user=Eve) = ${eves} on rootShare.
@bobs limit(user=Bob) = ${bobs} on rootShare.`);
    await install(lab, table);
    await burst.send([{ from: "eve", bytes: bytesOf(NAMED["both"]!) }]);
    const flows = await lab.ofctl("dump-flows");
    const hit = [...flows.matchAll(/n_packets=([1-9]\d*).*meter:(\d+)/g)].map(([, , meter]) => Number(meter));
    const meters = new Map(table.meters!.map(({ meter, statement }) => [meter, statement]));
    t.deepEqual(
      hit.map((meter) => meters.get(meter)),
      [name],
    );
  }
});

/** Hosts of few addresses, MACs and ports; some have none of these, and some have two users. Of some networks most share ports. */
const hostAt = (ports: readonly (number | undefined)[], macs: readonly (readonly string[])[]) =>
  fc.record({
    addresses: fc.subarray(["10.0.0.1", "10.0.0.2", "10.0.0.3", "10.0.0.4"], { maxLength: 2 }),
    macs: fc.constantFrom(...macs),
    at: fc.constantFrom(...ports),
    users: fc.subarray(["Ann", "Ben", "Eve"], { maxLength: 2 }),
  });
const MACS = [["00:00:00:00:00:01"], ["00:00:00:00:00:02"], ["00:00:00:00:00:03"]];
const spread = hostAt([undefined, undefined, 1, 2, 3], [[], ...MACS]);
const crowded = hostAt([undefined, 1, 1, 2], [[], [], [], ...MACS]);
const users = fc.subarray(["Ann", "Ben", "Eve", "unknown"], { minLength: 1, maxLength: 2 });
const statement = fc.record({
  kind: fc.constantFrom("allow", "deny"),
  field: fc.constantFrom("user" as const, "user" as const, "dstUser" as const),
  not: fc.boolean(),
  users,
});
const frame = fc.record({
  src: fc.constantFrom("00:00:00:00:00:01", "00:00:00:00:00:02", "00:00:00:00:00:03", OTHER),
  dst: fc.constantFrom("00:00:00:00:00:01", "00:00:00:00:00:02", ALL),
  inPort: fc.constantFrom(1, 2, 3),
  carries: fc.oneof(
    fc
      .tuple(fc.integer({ min: 0, max: 5 }), fc.integer({ min: 1, max: 5 }))
      .map(([from, to]): Frame["carries"] => ["udp", from === 0 ? "0.0.0.0" : `10.0.0.${from}`, `10.0.0.${to}`]),
    fc.integer({ min: 1, max: 5 }).map((from): Frame["carries"] => ["arp", `10.0.0.${from}`]),
    fc.constant<Frame["carries"]>(["other"]),
  ),
});

switchTest("random frames in random networks arrive where their possible users say", async (t, start) => {
  t.timeout(600_000);
  const lab = await start({ name: "random-users" });
  const burst = new Burst(lab.hosts);
  t.teardown(() => burst.close());
  await lab.vsctl(["set", "bridge", "s1", "flood_vlans=0"]);
  const cases = fc.sample(
    fc.record({
      hosts: fc.oneof(
        fc.array(spread, { minLength: 2, maxLength: 4 }),
        fc.array(crowded, { minLength: 3, maxLength: 5 }),
      ),
      statements: fc.array(statement, { minLength: 1, maxLength: 3 }),
      verdict: fc.constantFrom("allow", "deny"),
      frames: fc.array(frame, { minLength: 60, maxLength: 60 }),
    }),
    { numRuns: Number(process.env["GLAZIER_RUNS"] ?? 40), seed: Number(process.env["GLAZIER_SEED"] ?? 5) },
  );
  const seen = { allow: 0, deny: 0, guarded: 0, several: 0 };
  for (const { hosts, statements, verdict, frames } of cases) {
    const stated = hosts.flatMap(({ addresses, macs, at, users: on }, i) => [
      ...addresses.map((ip) => `host_ip(h${i}, ${ip}).`),
      ...macs.map((one) => `host_mac(h${i}, ${one}).`),
      ...(at === undefined ? [] : [`host_at(h${i}, s1, ${at}).`]),
      ...on.map((user) => `user_host("${user}", h${i}).`),
    ]);
    const known = `switch(s1, 1). AddUser Ann. AddUser Ben. AddUser Eve.\n${stated.join(" ")}`;
    // Denies come last: an allow that a deny of its share blocks would be refused.
    const sorted = statements.toSorted((a, b) => (a.kind < b.kind ? -1 : a.kind > b.kind ? 1 : 0));
    const said = sorted.map(({ kind, field, not, users: of }, i) => {
      return `@q${i} ${kind}(${field}${not ? "!=" : "="}${of.length === 1 ? of[0]! : `{${of.join(", ")}}`}) on rootShare.`;
    });
    const text = `default ${verdict}. ${known}\n${said.join("\n")}`;
    const sent = frames.map((one) => ({ from: HOSTS[one.inPort - 1]!, bytes: bytesOf(one) }));
    // The guard's verdict is read from the switch, with nothing else in force.
    await install(lab, compiled(`default allow. ${known}`).table);
    const unguarded = await burst.send(sent);
    const { table, decided } = compiled(text);
    const { directory } = decided.model;
    await install(lab, table);
    const heard = await burst.send(sent);
    for (const [i, one] of frames.entries()) {
      if (unguarded[i]!.length === 0) {
        seen.guarded++;
        t.is(heard[i]!.length, 0);
        continue;
      }
      const of = usersOf(one, directory);
      if (of.user.length > 1 || of.dstUser.length > 1) seen.several++;
      const holds = sorted.filter(({ kind, field, not, users: wanted }) => {
        const among = of[field];
        const isHeld = (user: string): boolean => wanted.includes(user) !== not;
        return among.length > 0 && (kind === "deny" ? among.some(isHeld) : among.every(isHeld));
      });
      const kinds = holds.map(({ kind }) => kind);
      const expected = kinds.includes("deny") ? "deny" : kinds.includes("allow") ? "allow" : verdict;
      seen[expected as "allow" | "deny"]++;
      const found = heard[i]!.length > 0 ? "allow" : "deny";
      if (found !== expected)
        t.fail(`${JSON.stringify(one)} of ${JSON.stringify(of)}: ${found}, not ${expected}\n${text}\n${toOvs(table)}`);
      const packet = packetOf(one);
      const among = possibleUsers(packet, directory, "s1");
      const entering = { packet, switch: "s1", flow: flowOf(packet, directory, "s1"), among, chosen: "" };
      const traced = tracePacket(decided, new Map([["s1", table]]), entering, { instant: 0, target: "ovs" });
      t.deepEqual([traced.policyVerdict, traced.tableVerdict, traced.agree], [found, found, true], "as `trace` says");
    }
  }
  t.log(seen);
  for (const count of Object.values(seen)) t.true(count > 30, JSON.stringify(seen));
});
