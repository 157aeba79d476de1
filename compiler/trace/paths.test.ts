/** The two questions about paths are answered as by the reference, which tries every trail. */
import test from "ava";
import fc from "fast-check";
import { draw, networks } from "../paths/testing/networks.ts";
import * as reference from "../semantics/path-reference.ts";
import { areJoined, hasPath } from "./paths.ts";

/** A random network with two of its ports and some of its nodes. */
const trips = networks
  .filter(({ hosts = {} }) => Object.keys(hosts).length > 0)
  .chain((drawing) => {
    const nodes = fc.uniqueArray(fc.constantFrom(...drawing.switches, ...Object.keys(drawing.hosts!)), {
      maxLength: 2,
    });
    return fc.tuple(fc.constant(drawing), fc.nat(9), fc.option(fc.nat(9), { nil: undefined }), nodes, nodes);
  });

test("a path is found exactly where some trail does what is asked, and switches are joined as the law says", (t) => {
  const answers = { path: 0, none: 0 };
  fc.assert(
    fc.property(trips, ([drawing, one, other, waypoints, avoid]) => {
      const known = draw(drawing);
      const ports = [...known.hosts.values()].map(({ at }) => at);
      const [from, to] = [ports[one % ports.length]!, other === undefined ? undefined : ports[other % ports.length]!];
      if (to) t.is(areJoined(known, from.switch, to.switch), reference.areJoined(known, from.switch, to.switch));
      // A packet that is where it is to arrive needs no path; the reference says so for every question.
      if (to && to.switch === from.switch && to.port === from.port) return;
      const due = reference.hasPath(known, { from, to, lists: [waypoints], avoid });
      t.is(
        hasPath(known, { from, to, waypoints, avoid }),
        due,
        JSON.stringify({ drawing, from, to, waypoints, avoid }),
      );
      answers[due ? "path" : "none"]++;
    }),
    { numRuns: 500, seed: 7 },
  );
  t.true(Math.min(answers.path, answers.none) > 50, JSON.stringify(answers));
});
