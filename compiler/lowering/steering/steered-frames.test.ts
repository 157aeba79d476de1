/**
 * Policies with waypoints that went wrong once, and what is right: frames before the outside judge, verdicts and
 * diagnostics. `runtime/controller/loops.test.ts` shows some of them on a real switch.
 */
import test from "ava";
import type { Decided } from "../../admission/decided.ts";
import { NOW, RULES } from "../../admission/testing/networks.ts";
import { decide, tablesAt } from "../../compile.ts";
import type { Diagnostic } from "../../diagnostics/diagnostic.ts";
import { ambiguities, send, type Judged } from "../../semantics/frame-judge.ts";

const decided = (text: string): Decided =>
  decide([{ name: "test.pane", text }], { now: NOW, load: () => undefined, rules: RULES });

const found = (text: string): readonly Diagnostic[] => {
  const policy = decided(text);
  return [...policy.diagnostics, ...tablesAt(policy, NOW, { target: "ovs" }).diagnostics];
};
const codesOf = (text: string): readonly string[] => found(text).map(({ code }) => code);

/**
 * Sends IPv4 over UDP from one host to another, or to all; hosts are numbered by their address. `at`: it comes in where
 * another host stands. `address`: of the host that it is for, if it is sent by a router.
 */
function sends(
  text: string,
  from: number,
  to: number | "all",
  boxes: readonly string[] = [],
  at = from,
  type = 0x0800n,
  address: number | "all" = to,
): Judged {
  const policy = decided(text);
  const { tables } = tablesAt(policy, NOW, { target: "ovs" });
  const { hosts, links } = policy.model.directory;
  const plugged = new Map(
    [...hosts.values()].map(({ name, macs, addresses, at }) => [
      `${at!.switch}:${at!.port}`,
      {
        name,
        // A host whose MAC the policy does not state has the one of its address.
        mac: macs[0] === undefined ? 0x020000000000n + (BigInt(addresses[0]!.value) & 0xffn) : BigInt(macs[0]),
        ip: addresses[0] && BigInt(addresses[0].value),
        isMiddlebox: boxes.includes(name),
      },
    ]),
  );
  const cables = links.flatMap(({ from: a, fromPort, to: b, toPort }) => [
    [`${a}:${fromPort}`, `${b}:${toPort}`] as const,
    [`${b}:${toPort}`, `${a}:${fromPort}`] as const,
  ]);
  const mac = (host: number): bigint => 0x020000000000n + BigInt(host);
  const frame = new Map([
    ["eth_src", mac(from)],
    ["eth_dst", to === "all" ? 0xffffffffffffn : mac(to)],
    ["eth_type", type],
  ]);
  if (type === 0x0800n) {
    frame.set("ip_proto", 17n).set("ip_dscp", 0n).set("udp_src", 4000n).set("udp_dst", 53n);
    frame.set("ipv4_src", 0x0a000000n + BigInt(from));
    frame.set("ipv4_dst", address === "all" ? 0xffffffffn : 0x0a000000n + BigInt(address));
  }
  // Hosts here state no IPv6 address.
  if (type === 0x86ddn) {
    frame.set("ip_proto", 17n).set("ip_dscp", 0n).set("udp_src", 4000n).set("udp_dst", 53n);
    frame.set("ipv6_src", (0x20010db8n << 96n) + BigInt(from)).set("ipv6_dst", (0x20010db8n << 96n) + 0xffn);
  }
  if (type === 0x0806n) {
    frame.set("arp_op", 1n).set("arp_sha", mac(from)).set("arp_tha", 0n);
    frame.set("arp_spa", 0x0a000000n + BigInt(from)).set("arp_tpa", 0x0a0000ffn);
  }
  const start = [...plugged].find(([, one]) => one.mac === mac(at))![0];
  return send({ tables, cables: new Map(cables), plugged }, frame, start);
}

const places = ({ arrivals }: Judged): readonly string[] => arrivals.map(({ at }) => at);

const host = (name: string, last: number, at: string): string =>
  `host_ip(${name}, 10.0.0.${last}). host_mac(${name}, 02:00:00:00:00:0${last}). host_at(${name}, ${at}).`;

const RING = `default allow.
switch(s1, 1). switch(s2, 2). switch(s3, 3). switch(s4, 4).
link(s1, 1, s2, 2, 1Gb). link(s2, 1, s3, 2, 1Gb). link(s3, 1, s4, 2, 1Gb). link(s4, 1, s1, 2, 1Gb).
${host("h1", 1, "s2, 10")} ${host("h2", 2, "s1, 10")}
@x waypoint(srcHost=h1) = s4 on rootShare.`;

test("a broadcast that is steered to a switch of a ring ends there, with a warning; a host is reached once", (t) => {
  const flooded = sends(RING, 1, "all");
  t.deepEqual([flooded.faults, places(flooded)], [[], []]);
  t.deepEqual(places(sends(RING, 1, 2)), ["s1:10"]);
  t.deepEqual(codesOf(RING), ["W831"]);
});

const LINE = `default allow.
switch(s1, 1). switch(s2, 2). link(s1, 1, s2, 1, 1Gb).
${host("a", 1, "s1, 10")}`;

const BOXES = `${LINE} ${host("b", 2, "s1, 11")} ${host("w", 3, "s2, 10")} ${host("v", 4, "s1, 12")}
@x waypoint(srcHost=a) = w, v on rootShare.`;

test("a broadcast that two middleboxes return is not flooded to the first one again", (t) => {
  const flooded = sends(BOXES, 1, "all", ["w", "v"]);
  t.deepEqual([flooded.faults, places(flooded)], [[], ["s2:10", "s1:12"]]);
  t.deepEqual(places(sends(BOXES, 1, 2, ["w", "v"])), ["s2:10", "s1:12", "s1:11"]);
});

const CRAFTED = `default allow.
switch(s1, 1). switch(s2, 2). switch(s4, 4). link(s1, 1, s2, 1, 1Gb). link(s2, 2, s4, 1, 1Gb).
${host("a", 5, "s1, 24")} ${host("b", 2, "s2, 21")} ${host("c", 3, "s4, 22")} ${host("d", 4, "s4, 23")}
@q waypoint(srcHost=a) = d, b on rootShare.`;

test("a frame without a path is dropped at a waypoint too, where the box sends it as if it came back", (t) => {
  t.deepEqual(places(sends(CRAFTED, 5, 3, ["b", "d"])), []);
  const crafted = sends(CRAFTED, 5, 3, ["b", "d"], 2);
  t.deepEqual([crafted.faults, places(crafted)], [[], []]);
});

test("a frame that is neither IP nor ARP follows waypoints that are switches, ends at one that is a box, and never passes it by", (t) => {
  const by = (node: string): string => `${LINE} ${host("b", 2, "s1, 11")} ${host("w", 3, "s2, 10")}
    @x waypoint(*) = ${node} on rootShare.`;
  const type = 0x88b5n;
  const led = sends(by("s2"), 1, 2, [], 1, type);
  t.deepEqual([places(led), led.crossed.has("s2")], [["s1:11"], true]);
  t.deepEqual(places(sends(by("w"), 1, 2, ["w"], 1, type)), ["s2:10"]);
  t.deepEqual(places(sends(by("w"), 1, 2, ["w"])), ["s2:10", "s1:11"]);
});

const INNER = `${LINE} ${host("b", 2, "s2, 11")} ${host("c", 3, "s2, 10")}
@x waypoint(srcHost=a) = c on rootShare.
@y waypoint(srcHost=a, dstHost=c) = b on rootShare.`;

test("a waypoint that is the destination comes last, and gets nothing before the inspection", (t) => {
  t.deepEqual(places(sends(INNER, 1, 3, ["b"])), ["s2:11", "s2:10"]);
});

test("a list that puts the destination before another waypoint is refused", (t) => {
  const early = `${LINE} ${host("b", 2, "s2, 11")} ${host("c", 3, "s2, 10")}
    @y waypoint(srcHost=a, dstHost=c) = c, b on rootShare.`;
  const [first] = decided(early).outcomes.filter(({ statement }) => statement.label === "y");
  t.like(first!.verdict, { kind: "rejected", certificate: { code: "no-path" } });
});

test("whether two waypoints fit together does not depend on their labels", (t) => {
  const policyWith = (
    one: string,
  ): string => `${LINE} ${host("b", 2, "s2, 11")} ${host("u", 3, "s1, 12")} ${host("v", 4, "s2, 12")}
    @${one} waypoint(srcHost=a, dstHost=b) = u on rootShare.
    @y waypoint(srcHost=a, dstHost=b) = v on rootShare.`;
  for (const label of ["x", "z"]) {
    t.true(
      decided(policyWith(label)).outcomes.every(({ verdict }) => verdict.kind === "accepted"),
      label,
    );
    t.deepEqual(places(sends(policyWith(label), 1, 2, ["u", "v"])), ["s1:12", "s2:12", "s2:11"], label);
  }
});

test("a limit that no table could enforce once it begins is reported where it is written", (t) => {
  const later = `${LINE} ${host("b", 2, "s2, 10")}
    @m limit(srcHost={a,b}) = 1Mb on rootShare from @1900000000.`;
  // The switches of its two hosts divide it; flows from anywhere cannot be divided.
  t.deepEqual(codesOf(later), ["W841"]);
  t.deepEqual(codesOf(later.replace("{a,b}", "a")), []);
  t.deepEqual(codesOf(later.replace("srcHost={a,b}", "dstPort=80")), ["E816"]);
});

test("with hosts that have addresses and hosts without, no packet matches two entries of one priority", (t) => {
  const text = `${LINE} ${host("b", 2, "s1, 11")} host_mac(m, 02:00:00:00:00:03). host_at(m, s1, 12).
    @w waypoint(srcHost=a) = s2 on rootShare.`;
  const { tables } = tablesAt(decided(text), NOW, { target: "ovs" });
  t.deepEqual(
    [...tables.values()].flatMap((table) => ambiguities(table)),
    [],
  );
});

const OWN_SWITCH = `default allow.
switch(s1, 1). switch(s2, 2). link(s1, 1, s2, 1, 1Gb). ${host("a", 1, "s1, 10")} ${host("r", 2, "s2, 10")}`;

test("an avoid of the sender's own switch drops all its flows, also ARP and packets to a router", (t) => {
  const avoid = (flows: string): string => `${OWN_SWITCH} @w avoid(${flows}) = s1 on rootShare.`;
  for (const flows of [
    "srcHost=a, dstEth=02:00:00:00:00:02",
    "srcHost=a, dstAP=s2:10",
    "srcEth=02:00:00:00:00:01, dstEth=02:00:00:00:00:02",
  ])
    t.deepEqual(places(sends(avoid(flows), 1, 2, [], 1, 0x0800n, 9)), [], flows);
  const byMac = "srcEth=02:00:00:00:00:01, dstEth=02:00:00:00:00:02";
  t.deepEqual(places(sends(avoid(byMac), 1, 2, [], 1, 0x88b5n)), []);
  // Other flows arrive.
  t.deepEqual(places(sends(avoid("srcHost=a, dstEth=02:00:00:00:00:09"), 1, 2, [], 1, 0x0800n, 9)), ["s2:10"]);
});

const GIVEN_BACK = `default allow.
switch(s1, 1). switch(s2, 2). link(s1, 10, s2, 10, 1Gb).
${host("h", 1, "s1, 1")} ${host("b", 3, "s1, 3")} ${host("c", 4, "s2, 1")}
@q waypoint(srcEth=02:00:00:00:00:03) = c, s1 on rootShare.`;

test("a broadcast never comes back to its own source, which may be a box that gives it back for ever", (t) => {
  const boxed = `${GIVEN_BACK} @p waypoint(srcHost=h) = b on rootShare.`;
  for (const text of [GIVEN_BACK, boxed]) {
    const flooded = sends(text, 3, "all", ["b", "c"]);
    t.deepEqual([flooded.faults, places(flooded)], [[], ["s2:1", "s1:1"]], text);
    t.deepEqual(places(sends(text, 3, "all", ["b", "c"], 3, 0x0806n)), ["s2:1", "s1:1"], text);
    const { tables } = tablesAt(decided(text), NOW, { target: "ovs" });
    t.deepEqual(
      [...tables.values()].flatMap((table) => ambiguities(table)),
      [],
    );
  }
});

test("a broadcast from a box on the sender's own switch reaches the others there, but not the sender", (t) => {
  const text = `${LINE} ${host("b", 2, "s1, 11")} ${host("w", 3, "s1, 12")} ${host("v", 4, "s2, 10")}
    @x waypoint(srcHost=a) = w on rootShare.`;
  t.deepEqual(places(sends(text, 1, "all", ["w"])).toSorted(), ["s1:11", "s1:12", "s2:10"]);
  t.deepEqual(codesOf(text), []);
});

test("a broadcast reaches the hosts behind the port where it comes to the last waypoint", (t) => {
  const text = `${LINE} ${host("b", 2, "s1, 11")} ${host("v", 4, "s2, 10")}
    @x waypoint(srcHost=a) = s2 on rootShare.`;
  const flooded = sends(text, 1, "all");
  t.deepEqual([flooded.faults, places(flooded).toSorted()], [[], ["s1:11", "s2:10"]]);
  t.deepEqual(places(sends(text, 1, "all", [], 1, 0x0806n)).toSorted(), ["s1:11", "s2:10"]);
  t.deepEqual(codesOf(text), []);
});

test("a broadcast that cannot reach all hosts from the last waypoint gives a warning", (t) => {
  const text = `${GIVEN_BACK} ${host("d", 5, "s2, 2")}`;
  const flooded = sends(text, 3, "all", ["c"]);
  t.deepEqual([flooded.faults, places(flooded)], [[], ["s2:1", "s1:1"]]);
  t.deepEqual(codesOf(text), ["W821", "W831", "N855", "N839", "N856"]);
});

test("a frame that is not IP, of a host without a stated MAC, is dropped with a warning instead of passing a waypoint by", (t) => {
  const text = `${LINE} host_ip(p, 10.0.0.5). host_at(p, s1, 11). ${host("v", 2, "s2, 11")} ${host("w", 3, "s2, 10")}
    @x waypoint(*) = w on rootShare.`;
  for (const type of [0x88b5n, 0x0806n]) {
    t.deepEqual(places(sends(text, 5, 2, ["w"], 5, type)), [], String(type));
    t.deepEqual(places(sends(text, 5, "all", ["w"], 5, type)), [], String(type));
  }
  t.deepEqual(places(sends(text, 5, 2, ["w"])), ["s2:10", "s2:11"]);
  const warned = found(text).filter(({ code }) => code === "W821");
  t.deepEqual(
    warned.map(({ help }) => help),
    [
      "no switch beyond the first could tell the ARP of host `p`, and what else shows no stated address of it alone, from others': state `host_mac(p, MAC)`",
    ],
  );
  const stated = text.replace("host_at(p", "host_mac(p, 02:00:00:00:00:05). host_at(p");
  t.false(codesOf(stated).includes("W821"));
  t.deepEqual(places(sends(stated, 5, 2, ["w"], 5, 0x0806n)), ["s2:10", "s2:11"]);
});

test("IPv6 of a host of which only an IPv4 address is stated follows its waypoints, too", (t) => {
  const text = `${LINE} link(s2, 2, s3, 1, 1Gb). switch(s3, 3). user_host("P", p). ${host("p", 5, "s1, 11")}
    ${host("v", 2, "s3, 11")} ${host("w", 3, "s2, 10")}`;
  for (const flows of ["user=P", "user=P, transport=UDP, dstPort=53", "transport=UDP", "srcAP=s1:11, transport=UDP"])
    for (const type of [0x0800n, 0x86ddn]) {
      const led = sends(`${text} @x waypoint(${flows}) = w on rootShare.`, 5, 2, ["w"], 5, type);
      t.deepEqual(led.faults, []);
      t.deepEqual(places(led), ["s2:10", "s3:11"], `${flows} ${type}`);
    }
});

test("IPv6 and ARP of a host without MAC and IPv6 address never pass waypoints by, of several statements either", (t) => {
  const text = `${LINE} link(s2, 2, s3, 1, 1Gb). switch(s3, 3). user_host("P", p). host_ip(p, 10.0.0.5).
    host_at(p, s1, 11). host_ip(v, 10.0.0.2). host_at(v, s2, 11). ${host("w", 3, "s3, 10")}`;
  for (const flows of ["user=P", "user=P, transport=UDP", "transport=UDP"])
    for (const more of ["", "@y waypoint(srcHost=p, transport=UDP, dstPort=53) = s2 on rootShare."]) {
      const policy = `${text} @x waypoint(${flows}) = s2, w on rootShare. ${more}`;
      t.deepEqual(places(sends(policy, 5, 2, ["w"], 5, 0x86ddn)), [], `${flows} ${more}`);
      if (flows === "user=P") t.deepEqual(places(sends(policy, 5, 2, ["w"], 5, 0x0806n)), [], `${flows} ${more}`);
      t.deepEqual(places(sends(policy, 5, 2, ["w"])), ["s3:10", "s2:11"]);
      t.true(
        found(policy).some(({ code, help }) => code === "W821" && help?.includes("`p`")),
        flows,
      );
    }
});

test("statements that hold only known destinations give no warning about unknown ones", (t) => {
  const text = `${LINE} ${host("b", 2, "s1, 11")} ${host("v", 4, "s2, 11")} ${host("w", 3, "s2, 10")} ${host("u", 5, "s1, 12")}
    @x waypoint(srcHost=a, dstEth=02:00:00:00:00:04) = w on rootShare. @y avoid(dstHost=b) = u on rootShare.`;
  t.false(codesOf(text).includes("W831"));
});

test("where a waypoint is refused nothing is proven of the tables without its entries", (t) => {
  const text = `${LINE} link(s2, 2, s3, 1, 1Gb). switch(s3, 3). ${host("u", 2, "s3, 10")} user_host("U", u).
    ${host("w", 3, "s1, 11")} @q waypoint(user="U") = s1, s2 on rootShare.
    @x waypoint((*) except (user="U")) = w, s2, s1 on rootShare.`;
  t.deepEqual(
    found(text).flatMap(({ code, severity }) => (severity === "error" ? [code] : [])),
    ["E801"],
  );
});

const TRIANGLE = `default allow.
switch(s1, 1). switch(s2, 2). switch(s3, 3).
link(s1, 10, s2, 10, 1Gb). link(s1, 11, s3, 10, 1Gb). link(s2, 11, s3, 11, 1Gb).
${host("a", 1, "s2, 1")} ${host("u", 3, "s3, 2")} user_host("U", u).`;

test("a statement about a place where its user does not stand leads nothing of that user's elsewhere, in neither direction", (t) => {
  for (const flows of ["user=U, transport=UDP, srcAP=s2:1", "dstUser=U, transport=UDP, dstAP=s2:1"])
    for (const way of ["avoid", "waypoint"]) {
      const text = `${TRIANGLE} @w ${way}(${flows}) = s3 both ways on rootShare.`;
      t.deepEqual(places(sends(text, 1, 3)), ["s3:2"], `${way} ${flows}`);
      t.deepEqual(places(sends(text, 3, 1)), ["s2:1"], `${way} ${flows}`);
      t.false(
        codesOf(text).some((code) => code.startsWith("E")),
        flows,
      );
    }
});

test("to avoid a host prescribes no way, so nothing is dropped where no host is known", (t) => {
  t.deepEqual(codesOf(`${TRIANGLE} @w avoid(*) = a on rootShare.`), []);
  t.true(codesOf(`${TRIANGLE} @w avoid(*) = s1 on rootShare.`).includes("W822"));
});

test("a list with a box behind another waypoint drops what the box itself sends, and is refused beside a statement about it", (t) => {
  const listed = "@w waypoint(dstHost=u, transport=TCP) = s2, a on rootShare.";
  const beside = `${TRIANGLE} @own waypoint(srcHost=a, transport=TCP) = a on rootShare.`;
  t.true(codesOf(`${TRIANGLE} ${listed}`).includes("W821"));
  t.false(codesOf(`${TRIANGLE} ${listed}`).some((code) => code.startsWith("E")));
  const { verdict } = decided(`${beside} ${listed}`).outcomes.find(({ statement }) => statement.label === "w")!;
  if (verdict.kind !== "rejected") return t.fail();
  t.is(verdict.certificate.code, "no-path");
  t.true(verdict.certificate.nearest.length > 0);
  for (const offer of verdict.certificate.nearest) t.true(decided(`${beside} @w ${offer}`).good, offer);
});
