/** The hosts that a flood misses: found as they are asked for, as each of n hosts may miss all others. */
import test from "ava";
import type { Cube } from "../flowgroup/cube.ts";
import { Losses, lostTo } from "../lowering/steering/losses.ts";
import { MissedHosts } from "./flood.ts";
import { draw, TRIANGLE } from "./testing/networks.ts";

test("of a flood that misses thousands of hosts so many are looked at as are told, and one to know that there are some", (t) => {
  const host = draw(TRIANGLE).hosts.get("h1")!;
  let seen = 0;
  const missed = new MissedHosts(function* () {
    for (let port = 1; port <= 5_000; port++) {
      seen++;
      yield { ...host, at: { switch: "s1", port } };
    }
  });
  t.false(missed.isEmpty);
  t.is(seen, 1);
  const losses = new Losses();
  const all: Cube = { mask: 0, sets: [] };
  losses.add(lostTo(missed, all, host.at));
  t.is(losses.all.length, 64);
  t.true(seen <= 70, `${seen}`);
  // What was asked for once is found again.
  t.is([...missed].length, 5_000);
});
