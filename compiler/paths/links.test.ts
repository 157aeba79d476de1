/** The links that a flowgroup's traffic crosses, and what may be promised of it. */
import test from "ava";
import fc from "fast-check";
import type { Flowgroup } from "../flowgroup/cube.ts";
import {
  addresses,
  addressSet,
  cube,
  flowgroup,
  mirror,
  names,
  numbers,
  type Constraints,
} from "../flowgroup/index.ts";
import { parseIp, parsePrefix, type Ip } from "../net/index.ts";
import { endPortsOf } from "./end-ports.ts";
import { linksOf, type Steering } from "./links.ts";
import { hopsOf, route } from "./route.ts";
import { draw, networks, TRIANGLE, type Drawing } from "./testing/networks.ts";
import { portKey, type Topology } from "./topology.ts";

const ip = (text: string): Ip => {
  const parsed = parseIp(text);
  if (!parsed.ok) throw new Error(parsed.fault);
  return parsed.value;
};
const at = (n: number): Constraints[keyof Constraints] & {} => addresses(ip(`10.0.0.${n}`));
const flows = (constraints: Constraints): Flowgroup => flowgroup([cube(constraints)]);

function crossing(network: Drawing | Topology, of: Flowgroup, steering?: Steering): string {
  const topology = "trunks" in network ? network : draw(network);
  const { links, promise, unrated, unreachable } = linksOf(topology, of, steering);
  const parts = [links.map(({ id }) => id).join(" "), promise];
  if (unrated.length > 0) parts.push(`unrated ${unrated.map(({ id }) => id).join(" ")}`);
  if (unreachable.length > 0) {
    parts.push(`unreachable ${unreachable.map(({ from, to }) => `${portKey(from)}-${portKey(to)}`).join(" ")}`);
  }
  return parts.join("; ");
}

const h1ToH2 = flows({ srcHost: at(1), dstHost: at(2) });

test("between two known hosts every link on the path is charged", (t) => {
  t.is(crossing(TRIANGLE, h1ToH2), ">s1:3 s1:1>s2:1 s2:3>; guaranteed");
});

test("both ways charges both directions", (t) => {
  const answers = mirror(h1ToH2);
  const both = flowgroup([...h1ToH2.cubes, ...(answers.ok ? answers.flows.cubes : [])]);
  t.is(crossing(TRIANGLE, both), ">s1:3 >s2:3 s1:1>s2:1 s1:3> s2:1>s1:1 s2:3>; guaranteed");
});

test("on a path through a waypoint its access links are charged too", (t) => {
  const by = crossing(TRIANGLE, h1ToH2, { waypoints: ["ids"] });
  t.is(by, ">s1:3 >s3:4 s1:2>s3:2 s2:3> s3:1>s2:2 s3:4>; guaranteed");
  t.is(crossing(TRIANGLE, h1ToH2, { avoid: ["s2"] }), ">s1:3 s2:3>; guaranteed at the edge; unreachable s1:3-s2:3");
});

test("on a path through a waypoint to anywhere the links up to the waypoint are charged", (t) => {
  const anywhere = flows({ srcHost: at(1) });
  t.is(crossing(TRIANGLE, anywhere, { waypoints: ["ids"] }), ">s1:3 s1:2>s3:2 s3:4>; guaranteed at the edge");
  t.is(crossing(TRIANGLE, anywhere, { avoid: ["s2"] }), ">s1:3; guaranteed at the edge");
  const cut = crossing(TRIANGLE, anywhere, { waypoints: ["ids"], avoid: ["s3"] });
  t.is(cut, ">s1:3; guaranteed at the edge; unreachable s1:3-s3:4");
  t.is(crossing(TRIANGLE, anywhere, { avoid: ["s1"] }), ">s1:3; guaranteed at the edge; unreachable s1:3-s1:3");
});

test("with one known end only its access link is charged", (t) => {
  t.is(crossing(TRIANGLE, flows({ srcHost: at(1) })), ">s1:3; guaranteed at the edge");
  t.is(
    crossing(TRIANGLE, flows({ dstHost: at(2), transport: numbers("transport", 6) })),
    "s2:3>; guaranteed at the edge",
  );
});

test("with no known end no link is charged", (t) => {
  t.is(crossing(TRIANGLE, flows({ dstPort: numbers("dstPort", 80) })), "; admitted, not guaranteed");
  t.is(crossing(TRIANGLE, flows({ srcHost: at(77), dstHost: at(78) })), "; admitted, not guaranteed");
  t.is(crossing({ switches: [] }, h1ToH2), "; admitted, not guaranteed");
});

test("a link without a stated rate ends the guarantee, and is named", (t) => {
  const { "s2:3": _, ...rates } = TRIANGLE.rates!;
  t.is(crossing({ ...TRIANGLE, rates }, h1ToH2), ">s1:3 s1:1>s2:1; admitted, not guaranteed; unrated s2:3>");
});

test("the promise is that of the weakest cube", (t) => {
  const mixed = flowgroup([...h1ToH2.cubes, ...flows({ srcHost: at(3) }).cubes]);
  t.is(crossing(TRIANGLE, mixed), ">s1:3 >s3:3 s1:1>s2:1 s2:3>; guaranteed at the edge");
});

test("on one switch the ports of both ends are charged", (t) => {
  const one: Drawing = { switches: ["s1"], hosts: { h1: "s1:1", h2: "s1:2" }, rates: { "s1:1": 10, "s1:2": 10 } };
  t.is(crossing(one, h1ToH2), ">s1:1 s1:2>; guaranteed");
});

test("with several switches and no links only the edge is charged, and nothing is unreachable", (t) => {
  const unwired = { ...TRIANGLE, cables: [] };
  t.is(crossing(unwired, h1ToH2), ">s1:3 s2:3>; guaranteed at the edge");
});

test("neighbours at one port cross nothing but their access links", (t) => {
  const hub: Drawing = { switches: ["s1"], hosts: { h1: "s1:1", h2: "s1:1" }, rates: { "s1:1": 10 } };
  t.is(crossing(hub, h1ToH2), ">s1:1 s1:1>; guaranteed");
});

test("a user's ends are her hosts' ports, shared ones too, and anywhere where she has no host", (t) => {
  const users = { alice: ["h1"], bob: ["h2", "h3"], carl: ["ids"], dora: ["ids"] };
  const network = { ...TRIANGLE, users };
  const to = { dstHost: at(2) };
  t.is(crossing(network, flows({ user: names("alice"), ...to })), ">s1:3 s1:1>s2:1 s2:3>; guaranteed");
  t.is(crossing(network, flows({ user: names("bob") })), ">s2:3 >s3:3; guaranteed at the edge");
  t.is(crossing(network, flows({ user: names("carl"), ...to })), ">s3:4 s2:3> s3:1>s2:2; guaranteed");
  t.is(crossing(network, flows({ user: names("eve"), ...to })), "s2:3>; guaranteed at the edge");
  t.is(crossing(network, flows({ user: names("alice", "eve"), ...to })), "s2:3>; guaranteed at the edge");
});

test("the ends of flows are known by access point, port, MAC and address, not by block", (t) => {
  const sources = (constraints: Constraints): string =>
    endPortsOf(draw(TRIANGLE), flows(constraints))
      .map((ends) => ends.sources?.map(portKey).join(" ") ?? "anywhere")
      .join("; ");
  const block = parsePrefix("10.0.0.0/24");
  t.is(sources({ srcAP: names("s1:3", "s2:3") }), "s1:3 s2:3");
  t.is(sources({ srcAP: names("s9:3") }), "anywhere");
  t.is(sources({ switch: names("s1"), inPort: numbers("inPort", [1, 2]) }), "s1:1 s1:2");
  t.is(sources({ switch: names("s1") }), "anywhere");
  t.is(sources({ srcEth: numbers("srcEth", 2, 4) }), "s2:3 s3:4");
  t.is(sources({ srcHost: addressSet([ip("10.0.0.1"), ip("10.0.0.3")])! }), "s1:3 s3:3");
  t.is(sources({ srcHost: addressSet(block.ok ? [block.value] : [])! }), "anywhere", "not all of a block is known");
  t.is(sources({ srcHost: at(1), srcEth: numbers("srcEth", 1) }), "s1:3");
  t.is(sources({ srcHost: at(1), srcEth: numbers("srcEth", 2) }), "anywhere", "such a packet should not be");
  t.is(sources({ srcHost: at(1), srcEth: numbers("srcEth", 99) }), "s1:3");
});

test("with too many pairs only their access links are charged", (t) => {
  const n = 40;
  const hosts = Object.fromEntries(
    Array.from({ length: 2 * n }, (_, i) => [`h${i + 1}`, `s${i < n ? 1 : 2}:${i + 10}`]),
  );
  const network: Drawing = { switches: ["s1", "s2"], cables: [["s1:1", "s2:1"]], hosts };
  const half = (first: number) => addressSet(Array.from({ length: n }, (_, i) => ip(`10.0.0.${first + i}`)))!;
  const { links, unrated, promise } = linksOf(draw(network), flows({ srcHost: half(1), dstHost: half(n + 1) }));
  t.deepEqual([links.length, unrated.length, promise], [0, 2 * n, "admitted, not guaranteed"]);
});

/** A wired network with some of its hosts as sources and some as destinations, by number. */
const groups = networks
  .map((drawing) => ({ drawing, topology: draw(drawing) }))
  .filter(({ topology }) => [...topology.trunks.values()].some((links) => links.length > 0))
  .chain(({ drawing, topology }) => {
    const hosts = Object.keys(drawing.hosts!).map((_, i) => i + 1);
    const some = fc.subarray(hosts, { minLength: 1 });
    return fc.record({ topology: fc.constant(topology), sources: some, destinations: some });
  });

test("the links that are charged are those that the routes between all pairs of ends cross", (t) => {
  fc.assert(
    fc.property(groups, ({ topology, sources, destinations }) => {
      const set = (members: readonly number[]) => addressSet(members.map((n) => ip(`10.0.0.${n}`)))!;
      const found = linksOf(topology, flows({ srcHost: set(sources), dstHost: set(destinations) }));
      const crossed = new Set<string>();
      const lost = new Set<string>();
      const portOf = (n: number) => topology.hosts.get(`h${n}`)!.at;
      for (const from of sources.map(portOf)) {
        for (const to of destinations.map(portOf)) {
          // Each of these hosts is alone at its port.
          if (portKey(from) === portKey(to)) continue;
          crossed.add(`>${portKey(from)}`).add(`${portKey(to)}>`);
          const path = route(topology, { from, to });
          if (path === undefined) lost.add(`${portKey(from)}-${portKey(to)}`);
          const hops = path ? hopsOf(path) : [];
          for (const [i, hop] of hops.slice(0, -1).entries()) {
            crossed.add(`${hop.switch}:${hop.out}>${hops[i + 1]!.switch}:${hops[i + 1]!.in}`);
          }
        }
      }
      const charged = [...found.links, ...found.unrated].map(({ id }) => id);
      t.deepEqual(charged.toSorted(), [...crossed].toSorted());
      const unreachable = found.unreachable.map(({ from, to }) => `${portKey(from)}-${portKey(to)}`);
      t.deepEqual(unreachable.toSorted(), [...lost].toSorted());
    }),
    { seed: 9, numRuns: 300 },
  );
});

test("flows of a host to itself cross no link", (t) => {
  const net = draw(TRIANGLE);
  const own = addresses(net.hosts.get("h1")!.addresses[0]!);
  const other = addresses(net.hosts.get("h2")!.addresses[0]!);
  t.deepEqual(linksOf(net, { cubes: [cube({ srcHost: own, dstHost: own })] }).links, []);
  t.is(linksOf(net, { cubes: [cube({ srcHost: own, dstHost: other })] }).links.length, 3);
});
