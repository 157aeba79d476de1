/**
 * One unit → words: its tokens in canonical spelling, each knowing whether it clings to its neighbours. Synonyms become
 * one word here (`:-` is `<=`, `!` is `not`); values stay as they were written.
 */
import type { IToken } from "chevrotain";
import type { Tree } from "./tree.ts";

/** A word, or a comment among words. */
export interface SpelledWord {
  readonly text: string;
  /** No space before it, none behind it. */
  readonly clingsBack: boolean;
  readonly clingsOn: boolean;
  readonly comment?: "line" | "block";
  /** A comment that stood on a line of its own. */
  readonly ownLine?: boolean;
}

type AnyTree = Tree<string, Readonly<Record<string, readonly (IToken | AnyTree)[] | undefined>>>;

/** What the tree says about tokens, by their offsets. */
class Marks {
  readonly back: Set<number> = new Set();
  readonly on: Set<number> = new Set();
  readonly spelling: Map<number, string> = new Map();
  /** Tokens behind which a comma is missing. */
  readonly comma: Set<number> = new Set();
}

/** How tokens cling in each grammar rule; where a rule is not listed, punctuation alone decides. */
const clinging: Readonly<Record<string, Readonly<Record<string, "both" | "back" | "on">>>> = {
  term: { Equal: "both", NotEqual: "both" },
  value: { Minus: "both", DotDot: "both" },
  scalar: { Colon: "both", Minus: "on" },
  rate: { Minus: "on" },
  time: { Plus: "on", Minus: "on", AtSign: "on" },
  label: { AtSign: "on" },
  speaker: { Colon: "back" },
  arguments: { LeftParen: "back" },
  argument: { LeftParen: "back" },
  head: { LeftParen: "back" },
};

/** Other spellings of one thing, by the place where they stand. */
const spellings: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  rule: { ":-": "<=" },
  rated: { ratelimit: "limit" },
  privilege: { ratelimit: "limit" },
  term: { srcUser: "user" },
  literal: { "!": "not", "~": "not" },
  conjunction: { "&": ",", "^": ",", and: "," },
  body: { "|": "or" },
};

function mark(tree: AnyTree, marks: Marks): void {
  const cling = clinging[tree.name];
  const spelling = spellings[tree.name];
  for (const [part, children] of Object.entries(tree.children)) {
    for (const child of children!) {
      if ("children" in child) {
        mark(child, marks);
      } else {
        const how = cling?.[part];
        if (how === "both" || how === "back") marks.back.add(child.startOffset);
        if (how === "both" || how === "on") marks.on.add(child.startOffset);
        const canonical = spelling && Object.hasOwn(spelling, child.image) ? spelling[child.image] : undefined;
        if (canonical !== undefined) marks.spelling.set(child.startOffset, canonical);
      }
    }
  }
  if (tree.name === "request" || tree.name === "hint") {
    marks.back.add((tree.children["flows"]![0] as AnyTree).location.startOffset);
  } else if (tree.name === "extern") {
    marks.back.add((tree.children["LeftParen"]![0] as IToken).startOffset);
  } else if (tree.name === "newShare") {
    markPrivileges(tree, marks);
  }
}

/** Privileges are separated by commas, whatever separated them before. */
function markPrivileges(tree: AnyTree, marks: Marks): void {
  for (const comma of (tree.children["Comma"] ?? []) as readonly IToken[]) marks.spelling.set(comma.startOffset, "");
  const privileges = (tree.children["privilege"] ?? []) as readonly AnyTree[];
  for (const one of privileges.slice(0, -1)) marks.comma.add(one.location.endOffset!);
}

const closing = new Set([".", ",", ")", "]", "}"]);
const opening = new Set(["(", "[", "{"]);

/** The words of a unit; `comments` are those inside it, in order. */
export function words(
  tree: unknown,
  tokens: readonly IToken[],
  comments: readonly IToken[],
  text: string,
): SpelledWord[] {
  const marks = new Marks();
  mark(tree as AnyTree, marks);
  const out: SpelledWord[] = [];
  let next = 0;
  for (const token of tokens) {
    while (comments[next] !== undefined && comments[next]!.startOffset < token.startOffset) {
      out.push(commentWord(comments[next++]!, text));
    }
    const spelled = marks.spelling.get(token.startOffset) ?? token.image;
    if (spelled !== "") {
      out.push({
        text: spelled,
        clingsBack: closing.has(spelled) || marks.back.has(token.startOffset),
        clingsOn: opening.has(spelled) || marks.on.has(token.startOffset),
      });
    }
    if (marks.comma.has(token.endOffset!)) out.push({ text: ",", clingsBack: true, clingsOn: false });
  }
  return out;
}

/** White space inside a line. */
const BLANK = /[^\S\r\n]/;

/** A comment as a word. */
export function commentWord(comment: IToken, text: string): SpelledWord {
  const image = comment.image.replaceAll(/\r\n?/g, "\n").trimEnd();
  // Only the blanks before it are looked at: a line may be as long as the file, and hold nothing but comments.
  let before = comment.startOffset - 1;
  while (before >= 0 && BLANK.test(text[before]!)) before--;
  return {
    text: image,
    clingsBack: false,
    clingsOn: false,
    comment: image.startsWith("/*") ? "block" : "line",
    ownLine: before < 0 || text[before] === "\n" || text[before] === "\r",
  };
}
