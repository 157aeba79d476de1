/** An offer is printed whole, or not at all: a cut one could not be pasted. Of many refusals not each has one. */
import test from "ava";
import { RULES } from "../admission/testing/networks.ts";
import { decide } from "../decide.ts";
import { UNSOUGHT } from "./diagnose.ts";

const BASE = `default deny.
NewShare s for (dstHost=10.0.0.0/8) [deny = True] on rootShare.
NewShare t for (dstHost=10.0.0.0/8) [allow = True] on rootShare.
`;
const denies = (count: number): string =>
  Array.from({ length: count }, (_, i) => `@d${i} deny(dstHost=10.0.${i}.${i + 1}, transport=TCP) on s.\n`).join("");
const ALLOW = "allow(dstHost=10.0.0.0/16, transport=TCP) on t.";

const decided = (text: string) => decide([{ name: "a.pane", text }], { now: 0, load: () => undefined, rules: RULES });

test("an offer that is too long for a sentence is said to be in the JSON, and that one mends the file", (t) => {
  for (const [count, isShown] of [
    [3, true],
    [90, false],
  ] as const) {
    const { diagnostics, outcomes } = decided(`${BASE}${denies(count)}${ALLOW}`);
    const fault = diagnostics.find(({ code }) => code === "E707")!;
    const { verdict } = outcomes.find(
      ({ statement }) => statement.demand.kind === "request" && statement.id.startsWith("allow"),
    )!;
    t.is(verdict.kind, "rejected");
    if (verdict.kind !== "rejected") return;
    const nearest = verdict.certificate.nearest.join(" ");
    t.is(fault.help!.includes(nearest), isShown, fault.help!);
    t.false(fault.help!.includes("more) …"));
    if (!isShown)
      t.is(fault.help, `would be accepted: a text of ${nearest.length} characters, which \`--json\` has whole`);
    t.deepEqual(
      decided(`${BASE}${denies(count)}${nearest}`).diagnostics.filter(({ severity }) => severity === "error"),
      [],
    );
  }
});

test("offers of a file's refusals take a budget of steps together: behind it each refusal has its reason, and says so", (t) => {
  const nested = Array.from(
    { length: 60 },
    (_, i) =>
      `deny(srcHost=10.0.0.0-10.0.0.${i + 2}) on s. allow(srcHost=10.0.0.${i + 2}, dstHost=10.0.0.${i + 2}) on c.`,
  );
  const above = "NewShare s for (*) [allow = True, deny = True] on rootShare. NewShare c for (*) [allow = True] on s.";
  const { diagnostics, outcomes } = decided(`default deny. ${above} ${nested.join(" ")}`);
  const refused = outcomes.flatMap(({ verdict }) => (verdict.kind === "rejected" ? [verdict.certificate] : []));
  t.deepEqual([...new Set(refused.map(({ code }) => code))], ["conflict"]);
  const isOffered = refused.map(({ nearest }) => nearest.length > 0);
  const offered = isOffered.lastIndexOf(true) + 1;
  t.true(offered > 20 && offered < refused.length, `${offered} of ${refused.length}`);
  // None between has none, and what is behind says why.
  t.true(isOffered.slice(0, offered).every(Boolean));
  for (const { isUnsought, blockers, witness } of refused.slice(offered))
    t.true(isUnsought && blockers.length > 0 && witness !== undefined);
  const helps = diagnostics.filter(({ code }) => code === "E707").map(({ help }) => help!);
  t.is(helps.length, refused.length);
  t.true(helps.slice(0, offered).every((help) => help.startsWith("would be accepted: ")));
  t.deepEqual(new Set(helps.slice(offered)), new Set([UNSOUGHT]));
});
