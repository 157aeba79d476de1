/** Forwarding: every packet arrives, on a path as short as any route, and nothing that is flooded circles. */
import test from "ava";
import fc from "fast-check";
import { hopsOf, route } from "./route.ts";
import { draw, networks, port, TRIANGLE } from "./testing/networks.ts";
import { portKey, type Port, type Topology } from "./topology.ts";
import { forwarding, type Forwarding } from "./forwarding.ts";

test("in a triangle each switch has a port towards each host, and one cable is closed", (t) => {
  const switches = forwarding(draw(TRIANGLE));
  const shown = [...switches].map(([name, { towards, tree, closed, access }]) => {
    const ways = towards.map(({ host, port: out }) => `${host.name}→${out}`).join(" ");
    const ports = [tree, closed, access].map((list) => list.join(","));
    return `${name}: ${ways}; tree ${ports[0]}; closed ${ports[1]}; access ${ports[2]}`;
  });
  t.deepEqual(shown, [
    "s1: h1→3 h2→1 h3→2 ids→2; tree 1,2; closed ; access 3",
    "s2: h1→1 h2→3 h3→2 ids→2; tree 1; closed 2; access 3",
    "s3: h1→2 h2→1 h3→3 ids→4; tree 2; closed 1; access 3,4",
  ]);
});

test("a host in another part of the network has no port towards it", (t) => {
  const split = draw({ switches: ["s1", "s2"], hosts: { h1: "s1:1", h2: "s2:1" } });
  t.deepEqual(
    [...forwarding(split).values()].map(({ towards }) => towards.map(({ host }) => host.name)),
    [["h1"], ["h2"]],
  );
});

/** The ports that a packet for a host enters by, and how it ends: out of a port, dropped or in circles. */
function follow(topology: Topology, switches: Forwarding, from: Port, host: string): readonly string[] {
  const ways: string[] = [];
  for (let at = from; !ways.includes(portKey(at));) {
    ways.push(portKey(at));
    const way = switches.get(at.switch)!.towards.find((one) => one.host.name === host);
    if (way === undefined) return [...ways, "dropped"];
    const link = topology.trunks.get(at.switch)!.find((one) => one.from.port === way.port);
    if (link === undefined) return [...ways, `out ${at.switch}:${way.port}`];
    at = link.to;
  }
  return [...ways, "in circles"];
}

test("a packet takes the route from every port to every host, and is dropped where there is none", (t) => {
  fc.assert(
    fc.property(networks, (drawing) => {
      const topology = draw(drawing);
      const switches = forwarding(topology);
      for (const from of topology.hosts.values()) {
        for (const to of topology.hosts.values()) {
          const found = route(topology, { from: from.at, to: to.at });
          const expected = found && hopsOf(found).map((hop) => `${hop.switch}:${hop.in}`);
          t.deepEqual(
            follow(topology, switches, from.at, to.name),
            expected ? [...expected, `out ${portKey(to.at)}`] : [portKey(from.at), "dropped"],
          );
        }
      }
    }),
    { seed: 5, numRuns: 400 },
  );
});

/** How often each switch sees one flooded packet. */
function flood(topology: Topology, switches: Forwarding, from: Port, most: number): ReadonlyMap<string, number> {
  const seen = new Map<string, number>();
  const waiting = [from];
  for (let at = waiting.pop(); at !== undefined && most-- > 0; at = waiting.pop()) {
    seen.set(at.switch, (seen.get(at.switch) ?? 0) + 1);
    for (const out of switches.get(at.switch)!.tree) {
      if (out === at.port) continue;
      waiting.push(topology.trunks.get(at.switch)!.find((link) => link.from.port === out)!.to);
    }
  }
  return seen;
}

test("a flooded packet reaches every switch of its part exactly once", (t) => {
  fc.assert(
    fc.property(networks, (drawing) => {
      const topology = draw(drawing);
      const switches = forwarding(topology);
      for (const name of topology.trunks.keys()) {
        const seen = flood(topology, switches, { switch: name, port: 99 }, 100);
        const part = [...topology.trunks.keys()].filter((other) =>
          route(topology, { from: { switch: name, port: 99 }, to: { switch: other, port: 98 } }),
        );
        t.deepEqual(Object.fromEntries(seen), Object.fromEntries(part.map((other) => [other, 1])));
      }
    }),
    { seed: 6, numRuns: 400 },
  );
});

test("every port between switches belongs to the tree or is closed, at both ends alike", (t) => {
  fc.assert(
    fc.property(networks, (drawing) => {
      const topology = draw(drawing);
      const switches = forwarding(topology);
      for (const [name, links] of topology.trunks) {
        const { tree, closed } = switches.get(name)!;
        t.deepEqual(
          [...tree, ...closed].toSorted((a, b) => a - b),
          links.map(({ from }) => from.port),
        );
        for (const { from, to } of links) {
          t.is(tree.includes(from.port), switches.get(to.switch)!.tree.includes(to.port));
        }
      }
    }),
    { seed: 7, numRuns: 200 },
  );
});

test("a waypoint's port is an access port like any other", (t) => {
  t.deepEqual(forwarding(draw(TRIANGLE)).get("s3")!.access, [port("s3:3").port, port("s3:4").port]);
});
