/** Packets that come back from a waypoint are judged as if they entered where their source is, whatever sent them. */
import test from "ava";
import fc from "fast-check";
import { addresses, cube, names, numbers, type Cube } from "../../flowgroup/index.ts";
import { route, samePort, topology, type Port } from "../../paths/index.ts";
import { directoryOf, networks, TRIANGLE, type Drawing } from "../../paths/testing/networks.ts";
import type { DerivedRule } from "../../derived/rule.ts";
import type { Packet } from "../../trace/packet.ts";
import { walk, type Walk } from "../../trace/walk.ts";
import { UserIndex } from "../encode/user-index.ts";
import { draftPerSwitch } from "../per-switch.ts";
import { reportRefusal, type LoweringRefusal } from "../pipeline/refusal.ts";
import { LiveTable, lower, toOvs, type LowerContext } from "../index.ts";
import { verdictOfRules } from "../../semantics/table-reference.ts";

const judge = (statement: string, effect: "allow" | "deny", depth: number, of: Cube): DerivedRule => {
  return { statement, stage: "admission", effect, depth, level: 0, levels: 1, end: Infinity, cube: of };
};

const by = (nodes: readonly string[], of: Cube): DerivedRule => {
  const rank = { depth: 0, level: 0, levels: 1, end: Infinity };
  return { statement: "by", stage: "waypoint", effect: "waypoint", nodes, ...rank, cube: of };
};

const contextOf = (drawing: Drawing, verdict: "allow" | "deny"): LowerContext => {
  return { directory: directoryOf(drawing), defaults: { verdict, fragments: "deny" }, target: "ovs", now: 0 };
};

const cases = networks.chain((drawing) => {
  const hosts = Object.keys(drawing.hosts!);
  const ports = Object.values(drawing.hosts!);
  const place = fc.oneof(
    fc.constant({}),
    fc.constantFrom(...ports).map((at) => ({ srcAP: names(at) })),
    fc.constantFrom(...drawing.switches).map((on) => ({ switch: names(on) })),
    fc.integer({ min: 1, max: 3 }).map((at) => ({ inPort: numbers("inPort", at) })),
  );
  const rule = fc.record({
    effect: fc.constantFrom("allow", "deny"),
    place,
    source: fc.option(fc.constantFrom(...hosts)),
  });
  return fc.record({
    drawing: fc.constant(drawing),
    rules: fc.array(rule, { maxLength: 3 }),
    default: fc.constantFrom("allow", "deny"),
    from: fc.constantFrom(...hosts),
    to: fc.constantFrom(...hosts),
    waypoint: fc.constantFrom(...hosts),
  });
});

test("a packet from a waypoint's port with a steered host's address gets as far as that host's own packets", (t) => {
  const seen = { allowed: 0, denied: 0, spoofed: 0 };
  const law = fc.property(cases, ({ drawing, rules, default: verdict, from, to, waypoint }) => {
    if (new Set([from, to, waypoint]).size < 3) return;
    const context = contextOf(drawing, verdict);
    const { directory, defaults } = context;
    const [a, b, middle] = [from, to, waypoint].map((name) => directory.hosts.get(name)!);
    const judges = rules.map(({ effect, place, source }, i): DerivedRule => {
      const sender = source === null ? {} : { srcHost: addresses(directory.hosts.get(source)!.addresses[0]!) };
      // As after admission: requests of one depth do not contradict each other.
      return judge(`j${i}`, effect, i, cube({ ...sender, ...place }));
    });
    const steered = by([waypoint], cube({ srcHost: addresses(a!.addresses[0]!) }));
    const live = new LiveTable(context);
    live.load(judges);
    live.apply({ added: [steered], removed: [] });
    const { tables } = lower([steered, ...judges], context);
    for (const [on, table] of live.tables()) t.is(toOvs(table), toOvs(tables.get(on)!));
    const net = topology(directory);
    const packet = (source: typeof a, at: typeof a): Packet => ({
      inPort: at!.at!.port,
      ethSrc: source!.macs[0]!,
      ethDst: b!.macs[0]!,
      ethType: 0x0800,
      ip: { src: source!.addresses[0]!, dst: b!.addresses[0]!, protocol: 6, dscp: 0, fragment: "no" },
      ports: { src: 1000, dst: 80 },
    });
    const due = verdictOfRules(judges, packet(a, a), directory, defaults, a!.at!.switch);
    const joined = route(net, { from: a!.at!, to: b!.at!, waypoints: [waypoint] }) !== undefined;
    const arrives = joined && due === "allow";
    const end = b!.at!;
    const sent = walk(tables, net, packet(a, a), a!.at!, { lists: [[waypoint]], to: end });
    t.is(
      sent.out.some((port) => samePort(port, end)),
      arrives,
    );
    const back = walk(tables, net, packet(a, middle), middle!.at!, { lists: [], to: end });
    if (joined)
      t.is(
        back.out.some((port) => samePort(port, end)),
        arrives,
        "from the waypoint",
      );
    if (due === "deny") t.deepEqual(back.out, []);
    const other = [...directory.hosts.values()].find((host) => host !== a && host !== middle && host !== b);
    if (other !== undefined) {
      t.deepEqual(walk(tables, net, packet(other, middle), middle!.at!, { lists: [], to: end }).out, []);
      seen.spoofed++;
    }
    if (joined) seen[due === "allow" ? "allowed" : "denied"]++;
  });
  fc.assert(law, { numRuns: 600, seed: 20261122 });
  for (const count of Object.values(seen)) t.true(count > 20, JSON.stringify(seen));
});

const ONE_SWITCH: Drawing = { switches: ["s1"], hosts: { h1: "s1:1", h2: "s1:2", ids: "s1:3" } };

function meeting(drawing: Drawing) {
  const context = contextOf(drawing, "allow");
  const [h1, h2, ids] = ["h1", "h2", "ids"].map((name) => context.directory.hosts.get(name)!);
  const packet: Packet = {
    inPort: 0,
    ethSrc: h1!.macs[0]!,
    ethDst: h2!.macs[0]!,
    ethType: 0x0800,
    ip: { src: h1!.addresses[0]!, dst: h2!.addresses[0]!, protocol: 6, dscp: 0, fragment: "no" },
    ports: { src: 1000, dst: 80 },
  };
  const web = cube({ srcHost: addresses(h1!.addresses[0]!), transport: numbers("transport", 6) });
  const go = (rules: readonly DerivedRule[], from: typeof h1, waypoints: readonly string[]): Walk => {
    const { tables } = lower([by(["ids"], web), ...rules], context);
    return walk(tables, topology(context.directory), packet, from!.at!, { lists: [waypoints], to: h2!.at! });
  };
  const sent = (rules: DerivedRule[]): Walk => go(rules, h1, ["ids"]);
  return { web, sent, back: (rules: DerivedRule[]): Walk => go(rules, ids, []), end: h2!.at! };
}

test("a packet from a waypoint's port with a denied host's address is dropped", (t) => {
  for (const drawing of [TRIANGLE, ONE_SWITCH]) {
    const { web, sent, back, end } = meeting(drawing);
    for (const { out } of [sent([]), back([])]) t.true(out.some((port) => samePort(port, end)));
    const no = judge("no", "deny", 0, web);
    t.deepEqual(sent([no]).out, []);
    t.deepEqual(back([no]).out, []);
  }
});

test("a packet that passes a waypoint on its own switch passes each limit once", (t) => {
  const { web, sent, end } = meeting(ONE_SWITCH);
  const slow = { ...judge("slow", "allow", 0, web), stage: "limit", effect: "limit", rate: 5_000_000 } as const;
  const all = { ...slow, statement: "all", cube: cube({}), rate: 9_000_000 };
  const { visits, out } = sent([slow, all]);
  t.deepEqual(
    visits.map(({ outcome }) => outcome.meters.length),
    [2, 0],
  );
  t.true(out.some((port) => samePort(port, end)));
});

test("flows that come back at many ports from many hosts have a budget of steps, and the rule is refused with E838", (t) => {
  const hosts = Object.fromEntries(Array.from({ length: 200 }, (_, i) => [`h${i}`, `s1:${i + 1}`]));
  const context = contextOf({ switches: ["s1"], hosts }, "allow");
  const net = topology(context.directory);
  const rule = judge("no", "deny", 0, cube({ inPort: numbers("inPort", [1, 100]) }));
  const port = (at: number): Port => ({ switch: "s1", port: at });
  const refusalAt = (ports: number): unknown => {
    // Not every host's flows come back at every port, so the parts do not come together again.
    const returns = Array.from({ length: ports * 100 }, (_, i) => ({
      at: port(Math.floor(i / 100) + 1),
      from: port(101 + (i % 100)),
    })).filter(({ at, from }) => (at.port + from.port) % 3 > 0);
    return draftPerSwitch(["s1"], rule, returns, net, context, new UserIndex(context.directory)).refusal;
  };
  t.is(refusalAt(2), undefined);
  const refusal = refusalAt(100);
  t.deepEqual(refusal, { kind: "returns", steps: 2_000_000 });
  const { code, message, help } = reportRefusal(refusal as LoweringRefusal, rule, undefined);
  t.is(code, "E838");
  t.regex(message, /more than 2,000,000 steps/);
  t.regex(help!, /by `srcHost`/);
});
