/** Paths: the search compared with trails that are simply tried, and certificates judged by the checker. */
import test from "ava";
import type { Flow } from "../flowgroup/cube.ts";
import type { Demand, Statement } from "../model/model.ts";
import { route } from "../paths/index.ts";
import { bestWalk } from "../paths/testing/brute-force.ts";
import { draw, factsOf, networks, type Drawing } from "../paths/testing/networks.ts";
import { topology, type Port, type Topology } from "../paths/topology.ts";
import { Conversation, NOW, fc, modelOf } from "../admission/testing/networks.ts";
import { faultsOf } from "./checker.ts";
import { ReferenceNetwork } from "./network.ts";
import { universeOf, type Universe } from "./points.ts";
import { ReferencePaths, hasPath } from "./path-reference.ts";

const wired = networks.filter(({ cables = [] }) => cables.length > 0);

/** Some of the switches and hosts of a drawing. */
const some = ({ switches, hosts = {} }: Drawing, most: number): fc.Arbitrary<string[]> =>
  fc.uniqueArray(fc.constantFrom(...switches, ...Object.keys(hosts)), { maxLength: most });

test("a path is found exactly where a trail can be walked, and where the other brute force finds one", (t) => {
  fc.assert(
    fc.property(
      wired.chain((drawing) => fc.tuple(fc.constant(drawing), some(drawing, 3), some(drawing, 2))),
      ([drawing, waypoints, avoid]) => {
        const net = draw(drawing);
        const ports: Port[] = [...net.hosts.values()].map(({ at }) => at);
        for (const from of ports) {
          for (const to of ports.filter((one) => one !== from)) {
            const query = { from, to, waypoints, avoid };
            const found = [route(net, query), bestWalk(net, query)].map((one) => one !== undefined);
            const due = hasPath(net, { from, to, avoid, lists: [waypoints] });
            t.deepEqual(found, [due, due], JSON.stringify({ ...drawing, ...query }));
          }
        }
      },
    ),
    { numRuns: 80, seed: 3 },
  );
});

const ends = (count: number): fc.Arbitrary<string> =>
  fc
    .tuple(
      fc.option(fc.uniqueArray(fc.nat(count - 1), { minLength: 1, maxLength: 2 }), { freq: 5 }),
      fc.option(fc.uniqueArray(fc.nat(count - 1), { minLength: 1, maxLength: 2 }), { freq: 3 }),
      fc.constantFrom("1-3", "1-3", "2", "1-2"),
    )
    .map(([from, to, vlan]) => {
      const hosts = (numbers: number[]): string => `{${numbers.map((n) => `10.0.0.${n + 1}`).join(", ")}}`;
      const terms = [...(from ? [`srcHost=${hosts(from)}`] : []), ...(to ? [`dstHost=${hosts(to)}`] : [])];
      return `(${[...terms, `vlan=${vlan}`].join(", ")})`;
    });

const requests = (drawing: Drawing): fc.Arbitrary<string[]> =>
  fc.array(
    fc
      .tuple(
        fc.constantFrom("a", "b", "c", "x", "y", "z", "k", "m"),
        fc.constantFrom("waypoint", "avoid", "avoid"),
        ends(Object.keys(drawing.hosts!).length),
        some(drawing, 2).filter((nodes) => nodes.length > 0),
        fc.constantFrom("rootShare", "rootShare", "rootShare", "s"),
        fc.constantFrom("", "", "", " to +10s", " from +5s to +20s"),
      )
      .map(
        ([label, kind, where, nodes, on, when]) => `@${label} ${kind}${where} = ${nodes.join(", ")} on ${on}${when}.`,
      ),
    { minLength: 3, maxLength: 7 },
  );

/** One flow between any two of the hosts and an unknown address, in each of the VLANs. */
function universeFor({ hosts }: Topology, demands: readonly Demand[]): Universe {
  const unknown = { family: 4, value: 0x0a00ffff } as const;
  const addresses = [...[...hosts.values()].map((host) => host.addresses[0]!), unknown];
  const flows = addresses.flatMap((srcHost) =>
    addresses.flatMap((dstHost) => [1, 2, 3].map((vlan): Flow => ({ srcHost, dstHost, vlan, ethType: 0x0800 }))),
  );
  const { instants } = universeOf(
    [],
    [{ start: NOW, end: Infinity }, ...demands.flatMap((one) => (one.kind === "request" ? [one.interval] : []))],
  );
  return { flows, instants };
}

test("a rejection without a path names the blockers, the places, and what would have a path", (t) => {
  const counts = { "no-path": 0, blamed: 0, offered: 0, fewer: 0, open: 0, alone: 0, conflict: 0 };
  fc.assert(
    fc.property(
      wired.chain((drawing) => fc.tuple(fc.constant(drawing), requests(drawing))),
      ([drawing, texts]) => {
        const model = modelOf(factsOf(drawing), { trace: false });
        const live = new Conversation(NOW, model);
        const first = `NewShare s for (vlan=2) [waypoint = {s1, h1}, avoid = {s1, h2}] on rootShare.`;
        const submitted = [first, ...texts].flatMap((text) => live.statements(text));
        const demands = submitted.map(({ demand }) => demand);
        const net = topology(model.directory);
        const universe = universeFor(net, demands);
        const reference = new ReferenceNetwork(universe, new ReferencePaths(net));
        for (const statement of submitted) {
          const id = live.admission.identity(statement);
          const before = reference.fork();
          const verdict = live.admission.submit(statement, NOW);
          const read = (text: string): Statement => live.statements(text)[0]!;
          const faults = faultsOf({ statement, id, verdict, now: NOW, before, read });
          if (faults.length > 0) throw new Error(`${statement.id}: ${statement.text}\n${faults.join("\n")}`);
          reference.submit(statement, id, NOW);
          if (verdict.kind === "accepted") continue;
          const { code, blockers, nearest, otherwise, noPath } = verdict.certificate;
          if (code === "conflict") counts.conflict++;
          if (code !== "no-path") continue;
          counts["no-path"]++;
          if (blockers.length > 0) counts.blamed++;
          if (nearest.length > 0) counts.offered++;
          if (otherwise) counts.fewer++;
          if (noPath!.to === undefined) counts.open++;
          if (noPath!.passes.length + noPath!.avoids.length === 0) counts.alone++;
        }
      },
    ),
    { numRuns: 120, seed: 9, includeErrorInReport: true },
  );
  t.true(
    Object.values(counts).every((count) => count > 5),
    JSON.stringify(counts),
  );
});
