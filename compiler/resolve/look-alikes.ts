/**
 * Names and texts → warnings about those that look like others: letters of another alphabet, marks that change the
 * direction of writing, invisible letters. A reader would understand another policy than the compiler does. Warnings
 * show such names with their letters escaped. A policy in plain ASCII costs only the test that it is one.
 */
import * as codes from "../diagnostics/codes/model.ts";
import type { Diagnostic } from "../diagnostics/diagnostic.ts";
import type { PlacedStatement } from "../fml/include.ts";
import type { FactBase } from "../model/facts.ts";
import type { Source, Span } from "../source.ts";

/** All but the letters of ASCII that show themselves, as the ends of lines do; marks that change the direction of writing. */
const FOREIGN = /[^\t\n\r -~]/u;
const DIRECTION_MARKS = /[\u061C\u200E\u200F\u202A-\u202E\u2066-\u2069]/;
/** Letters that show nothing. */
const INVISIBLE = /[\p{Cf}\p{Cc}\p{Cs}\p{Zl}\p{Zp}\p{Default_Ignorable_Code_Point}\u2800]/gu;

/** Letters that most typefaces draw like a Latin one, beyond those that Unicode itself (NFKC) maps to it. */
const LATIN_LIKE: ReadonlyMap<string, string> = new Map(
  [
    ["АВЕЅІЈКМНОРСТУХаеѕіјорсухԁԛԝһ", "ABESIJKMHOPCTYXaesijopcyxdqwh"],
    ["ΑΒΕΖΗΙΚΜΝΟΡΤΥΧονιρ", "ABEZHIKMNOPTYXovip"],
    ["օսոցհӏ", "ounghl"],
    ["‐‑‒–—−", "------"],
  ].flatMap(([foreign, latin]) => Array.from(foreign!, (letter, at) => [letter, latin![at]!] as const)),
);

/** The text that a name looks like: names of one appearance look the same. */
export function appearance(name: string): string {
  if (!FOREIGN.test(name)) return name;
  const shown = name.normalize("NFKC").replaceAll(INVISIBLE, "");
  return Array.from(shown, (letter) => LATIN_LIKE.get(letter) ?? letter).join("");
}

/** A name with every letter beyond printable ASCII as its code point, such as `\u{430}`. */
export const escaped = (name: string): string =>
  name.replaceAll(/[^\u0020-\u007E]/gu, (letter) => `\\u{${letter.codePointAt(0)!.toString(16).toUpperCase()}}`);

/** A warning for each name that looks like another, and for each file with a direction mark. */
export function lookAlikes(
  placed: readonly PlacedStatement[],
  facts: FactBase,
  sources: readonly Source[],
): readonly Diagnostic[] {
  const all = new Set([...sources, ...placed.map(({ source }) => source)]);
  const names = new Map<string, Span>();
  const isPlain = ![...all].some(({ text }) => FOREIGN.test(text));
  const values = factNames(facts, isPlain);
  if (isPlain && values.size === 0) return [];
  for (const { statement } of placed) collectNames(statement, names);
  for (const [name, span] of values) if (!names.has(name)) names.set(name, span);
  return [...directionWarnings(all), ...nameWarnings(names)];
}

/**
 * A warning for each value of one column that differs from the first with a capital in capital letters alone: whoever asks
 * for one of them does not get the other.
 */
export function* capitalTwins({ relations }: FactBase): Generator<Diagnostic> {
  for (const [relation, rows] of relations) {
    const capitals = new Map<string, { readonly value: string; readonly span: Span; readonly told: Set<string> }>();
    for (const [, { tuple, span }] of rows)
      for (const [at, value] of tuple.entries())
        if (typeof value === "string" && CAPITAL.test(value)) {
          const key = `${at} ${value.toLowerCase()}`;
          if (!capitals.has(key)) capitals.set(key, { value, span, told: new Set() });
        }
    if (capitals.size === 0) continue;
    for (const [, { tuple, span: place }] of rows)
      for (const [at, other] of tuple.entries()) {
        if (typeof other !== "string") continue;
        const key = `${at} ${other.toLowerCase()}`;
        const found = capitals.get(key);
        if (found === undefined || found.value === other || found.told.has(other)) continue;
        found.told.add(other);
        const related = [{ span: place, message: "the other one" }];
        yield codes.apartInCapitals({ name: found.value, other, relation }, { span: found.span, related });
      }
  }
}

const CAPITAL = /\p{Lu}/u;

/** The texts in facts, with their places. With `onlyForeign`, none unless some text is beyond ASCII. */
function factNames(facts: FactBase, onlyForeign: boolean): Map<string, Span> {
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

/**
 * Adds the names in a syntax tree: nodes with `text` and `quoted`. Iterative, since trees may be deeper than the stack.
 */
function collectNames(tree: unknown, names: Map<string, Span>): void {
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

function* directionWarnings(sources: Iterable<Source>): Generator<Diagnostic> {
  for (const source of sources) {
    const at = source.text.search(DIRECTION_MARKS);
    if (at >= 0) {
      const letter = escaped(source.text[at]!);
      const help = "take it out: a reader sees the words behind it in another order";
      yield codes.turnedText({ letter }, { span: { source, start: at, end: at + 1 }, help });
    }
  }
}

function* nameWarnings(names: ReadonlyMap<string, Span>): Generator<Diagnostic> {
  const plain = new Map<string, string>();
  for (const name of names.keys()) {
    const shown = appearance(name);
    if (!plain.has(shown) || !FOREIGN.test(name)) plain.set(shown, name);
  }
  for (const [name, span] of names) {
    if (!FOREIGN.test(name)) continue;
    const shown = appearance(name);
    const other = plain.get(shown)!;
    // A word in another alphabet is no look-alike by itself. A mixture of alphabets, or an invisible letter, is one.
    const isMixed = shown !== name && /[A-Za-z]/.test(name.normalize("NFKC")) && !FOREIGN.test(shown);
    const isHiding = name.search(INVISIBLE) >= 0;
    if (other === name && !isMixed && !isHiding) continue;
    const place = other === name ? undefined : names.get(other);
    const related = place && [{ span: place, message: "the other name" }];
    yield codes.lookAlike(
      { name: escaped(name), other: escaped(shown) },
      { span, ...(related && { related }), help: "write one of them otherwise, or the same letters in both places" },
    );
  }
}
