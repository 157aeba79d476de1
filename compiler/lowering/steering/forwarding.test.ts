/** What ordinary forwarding costs on a long line of switches. */
import test from "ava";
import { draw } from "../../paths/testing/networks.ts";
import type { Topology, Trunk } from "../../paths/topology.ts";
import { forwardEntries } from "./forwarding.ts";

/** How often the links of a switch are looked up while all n switches of a line get their entries. */
function lookUps(n: number): number {
  const switches = Array.from({ length: n }, (_, i) => `s${i}`);
  const line = draw({
    switches,
    cables: switches.slice(1).map((name, i) => [`s${i}:1`, `${name}:2`] as const),
    hosts: Object.fromEntries(switches.map((name, i) => [`h${i}`, `${name}:9`])),
  });
  let count = 0;
  class Counted extends Map<string, readonly Trunk[]> {
    override get(name: string): readonly Trunk[] | undefined {
      count++;
      return super.get(name);
    }
  }
  const topology: Topology = { ...line, trunks: new Counted(line.trunks) };
  for (const name of switches) forwardEntries(topology, name);
  return count;
}

test("the forwarding of n switches in a line takes n² look-ups of links, as many as it has entries, and not n³", (t) => {
  const [few, many] = [lookUps(20), lookUps(80)];
  t.true(few < 4 * 20 ** 2, `${few}`);
  t.true(many < 4 * 80 ** 2, `${many}`);
});
