/** What an explanation names beside the statement that decides: what would decide alike, and the `pass` that hands a flow on. */
import test from "ava";
import { NOW, compileFile } from "../admission/testing/networks.ts";
import { explainFlow, explainStatement, flowText, statementText } from "./index.ts";

test("a guard's deny, and one of a sibling share, names what denies without it", (t) => {
  const { admission } = compileFile(`
    NewShare a for (vlan=1-9) [deny = True] on rootShare.
    NewShare b for (vlan=1-9) [deny = True] on rootShare.
    policy stop as guard { @halt deny <= vlan = 5. }
    @first deny(vlan=5) on a.
    @second deny(vlan=5-6) on b.`);
  const why = explainFlow(admission, { vlan: 5 }, NOW);
  t.deepEqual([why.decidedBy?.id, why.alike.map(({ id }) => id)], ["stop.halt", ["first", "second"]]);
  t.regex(flowText(why), /without these it would be denied by deny first on a /);
  const { chain, alike } = explainFlow(admission, { vlan: 6 }, NOW);
  t.deepEqual([chain[0]?.statements, alike], [["second"], []]);
});

test("where a `pass` hands a flow on, the rule that it is taken from fails on no field: the `pass` is named", (t) => {
  const { admission } = compileFile(`
    policy p on share rootShare ordered { @on pass <= vlan in 2-3. @all deny. @few allow <= vlan = 3, ethType = 0x88b5. }`);
  const { verdict, closest } = explainFlow(admission, { vlan: 2 }, NOW);
  t.is(verdict, "default");
  t.deepEqual(
    closest.map(({ statement, failed, passedBy }) => [statement.id, failed.length, passedBy?.id]),
    [["p.all", 0, "p.on"]],
  );
  t.regex(
    flowText(explainFlow(admission, { vlan: 2 }, NOW)),
    /closest: deny p\.all on rootShare .*: pass p\.on .* hands it on/,
  );
});

test("in an ordered policy the order decides, even against a deny", (t) => {
  const { admission } = compileFile(`
    policy p ordered {
      @first deny <= dstPort(80).
      @second allow <= dstPort in {80, 81}.
      @third deny <= dstPort in 81-90.
      @fourth deny <= dstPort in 80-90.
    }`);
  const web = { ethType: 0x0800, transport: 6, dstPort: 80 } as const;
  const explained = explainFlow(admission, web, NOW);
  t.is(explained.decidedBy?.id, "p.first");
  t.deepEqual(
    explained.overridden.map(({ statement, why }) => `${statement.id}: ${why}`),
    ["p.second: an earlier rule of an ordered policy decides first"],
  );
  t.is(explainFlow(admission, { ...web, dstPort: 81 }, NOW).decidedBy?.id, "p.second");
  t.is(explainFlow(admission, { ...web, dstPort: 82 }, NOW).decidedBy?.id, "p.third");
  const lines = statementText(explainStatement(admission, "p.second", NOW)!).split("\n");
  t.deepEqual(
    lines.filter((line) => line.includes("overrid")),
    [
      "  is overridden by deny p.first on rootShare: an earlier rule of an ordered policy decides first",
      "  overrides deny p.third on rootShare: an earlier rule of an ordered policy decides first",
      "  overrides deny p.fourth on rootShare: an earlier rule of an ordered policy decides first",
    ],
  );
});
