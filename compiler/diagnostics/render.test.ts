/** Rendering: frames, columns of wide and tabbed text, several places, nothing that could move a terminal's cursor. */
import test from "ava";
import type { Span } from "../source.ts";
import { toJson, toSarif } from "./documents.ts";
import { define } from "./define.ts";
import { ANSI, renderLine, renderPretty } from "./render.ts";

const outside = define("E701", "the flowgroup is not inside share `{share}`");

function spanOf(text: string, part: string, name = "net.pane"): Span {
  const start = text.indexOf(part);
  return { source: { name, text }, start, end: start + part.length };
}

test("a diagnostic with all its parts as text, as one line and as JSON", (t) => {
  const text = "NewShare s for (user=Alice) [] on rootShare.\n\nallow(dstPort=80) on s.\n";
  const source = { name: "net.pane", text };
  const at = (part: string): Span => ({ ...spanOf(text, part), source });
  const diagnostic = outside(
    { share: "s" },
    {
      span: at("dstPort=80"),
      related: [{ span: at("(user=Alice)"), message: "the share holds these flows" }],
      witness: "srcHost=10.0.0.3, dstPort=80",
      help: "ask for less",
      fix: { title: "narrow the request", span: at("dstPort=80"), text: "user=Alice, dstPort=80" },
    },
  );
  t.is(
    renderPretty(diagnostic),
    `error[E701]: the flowgroup is not inside share \`s\`
 --> net.pane:3:7
  |
3 | allow(dstPort=80) on s.
  |       ^^^^^^^^^^
 ::: net.pane:1:16
  |
1 | NewShare s for (user=Alice) [] on rootShare.
  |                ------------ the share holds these flows
  |
  = witness: srcHost=10.0.0.3, dstPort=80
  = help: ask for less
  = fix: narrow the request
`,
  );
  t.is(renderLine(diagnostic), "net.pane:3:7: error[E701]: the flowgroup is not inside share `s`");
  t.deepEqual(toJson(diagnostic), {
    code: "E701",
    severity: "error",
    message: "the flowgroup is not inside share `s`",
    place: { file: "net.pane", line: 3, column: 7, endLine: 3, endColumn: 17, start: 52, end: 62 },
    related: [
      {
        message: "the share holds these flows",
        place: { file: "net.pane", line: 1, column: 16, endLine: 1, endColumn: 28, start: 15, end: 27 },
      },
    ],
    witness: "srcHost=10.0.0.3, dstPort=80",
    help: "ask for less",
    fix: {
      title: "narrow the request",
      place: { file: "net.pane", line: 3, column: 7, endLine: 3, endColumn: 17, start: 52, end: 62 },
      text: "user=Alice, dstPort=80",
    },
  });
});

/** The line of source and the underline below it. */
function underlined(text: string, part: string): string[] {
  return renderPretty(outside({ share: "s" }, { span: spanOf(text, part) }))
    .split("\n")
    .slice(3, 5)
    .map((line) => line.slice(4));
}

test("the underline stands below the span, in wide and tabbed text too", (t) => {
  t.deepEqual(underlined("\tdeny(x)", "x"), ["    deny(x)", "         ^"]);
  t.deepEqual(underlined("a\tdeny(x)", "deny"), ["a   deny(x)", "    ^^^^"]);
  t.deepEqual(underlined('user="名前", x', "x"), ['user="名前", x', "             ^"]);
  t.deepEqual(underlined('user="名前", x', "名前"), ['user="名前", x', "      ^^^^"]);
  t.deepEqual(underlined('user="e\u0301" x', "x"), ['user="e\u0301" x', "         ^"]);
  t.deepEqual(underlined('"🙂" x', "x"), ['"🙂" x', "     ^"]);
  t.deepEqual(underlined("abc", ""), ["abc", "^"]);
});

test("characters of a policy that would move the cursor or turn the line are not printed", (t) => {
  const shown = renderPretty(outside({ share: "\u001B[2J\u202Ex\n" }, { span: spanOf("\u001B[31m\u202E", "[") }));
  t.false(shown.includes("\u001B") || shown.includes("\u202E"));
});

test("a span of several lines shows its first and its last", (t) => {
  const text = "policy p {\n  allow.\n  deny.\n}\n";
  t.is(
    renderPretty(outside({ share: "s" }, { span: spanOf(text, text.trim()) })),
    `error[E701]: the flowgroup is not inside share \`s\`
 --> net.pane:1:1
  |
1 | policy p {
  | ^^^^^^^^^^
  :
4 | }
  | ^
`,
  );
});

test("of a very long line only the part around the span is shown", (t) => {
  const text = `${"a".repeat(500)} HERE ${"b".repeat(500)}`;
  const [line, mark] = underlined(text, "HERE") as [string, string];
  t.true(line.length < 150);
  t.is(line.slice(mark.indexOf("^"), mark.lastIndexOf("^") + 1), "HERE");
});

test("a diagnostic without a place is its sentence alone, and colour changes no words", (t) => {
  const nowhere = outside({ share: "s" });
  t.is(renderPretty(nowhere), "error[E701]: the flowgroup is not inside share `s`\n");
  t.is(renderLine(nowhere), "error[E701]: the flowgroup is not inside share `s`");
  const placed = outside({ share: "s" }, { span: spanOf("deny(x)", "x"), help: "no" });
  const coloured = renderPretty(placed, { colour: true });
  t.true(coloured.includes(ANSI.error("error[E701]")));
  const words = coloured.split("\u001B").map((piece, i) => (i === 0 ? piece : piece.replace(/^\[[\d;]*m/, "")));
  t.is(words.join(""), renderPretty(placed));
});

test("a diagnostic as SARIF 2.1.0 has its rule, place and fix", (t) => {
  const span = spanOf("deny(x)", "x", "dir/my net.pane");
  const log = toSarif([outside({ share: "s" }, { span, fix: { title: "mend", span, text: "y" } })], {
    name: "glazier",
    version: "1.0.0",
  });
  t.like(log, {
    version: "2.1.0",
    runs: [
      {
        tool: { driver: { name: "glazier", semanticVersion: "1.0.0", rules: [{ id: "E701" }] } },
        columnKind: "utf16CodeUnits",
        results: [
          {
            ruleId: "E701",
            ruleIndex: 0,
            level: "error",
            locations: [
              {
                physicalLocation: {
                  artifactLocation: { uri: "dir/my%20net.pane" },
                  region: { startLine: 1, startColumn: 6, endLine: 1, endColumn: 7, charOffset: 5, charLength: 1 },
                },
              },
            ],
            fixes: [{ artifactChanges: [{ replacements: [{ insertedContent: { text: "y" } }] }] }],
          },
        ],
      },
    ],
  });
});
