/** What explanations say of guards: of the statements that they silence, and of their own rules. */
import test from "ava";
import { compileFile, NOW } from "../admission/testing/networks.ts";
import { explainGuard, explainStatement, guardText, statementText } from "./index.ts";

const GUARDED = `
    AddUser Al. NewShare a for (*) [allow = True, deny = True] on rootShare. Grant a to Al.
    policy em as guard { @e deny <= vlan = 1. @f deny <= vlan in 2-3. }
    @x Al: allow(vlan=1) on a.
    @y Al: allow(vlan=1-9) on a from +1h.
    @z Al: allow(vlan=1-3) on a.
    @w Al: deny(vlan=1) on a.
    @v allow(vlan=4) on rootShare.
    @r reserve(vlan=1) = 1Mb on rootShare.`;

test("the explanation of a silenced statement names the guard's rule at its line, and a witness", (t) => {
  const { admission } = compileFile(GUARDED);
  const linesOf = (id: string) => statementText(explainStatement(admission, id, NOW)!).split("\n");
  t.deepEqual(linesOf("x").slice(0, 3), [
    "x: allow on a → rootShare, by Al (test.pane:4:5), silenced wholly",
    "  granted (vlan=1) from 2026-12-01T09:00:00Z to forever",
    "  is silenced wholly by deny em.e, a guard (test.pane:3:26): for example vlan=1 at 2026-12-01T09:00:00Z",
  ]);
  t.deepEqual(
    linesOf("y").filter((line) => line.includes("silenced")),
    [
      "y: allow on a → rootShare, by Al (test.pane:5:5), not in force now, silenced in part",
      "  is silenced in part by deny em.e, a guard (test.pane:3:26): for example vlan=1 at 2026-12-01T10:00:00Z",
      "  is silenced in part by deny em.f, a guard (test.pane:3:47): for example vlan=2 at 2026-12-01T10:00:00Z",
    ],
  );
  t.true(linesOf("z")[0]!.endsWith(", silenced wholly"), "by two rules together");
  t.true(linesOf("r")[0]!.endsWith(", silenced wholly"), "a denied flow has no reservation");
  for (const id of ["v", "w"])
    t.false(
      linesOf(id).some((line) => line.includes("silenced")),
      id,
    );
});

test("the explanation of a guard's rule names its place, what it denies and which statements it silences", (t) => {
  const { admission } = compileFile(GUARDED);
  t.is(
    guardText(explainGuard(admission, "em.f", NOW)!),
    [
      "em.f: deny of guard em, above all shares, by root (test.pane:3:47)",
      "  denies (vlan={2, 3}) from 2026-12-01T09:00:00Z to forever",
      "  silences allow y on a in part (test.pane:5:5): for example vlan=2 at 2026-12-01T10:00:00Z",
      "  silences allow z on a in part (test.pane:6:5): for example vlan=2 at 2026-12-01T09:00:00Z",
    ].join("\n"),
  );
  t.deepEqual(
    explainGuard(admission, "em.e", NOW)!.silences.map(({ id, extent }) => [id, extent]),
    [
      ["x", "wholly"],
      ["y", "in part"],
      ["z", "in part"],
      ["r", "wholly"],
    ],
  );
  t.is(explainGuard(admission, "x", NOW), undefined);
  const alone = compileFile("policy em as guard { @e deny <= vlan = 1. }").admission;
  t.true(guardText(explainGuard(alone, "em.e", NOW)!).endsWith("\n  silences nobody"));
});
