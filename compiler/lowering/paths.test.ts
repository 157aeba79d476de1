/** Forwarding and steering, judged by packets that walk through all switches: where they arrive, and how often. */
import test from "ava";
import fc from "fast-check";
import type { Diagnostic } from "../diagnostics/diagnostic.ts";
import { addresses, cube, names, numbers, withConstraint } from "../flowgroup/index.ts";
import type { Directory, Host } from "../model/model.ts";
import { locationOf, route, topology, type Port, type Topology } from "../paths/index.ts";
import type { AttachedHost } from "../paths/topology.ts";
import { directoryOf, draw, networks, TRIANGLE, type Drawing } from "../paths/testing/networks.ts";
import type { DerivedRule } from "../derived/rule.ts";
import type { Packet } from "../trace/packet.ts";
import { Switch } from "../trace/switch.ts";
import type { Table } from "../table/entry.ts";
import { LiveTable, lower, toOvs, type LowerContext } from "./index.ts";

const context = (directory: Directory): LowerContext => {
  return { directory, defaults: { verdict: "allow", fragments: "deny" }, target: "ovs", now: 0 };
};

interface Walk {
  /** Ports without a cable at which the packet came out, and how often. */
  readonly out: readonly string[];
  readonly switches: readonly string[];
}

/** Sends a packet in at a port; at the ports of `bouncing` hosts it comes back in as it was. */
function walk(
  tables: ReadonlyMap<string, Table>,
  { trunks, hosts }: Topology,
  packet: Packet,
  from: Port,
  bouncing: readonly string[] = [],
): Walk {
  const out: string[] = [];
  const switches: string[] = [];
  const devices = new Map([...tables].map(([name, table]) => [name, new Switch(table)]));
  const back = new Set(bouncing.map((name) => `${hosts.get(name)!.at.switch}:${hosts.get(name)!.at.port}`));
  const queue: Port[] = [from];
  for (let steps = 0; queue.length > 0; steps++) {
    if (steps > 200) throw new Error("the packet circles");
    const at = queue.shift()!;
    switches.push(at.switch);
    const links = trunks.get(at.switch)!;
    const here = [...hosts.values()].filter((host) => host.at.switch === at.switch).map((host) => host.at.port);
    const plugged = [...new Set([...links.map((link) => link.from.port), ...here])];
    const { outputs } = devices.get(at.switch)!.run({ ...packet, inPort: at.port });
    const ports = outputs.flatMap((one) =>
      one === "ALL" || one === "NORMAL" ? plugged : one === "IN_PORT" ? [-1] : typeof one === "number" ? [one] : [],
    );
    for (const port of ports) {
      if (port === at.port) continue;
      const leaves = { switch: at.switch, port: port === -1 ? at.port : port };
      const link = links.find((one) => one.from.port === leaves.port);
      if (link !== undefined) {
        queue.push(link.to);
        continue;
      }
      const name = `${leaves.switch}:${leaves.port}`;
      out.push(name);
      if (back.has(name)) queue.push(leaves);
    }
  }
  return { out, switches };
}

function frame(from: Host, to: Host): Packet {
  return {
    inPort: 0,
    ethSrc: from.macs[0]!,
    ethDst: to.macs[0]!,
    ethType: 0x0800,
    ip: { src: from.addresses[0]!, dst: to.addresses[0]!, protocol: 6, dscp: 0, fragment: "no" },
    ports: { src: 1000, dst: 80 },
  };
}

const later = ({ inPort, ethSrc, ethDst, ethType, ip }: Packet): Packet => ({
  inPort,
  ethSrc,
  ethDst,
  ethType,
  ip: { ...ip!, fragment: "later" },
});

const codes = (diagnostics: readonly Diagnostic[]): string[] => diagnostics.map(({ code }) => code);

const name = ({ switch: on, port }: Port): string => `${on}:${port}`;

test("a packet arrives exactly once where there is a path, and a flood once at every other host", (t) => {
  const law = fc.property(networks, (drawing) => {
    const net = draw(drawing);
    const { tables } = lower([], context(directoryOf(drawing)));
    for (const from of net.hosts.values()) {
      for (const to of net.hosts.values()) {
        if (from === to || from.at.switch === to.at.switch) continue;
        const joined = route(net, { from: from.at, to: to.at }) !== undefined;
        if (joined) t.deepEqual(walk(tables, net, frame(from, to), from.at).out, [name(to.at)]);
      }
      if (![...net.trunks.values()].some((links) => links.length > 0)) continue;
      const broadcast: Packet = { inPort: 0, ethSrc: from.macs[0]!, ethDst: 2 ** 48 - 1, ethType: 0x88cc };
      const others = [...net.hosts.values()].filter((to) => to !== from && route(net, { from: from.at, to: to.at }));
      t.deepEqual(walk(tables, net, broadcast, from.at).out.toSorted(), others.map((to) => name(to.at)).sort());
    }
  });
  fc.assert(law, { numRuns: 80 });
});

const rule = (
  statement: string,
  effect: "waypoint" | "avoid",
  nodes: string[],
  of: DerivedRule["cube"],
): DerivedRule => {
  return { statement, stage: effect, effect, nodes, depth: 0, level: 0, levels: 1, end: Infinity, cube: of };
};

test("a steered packet passes its waypoint and arrives, others go straight, and without a path it is dropped", (t) => {
  const net = draw(TRIANGLE);
  const directory = directoryOf(TRIANGLE);
  const [h1, h2] = ["h1", "h2"].map((host) => net.hosts.get(host)!) as [Host & { at: Port }, Host & { at: Port }];
  const web = cube({
    srcHost: addresses(h1.addresses[0]!),
    ethType: numbers("ethType", 0x0800),
    transport: numbers("transport", 6),
    dstPort: numbers("dstPort", 80),
  });
  const way = rule("by ids", "waypoint", ["ids"], web);
  const { tables, diagnostics } = lower([way], context(directory));
  t.deepEqual(codes(diagnostics), []);
  const steered = walk(tables, net, frame(h1, h2), h1.at, ["ids"]);
  t.deepEqual(steered.out, ["s3:4", "s2:3"]);
  const other = { ...frame(h1, h2), ports: { src: 1000, dst: 22 } };
  t.deepEqual(walk(tables, net, other, h1.at, ["ids"]), { out: ["s2:3"], switches: ["s1", "s2"] });
  const around = rule("not by s2", "avoid", ["s3"], cube({ srcHost: addresses(h1.addresses[0]!) }));
  const both = lower([way, around], context(directory));
  t.deepEqual(codes(both.diagnostics), ["W821", "W821"]);
  t.deepEqual(walk(both.tables, net, frame(h1, h2), h1.at, ["ids"]).out, []);
});

test("a waypoint and an avoid leave a flow without a path only where they have a sender in common", (t) => {
  const directory = directoryOf({ ...TRIANGLE, users: { alice: ["h1"] } });
  const [h1, h2] = ["h1", "h2"].map((host) => directory.hosts.get(host)!) as [Host, Host];
  const to = { dstHost: addresses(h2.addresses[0]!, h1.addresses[0]!) };
  const warnings = (one: Parameters<typeof cube>[0], other: Parameters<typeof cube>[0]): readonly string[] => {
    const rules = [
      rule("by ids", "waypoint", ["ids"], cube({ ...to, ...one })),
      rule("not by s3", "avoid", ["s3"], cube({ ...to, ...other })),
    ];
    return codes(lower(rules, context(directory)).diagnostics).filter((code) => code === "W821");
  };
  const [here, there] = [h1, h2].map(({ addresses: [one] }) => ({ srcHost: addresses(one!) }));
  t.deepEqual(warnings({ user: names("alice") }, there!), [], "alice is on h1");
  t.deepEqual(warnings({ user: names("alice") }, here!), ["W821", "W821"]);
  t.deepEqual(warnings(here!, { ...here, srcEth: numbers("srcEth", h2.macs[0]!) }), [], "h1 has another MAC");
  t.deepEqual(warnings(here!, { ...here, srcEth: numbers("srcEth", h1.macs[0]!) }), ["W821", "W821"]);
});

test("where no host's port is known, switches with links flood everything, and a warning says what to write", (t) => {
  const warnings = (drawing: Drawing): readonly string[] => codes(lower([], context(directoryOf(drawing))).diagnostics);
  t.deepEqual(warnings({ ...TRIANGLE, hosts: {} }), ["W830"]);
  t.deepEqual(warnings(TRIANGLE), []);
  t.deepEqual(warnings({ switches: ["s1", "s2"] }), [], "each learns by itself");
  const [{ message, help }] = lower([], context(directoryOf({ ...TRIANGLE, hosts: {} }))).diagnostics as [Diagnostic];
  t.regex(message, /^of 3 switches with links .* flooded to all their ports$/);
  t.regex(help!, /`host_at\(HOST, SWITCH, PORT\)\.`/);
});

test("steered flows that enter where no host is known are dropped, with a warning; those of hosts pass", (t) => {
  const net = draw(TRIANGLE);
  const directory = directoryOf(TRIANGLE);
  const [h1, h2, ids] = ["h1", "h2", "ids"].map((host) => net.hosts.get(host)!) as [
    AttachedHost,
    AttachedHost,
    AttachedHost,
  ];
  const toWeb = {
    ethType: numbers("ethType", 0x0800),
    transport: numbers("transport", 6),
    dstPort: numbers("dstPort", 80),
  };
  const stranger: Host = { ...h1, addresses: [{ family: 4, value: 0x0a_00_00_63 }], macs: [99] };
  const plug = { switch: "s1", port: 9 };
  const claimed = {
    ...rule("queue", "waypoint", [], cube(toWeb)),
    stage: "reserve",
    effect: "reserve",
    rate: 1e6,
  } as const;
  for (const rules of [[], [claimed]]) {
    for (const nodes of [["ids"], ["s3"]]) {
      const by = rule("by", "waypoint", nodes, cube(toWeb));
      const { tables, diagnostics } = lower([by, ...rules], context(directory));
      // A flood from s3 reaches `ids` once more. A packet that comes to s3 by a link outside the tree is not flooded.
      t.deepEqual(codes(diagnostics), ["W822", "W831"], nodes[0]);
      t.deepEqual(walk(tables, net, frame(stranger, h2), plug).out, []);
      t.deepEqual(walk(tables, net, later(frame(stranger, h2)), plug).out, []);
      const other = { ...frame(stranger, h2), ports: { src: 1000, dst: 22 } };
      t.deepEqual(walk(tables, net, other, plug).out, [name(h2.at)]);
      const way = nodes[0] === "ids" ? [name(ids.at), name(h2.at)] : [name(h2.at)];
      const passed = walk(tables, net, frame(h1, h2), h1.at, nodes[0] === "ids" ? ["ids"] : []);
      t.deepEqual(passed.out, way);
      t.true(passed.switches.includes("s3"));
      const observed = lower([by, ...rules], { ...context(directory), observe: true });
      t.deepEqual(walk(observed.tables, net, frame(stranger, h2), plug).out, []);
    }
  }
  const around = lower([rule("around", "avoid", ["s3"], cube(toWeb))], context(directory));
  t.true(around.diagnostics.some(({ code }) => code === "W822"));
  t.deepEqual(walk(around.tables, net, frame(stranger, h2), plug).out, []);
});

test("a fragment passes all of forty waypoints that differ by their port", (t) => {
  const net = draw(TRIANGLE);
  const [h1, h2] = [net.hosts.get("h1")!, net.hosts.get("h2")!];
  const web = (port: number): DerivedRule["cube"] =>
    cube({
      srcHost: addresses(h1.addresses[0]!),
      transport: numbers("transport", 6),
      dstPort: numbers("dstPort", port),
    });
  const rules = Array.from({ length: 40 }, (_, i) =>
    rule(`w${i}`, "waypoint", [i % 2 === 0 ? "ids" : "s3"], web(i + 1)),
  );
  const { tables, diagnostics } = lower(rules, context(directoryOf(TRIANGLE)));
  t.deepEqual(codes(diagnostics), []);
  t.deepEqual(walk(tables, net, later(frame(h1, h2)), h1.at, ["ids"]).out, ["s3:4", "s2:3"]);
});

test("a later fragment over IPv6 passes the waypoints of all transports, because it could be of any", (t) => {
  const six = (host: Host): Host => ({
    ...host,
    addresses: host.addresses.map(({ value }) => ({ family: 6, value: (0xfd00n << 112n) + BigInt(value) })),
  });
  const drawn = directoryOf(TRIANGLE);
  const directory = { ...drawn, hosts: new Map([...drawn.hosts].map(([key, host]) => [key, six(host)])) };
  const net = topology(directory);
  const [h1, h2] = [net.hosts.get("h1")!, net.hosts.get("h2")!];
  const from = (transport: number): DerivedRule["cube"] =>
    cube({ srcHost: addresses(h1.addresses[0]!), transport: numbers("transport", transport) });
  const rules = [rule("tcp", "waypoint", ["ids"], from(6)), rule("udp", "waypoint", ["s3"], from(17))];
  const { tables, diagnostics } = lower(rules, context(directory));
  t.deepEqual(codes(diagnostics), []);
  const whole: Packet = { ...frame(h1, h2), ethType: 0x86dd };
  t.deepEqual(walk(tables, net, later(whole), h1.at, ["ids"]).out, ["s3:4", "s2:3"]);
  const udp: Packet = { ...whole, ip: { ...whole.ip!, protocol: 17 } };
  t.deepEqual(walk(tables, net, udp, h1.at, ["ids"]).out, ["s2:3"]);
  const other: Packet = { ...later(whole), ip: { ...whole.ip!, protocol: 47 } };
  t.deepEqual(walk(tables, net, other, h1.at).out, ["s2:3"]);
});

test("a packet that enters at the only waypoint has passed it", (t) => {
  const net = draw(TRIANGLE);
  const [h1, h2] = [net.hosts.get("h1")!, net.hosts.get("h2")!];
  const stranger: Host = { ...h1, addresses: [{ family: 4, value: 0x0a_00_00_63 }], macs: [99] };
  const { tables } = lower([rule("by", "waypoint", ["s1"], cube({}))], context(directoryOf(TRIANGLE)));
  t.deepEqual(walk(tables, net, frame(stranger, h2), { switch: "s1", port: 9 }).out, [name(h2.at)]);
  t.deepEqual(walk(tables, net, frame(stranger, h1), { switch: "s2", port: 9 }).out, []);
});

test("on one switch steered flows from unknown hosts are dropped, and a rule with their direction is refused", (t) => {
  const drawing: Drawing = { switches: ["s1"], hosts: { ids: "s1:9" } };
  const web = cube({ transport: numbers("transport", 6), dstPort: numbers("dstPort", 80) });
  const { tables, diagnostics } = lower([rule("w", "waypoint", ["ids"], web)], context(directoryOf(drawing)));
  t.deepEqual(codes(diagnostics), ["W822"]);
  const net = draw(drawing);
  const ids = net.hosts.get("ids")!;
  const stranger: Host = { ...ids, addresses: [{ family: 4, value: 0x0a_00_00_63 }], macs: [99] };
  t.deepEqual(walk(tables, net, frame(stranger, ids), { switch: "s1", port: 1 }).out, []);
  const tracked = withConstraint(web, "direction", names("request"));
  const refused = lower([rule("w", "waypoint", ["ids"], tracked)], context(directoryOf(drawing)));
  t.deepEqual(codes(refused.diagnostics), ["E823"]);
});

const steering = networks.chain((drawing) => {
  const nodes = [...drawing.switches, ...Object.keys(drawing.hosts ?? {})];
  const some = fc.subarray(nodes, { minLength: 1, maxLength: 2 });
  const hosts = Object.keys(drawing.hosts ?? {});
  return fc.record({
    drawing: fc.constant(drawing),
    from: fc.constantFrom(...hosts),
    to: fc.constantFrom(...hosts),
    way: fc.option(some),
    avoid: fc.option(some),
    fragment: fc.boolean(),
  });
});

test("a steered packet between known hosts passes all waypoints, crosses nothing avoided, and arrives or is dropped", (t) => {
  const seen = { arrived: 0, dropped: 0, fragments: 0 };
  const law = fc.property(steering, ({ drawing, from, to, way, avoid, fragment }) => {
    const directory = directoryOf(drawing as Drawing);
    const net = topology(directory);
    const [a, b] = [net.hosts.get(from)!, net.hosts.get(to)!];
    if (a.at.switch === b.at.switch && a.at.port === b.at.port) return;
    const flows = cube({
      srcHost: addresses(a.addresses[0]!),
      dstHost: addresses(b.addresses[0]!),
      ethType: numbers("ethType", 0x0800),
      transport: numbers("transport", 6),
    });
    // A fragment could be of either port's flows, so it is steered as one of both.
    const port = (of: number): DerivedRule["cube"] =>
      fragment ? withConstraint(flows, "dstPort", numbers("dstPort", of)) : flows;
    const rules = [
      ...(way === null ? [] : [rule("way", "waypoint", way, port(80))]),
      ...(avoid === null ? [] : [rule("avoid", "avoid", avoid, port(22))]),
    ];
    // A destination that is a waypoint before others would have to bounce what it receives.
    if (rules.length === 0 || way?.includes(to) === true) return;
    const { tables } = lower(rules, context(directory));
    const steers = { waypoints: way ?? [], avoid: avoid ?? [] };
    const bouncing = steers.waypoints.filter((node) => net.hosts.has(node));
    const sent = fragment ? later(frame(a, b)) : frame(a, b);
    const { out, switches } = walk(tables, net, sent, a.at, bouncing);
    if (route(net, { from: a.at, to: b.at, ...steers }) === undefined) {
      t.deepEqual(out, []);
      seen.dropped++;
      return;
    }
    t.is(out.at(-1), name(b.at));
    for (const node of steers.waypoints) {
      const place = locationOf(net, node)!;
      if (!("port" in place)) t.true(switches.includes(place.switch));
      else if (node !== from) t.true(out.includes(name(place)), node);
    }
    for (const node of steers.avoid) if (net.trunks.has(node)) t.false(switches.includes(node));
    seen.arrived++;
    if (fragment) seen.fragments++;
  });
  fc.assert(law, { numRuns: 400, seed: 20261122 });
  for (const count of Object.values(seen)) t.true(count > 20, JSON.stringify(seen));
});

test("a live table that follows steered flows is the batch's", (t) => {
  const law = fc.property(steering, ({ drawing, from, to, way, avoid, fragment }) => {
    const directory = directoryOf(drawing as Drawing);
    const [a, b] = [directory.hosts.get(from)!, directory.hosts.get(to)!];
    const web = fragment ? { transport: numbers("transport", 6), dstPort: numbers("dstPort", 80) } : {};
    const one = rule("way", "waypoint", way ?? [], cube({ srcHost: addresses(a.addresses[0]!), ...web }));
    const other = rule("avoid", "avoid", avoid ?? [], cube({ dstHost: addresses(b.addresses[0]!) }));
    const live = new LiveTable(context(directory));
    for (const [added, removed, standing] of [
      [[one], [], [one]],
      [[other], [], [other, one]],
      [[], [one], [other]],
    ] as const) {
      live.apply({ added, removed });
      const batch = lower(standing, context(directory));
      for (const [on, table] of live.tables()) t.is(toOvs(table), toOvs(batch.tables.get(on)!));
      t.deepEqual(live.diagnostics(), batch.diagnostics);
    }
  });
  fc.assert(law, { numRuns: 80 });
});
