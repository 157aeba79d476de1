/** The bounds against hostile files. They count steps and not time, so each attack is refused from a fixed size on. */
import { readFileSync } from "node:fs";
import test from "ava";
import { decide, tablesAt } from "#compiler/compile.ts";
import { readRules } from "#compiler/admission/read-rules.ts";
import { explainWords } from "#compiler/lookup/explain.ts";
import { explainPacket } from "#compiler/trace/explain-packet.ts";
import type { Decided } from "#compiler/admission/decided.ts";
import type { Diagnostic } from "#compiler/diagnostics/diagnostic.ts";
import { replay } from "#compiler/replay/replay.ts";
import { prove } from "#compiler/report/prove.ts";
import { tableTimeline } from "#compiler/report/timeline.ts";
import { isOverBudget } from "#compiler/report/diagnostics.ts";
import { foreseenOf, loadOf, openedBy, type Attack } from "./attack.ts";
import { ATTACKS } from "./hostile.ts";

const text = readFileSync(new URL("../../policies/pane.fml", import.meta.url), "utf8");
const { rules } = readRules({ name: "pane.fml", text });

/** How an attack of size n ends: `taken`, or the code of its refusal (for `explain` and foreign entries the kind of fault). */
async function endOf(attack: Attack, n: number): Promise<string> {
  const load = loadOf(attack);
  if (attack.replays !== undefined)
    return endAt(replay({ name: "hostile.pane", text: attack.text(n) }, { rules }).diagnostics);
  const options = { now: 0, load, rules, foresees: foreseenOf(attack) };
  const decided = decide([{ name: "hostile.pane", text: attack.text(n) }], options);
  const errors = decided.diagnostics.filter(({ severity }) => severity === "error");
  if (attack.explains !== undefined && errors.length === 0) {
    const answer = explainWords(attack.explains, decided, 0);
    return answer.ok ? "taken" : answer.kind;
  }
  if (openedBy(attack, n, decided)?.some(({ isFollowed }) => !isFollowed)) return "undecided";
  const made = errors.length > 0 ? [] : tablesOf(attack, decided);
  if (attack.proves !== undefined) return (await prove(decided.model, rules)).diagnostics[0]?.code ?? "taken";
  return endAt([...errors, ...made]);
}

function endAt(diagnostics: readonly Diagnostic[]): string {
  const first = diagnostics.find(({ severity }) => severity === "error");
  if (first === undefined) return "taken";
  // The refusal must name the statement and count as a spent budget, not as a fault of the policy.
  return isOverBudget(first) && first.span !== undefined ? first.code : `fault ${first.code}`;
}

/** The diagnostics of the tables of an attack, and of their timeline. */
function tablesOf({ lowers, follows }: Attack, decided: Decided): readonly Diagnostic[] {
  const lowered = lowers === undefined ? [] : tablesAt(decided, 0, { target: lowers }).diagnostics;
  if (follows === undefined) return lowered;
  const timeline = tableTimeline(decided, 0, { target: "ovs" });
  return timeline.ok ? timeline.value.diagnostics : [];
}

/** GLAZIER_HOSTILE=1 has four times the largest size refused, too. */
const isWhole = process.env["GLAZIER_HOSTILE"] !== undefined;

/** These tests provoke E506, E507, E509, E510, E511, E512, E514, E845, E847, E848, E503, E114, E318, E513, E515, E753, E719 and W971. */
for (const attack of ATTACKS) {
  const { most, code = "undecided" } = attack;
  if (most === undefined) continue;
  test(`${attack.name}: ${most} are taken, and ${most + 1} are refused`, async (t) => {
    t.is(await endOf(attack, most), "taken");
    t.is(await endOf(attack, most + 1), code);
    if (isWhole) t.is(await endOf(attack, most * 4), code);
  });
}

test("a wide allow beside many narrow denies is offered its widest free piece, and says that there is more", (t) => {
  const attack = ATTACKS.find(({ name }) => name === "wide allow beside narrow denies")!;
  const decided = decide([{ name: "hostile.pane", text: attack.text(100) }], { now: 0, load: () => undefined, rules });
  const { verdict } = decided.outcomes.at(-1)!;
  if (verdict.kind !== "rejected") return t.fail();
  t.is(verdict.certificate.nearest.length, 1);
  t.regex(
    verdict.certificate.nearest[0]!,
    /^allow\(\(transport=TCP\) except \(srcHost=\{10\.0\.0\.1, [^()]*\}\)\) on b\.$/,
  );
  t.regex(decided.diagnostics.at(-1)!.help!, /the widest piece of what is left/);
});

test("entries that are foreseen to be too many are refused before a statement is decided, at the one that finds no room", (t) => {
  const attack = ATTACKS.find(({ name }) => name === "denies with holes beside an allow")!;
  const options = { now: 0, load: () => undefined, rules, foresees: foreseenOf(attack) };
  const decided = decide([{ name: "hostile.pane", text: attack.text(4 * attack.most!) }], options);
  t.deepEqual(
    decided.diagnostics.map(({ code }) => code),
    ["E848"],
  );
  t.true(decided.diagnostics.every(isOverBudget));
  t.deepEqual([decided.good, decided.outcomes], [false, []]);
  t.regex(decided.diagnostics[0]!.span!.source.text.slice(decided.diagnostics[0]!.span!.start), /^deny/);
});

test("explain says at which statement the pieces became too many, with its place, a flow and what to ask", (t) => {
  const attack = ATTACKS.find(({ explains }) => explains !== undefined)!;
  const source = { name: "hostile.pane", text: attack.text(40) };
  const decided = decide([source], { now: 0, load: () => undefined, rules });
  const answer = explainWords(attack.explains!, decided, 0);
  if (answer.ok) return t.fail();
  const [, label, line, flow] =
    /^the statements in force cut these flows into more than 3000 pieces: up to `(d\d+)` \(hostile\.pane:(\d+):1\), which decides (.+)$/.exec(
      answer.fault,
    ) ?? [];
  t.is(source.text.split("\n")[Number(line) - 1]!.split(" ")[0], `@${label}`);
  t.is(answer.help, `ask of fewer flows, or of one packet: \`glazier explain "${flow}"\``);
  // The advice, followed literally, has an answer: the statement that was named.
  const packet = explainPacket(flow!, decided, 0);
  t.true(packet.ok && packet.value?.explanation.decidedBy?.id === label);
});
