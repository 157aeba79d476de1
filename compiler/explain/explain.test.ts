/** Explanations of flows, flowgroups, statements and certificates, by example and compared with the reference. */
import test from "ava";
import { wholeDifference, isEmpty, overlaps } from "../flowgroup/index.ts";
import { Conversation, NOW, compileFile, fc, modelOf } from "../admission/testing/networks.ts";
import { isIn, universeOf } from "../semantics/points.ts";
import { diagnosticOf } from "../certificates/diagnose.ts";
import { NO_POLICIES, verdictOf } from "../semantics/reference.ts";
import {
  certificateText,
  explainFlow,
  explainFlowgroup as partsOf,
  explainGuard,
  explainStatement,
  flowText,
  partsText,
  statementText,
  verdictJson,
  verdictText,
  type DecidedPart,
} from "./index.ts";

/** The parts of a flowgroup. Fails if there are too many. */
function explainFlowgroup(...asked: Parameters<typeof partsOf>): readonly DecidedPart[] {
  const parts = partsOf(...asked);
  if ("cutBy" in parts) throw new Error("too many parts");
  return parts;
}

const flowsOf = (text: string) => {
  const { demand } = modelOf(`allow${text} on rootShare.`).statements[0]!;
  if (demand.kind !== "request") throw new Error("expected a request");
  return demand.flows;
};

function network(): Conversation {
  const net = new Conversation();
  net.say(`
    NewShare net0 for (*) [allow = True, deny = True] on rootShare.
    NewShare sub for (vlan=1-9) [allow = True, deny = True] on net0.
    @quiet deny(vlan=1-9) on net0.
    @open allow(vlan=5) on sub.
    @later allow(vlan=6) on sub from +1h.`);
  return net;
}

test("the explanation of a flow names the statement that decides it, and what each share of its chain says", (t) => {
  const { admission } = network();
  t.is(
    flowText(explainFlow(admission, { vlan: 5 }, NOW)),
    [
      "allowed by allow open on sub (test.pane:5:5)",
      "  sub: allow (open)",
      "  net0: deny (quiet)",
      "  rootShare: says nothing",
      "  overrides deny quiet on net0 (test.pane:4:5): share `sub` lies below `net0` and overrides it",
    ].join("\n"),
  );
  t.is(explainFlow(admission, { vlan: 6 }, NOW).verdict, "deny");
  t.is(explainFlow(admission, { vlan: 6 }, NOW + 3600).decidedBy?.id, "later");
});

test("where no statement decides, the explanation names the closest ones, and the field on which each fails", (t) => {
  const { admission } = network();
  t.is(
    flowText(explainFlow(admission, { vlan: 12 }, NOW)),
    [
      "decided by nothing: the default holds",
      "  closest: allow open on sub (test.pane:5:5): vlan is 12, not 5",
      "  closest: deny quiet on net0 (test.pane:4:5): vlan is 12, not 1-9",
    ].join("\n"),
  );
});

test("a flowgroup is split by the statements that decide it", (t) => {
  const parts = explainFlowgroup(network().admission, flowsOf("(vlan=4-10)"), NOW);
  t.is(
    partsText(parts),
    [
      "(vlan=5)",
      "  allowed by allow open on sub (test.pane:5:5)",
      "(vlan={4, 6-9})",
      "  denied by deny quiet on net0 (test.pane:4:5)",
      "(vlan=10)",
      "  decided by nothing: the default holds",
    ].join("\n"),
  );
});

test("a flowgroup's explanation names limits and reservations of all its flows or some, none of denied ones", (t) => {
  const net = new Conversation();
  net.say(`
    @no deny(vlan=1) on rootShare.
    @cap limit(vlan=1-10) = 9Mb on rootShare.
    @later limit(vlan=1-10) = 9Mb on rootShare from +1h.
    @few limit(vlan=3) = 8Mb on rootShare.
    @small reserve(vlan=2-9) = 1Mb on rootShare.
    @part reserve(vlan=2) = 3Mb on rootShare.
    @best reserve(vlan=1-10) = 2Mb on rootShare.`);
  t.is(
    partsText(explainFlowgroup(net.admission, flowsOf("(vlan=1-4)"), NOW)),
    [
      "(vlan=1)",
      "  denied by deny no on rootShare (test.pane:2:5)",
      "(vlan=2-4)",
      "  decided by nothing: the default holds",
      "  limited to 9Mb by cap on rootShare (test.pane:3:5)",
      "  some limited to 8Mb by few on rootShare (test.pane:5:5)",
      "  some reserved 3Mb by part on rootShare (test.pane:7:5)",
      "  reserved 2Mb by best on rootShare (test.pane:8:5)",
    ].join("\n"),
  );
});

test("a policy's rule is explained with the facts that made it", (t) => {
  const { admission } = compileFile(`
    host_ip(printer, 10.0.0.9). kind(printer, device).
    policy p { @dev deny <= dstHost(H), kind(H, device). }`);
  const flow = { ethType: 0x0800, dstHost: { family: 4, value: 0x0a000009 } } as const;
  const explained = explainFlow(admission, flow, NOW);
  t.is(explained.decidedBy?.id, "p.dev");
  t.true(explained.decidedBy?.because.some((fact) => fact.includes("printer")));
});

test("a statement is explained with what it overrides and what overrides it", (t) => {
  const { admission } = network();
  t.is(
    statementText(explainStatement(admission, "quiet", NOW)!),
    [
      "quiet: deny on net0 → rootShare, by root (test.pane:4:5)",
      "  granted (vlan=1-9) from 2026-12-01T09:00:00Z to forever",
      "  is overridden by allow open on sub: `sub` lies below `net0`",
      "  is overridden by allow later on sub: `sub` lies below `net0`",
    ].join("\n"),
  );
  t.is(explainStatement(admission, "nobody", NOW), undefined);
});

test("each share of the chain names the statements with its verdict, and all others are overridden", (t) => {
  const { admission } = compileFile(`
    NewShare n for (*) [allow = True, deny = True] on rootShare.
    policy quarantine on share n { @q1 deny <= vlan in 1-3. }
    policy campus on share n { @c1 allow <= vlan in 1-9. @c2 deny <= vlan = 2. }
    cascade quarantine > campus.
    policy list on share rootShare ordered { @l1 allow <= vlan in 1-9. @l2 deny <= vlan in 1-9. @l3 allow <= vlan = 2. }`);
  t.deepEqual(explainFlow(admission, { vlan: 2 }, NOW).chain, [
    { share: "n", says: "deny", statements: ["quarantine.q1", "campus.c2"] },
    { share: "rootShare", says: "allow", statements: ["list.l1", "list.l3"] },
  ]);
  t.deepEqual(explainFlow(admission, { vlan: 9 }, NOW).chain[0], {
    share: "n",
    says: "allow",
    statements: ["campus.c1"],
  });
  const { admission: plain } = compileFile(`
    NewShare s for (*) [allow = True, deny = True] on rootShare.
    @al allow(vlan=1) on s. @de deny(vlan=1-9) on s.`);
  t.is(
    flowText(explainFlow(plain, { vlan: 1 }, NOW)),
    [
      "denied by deny de on s (test.pane:3:29)",
      "  s: deny (de)",
      "  rootShare: says nothing",
      "  overrides allow al on s (test.pane:3:5): deny overrides allow",
    ].join("\n"),
  );
});

test("a failed transaction names the statement that was refused, and no blockers", (t) => {
  const { outcomes } = compileFile(`begin. @one allow(vlan=1) on rootShare. @two allow(vlan=2) on nowhere. commit.`);
  const texts = outcomes.map(({ verdict }) => verdictText(verdict).replace(/\n +because:[^]*/, ""));
  t.is(
    texts[0],
    "rejected: nothing of this transaction is accepted, because `two` of it is refused [transaction]\n" +
      "  refused with allow on nowhere: two (test.pane:1:41)",
  );
  t.notRegex(texts[1]!, /blocked by/);
});

test("the explanation of a flow names its limits and its largest reservation; a denied flow has neither", (t) => {
  const net = network();
  net.say(`
    NewShare bw for (*) [reserve <= 10Mb, limit <= 10Mb] on rootShare.
    @slow limit(vlan=5-9) = 9Mb on bw.
    @slower limit(vlan=5) = 8Mb on bw.
    @some reserve(vlan=5) = 1Mb on bw.
    @more reserve(vlan=5-9) = 2Mb on bw.
    @evening reserve(vlan=5) = 3Mb on bw from +1h.`);
  const treatmentOf = (vlan: number, at = NOW) =>
    explainFlow(net.admission, { vlan }, at).treatment.map(({ id, rate }) => [id, rate / 1e6]);
  t.deepEqual(treatmentOf(5), [
    ["slow", 9],
    ["slower", 8],
    ["more", 2],
  ]);
  t.deepEqual(treatmentOf(5, NOW + 3600).at(-1), ["evening", 3]);
  t.deepEqual(treatmentOf(8), [], "vlan 8 is denied");
  t.true(
    flowText(explainFlow(net.admission, { vlan: 5 }, NOW)).includes("  limited to 8Mb by slower on bw (test.pane:4:5)"),
  );
  t.true(statementText(explainStatement(net.admission, "more", NOW)!).includes("granted 2Mb for (vlan=5-9) from"));
});

test("a certificate gives its reason, blockers, witness and proposal as text and as JSON", (t) => {
  const net = network();
  const verdict = net.one("allow(vlan=9-10) on rootShare.");
  if (verdict.kind !== "rejected") return t.fail();
  const lines = certificateText(verdict.certificate).split("\n");
  t.deepEqual(lines.slice(0, 6), [
    "`allow` on `rootShare` conflicts with the accepted request `quiet` [conflict]",
    "  blocked by deny on net0 from 2026-12-01T09:00:00Z: quiet (test.pane:4:5)",
    "  for example: vlan=9 at 2026-12-01T09:00:00Z",
    "  shares walked: rootShare",
    "  would be accepted: allow(vlan=10) on rootShare.",
    "  because:",
  ]);
  const json = JSON.parse(JSON.stringify(verdictJson(verdict))) as { certificate: Record<string, unknown> };
  t.is(json.certificate.code, "conflict");
  t.deepEqual(json.certificate.nearest, ["allow(vlan=10) on rootShare."]);
  t.deepEqual(json.certificate.witness, { flow: "vlan=9", at: "2026-12-01T09:00:00Z" });
});

const request = fc
  .tuple(
    fc.constantFrom("allow", "deny"),
    fc.constantFrom("(vlan=1-3)", "(vlan=2)", "(inPort=1)", "(vlan=3-4, inPort=2)", "(*)"),
    fc.constantFrom("net0", "sub", "rootShare"),
  )
  .map(([what, where, on]) => `${what}${where} partial on ${on}.`);

test("explanations agree with the reference on every flow, and their parts are the whole", (t) => {
  fc.assert(
    fc.property(fc.array(request, { maxLength: 7 }), (requests) => {
      const net = new Conversation();
      net.say(`
        NewShare net0 for (*) [allow = True, deny = True] on rootShare.
        NewShare sub for (*) [allow = True, deny = True] on net0.`);
      for (const text of requests) net.say(text);
      const { state } = net.admission;
      const accepted = [...state.accepted].map((one) => ({ ...one, share: one.share.name }));
      const shares = new Map([...state.tree.root.subtree()].map(({ name, parent }) => [name, parent?.name]));
      const universe = universeOf(
        accepted.flatMap(({ pieces }) => pieces.map(({ flows }) => flows)),
        [],
      );
      const all = flowsOf("(*)");
      const parts = explainFlowgroup(net.admission, all, NOW);
      for (const flow of universe.flows) {
        const due = verdictOf(accepted, shares, NO_POLICIES, flow, NOW);
        t.is(explainFlow(net.admission, flow, NOW).verdict, due);
        t.deepEqual(
          parts.filter(({ flows }) => isIn(flows, flow)).map(({ verdict }) => verdict),
          [due],
        );
      }
      t.true(isEmpty(parts.reduce((rest, { flows }) => wholeDifference(rest, flows), all)));
      t.false(parts.some(({ flows }, i) => parts.slice(i + 1).some((other) => overlaps(flows, other.flows))));
    }),
    { numRuns: 80, seed: 2 },
  );
});

const ruleBody = fc.constantFrom("vlan in 1-3", "vlan = 2", "vlan in 2-5, inPort = 1", "inPort in 1-2", "true");
const ruleOf = fc.tuple(fc.constantFrom("allow", "deny"), ruleBody).map(([what, when]) => `${what} <= ${when}.`);
const guardOf = ruleBody.map((when) => `deny <= ${when}.`);
const numbered = (rules: readonly string[]): string => rules.map((one, i) => `@r${i} ${one}`).join(" ");

test("with policies, cascades and guards explanations agree with the reference: verdicts, chains, silences", (t) => {
  let silenced = 0;
  let seconded = 0;
  fc.assert(
    fc.property(
      fc.tuple(fc.array(ruleOf, { minLength: 1, maxLength: 3 }), fc.array(ruleOf, { minLength: 1, maxLength: 3 })),
      fc.array(guardOf, { maxLength: 2 }),
      fc.array(request, { maxLength: 4 }),
      fc.constantFrom("", " ordered"),
      ([first, second], guard, requests, how) => {
        const text = `
          NewShare net0 for (*) [allow = True, deny = True] on rootShare.
          NewShare sub for (*) [allow = True, deny = True] on net0.
          policy p on share net0${how} { ${numbered(first)} } policy q on share net0 { ${numbered(second)} }
          cascade p > q.
          ${guard.length > 0 ? `policy g as guard { ${numbered(guard)} }` : ""}
          ${requests.join("\n")}`;
        const { admission, model, rules } = compileFile(text);
        const refused = new Set(rules.filter(({ verdict }) => verdict.kind === "rejected").map((one) => one.rule));
        const policies = model.policies.map((one) => ({
          ...one,
          rules: one.rules.map((each) => (refused.has(each) ? { ...each, cubes: [] } : each)),
        }));
        const { state } = admission;
        const standing = [...state.accepted];
        const accepted = standing
          .filter(({ policy }) => policy === undefined)
          .map((one) => ({ ...one, share: one.share.name }));
        const shares = new Map([...state.tree.root.subtree()].map(({ name, parent }) => [name, parent?.name]));
        const guards = policies.filter((one) => one.guard).flatMap((one) => one.rules.flatMap(({ cubes }) => cubes));
        const isGuarded = (flow: Parameters<typeof isIn>[1]): boolean =>
          isIn({ cubes: guards.map(({ cube }) => cube) }, flow);
        const { flows } = universeOf(
          [
            ...standing.flatMap(({ pieces }) => pieces.map((piece) => piece.flows)),
            ...guards.map(({ cube }) => ({ cubes: [cube] })),
          ],
          [],
        );
        for (const flow of flows) {
          const why = explainFlow(admission, flow, NOW);
          t.is(why.verdict, verdictOf(accepted, shares, { policies, cascades: model.cascades }, flow, NOW), text);
          for (const { share, says, statements } of why.chain) {
            const kinds = statements.map((id) => state.accepted.get(id)!).map((one) => [one.kind, one.share.name]);
            t.deepEqual(
              kinds,
              statements.map(() => [says, share]),
              text,
            );
          }
          // Taking away all that is named changes the verdict, and taking away less does not.
          const alike = [
            ...new Set([
              ...(why.decidedBy ? [why.decidedBy.id] : []),
              ...why.chain.flatMap(({ says, statements }) => (says === why.verdict ? statements : [])),
              ...why.alike.map(({ id }) => id),
            ]),
          ];
          const without = (gone: readonly string[]) =>
            verdictOf(
              accepted.filter(({ id }) => !gone.includes(id)),
              shares,
              {
                policies: policies.map((one) => ({ ...one, rules: one.rules.filter(({ id }) => !gone.includes(id)) })),
                cascades: model.cascades,
              },
              flow,
              NOW,
            );
          if (why.decidedBy) t.not(without(alike), why.verdict, text);
          for (const { id } of why.alike) t.is(without(alike.filter((other) => other !== id)), why.verdict, text);
          seconded += why.alike.length;
        }
        for (const one of standing.filter(({ kind }) => kind === "allow")) {
          const held = flows.filter((flow) => one.pieces.some((piece) => isIn(piece.flows, flow)));
          const guarded = held.filter(isGuarded);
          const due = guarded.length === 0 ? undefined : guarded.length === held.length ? "wholly" : "in part";
          const { silenced: extentFound, silencedBy } = explainStatement(admission, one.id, NOW)!;
          t.is(extentFound, due, `${one.id}: ${text}`);
          for (const { id, extent, witness } of silencedBy) {
            t.true(isGuarded(witness.flow) && one.pieces.some((piece) => isIn(piece.flows, witness.flow)));
            const back = explainGuard(admission, id, NOW)!.silences.find((other) => other.id === one.id);
            t.is(back?.extent, extent);
            silenced++;
          }
        }
      },
    ),
    { numRuns: 80, seed: 8 },
  );
  t.true(silenced > 50);
  t.true(seconded > 50);
});

test("a certificate lists twenty blockers and counts the others, as text, as JSON and as a diagnostic", (t) => {
  const net = new Conversation();
  net.say(
    "NewShare a for (*) [allow = True, deny = True] on rootShare. NewShare b for (*) [allow = True] on rootShare.",
  );
  for (let i = 1; i <= 70; i++) net.one(`deny(dstPort=${i}, transport=TCP) on a.`);
  const verdict = net.one("allow(transport=TCP) on b.");
  if (verdict.kind !== "rejected") return t.fail();
  const { certificate } = verdict;
  t.is(certificate.blockers.length, 20);
  t.is(certificate.moreBlockers, 50);
  const lines = certificateText(certificate).split("\n");
  t.is(lines.filter((line) => line.startsWith("  blocked by")).length, 20);
  t.true(lines.includes("  and 50 more"));
  const json = JSON.parse(JSON.stringify(verdictJson(verdict))) as {
    certificate: { readonly blockers: readonly unknown[]; readonly moreBlockers: number };
  };
  t.deepEqual([json.certificate.blockers.length, json.certificate.moreBlockers], [20, 50]);
  t.regex(
    diagnosticOf(certificate).related!.findLast(({ message }) => message.startsWith("this deny"))!.message,
    /, and 62 more$/,
  );
});
