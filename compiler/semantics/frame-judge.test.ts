/**
 * Tables of several switches before the outside judge: frames of every kind from every port of random networks with random
 * policies end; what is denied or avoided is so; what is led passes its waypoints in order, and arrives once.
 */
import test from "ava";
import { compileFile, fc } from "../admission/testing/networks.ts";
import { topology, type Topology } from "../paths/topology.ts";
import { ambiguities, send } from "./frame-judge.ts";
import { hasPath, type PathQuery } from "./path-reference.ts";
import { frameOf, holds, place, stories, textOf, told, type Story } from "./testing/frame-stories.ts";

/** Whether a network has a path that does all that is asked. */
function isPossible(net: Topology, from: string, to: string, lists: PathQuery["lists"], avoid: string[]): boolean {
  const port = (text: string) => ({ switch: text.split(":")[0]!, port: Number(text.split(":")[1]) });
  return hasPath(net, { from: port(from), to: port(to), lists, avoid });
}

/** What is wrong with the tables of a policy; nothing, or sentences. */
function faultsOf(story: Story, seen: Record<string, number>): readonly string[] {
  const compiled = told(story);
  if (compiled === undefined) return [];
  const { wiring, tables, directory, inForce, boxes } = compiled;
  const { plugged } = wiring;
  const net = topology(directory);
  const faults = [...tables].flatMap(([name, table]) => ambiguities(table).map((one) => `${name} ${one}`));
  for (const [source] of story.homes.entries()) {
    for (const to of [...story.homes.keys(), "all", "nobody"] as const) {
      if (to === source) continue;
      for (const kind of ["web", "dns", "arp"] as const) {
        const from = place(story, source);
        const judged = send(wiring, frameOf(source, to, kind), from);
        const tell = (fault: string): number => faults.push(`h${source + 1} → ${to} ${kind}: ${fault}`);
        judged.faults.forEach(tell);
        const holding = inForce.filter((one) => holds(story, one, source, to, kind));
        const lists = holding.flatMap(({ kind: does, nodes }) => (does === "waypoint" ? [nodes] : []));
        const avoid = holding.flatMap(({ kind: does, nodes }) => (does === "avoid" ? nodes : []));
        if (holding.some(({ kind: does }) => does === "deny")) {
          seen["denied"]! += 1;
          if (judged.arrivals.length > 0) tell("denied, and arrives");
          continue;
        }
        for (const one of avoid) {
          // Where it enters it is, and is dropped.
          const isIngress = from.startsWith(`${one}:`) && judged.arrivals.length === 0;
          if (judged.crossed.has(one) && !isIngress) tell(`crosses ${one}`);
        }
        const isAt = (node: string, at: string): boolean =>
          node === at || (net.hosts.has(node) && plugged.get(at)?.name === node);
        if (typeof to !== "number") {
          seen["flooded"]! += 1;
          for (const [at, times] of Map.groupBy(judged.arrivals, (one) => one.at))
            if (times.length > 1 && !boxes.has(plugged.get(at)!.name)) tell(`arrives ${times.length} times at ${at}`);
          const others = [...plugged.keys()].filter((at) => at !== from);
          if (lists.length + avoid.length === 0)
            for (const at of others) if (!judged.arrivals.some((one) => one.at === at)) tell(`misses ${at}`);
          continue;
        }
        const end = place(story, to);
        const there = judged.arrivals.filter(({ at }) => at === end);
        if (there.length > 1) tell(`arrives ${there.length} times`);
        for (const { by } of there) {
          for (const list of lists) {
            let left = list;
            for (const at of by) while (left.length > 0 && isAt(left[0]!, at)) left = left.slice(1);
            if (left.length > 0) tell(`arrives without ${left.join()}, by ${by.join(" ")}`);
          }
        }
        if (lists.length + avoid.length > 0) seen["led"]! += 1;
        const isPossibleHere = isPossible(net, from, end, lists, avoid);
        if (!isPossibleHere) seen["lost"]! += 1;
        if (there.length === 0 && isPossibleHere)
          tell(`does not arrive (${lists.join(" and ")} around ${avoid.join()})`);
        if (there.length > 0 && !isPossibleHere) tell("arrives, and there is no such path");
      }
    }
  }
  return faults;
}

const RUNS = Number(process.env["GLAZIER_RUNS"] ?? 150);

test("random frames through random policies end, and go as is asked", (t) => {
  t.timeout(600_000);
  const seen = { denied: 0, flooded: 0, led: 0, lost: 0 };
  const law = fc.property(stories, (story) => faultsOf(story, seen).length === 0);
  const { counterexample } = fc.check(law, { numRuns: RUNS });
  if (counterexample !== null) {
    const [story] = counterexample;
    t.fail([textOf(story), ...faultsOf(story, seen).slice(0, 6)].join("\n"));
  }
  t.log(seen);
  for (const [what, count] of Object.entries(seen)) t.true(count > RUNS / 10, `${what}: ${count}`);
});

test("without all that a certificate blames a waypoint or an avoid would be accepted", (t) => {
  t.timeout(600_000);
  let blamed = 0;
  const law = (story: Story): string | undefined => {
    const { outcomes } = compileFile(textOf(story));
    for (const { statement, verdict } of outcomes) {
      if (verdict.kind !== "rejected" || verdict.certificate.blockers.length === 0) continue;
      const { code, blockers } = verdict.certificate;
      const gone = blockers.map(({ id }) => id);
      // Of those that came before it, all but these; a gap in the numbers keeps the labels.
      const lines = textOf(story).split("\n");
      const own = lines.findIndex((line) => line.startsWith(`@${statement.id} `));
      const fewer = lines.filter(
        (line, i) => (i <= own || !line.startsWith("@")) && !gone.some((id) => line.startsWith(`@${id} `)),
      );
      blamed++;
      const again = compileFile(fewer.join("\n")).outcomes.find((one) => one.statement.id === statement.id)!;
      if (again.verdict.kind === "rejected") return `${textOf(story)}\n${statement.id}: ${code} ${gone.join()}`;
    }
    return undefined;
  };
  const { counterexample } = fc.check(
    fc.property(stories, (story) => law(story) === undefined),
    { numRuns: RUNS * 4 },
  );
  t.is(counterexample && law(counterexample[0]), null);
  t.log({ blamed });
  t.true(blamed > RUNS / 10);
});
