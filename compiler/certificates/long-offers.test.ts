/** An offer is printed whole, or not at all: a cut one could not be pasted. */
import test from "ava";
import { RULES } from "../admission/testing/networks.ts";
import { decide } from "../decide.ts";

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
