/**
 * Offers on networks of several switches, where a waypoint or an avoid may come to more than switches hold: each is pasted in
 * the place of what was refused, and the whole text is then accepted and has tables.
 */
import { readFileSync } from "node:fs";
import test from "ava";
import { readRules } from "./admission/read-rules.ts";
import { fc, NOW } from "./admission/testing/networks.ts";
import { LED, offeredNetwork, offeredStatement } from "./admission/testing/offered.ts";
import { decide, tablesAt } from "./compile.ts";
import type { Decided } from "./admission/decided.ts";
import { trialTables } from "./trial-tables.ts";

const RUNS = Number(process.env["GLAZIER_RUNS"] ?? 40);
const pane = new URL("../policies/pane.fml", import.meta.url);
const { rules } = readRules({ name: "pane.fml", text: readFileSync(pane, "utf8") });

const decided = (text: string, isTried = true): Decided =>
  decide([{ name: "test.pane", text }], {
    now: NOW,
    load: () => undefined,
    rules,
    ...(isTried && { onSwitches: trialTables("ovs") }),
  });

/** The errors of a text, of its decisions and of its tables. */
function errors(text: string): readonly string[] {
  const policy = decided(text, false);
  const lowered = policy.good ? tablesAt(policy, NOW, { target: "ovs" }).diagnostics : [];
  return [...policy.diagnostics, ...lowered]
    .filter(({ severity }) => severity === "error")
    .map(({ code, message }) => `${code} ${message}`);
}

/** The offers for the last statement of a text, each as statements that are labelled. */
function offersOf({ outcomes }: Decided): readonly string[] {
  const verdict = outcomes.at(-1)?.verdict;
  if (verdict?.kind !== "rejected") return [];
  const { nearest, otherwise = [] } = verdict.certificate;
  return [nearest, otherwise]
    .filter((texts) => texts.length > 0)
    .map((texts) => texts.map((one, i) => `@asked${i} ${one}`).join("\n"));
}

test("what a waypoint leaves of a share, and no table holds, is not offered (E801)", (t) => {
  const asked = "@asked waypoint((*) except (srcEth=02:00:00:00:00:02, dstUser=Bob)) = h3 on b.";
  // It would be accepted, so without lowering it is offered.
  const [offer] = offersOf(decided(LED + asked, false));
  t.regex(errors(LED + offer!)[0]!, /^E801 .* each type of frame that is neither IPv4 nor IPv6/);
  t.deepEqual(offersOf(decided(LED + asked)), []);
  // What is offered else stays.
  const plain = "@asked waypoint(dstHost=10.0.0.4) = s1 on b.";
  const [good] = offersOf(decided(LED + plain));
  t.deepEqual(errors(LED + good!), []);
});

test("random offers on one to four switches, pasted back, are accepted and have tables", (t) => {
  t.timeout(600_000);
  const tried = { offers: 0, none: 0 };
  fc.assert(
    fc.property(fc.gen(), (draw) => {
      const pick = <T>(...some: readonly T[]): T => draw(() => fc.constantFrom(...some));
      const base = offeredNetwork(pick, (text) => errors(text).length === 0);
      if (errors(base).length > 0) return;
      for (let turn = 0; turn < 3; turn++) {
        const asked = `@asked ${offeredStatement(pick)} on b.`;
        const offers = offersOf(decided(base + asked));
        if (offers.length === 0) tried.none++;
        for (const offer of offers) {
          tried.offers++;
          const [fault] = errors(base + offer);
          if (fault !== undefined) t.fail(`${base}${asked}\n→ ${offer}\n${fault}`);
        }
      }
    }),
    { numRuns: RUNS, endOnFailure: true },
  );
  t.log(`${tried.offers} offers were pasted`);
  t.true(tried.offers > RUNS / 2);
});
