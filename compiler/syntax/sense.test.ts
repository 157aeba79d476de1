/** The sense of statements: which changes of a text keep it, and which do not. */
import test from "ava";
import { parse } from "./parse.ts";
import { requestSenses, ruleSenses } from "./sense.ts";

/** The senses of the requests and rules of policies in a text. */
function senses(text: string): readonly string[] {
  const { file, diagnostics } = parse({ name: "net.pane", text });
  if (diagnostics.length > 0) throw new Error(diagnostics.map(({ message }) => message).join("\n"));
  const flowgroups = new Map(
    file.statements.flatMap((one) => (one.kind === "flowgroup" ? [[one.name.text, one.flows]] : [])),
  );
  const rules = file.statements.flatMap((one) => (one.kind === "rule" ? [one.rule] : []));
  return file.statements.flatMap((one) => {
    if (one.kind === "policy")
      return one.rules.map(
        ruleSenses((name) => rules.filter(({ head }) => head.kind === "atom" && head.relation.text === name)),
      );
    if (one.kind !== "command" || one.command.kind !== "request") return [];
    return [requestSenses((name) => flowgroups.get(name))(one.command)];
  });
}

const groups = "flowgroup g = (dstPort={80, 443}, transport=TCP). flowgroup h = (g) or (user=Eve).\n";
const rules = "bad(H) <= worse(H). bad(H) <= seen(H), not good(H). worse(H) <= host_ip(H, 10.0.0.1).\n";

for (const [texts, isSame] of [
  [["allow(h, user=A) on s to +1h.", "allow(user=A, h) on s from now to +60min."], true],
  [["allow(dstPort={1, 2}) on s.", "allow(dstPort={2, 1}) on s."], true],
  [["allow((user=A) or (user=B)) on s.", "allow((user=B) or (user=A)) on s."], true],
  [["allow((user=A) except (user=B)) on s.", "allow((user=B) except (user=A)) on s."], false],
  [["allow(user=A) on s to +1h.", "allow(user=A) on s to +2h."], false],
  [["allow(user=A) on s from +1h.", "allow(user=A) on s from now."], false],
  [["allow(user=A) on s.", "allow(user=A) both ways on s."], false],
  [["allow(user=A) on s.", "allow(user=A) partial on s."], false],
  [["allow(user=A) on s.", "allow(user!=A) on s."], false],
  [["allow(user=A) on s.", "allow(user=A) on t."], false],
  [["limit(user=A) = 1Mb on s.", "limit(user=A) = 2Mb on s."], false],
  [["waypoint(user=A) = v, w on s.", "waypoint(user=A) = w, v on s."], false],
  [["policy p { deny <= bad(H), srcHost=H. }", "policy p { deny <= srcHost=H, bad(H). }"], true],
  [["policy p { deny <= dstPort in {1, 2}. }", "policy p { deny <= dstPort in {2, 1}. }"], true],
  [["policy p { deny <= bad(H), srcHost=H. }", "policy p { deny <= worse(H), srcHost=H. }"], false],
  [["policy p { deny <= bad(H), srcHost=H. }", "policy p { allow <= bad(H), srcHost=H. }"], false],
] as const) {
  test(`${texts.join(" and ")} ${isSame ? "say the same" : "say different things"}`, (t) => {
    const [one, other] = texts.map((text) => senses(groups + rules + text));
    t.is(JSON.stringify(one) === JSON.stringify(other), isSame);
  });
}

test("definitions that a statement uses, even indirectly, belong to its sense, and others do not", (t) => {
  const request = "allow(h) on s.";
  t.notDeepEqual(senses(groups + request), senses(groups.replace("443", "444") + request));
  t.deepEqual(senses(groups + request), senses(groups.replace("80, 443", "443, 80") + request));
  t.deepEqual(senses(groups + request), senses(`${groups}flowgroup other = (user=B).\n${request}`));
  const rule = "policy p { deny <= bad(H), srcHost=H. }";
  t.notDeepEqual(senses(rules + rule), senses(rules.replace("10.0.0.1", "10.0.0.2") + rule));
  t.notDeepEqual(senses(rules + rule), senses(rules.replace("bad(H) <= worse(H).", "") + rule));
  t.deepEqual(senses(rules + rule), senses(`${rules}other(H) <= seen(H).\n${rule}`));
});

test("definitions in a circle have a sense", (t) => {
  t.is(senses("flowgroup a = (b). flowgroup b = (a). allow(a) on s.").length, 1);
  t.is(senses("r(H) <= q(H). q(H) <= r(H). policy p { deny <= r(H), srcHost=H. }").length, 1);
});
