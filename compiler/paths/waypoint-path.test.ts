/** Steered flows with an open end: waypoint path and ordinary forwarding together do what a route does. */
import test from "ava";
import fc from "fast-check";
import { waypointPath, ownRoutes, type OpenRouteQuery } from "./waypoint-path.ts";
import { route } from "./route.ts";
import { satisfies } from "./testing/brute-force.ts";
import { draw, networks, port, TRIANGLE } from "./testing/networks.ts";
import { samePort, type Port, type Topology } from "./topology.ts";
import { forwarding } from "./forwarding.ts";
import type { Hop } from "./search.ts";

const triangle = draw(TRIANGLE);
const h1 = port("s1:3");

test("the path to a waypoint ends there, and ordinary forwarding takes over", (t) => {
  const journey = { from: h1, waypoints: ["ids"] };
  const found = waypointPath(triangle, journey)!;
  t.like(found, {
    legs: [
      [
        { switch: "s1", in: 3, out: 2 },
        { switch: "s3", in: 2, out: 4 },
      ],
    ],
    at: port("s3:4"),
  });
  t.deepEqual(ownRoutes(triangle, journey, found), []);
});

test("the path to a waypoint that is a switch ends where it enters the switch", (t) => {
  const found = waypointPath(triangle, { from: h1, waypoints: ["s3"] });
  t.like(found, { legs: [[{ switch: "s1", in: 3, out: 2 }]], at: port("s3:2") });
});

test("hosts that lie behind an avoided switch get routes of their own, or none", (t) => {
  const journey = { from: h1, avoid: ["s3"] };
  const found = waypointPath(triangle, journey)!;
  t.like(found, { legs: [], at: h1 });
  const cut = ownRoutes(triangle, journey, found).map(({ host, route: own }) => [host.name, own]);
  t.deepEqual(cut, [
    ["h1", undefined],
    ["h3", undefined],
    ["ids", undefined],
  ]);
});

test("where no path leads to the waypoint there is no waypoint path", (t) => {
  t.is(waypointPath(triangle, { from: h1, waypoints: ["ids"], avoid: ["s3"] }), undefined);
  t.is(waypointPath(triangle, { from: h1, avoid: ["s1"] }), undefined);
  t.is(waypointPath(triangle, { from: port("s9:1") }), undefined);
});

/** The hops that ordinary forwarding adds from a port on; undefined where it drops the packet. */
function onwards(topology: Topology, at: Port, host: string): readonly Hop[] | undefined {
  const switches = forwarding(topology);
  const hops: Hop[] = [];
  for (let here: Port | undefined = at; here !== undefined;) {
    const { switch: name, port: from }: Port = here;
    const way = switches.get(name)!.towards.find((one) => one.host.name === host);
    if (way === undefined) return undefined;
    hops.push({ switch: name, in: from, out: way.port });
    here = topology.trunks.get(name)!.find((link) => link.from.port === way.port)?.to;
    // A switch does not send a packet out of the port by which it came.
    if (here !== undefined && way.port === from) return undefined;
  }
  return hops;
}

test("where ordinary forwarding would send a packet back by its own link, the path back is prescribed", (t) => {
  const dead = draw({ switches: ["s1", "s2"], cables: [["s1:1", "s2:1"]], hosts: { h1: "s1:2", h2: "s1:3" } });
  const journey = { from: port("s1:2"), waypoints: ["s2"] };
  const found = waypointPath(dead, journey)!;
  t.deepEqual(
    ownRoutes(dead, journey, found).map(({ host, route: own }) => [host.name, own]),
    [
      ["h1", undefined],
      ["h2", route(dead, { ...journey, to: port("s1:3") })],
    ],
  );
  t.not(route(dead, { ...journey, to: port("s1:3") }), undefined);
});

const journeys = networks.chain((drawing) => {
  const topology = draw(drawing);
  const nodes = [...topology.trunks.keys(), ...topology.hosts.keys()];
  const journey: fc.Arbitrary<OpenRouteQuery> = fc.record({
    from: fc.constantFrom(...[...topology.hosts.values()].map(({ at }) => at)),
    waypoints: fc.array(fc.constantFrom(...nodes), { maxLength: 3 }),
    avoid: fc.array(fc.constantFrom(...nodes), { maxLength: 2 }),
  });
  return fc.record({ topology: fc.constant(topology), journey });
});

test("a host has a route of its own exactly where ordinary forwarding would not do what is asked", (t) => {
  fc.assert(
    fc.property(journeys, ({ topology, journey }) => {
      const found = waypointPath(topology, journey);
      if (found === undefined) return;
      const excepted = new Map(ownRoutes(topology, journey, found).map((one) => [one.host.name, one.route]));
      for (const { name, at } of topology.hosts.values()) {
        if (samePort(at, journey.from)) continue;
        const more = onwards(topology, found.at, name);
        const walk = more && [...found.legs.flat(), ...more];
        const once = walk && new Set(walk.map((hop) => `${hop.switch}:${hop.in}`)).size === walk.length;
        const wasThere = topology.hosts.has(journey.waypoints?.at(-1) ?? "");
        const stuck = samePort(at, found.at) && !wasThere;
        const isInner = (journey.waypoints ?? []).slice(0, -1).includes(name);
        const good =
          !isInner &&
          walk !== undefined &&
          !stuck &&
          once === true &&
          satisfies(topology, { ...journey, to: at }, walk);
        t.is(excepted.has(name), !good, `${name} ${JSON.stringify(journey)}`);
        if (!good) t.deepEqual(excepted.get(name), route(topology, { ...journey, to: at }));
      }
    }),
    { seed: 10, numRuns: 600 },
  );
});

test("where a route goes on after its last waypoint, there is a waypoint path", (t) => {
  fc.assert(
    fc.property(journeys, ({ topology, journey }) => {
      const last = topology.hosts.get(journey.waypoints?.at(-1) ?? "")?.at;
      const ends = [...topology.hosts.values()].filter(({ at }) => last === undefined || !samePort(at, last));
      const reached = ends.some(({ at }) => route(topology, { ...journey, to: at }));
      t.true(!reached || waypointPath(topology, journey) !== undefined);
    }),
    { seed: 11, numRuns: 300 },
  );
});
