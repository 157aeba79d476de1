/**
 * Tables of several switches before the outside judge, on random networks with random policies. Frames of every kind
 * from every port end, denied frames do not arrive, and steered frames pass their waypoints in order and arrive once.
 */
import test from "ava";
import { compileFile, fc, NOW } from "../admission/testing/networks.ts";
import { topology } from "../paths/topology.ts";
import { ambiguities, send } from "./frame-judge.ts";
import { faultsOfFrame } from "./testing/frame-faults.ts";
import { frameOf, place, stories, textOf, compileStory, type Story } from "./testing/frame-stories.ts";

/** The faults of a policy's tables, each as a sentence. */
function faultsOf(story: Story, seen: Record<string, number>, suspends = false): readonly string[] {
  const compiled = compileStory(story, { suspends });
  if (compiled === undefined) return [];
  const { wiring, tables, directory, inForce, boxes, silent } = compiled;
  const { plugged } = wiring;
  const net = topology(directory);
  const names = new Map([...plugged].map(([at, { name }]) => [at, name]));
  const faults = [...tables].flatMap(([name, table]) => ambiguities(table).map((one) => `${name} ${one}`));
  for (const [source] of story.homes.entries()) {
    for (const to of [...story.homes.keys(), "all", "unknown"] as const) {
      if (to === source) continue;
      for (const kind of ["web", "dns", "arp"] as const) {
        const from = place(story, source);
        const judged = send(wiring, frameOf(source, to, kind), from);
        const report = (fault: string): number => faults.push(`h${source + 1} → ${to} ${kind}: ${fault}`);
        judged.faults.forEach(report);
        if (kind !== "arp" && silent.has(`h${source + 1}`)) continue;
        const asked = { story, net, boxes, inForce, plugged: names, source, to, kind };
        for (const [what, count] of Object.entries(faultsOfFrame(asked, judged, report))) seen[what]! += count;
      }
    }
  }
  return faults;
}

const RUNS = Number(process.env["GLAZIER_RUNS"] ?? 150);

test("random frames end, and go as random policies ask", (t) => {
  t.timeout(600_000);
  const seen = { denied: 0, flooded: 0, steered: 0, lost: 0 };
  const law = fc.property(stories, (story) => faultsOf(story, seen).length === 0);
  const { counterexample } = fc.check(law, { numRuns: RUNS });
  if (counterexample !== null) {
    const [story] = counterexample;
    t.fail([textOf(story), ...faultsOf(story, seen).slice(0, 6)].join("\n"));
  }
  t.log(seen);
  for (const [what, count] of Object.entries(seen)) t.true(count > RUNS / 10, `${what}: ${count}`);
});

/** The identities of the requests that stand. */
const standing = (story: Story): readonly string[] =>
  compileFile(textOf(story), NOW, true)
    .outcomes.filter(({ statement, verdict }) => statement.demand.kind === "request" && verdict.kind !== "rejected")
    .map(({ statement }) => statement.id);

test("a lost cable changes nothing that stands: what has no path left is dropped, and all else goes as is asked", (t) => {
  t.timeout(600_000);
  const seen = { denied: 0, flooded: 0, steered: 0, lost: 0 };
  const broken = ({ cables, ...story }: Story): Story => ({ ...story, cables: cables.slice(1) });
  const law = fc.property(stories, (story) => {
    const before = standing(story).join();
    const after = standing(broken(story)).join();
    return before === after && faultsOf(broken(story), seen, true).length === 0;
  });
  const { counterexample } = fc.check(law, { numRuns: RUNS / 2 });
  if (counterexample !== null) {
    const [story] = counterexample;
    const faults = faultsOf(broken(story), seen, true).slice(0, 6);
    t.fail([textOf(story), `${standing(story).join()} → ${standing(broken(story)).join()}`, ...faults].join("\n"));
  }
  t.log(seen);
  for (const [what, count] of Object.entries(seen)) t.true(count > RUNS / 20, `${what}: ${count}`);
});

test("a rejected waypoint or avoid is accepted without the statements that its certificate blames", (t) => {
  t.timeout(600_000);
  let blamed = 0;
  const law = (story: Story): string | undefined => {
    const { outcomes } = compileFile(textOf(story));
    for (const { statement, verdict } of outcomes) {
      if (verdict.kind !== "rejected" || verdict.certificate.blockers.length === 0) continue;
      const { code, blockers } = verdict.certificate;
      const gone = blockers.map(({ id }) => id);
      // All statements before it but those that are blamed; a gap in the numbers keeps the labels.
      const lines = textOf(story).split("\n");
      const own = lines.findIndex((line) => line.startsWith(`@${statement.id} `));
      const fewer = lines.filter(
        (line, i) => (i <= own || !line.startsWith("@")) && !gone.some((id) => line.startsWith(`@${id} `)),
      );
      blamed++;
      const retried = compileFile(fewer.join("\n")).outcomes.find((one) => one.statement.id === statement.id)!;
      if (retried.verdict.kind === "rejected") return `${textOf(story)}\n${statement.id}: ${code} ${gone.join()}`;
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
