/** Forwarding around closed switches compared with the routes that avoid them. */
import test from "ava";
import fc from "fast-check";
import { forwardingAround } from "./forwarding-around.ts";
import { hopsOf, route } from "./route.ts";
import type { Hop } from "./search.ts";
import { draw, networks } from "./testing/networks.ts";
import { samePort, type Port, type Trunk } from "./topology.ts";

const cases = networks.chain((drawing) => {
  return fc.record({ topology: fc.constant(draw(drawing)), avoid: fc.subarray([...drawing.switches]) });
});

test("forwarding around switches takes the routes that avoid them", (t) => {
  const seen = { routed: 0, cut: 0 };
  fc.assert(
    fc.property(cases, ({ topology, avoid }) => {
      const switches = new Map(forwardingAround(topology, new Set(avoid)).map((one) => [one.switch, one]));
      const hosts = [...topology.hosts.values()];
      for (const from of hosts) {
        for (const to of hosts) {
          if (samePort(from.at, to.at) || avoid.includes(from.at.switch)) continue;
          const hops: Hop[] = [];
          for (let at: Port | undefined = from.at; at !== undefined;) {
            const out: number | undefined = switches.get(at.switch)!.towards.find(({ host }) => host === to)!.port;
            if (out === undefined) break;
            hops.push({ switch: at.switch, in: at.port, out });
            const links: readonly Trunk[] = topology.trunks.get(at.switch)!;
            at = links.find((link) => link.from.port === out)?.to;
          }
          const path = route(topology, { from: from.at, to: to.at, avoid });
          t.deepEqual(hops, path === undefined ? [] : hopsOf(path));
          seen[path === undefined ? "cut" : "routed"]++;
        }
      }
    }),
    { seed: 3, numRuns: 300 },
  );
  for (const count of Object.values(seen)) t.true(count > 100, JSON.stringify(seen));
});
