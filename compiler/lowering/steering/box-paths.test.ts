/**
 * What boxes could send on past the nodes that are left, or round: ARP for a box on the path, flows without a path, and
 * statements by the port of a box.
 */
import test from "ava";
import { NOW, RULES } from "../../admission/testing/networks.ts";
import { decide, tablesAt } from "../../compile.ts";
import { send, type Judged } from "../../semantics/frame-judge.ts";

interface Host {
  readonly at: string;
  readonly mac: bigint;
  readonly ip: bigint;
}

const host = (at: string, last: number): Host => ({
  at,
  mac: 0x020000000000n + BigInt(last),
  ip: 0x0a000000n + BigInt(last),
});

/** The tables of a policy; its errors are the test's. */
function tablesOf(text: string): {
  readonly errors: readonly string[];
  readonly tables: ReturnType<typeof tablesAt>["tables"];
} {
  const policy = decide([{ name: "test.pane", text }], { now: NOW, load: () => undefined, rules: RULES });
  const { tables, diagnostics } = tablesAt(policy, NOW, { target: "ovs" });
  const all = [...policy.diagnostics, ...diagnostics];
  return { tables, errors: all.flatMap(({ severity, code }) => (severity === "error" ? [code] : [])) };
}

function sends(
  text: string,
  hosts: Readonly<Record<string, Host>>,
  cables: readonly (readonly [string, string])[],
  frame: ReadonlyMap<string, bigint>,
  start: string,
): Judged {
  const kinds = new Map<string, boolean | "router">([
    ["v", true],
    ["w", true],
    ["r", "router"],
  ]);
  const plugged = new Map(
    Object.entries(hosts).map(([name, { at, mac, ip }]) => [
      at,
      { name, mac, ip, isMiddlebox: kinds.get(name) ?? false },
    ]),
  );
  const wires = new Map(cables.flatMap(([a, b]) => [[a, b] as const, [b, a] as const]));
  return send({ tables: tablesOf(text).tables, cables: wires, plugged }, frame, start);
}

const packet = (from: Host, to: Host, tcp: readonly [bigint, bigint] = [5n, 6n]): ReadonlyMap<string, bigint> =>
  new Map([
    ["eth_src", from.mac],
    ["eth_dst", to.mac],
    ["eth_type", 0x0800n],
    ["ipv4_src", from.ip],
    ["ipv4_dst", to.ip],
    ["ip_proto", 6n],
    ["ip_dscp", 0n],
    ["tcp_src", tcp[0]],
    ["tcp_dst", tcp[1]],
  ]);
const other = (from: Host, to: Host): ReadonlyMap<string, bigint> =>
  new Map([
    ["eth_src", from.mac],
    ["eth_dst", to.mac],
    ["eth_type", 0x88b5n],
  ]);

const where = ({ arrivals }: Judged): readonly string[] => arrivals.map(({ at }) => at);

test("what a router forwards crosses the switch of another statement once, in whichever order they are passed", (t) => {
  const hosts = { a: host("s1:1", 1), b: host("s1:2", 2), r: host("s1:3", 3) };
  const facts = Object.entries(hosts).map(
    ([name, { at }], i) =>
      `host_at(${name}, ${at.replace(":", ", ")}). host_mac(${name}, 02:00:00:00:00:0${i + 1}). host_ip(${name}, 10.0.0.${i + 1}).`,
  );
  for (const [one, other, ways] of [
    ["s2", "r", ["s1:1", "s2:10", "s1:10", "s1:3"]],
    ["r", "s2", ["s1:1", "s1:3", "s2:10", "s1:10"]],
  ] as const) {
    const text = `default allow. switch(s1, 1). switch(s2, 2). link(s1, 10, s2, 10, 1Gb). ${facts.join(" ")}
      @a waypoint(*) = ${one} on rootShare. @b waypoint(*) = ${other} on rootShare.`;
    t.deepEqual(tablesOf(text).errors, []);
    const { seen, faults } = sends(text, hosts, [["s1:10", "s2:10"]], packet(hosts.a, hosts.b), "s1:1");
    const comesIn = seen.filter(({ isIn }) => isIn).map(({ at }) => at);
    t.deepEqual([comesIn, faults], [ways, []], one);
  }
});

test("ARP for a box without a stated MAC that the path has passed is not led to it again", (t) => {
  const ring = ["s1", "s2", "s3", "s4", "s5", "s6"];
  const text = `default allow. ${ring.map((name, i) => `switch(${name}, ${i + 1}).`).join(" ")}
    ${ring.map((name, i) => `link(${name}, 11, ${ring[(i + 1) % 6]!}, 10, 1Gb).`).join(" ")}
    host_mac(a, 02:00:00:00:00:03). host_ip(a, 10.0.0.3). host_at(a, s1, 1).
    host_ip(v, 10.0.0.5). host_at(v, s5, 1).
    @q waypoint(*) = v, s2, s4 on rootShare.`;
  t.deepEqual(tablesOf(text).errors, []);
});

test("what a router forwards to one port of a statement goes on, though another statement leads what is for the other port", (t) => {
  const hosts = { h: host("s1:1", 2), a: host("s2:1", 3), b: host("s2:2", 4), r: host("s1:2", 5), w: host("s1:3", 6) };
  const cables = ["s1:10 s2:10", "s2:11 s3:10", "s1:11 s3:11"].map((one) => one.split(" ") as [string, string]);
  const facts = Object.entries(hosts).map(([name, { at, ip }]) => {
    const last = ip & 0xffn;
    return `host_at(${name}, ${at.replace(":", ", ")}). host_mac(${name}, 02:00:00:00:00:0${last}). host_ip(${name}, 10.0.0.${last}).`;
  });
  const links = cables.map(([x, y]) => `link(${x.replace(":", ", ")}, ${y.replace(":", ", ")}, 1Gb).`);
  const text = `default allow. switch(s1, 1). switch(s2, 2). switch(s3, 3). ${links.join(" ")} ${facts.join("\n")}
    user_host("Bob", r). @p waypoint(user="Bob") = w on rootShare. @o waypoint(dstAP=s2:1) = s1 on rootShare.
    @q waypoint(dstAP={s2:1, s2:2}) = r, s3 on rootShare.`;
  t.deepEqual(tablesOf(text).errors, []);
  for (const to of [hosts.a, hosts.b]) {
    const found = sends(text, hosts, cables, packet(hosts.h, to), "s1:1").arrivals.filter(({ at }) => at !== "s1:2");
    t.deepEqual([found.map(({ at }) => at), found[0]!.by.includes("s3")], [[to.at], true]);
  }
});

test("what has no path is dropped at the boxes of each statement that holds it", (t) => {
  const text = `default allow. switch(s1, 1). switch(s2, 2). switch(s3, 3).
    link(s1, 10, s2, 10, 1Gb). link(s2, 11, s3, 10, 1Gb).
    host_ip(c, 10.0.0.1). host_at(c, s3, 1). host_ip(a, 10.0.0.2). host_at(a, s2, 1).
    host_mac(v, 02:00:00:00:00:03). host_ip(v, 10.0.0.3). host_at(v, s2, 2).
    @q waypoint(dstHost=10.0.0.0/29, transport=TCP, dstPort=80) = s3, s1, s2 on rootShare.
    @r waypoint(srcHost=a, dstHost=c) = v on rootShare.`;
  t.deepEqual(tablesOf(text).errors, []);
  const [a, c, v] = [host("s2:1", 2), host("s3:1", 1), host("s2:2", 3)];
  const cables = [
    ["s1:10", "s2:10"],
    ["s2:11", "s3:10"],
  ] as const;
  for (const ports of [
    [5n, 80n],
    [0n, 0n],
  ] as const)
    for (const start of [a.at, v.at])
      t.deepEqual(where(sends(text, { a, c, v }, cables, packet(a, c, ports), start)), []);
  t.deepEqual(where(sends(text, { a, c, v }, cables, packet(a, c), a.at)), [v.at, c.at]);
});

test("a statement by the port of a box holds what the box sends, and not what it gives back", (t) => {
  for (const led of ["srcHost=a", "*"]) {
    const text = `default allow. switch(s1, 1). switch(s2, 2). link(s1, 10, s2, 10, 1Gb).
        host_mac(a, 02:00:00:00:00:01). host_ip(a, 10.0.0.1). host_at(a, s1, 1).
        host_mac(v, 02:00:00:00:00:02). host_ip(v, 10.0.0.2). host_at(v, s1, 2).
        host_mac(w, 02:00:00:00:00:03). host_ip(w, 10.0.0.3). host_at(w, s2, 2).
        host_mac(b, 02:00:00:00:00:04). host_ip(b, 10.0.0.4). host_at(b, s2, 1).
        @p waypoint(${led}) = v on rootShare.
        @q waypoint(srcAP=s1:2) = w on rootShare.`;
    t.deepEqual(tablesOf(text).errors, []);
    const hosts = { a: host("s1:1", 1), v: host("s1:2", 2), w: host("s2:2", 3), b: host("s2:1", 4) };
    const { a, b, v, w } = hosts;
    const cables = [["s1:10", "s2:10"]] as const;
    t.deepEqual(where(sends(text, hosts, cables, packet(a, b), a.at)), [v.at, b.at], led);
    t.deepEqual(where(sends(text, hosts, cables, packet(v, b), v.at)), [w.at, b.at], led);
  }
});

test("what is for a user's host of unknown place that has a MAC and no address passes the waypoint", (t) => {
  const text = `default allow. switch(s1, 1). switch(s2, 2). switch(s3, 3).
    link(s2, 10, s1, 10, 1Gb). link(s3, 10, s2, 11, 1Gb).
    host_mac(a, 02:00:00:00:00:01). host_ip(a, 10.0.0.1). host_at(a, s3, 1).
    host_ip(c, 10.0.0.3). host_at(c, s2, 1). host_mac(b, 02:00:00:00:00:04).
    user_host("Bob", c). user_host("Bob", b). AddUser Bob.
    @q waypoint(dstUser="Bob") = s1 on rootShare.`;
  const [a, b] = [host("s3:1", 1), host("s2:7", 4)];
  const cables = [
    ["s2:10", "s1:10"],
    ["s3:10", "s2:11"],
  ] as const;
  const { arrivals } = sends(text, { a, b }, cables, other(a, b), a.at);
  for (const { at, by } of arrivals) t.true(by.includes("s1"), at);
});
