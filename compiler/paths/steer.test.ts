/** Hops of steered flows, tested by a packet that follows them, or ordinary forwarding where no hop holds it. */
import test from "ava";
import fc from "fast-check";
import { addresses, ALL, cube, flowgroup, type Constraints } from "../flowgroup/index.ts";
import { forwardingAround, type ForwardingAround } from "./forwarding-around.ts";
import { avoidedSwitches, route, type RouteQuery } from "./route.ts";
import type { Hop } from "./search.ts";
import { steer, type SteeredHops } from "./steer.ts";
import { satisfies } from "./testing/brute-force.ts";
import { draw, networks, TRIANGLE } from "./testing/networks.ts";
import { portKey, samePort, type Port, type AttachedHost, type Topology } from "./topology.ts";
import { forwarding } from "./forwarding.ts";

const triangle = draw(TRIANGLE);

/** `s1:3 → s2:3: 3>s1>1`. */
const shown = ({ hops: steps, drops, returns }: SteeredHops) => ({
  steps: steps.map(
    ({ from, to, hop }) => `${portKey(from)} → ${to ? portKey(to) : "*"}: ${hop.in}>${hop.switch}>${hop.out}`,
  ),
  drops: drops.map(({ from, to }) => `${portKey(from)} → ${to ? portKey(to) : "*"}`),
  returns: [...new Set(returns.map(({ at }) => portKey(at)))],
});

const between = (from: AttachedHost | undefined, to: AttachedHost | undefined) => {
  const constraints: { -readonly [F in keyof Constraints]: Constraints[F] } = {};
  if (from) constraints.srcHost = addresses(from.addresses[0]!);
  if (to) constraints.dstHost = addresses(to.addresses[0]!);
  return flowgroup([cube(constraints)]);
};

test("from a host to anywhere the hops lead to the waypoint", (t) => {
  t.deepEqual(shown(steer(triangle, between(triangle.hosts.get("h1"), undefined), { waypoints: ["ids"] })), {
    steps: ["s1:3 → *: 3>s1>2", "s1:3 → *: 2>s3>4"],
    drops: [],
    returns: ["s3:4"],
  });
});

test("flows that leave out where they leave have no path, and none that is missing, to the hosts there", (t) => {
  const left = { kind: "name", absent: false, not: true, names: ["s1:3"] } as const;
  const flows = flowgroup([cube({ dstAP: left })]);
  for (const steering of [{ avoid: ["s1"] }, { waypoints: ["ids"], avoid: ["s1"] }]) {
    const { hops, drops } = steer(triangle, flows, steering);
    const ends = [...hops, ...drops].flatMap(({ to }) => (to ? [portKey(to)] : []));
    t.false(ends.includes("s1:3"));
  }
});

test("from anywhere there are hops from the port of every host", (t) => {
  t.deepEqual(shown(steer(triangle, ALL, { waypoints: ["ids"], avoid: ["s1"] })), {
    steps: [
      "s2:3 → *: 3>s2>2",
      "s2:3 → *: 1>s3>4",
      "s2:3 → s3:3: 3>s2>2",
      "s2:3 → s3:3: 1>s3>4",
      "s2:3 → s3:3: 4>s3>3",
      "s2:3 → s3:4: 3>s2>2",
      "s2:3 → s3:4: 1>s3>4",
      "s3:3 → *: 3>s3>4",
      "s3:3 → s2:3: 2>s2>3",
      "s3:3 → s2:3: 3>s3>4",
      "s3:3 → s2:3: 4>s3>1",
      "s3:3 → s3:4: 3>s3>4",
      "s3:4 → s2:3: 2>s2>3",
      "s3:4 → s2:3: 4>s3>1",
      "s3:4 → s3:3: 4>s3>3",
    ],
    drops: ["s1:3 → *", "s2:3 → s1:3", "s3:3 → s1:3", "s3:4 → s1:3"],
    returns: ["s3:4"],
  });
});

test("between two hosts the whole path is prescribed", (t) => {
  const [h1, h2] = [triangle.hosts.get("h1"), triangle.hosts.get("h2")];
  t.deepEqual(shown(steer(triangle, between(h1, h2), { waypoints: ["s3"] })), {
    steps: ["s1:3 → s2:3: 3>s1>2", "s1:3 → s2:3: 2>s2>3", "s1:3 → s2:3: 2>s3>1"],
    drops: [],
    returns: [],
  });
});

const byName = (all: readonly ForwardingAround[]) => new Map(all.map((one) => [one.switch, one]));

/** A packet's hops; undefined where it is dropped. Waypoints send back what they get. */
function follow(
  topology: Topology,
  { hops: steps, drops, returns }: SteeredHops,
  avoid: readonly string[],
  from: Port,
  to: AttachedHost,
): Hop[] | undefined {
  const holds = (one: { from: Port; to?: Port }) => samePort(one.from, from) && (!one.to || samePort(one.to, to.at));
  if (drops.some(holds)) return undefined;
  const closed = avoidedSwitches(topology, { avoid });
  const switches = closed.size === 0 ? forwarding(topology) : byName(forwardingAround(topology, closed));
  const hops: Hop[] = [];
  for (let at = from; hops.length < 50;) {
    const { switch: name, port: entered }: Port = at;
    const here = steps.filter((one) => holds(one) && one.hop.switch === name && one.hop.in === entered);
    const step = here.find((one) => one.to) ?? here[0];
    const ordinary = switches.get(name)!.towards.find(({ host }) => host.name === to.name)?.port;
    const out = step?.hop.out ?? ordinary;
    if (out === undefined) return undefined;
    hops.push({ switch: name, in: entered, out });
    const link = topology.trunks.get(name)!.find((one) => one.from.port === out);
    const back: Port = { switch: name, port: out };
    if (link) at = link.to;
    else if (step && returns.some((one) => holds(one) && samePort(one.at, back)) && !samePort(back, to.at)) at = back;
    else return hops;
  }
  throw new Error("in circles");
}

const cases = networks.chain((drawing) => {
  const topology = draw(drawing);
  const host = fc.constantFrom(...topology.hosts.values());
  const nodes = [...topology.trunks.keys(), ...topology.hosts.keys()];
  return fc.record({
    topology: fc.constant(topology),
    from: host,
    to: host,
    waypoints: fc.array(fc.constantFrom(...nodes), { maxLength: 2 }),
    avoid: fc.array(fc.constantFrom(...nodes), { maxLength: 2 }),
    known: fc.record({ from: fc.boolean(), to: fc.boolean() }),
  });
});

test("a packet that follows the hops passes its waypoints, crosses nothing avoided, and arrives", (t) => {
  fc.assert(
    fc.property(cases, ({ topology, from, to, waypoints, avoid, known }) => {
      const journey: RouteQuery = { from: from.at, to: to.at, waypoints, avoid };
      // A waypoint at the very end is the end, whatever is to come after it.
      const noneAtTheEnd = waypoints.every((node) => !samePort(topology.hosts.get(node)?.at ?? from.at, to.at));
      fc.pre(!samePort(from.at, to.at) && noneAtTheEnd);
      const flows = between(known.from ? from : undefined, known.to ? to : undefined);
      const hops = follow(topology, steer(topology, flows, { waypoints, avoid }), avoid, from.at, to);
      t.is(hops === undefined, route(topology, journey) === undefined, JSON.stringify(journey));
      if (hops === undefined) return;
      const { switch: end, out } = hops.at(-1)!;
      t.deepEqual({ switch: end, port: out }, to.at);
      t.true(satisfies(topology, journey, hops));
    }),
    { seed: 12, numRuns: 800 },
  );
});
