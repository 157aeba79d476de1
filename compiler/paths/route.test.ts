/** Routes: the examples of three switches, and all walks of small random networks as the judge. */
import test from "ava";
import fc from "fast-check";
import { hopsOf, route, type RouteQuery } from "./route.ts";
import { bestWalk, satisfies } from "./testing/brute-force.ts";
import { draw, networks, port, TRIANGLE } from "./testing/networks.ts";
import type { Topology } from "./topology.ts";

const triangle = draw(TRIANGLE);

/** `3>s1>1 1>s2>3 | 3>s2>…`: hops, with a bar between legs. */
function shown(topology: Topology, journey: RouteQuery): string | undefined {
  const found = route(topology, journey);
  return found?.legs.map((leg) => leg.map((hop) => `${hop.in}>${hop.switch}>${hop.out}`).join(" ")).join(" | ");
}

const h1 = port("s1:3");
const h2 = port("s2:3");

test("a route is the shortest path", (t) => {
  t.is(shown(triangle, { from: h1, to: h2 }), "3>s1>1 1>s2>3");
});

test("a route goes around an avoided switch", (t) => {
  const square = draw({
    switches: ["a", "b", "c", "d"],
    cables: [
      ["a:1", "b:1"],
      ["b:2", "d:1"],
      ["a:2", "c:1"],
      ["c:2", "d:2"],
    ],
  });
  const ends = { from: port("a:9"), to: port("d:9") };
  t.is(shown(square, ends), "9>a>1 1>b>2 1>d>9");
  t.is(shown(square, { ...ends, avoid: ["b"] }), "9>a>2 1>c>2 2>d>9");
  t.is(shown(square, { ...ends, avoid: ["b", "c"] }), undefined);
  t.is(shown(square, { ...ends, avoid: ["a"] }), undefined, "not even at the ends");
});

test("a waypoint that is a switch is crossed", (t) => {
  t.is(shown(triangle, { from: h1, to: h2, waypoints: ["s3"] }), "3>s1>2 2>s3>1 2>s2>3");
});

test("a waypoint that is a host sends the packet back in at its port", (t) => {
  t.is(shown(triangle, { from: h1, to: h2, waypoints: ["ids"] }), "3>s1>2 2>s3>4 | 4>s3>1 2>s2>3");
});

test("a route that begins or ends at a waypoint has passed it", (t) => {
  const ids = port("s3:4");
  t.is(shown(triangle, { from: ids, to: h2, waypoints: ["ids"] }), "4>s3>1 2>s2>3");
  t.is(shown(triangle, { from: h1, to: ids, waypoints: ["ids"] }), "3>s1>2 2>s3>4");
});

test("waypoints are passed in their order", (t) => {
  t.is(shown(triangle, { from: h1, to: h2, waypoints: ["h3", "ids"] }), "3>s1>2 2>s3>3 | 3>s3>4 | 4>s3>1 2>s2>3");
  t.is(shown(triangle, { from: h1, to: h2, waypoints: ["ids", "h3"] }), "3>s1>2 2>s3>4 | 4>s3>3 | 3>s3>1 2>s2>3");
});

test("lists in open order: where a node is a host, one order leads from a port to all ends, that which reaches most", (t) => {
  const line = draw({
    switches: ["a", "b", "c"],
    cables: [
      ["a:1", "b:1"],
      ["b:2", "c:1"],
    ],
    hosts: { west: "a:8", east: "c:8", h1: "a:9", h2: "c:9", h3: "c:7" },
  });
  const from = port("b:9");
  const to = (at: string, lists: readonly (readonly string[])[]): readonly string[] | undefined =>
    route(line, { from, to: port(at), lists })?.waypoints;
  const boxes = [["east"], ["west"]];
  t.deepEqual(to("c:9", boxes), ["west", "east"]);
  t.deepEqual(to("c:7", boxes), ["west", "east"]);
  t.is(to("a:9", boxes), undefined, "a router would send there past west what it got on its way to h2");
  t.deepEqual(to("a:9", [["east", "west"]]), ["east", "west"], "one statement says the order");
  t.deepEqual(to("a:8", boxes), ["east", "west"], "a waypoint that is the destination comes last");
  const switches = [["c"], ["a"]];
  t.deepEqual(
    [to("a:9", switches), to("c:9", switches)],
    [
      ["c", "a"],
      ["a", "c"],
    ],
    "switches turn nothing aside",
  );
});

test("a packet between two hosts behind one port is sent back where it came from", (t) => {
  t.is(shown(triangle, { from: h1, to: h1 }), "3>s1>3");
});

test("a switch at the end of a branch sends back what only had to cross it", (t) => {
  const line = draw({
    switches: ["a", "b", "c"],
    cables: [
      ["a:1", "b:1"],
      ["b:2", "c:1"],
    ],
  });
  const ends = { from: port("a:9"), to: port("b:9") };
  t.is(shown(line, { ...ends, waypoints: ["c"] }), "9>a>1 1>b>2 1>c>1 2>b>9");
  t.is(shown(line, { ...ends, waypoints: ["c", "a"] }), undefined, "b cannot tell the second pass from the first");
});

test("where the shortest paths to two waypoints exclude each other, a longer one is taken", (t) => {
  const ring = draw({
    switches: ["a", "b", "c", "d"],
    cables: [
      ["a:1", "b:1"],
      ["b:2", "c:1"],
      ["a:2", "d:1"],
      ["d:2", "b:3"],
    ],
  });
  const ends = { from: port("a:9"), to: port("b:9") };
  t.is(shown(ring, { ...ends, waypoints: ["c", "a"] }), "9>a>1 1>b>2 1>c>1 2>b>1 1>a>2 1>d>2 3>b>9");
});

test("unknown nodes, and nodes that are to be passed and avoided, leave no route", (t) => {
  t.is(shown(triangle, { from: h1, to: h2, waypoints: ["nowhere"] }), undefined);
  t.is(shown(triangle, { from: h1, to: h2, waypoints: ["s3"], avoid: ["s3"] }), undefined);
  t.is(shown(triangle, { from: h1, to: port("s9:1") }), undefined);
  t.is(shown(triangle, { from: port("s9:1"), to: h1 }), undefined);
});

test("avoiding a host forbids it as a waypoint only", (t) => {
  t.is(shown(triangle, { from: h1, to: h2, avoid: ["ids"] }), "3>s1>1 1>s2>3");
  t.is(shown(triangle, { from: h1, to: h2, waypoints: ["ids"], avoid: ["ids"] }), undefined);
});

/** A random network, two of its hosts and some nodes to pass and to avoid. */
const journeys = networks.chain((drawing) => {
  const topology = draw(drawing);
  const nodes = [...topology.trunks.keys(), ...topology.hosts.keys()];
  const host = fc.constantFrom(...[...topology.hosts.values()].map(({ at }) => at));
  const journey: fc.Arbitrary<RouteQuery> = fc.record({
    from: host,
    to: host,
    waypoints: fc.array(fc.constantFrom(...nodes), { maxLength: 3 }),
    avoid: fc.array(fc.constantFrom(...nodes), { maxLength: 2 }),
  });
  return fc.record({ topology: fc.constant(topology), journey });
});

test("a route is the best of all walks, and there is one exactly where a walk does what is asked", (t) => {
  fc.assert(
    fc.property(journeys, ({ topology, journey }) => {
      const found = route(topology, journey);
      t.deepEqual(found && hopsOf(found), bestWalk(topology, journey), JSON.stringify(journey));
    }),
    { seed: 3, numRuns: 600 },
  );
});

test("routes are whole: they cross real links, pass the waypoints in order and no avoided switch", (t) => {
  fc.assert(
    fc.property(journeys, ({ topology, journey }) => {
      const found = route(topology, journey);
      if (found === undefined) return;
      t.true(satisfies(topology, journey, hopsOf(found)));
      let at = journey.from;
      for (const leg of found.legs) {
        for (const [i, hop] of leg.entries()) {
          t.deepEqual({ switch: hop.switch, port: hop.in }, at);
          const link = topology.trunks.get(hop.switch)!.find(({ from }) => from.port === hop.out);
          t.is(link === undefined, i === leg.length - 1, "a leg ends where the network does");
          at = link?.to ?? { switch: hop.switch, port: hop.out };
        }
      }
      t.deepEqual(at, journey.to);
    }),
    { seed: 4, numRuns: 600 },
  );
});
