/** A statement is found by its label and by its text, however it is written; one that is not there is refused. */
import { fileURLToPath } from "node:url";
import test, { type ExecutionContext } from "ava";
import { findStatement } from "#compiler/lookup/statement.ts";
import type { Span } from "#compiler/source.ts";
import { decidePolicy } from "./common/policy.ts";
import { clock, folder, glazier, quietIo } from "./testing.ts";

const net = `default allow.
AddUser Al.
NewShare a for (*) [allow = True, deny = True] on rootShare.
Grant a to Al.
policy em as guard { @e deny <= srcHost = 10.0.0.1. deny <= srcHost = 10.0.0.3. }
policy other on share rootShare { @e allow <= srcHost = 10.0.0.7. @f allow <= srcHost = 10.0.0.8. }
@x "the whole week" Al: allow(srcHost=10.0.0.1) on a.
@y deny(srcHost=10.0.0.2, transport=TCP) on a to +10min.
@z Al: deny(srcHost=10.0.0.2, transport=TCP) on a to +10min.
limit(srcHost=10.0.0.2) = 2.5Mb on rootShare.
`;

async function explained(t: ExecutionContext, words: string): Promise<string> {
  const { exit, out, err } = await glazier(folder(t, { "net.pane": net }), ["explain", words]);
  t.is(exit, 0, `${words}: ${err}`);
  return out;
}

async function refused(t: ExecutionContext, words: string): Promise<string> {
  const { exit, out, err } = await glazier(folder(t, { "net.pane": net }), ["explain", words]);
  t.deepEqual([exit, out], [2, ""], words);
  return err;
}

test("any spelling that parses alike finds the statement, with or without full stop, label and speaker", async (t) => {
  for (const words of [
    "@x",
    "x",
    '@"x"',
    "allow(srcHost=10.0.0.1) on a.",
    "allow(srcHost=10.0.0.1) on a",
    "Al: allow ( srcHost = 10.0.0.1 ) strict on a",
    '@x "another note" Al: allow(srcHost=10.0.0.1) on "a".',
    "True <- Al : allow(srcHost=10.0.0.1) on a",
  ])
    t.regex(await explained(t, words), /^✔ accepted {2}net\.pane:7:1 {2}@x Al: /, words);
  t.regex(await explained(t, "ratelimit(srcHost=10.0.0.2) = 2500kbps on rootShare"), /net\.pane:10:1/);
  t.regex(await explained(t, "@z deny(srcHost=10.0.0.2, transport=TCP) on a to +600s"), /net\.pane:9:1/);
});

test("a NewShare is found with its privileges in any order", async (t) => {
  for (const privileges of ["allow=True, deny=True", "deny = True allow = True"])
    t.regex(await explained(t, `NewShare a for (*) [${privileges}] on rootShare`), /net\.pane:3:1/);
  t.regex(
    await refused(t, "NewShare a for (*) [deny=True] on rootShare"),
    /the nearest: `NewShare a for .* \(net\.pane:3:1\)/,
  );
});

test("a policy's rule is found by its text and by its whole name, a guard's as well", async (t) => {
  t.regex(
    await explained(t, "deny<=srcHost=10.0.0.3"),
    /^em\.deny <= .*: deny of guard em, above all shares, by root/m,
  );
  t.regex(
    await explained(t, "@f allow :- srcHost = 10.0.0.8."),
    /^other\.f: allow on rootShare, rule of policy other/m,
  );
  t.regex(await explained(t, "em.e"), /^em\.e: deny of guard em/m);
});

test("words that mean several statements are refused, with the names that tell them apart", async (t) => {
  t.is(await refused(t, "@e"), "error: the label `e` means 2 statements\n  name one: @em.e, @other.e\n");
  t.regex(
    await refused(t, "deny(srcHost=10.0.0.2, transport=TCP) on a to +10min"),
    /means 2 statements\n {2}name one: @y, @z\n$/,
  );
});

test("a statement that is not in the policy is refused, and the nearest is named", async (t) => {
  t.is(
    await refused(t, "allow(srcHost=10.0.0.2) on a"),
    "error: no statement reads `allow(srcHost=10.0.0.2) on a.`\n  the nearest: @x (net.pane:7:1)\n",
  );
  t.regex(await refused(t, "root: allow(srcHost=10.0.0.1) on a"), /no statement reads `root: .*\n {2}the nearest: @x /);
  t.regex(await refused(t, "deny <= srcHost = 10.0.0.34."), /the nearest: `em\.deny <= srcHost = 10\.0\.0\.3\.` /);
});

test("a fault in a statement is shown, and a sentence that is not decided is refused as one", async (t) => {
  t.regex(
    await refused(t, "Al: deny(srcHost=10.0.0.) on a"),
    /^error\[E101\].*\n[^]*error: the statement was not understood\n$/,
  );
  t.regex(await refused(t, "ListRequests"), /`ListRequests\.` is a question\n {2}`glazier query` answers it/);
  t.regex(await refused(t, "host_ip(h, 10.0.0.1)"), /is not decided/);
});

for (const example of ["campus", "paper/paper.pane", "backup"]) {
  test(`every statement and rule of ${example} is found by what is written in the file, on one line or on many`, async (t) => {
    const { io } = quietIo(fileURLToPath(new URL("../../examples", import.meta.url)));
    const decided = await decidePolicy([example], clock, io);
    const all = [...decided.outcomes.map(({ statement }) => statement), ...decided.rules.map(({ rule }) => rule)];
    t.true(all.length > 2);
    const asWritten = ({ source, start, end }: Span): string => source.text.slice(start, end);
    // A quoted text is one word, and stays.
    const onMany = (line: string): string =>
      line.replaceAll(/"[^"]*"|[(),]/g, (part) => (part.length > 1 ? part : `${part}\n  `));
    for (const { id, text, span } of all) {
      for (const words of [asWritten(span), onMany(asWritten(span)).replace(/\.\s*$/, ""), id]) {
        const lookup = findStatement(words, decided);
        const found = lookup.ok ? lookup.value : undefined;
        const what = found?.kind === "rule" ? found.rule.rule : found?.outcome.statement;
        t.is(what?.text, text, words);
        t.is(found?.id, id, words);
      }
    }
  });
}
