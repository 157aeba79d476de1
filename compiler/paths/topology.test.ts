/** Topology: both directions of every cable, the slowest rate that is stated for it, whatever the order of facts. */
import test from "ava";
import fc from "fast-check";
import { ingressLink, egressLink, topology } from "./topology.ts";
import { directoryOf, draw, networks, port } from "./testing/networks.ts";

test("a cable is two links, each with the slowest rate that is stated for it", (t) => {
  const { trunks } = draw({
    switches: ["s1", "s2"],
    cables: [
      ["s1:2", "s2:1", 10],
      ["s2:3", "s1:1", 20],
    ],
    rates: { "s1:2": 5, "s2:3": 30 },
  });
  const shown = [...trunks.values()].flat().map(({ id, rate }) => `${id} ${rate}`);
  t.deepEqual(shown, ["s1:1>s2:3 20", "s1:2>s2:1 5", "s2:1>s1:2 5", "s2:3>s1:1 20"]);
});

test("access links have the rate of their port, if it has one", (t) => {
  const network = draw({ switches: ["s1"], rates: { "s1:3": 100 } });
  t.deepEqual(ingressLink(network, port("s1:3")), { id: ">s1:3", to: port("s1:3"), rate: 100 });
  t.deepEqual(egressLink(network, port("s1:3")), { id: "s1:3>", from: port("s1:3"), rate: 100 });
  t.deepEqual(egressLink(network, port("s1:4")), { id: "s1:4>", from: port("s1:4") });
});

test("links of unknown switches, to themselves, stated twice or without a rate are left out", (t) => {
  const { trunks } = draw({
    switches: ["s1", "s2"],
    cables: [
      ["s1:1", "s9:1"],
      ["s1:2", "s1:3"],
      ["s1:4", "s2:4", 7],
      ["s2:4", "s1:4", 7],
      ["s1:5", "s2:4"],
      ["s1:6", "s2:6", 0],
    ],
  });
  t.deepEqual(
    [...trunks.values()].flat().map(({ id }) => id),
    ["s1:4>s2:4", "s2:4>s1:4"],
  );
});

test("neither the order of facts nor the end from which a link is stated changes the topology", (t) => {
  fc.assert(
    fc.property(networks, fc.integer(), (drawing, seed) => {
      const directory = directoryOf(drawing);
      const turned = {
        ...directory,
        switches: new Map([...directory.switches].toReversed()),
        hosts: new Map([...directory.hosts].toReversed()),
        links: directory.links
          .map((link, i) =>
            (seed >> i) & 1
              ? { from: link.to, fromPort: link.toPort, to: link.from, toPort: link.fromPort, rate: link.rate }
              : link,
          )
          .toReversed(),
      };
      const shown = (of: typeof directory) => {
        const { trunks, hosts } = topology(of);
        return JSON.stringify([[...trunks], [...hosts.keys()]]);
      };
      t.is(shown(turned), shown(directory));
    }),
    { seed: 8, numRuns: 200 },
  );
});
