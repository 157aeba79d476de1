/**
 * Names that look like others: letters of another alphabet, marks that turn the direction of writing, letters that show
 * nothing. A policy that is read by people says one thing to them and another to us, so each is a warning with its name
 * escaped. A policy that is plain ASCII is not looked at.
 */
import * as codes from "../diagnostics/codes/model.ts";
import type { Diagnostic } from "../diagnostics/diagnostic.ts";
import type { PlacedStatement } from "../fml/include.ts";
import type { FactBase } from "../model/facts.ts";
import type { Source, Span } from "../source.ts";

const FOREIGN = /\P{ASCII}/u;
const TURNS = /[\u061C\u200E\u200F\u202A-\u202E\u2066-\u2069]/;
const HIDDEN = /[\p{Cf}\p{Cc}\p{Zl}\p{Zp}\p{Variation_Selector}\u115F\u1160\u3164\uFFA0]/gu;

/** Letters that most typefaces draw as a Latin one. What Unicode itself calls the same letter, NFKC makes the same. */
const LIKE: ReadonlyMap<string, string> = new Map(
  [
    ["АВЕЅІЈКМНОРСТУХаеѕіјорсухԁԛԝһ", "ABESIJKMHOPCTYXaesijopcyxdqwh"],
    ["ΑΒΕΖΗΙΚΜΝΟΡΤΥΧονιρ", "ABEZHIKMNOPTYXovip"],
    ["օսոցհӏ", "ounghl"],
    ["‐‑‒–—−", "------"],
  ].flatMap(([foreign, latin]) => Array.from(foreign!, (letter, at) => [letter, latin![at]!] as const)),
);

/** What a name looks like. */
export function appearance(name: string): string {
  if (!FOREIGN.test(name)) return name;
  const shown = name.normalize("NFKC").replaceAll(HIDDEN, "");
  return Array.from(shown, (letter) => LIKE.get(letter) ?? letter).join("");
}

/** A name with every letter beyond ASCII as its number. */
const spelled = (name: string): string =>
  name.replaceAll(/[^\u0020-\u007E]/gu, (letter) => `\\u{${letter.codePointAt(0)!.toString(16).toUpperCase()}}`);

/** A warning for each name that looks like another, and for each file whose text turns its direction. */
export function lookAlikes(
  placed: readonly PlacedStatement[],
  facts: FactBase,
  sources: readonly Source[],
): readonly Diagnostic[] {
  const all = new Set([...sources, ...placed.map(({ source }) => source)]);
  const names = new Map<string, Span>();
  const isPlain = ![...all].some(({ text }) => FOREIGN.test(text));
  const values = namesOf(facts, isPlain);
  if (isPlain && values.size === 0) return [];
  for (const { statement } of placed) collect(statement, names);
  for (const [name, span] of values) if (!names.has(name)) names.set(name, span);
  return [...turned(all), ...confused(names)];
}

/** The texts among the facts; where the policy is plain, only if there are some that are not. */
function namesOf(facts: FactBase, onlyForeign: boolean): Map<string, Span> {
  const found = new Map<string, Span>();
  let isForeign = false;
  for (const [, rows] of facts.relations)
    for (const [, { tuple, span }] of rows)
      for (const value of tuple) {
        if (typeof value !== "string" || found.has(value)) continue;
        found.set(value, span);
        isForeign ||= FOREIGN.test(value);
      }
  return onlyForeign && !isForeign ? new Map() : found;
}

/** The names in a tree of syntax: nodes with a text, and whether it was quoted. Trees may be deeper than the stack. */
function collect(tree: unknown, names: Map<string, Span>): void {
  const work: unknown[] = [tree];
  for (let at = 0; at < work.length; at++) {
    const node = work[at];
    if (typeof node !== "object" || node === null) continue;
    if ("quoted" in node && "text" in node && "span" in node) {
      const { text, span } = node as { readonly text: string; readonly span: Span };
      if (!names.has(text)) names.set(text, span);
    } else for (const [key, value] of Object.entries(node)) if (key !== "span" && key !== "source") work.push(value);
  }
}

function* turned(sources: Iterable<Source>): Generator<Diagnostic> {
  for (const source of sources) {
    const at = source.text.search(TURNS);
    if (at >= 0) {
      const letter = spelled(source.text[at]!);
      const help = "take it out: a reader sees the words behind it in another order";
      yield codes.turnedText({ letter }, { span: { source, start: at, end: at + 1 }, help });
    }
  }
}

function* confused(names: ReadonlyMap<string, Span>): Generator<Diagnostic> {
  const plain = new Map<string, string>();
  for (const name of names.keys()) {
    const shown = appearance(name);
    if (!plain.has(shown) || !FOREIGN.test(name)) plain.set(shown, name);
  }
  for (const [name, span] of names) {
    if (!FOREIGN.test(name)) continue;
    const shown = appearance(name);
    const other = plain.get(shown)!;
    // Alone, a word of another alphabet is a word; a mixture of alphabets, or a letter that hides, is none.
    const isMixed = shown !== name && /[A-Za-z]/.test(name.normalize("NFKC")) && !FOREIGN.test(shown);
    const hides = name.search(HIDDEN) >= 0;
    if (other === name && !isMixed && !hides) continue;
    const place = other === name ? undefined : names.get(other);
    const related = place && [{ span: place, message: "the other name" }];
    yield codes.lookAlike(
      { name: spelled(name), other: spelled(shown) },
      { span, ...(related && { related }), help: "write one of them otherwise, or the same letters in both places" },
    );
  }
}
