/** What a trace answers to its queries, and what it includes. */
import test from "ava";
import type { Load } from "../fml/include.ts";
import { answerJson } from "../queries/index.ts";
import { certificateText } from "../explain/index.ts";
import { replay } from "./replay.ts";
import { gist, RULES } from "../admission/testing/networks.ts";

test("GetSchedule in a trace is answered at its instant, whatever the trace does afterwards", (t) => {
  const text = `
    @r1 reserve(user=Alice) = 6Mb on rootShare to +100s.
    GetSchedule rootShare.
    Cancel r1.
    Tick 500.
    GetSchedule rootShare.`;
  const { steps } = replay({ name: "test.pane", text }, { rules: RULES });
  const schedules = steps.flatMap(({ answer }) => (answer?.kind === "answer" ? [answerJson(answer.answer)] : []));
  t.deepEqual(
    schedules.map((rows) => rows.map(({ from, reserved }) => `${String(from)} ${Number(reserved)}`)),
    [
      ["1970-01-01T00:00:00Z 6000000", "1970-01-01T00:01:40Z 0"], // not yet cancelled
      ["1970-01-01T00:08:20Z 0"],
    ],
  );
});

test("ListRequests of an unknown share is rejected", (t) => {
  const text = "False <- root : ListRequests on nosuch.\nTrue <- root : ListRequests on rootShare.\nListRequests.";
  const { steps, diagnostics } = replay({ name: "test.pane", text }, { rules: RULES });
  t.deepEqual(diagnostics, []);
  t.deepEqual(
    steps.map(({ verdict }) => gist(verdict)),
    ["unknown-share", "accepted", "accepted"],
  );
});

test("a trace includes other files", (t) => {
  const load: Load = (path) =>
    path === "shares.pane" ? { name: path, text: "NewShare s for (*) [deny = True] on rootShare." } : undefined;
  const text = 'include "shares.pane".\nTrue <- root : deny(*) on s.';
  const { steps, diagnostics } = replay({ name: "test.pane", text }, { rules: RULES, load });
  t.deepEqual(diagnostics, []);
  t.is(steps.length, 2);
  const missing = replay({ name: "test.pane", text: 'include "share.pane".' }, { rules: RULES, load });
  t.deepEqual(
    missing.diagnostics.map(({ code }) => code),
    ["E215"],
  );
});

test("Cancel takes what ListRequests and JSON call a request: its label, or its text in quotes", (t) => {
  const text = `
    AddUser "Alice B".
    NewShare "odd share" for (*) [deny = True] on rootShare.
    @"a label" deny(dstPort=80) on rootShare.
    deny(user="Alice B", dstPort=81) on "odd share".
    deny(user="Alice B", dstPort=81) on "odd share".
    @plain deny(dstPort=82) on rootShare to +1h.
    ListRequests.`;
  const listed = (trace: string): readonly string[] => {
    const { answer } = replay({ name: "test.pane", text: trace }, { rules: RULES }).steps.at(-1)!;
    return answer?.kind === "answer" ? answerJson(answer.answer).map(({ request }) => String(request)) : [];
  };
  const names = listed(text);
  t.deepEqual(names, [
    "a label",
    'deny(user="Alice B", dstPort=81) on "odd share".',
    'deny(user="Alice B", dstPort=81) on "odd share". #2',
    "plain",
  ]);
  const cancelled = names.map((name) => `Cancel "${name.replaceAll('"', '\\"')}".`).join("\n");
  t.deepEqual(listed(`${text}\n${cancelled}\nListRequests.`), []);
  const numbered = replay({ name: "test.pane", text: "Cancel 1." }, { rules: RULES });
  t.deepEqual(
    numbered.diagnostics.map(({ code }) => code),
    ["E101"],
  );
});

test("answers that list more than 100,000 rows together end with E755 at the query: n queries of n requests list n² rows", (t) => {
  const requests = Array.from({ length: 400 }, (_, i) => `allow(srcPort=${i + 1}) on rootShare.`).join("\n");
  const replayed = (queries: number) =>
    replay({ name: "test.pane", text: `${requests}\n${"ListRequests.\n".repeat(queries)}` }, { rules: RULES });
  const all = replayed(250);
  t.deepEqual(all.diagnostics, []);
  t.is(all.steps.filter(({ answer }) => answer !== undefined).length, 250);
  const cut = replayed(253);
  t.deepEqual(
    cut.diagnostics.map(({ code, span }) => [code, span!.source.text.slice(0, span!.start).split("\n").length]),
    [["E755", 651]],
  );
  t.is(cut.steps.filter(({ answer }) => answer !== undefined).length, 250);
  t.deepEqual(cut.steps.slice(0, 650).map(gistOf), all.steps.map(gistOf));
});

const gistOf = ({ verdict, answer }: ReturnType<typeof replay>["steps"][number]) => [
  gist(verdict),
  answer?.kind === "answer" && [...answer.answer.rows].length,
];

test("an offer of a trace has the speaker and the label, and is accepted where it stands in the statement's place", (t) => {
  const before = `AddUser Alice.
NewShare a for (*) [allow = True, deny = True] on rootShare.
Grant a to Alice.
deny(dstPort=80) on a.
`;
  const texts = [
    ["@mine Alice: allow(dstPort=79-81) on a.", "@mine Alice: allow(dstPort={79, 81}) on a."],
    ['False <- @mine "why" Alice : allow(dstPort=79-81) on a.', '@mine "why" Alice : allow(dstPort={79, 81}) on a.'],
    ["allow(dstPort=79-81) on a.", "allow(dstPort={79, 81}) on a."],
  ] as const;
  for (const [text, offer] of texts) {
    const verdictOf = (said: string) =>
      replay({ name: "t.pane", text: before + said }, { rules: RULES }).steps.at(-1)!.verdict;
    const verdict = verdictOf(text);
    if (verdict.kind !== "rejected") return t.fail();
    t.true(certificateText(verdict.certificate).includes(`\n  would be accepted: ${offer}\n`), text);
    t.is(verdictOf(offer).kind, "accepted");
  }
});
