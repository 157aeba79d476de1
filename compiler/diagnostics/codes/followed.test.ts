/**
 * Nothing that is printed as advice harms when it is followed literally, and it helps: for every code of the catalogue
 * the smallest text that raises it, and what comes of it where the fix is applied, the offer pasted, or the help followed.
 * A new code needs a row in `testing/`; one that no text raises says why.
 */
import test from "ava";
import { NOW, RULES } from "../../admission/testing/networks.ts";
import { decide, tablesAt } from "../../compile.ts";
import type { Diagnostic } from "../diagnostic.ts";
import { CATALOGUE } from "./catalogue.ts";
import { ADMISSION } from "./testing/followed-admission.ts";
import { MODEL } from "./testing/followed-model.ts";
import { RULES_ROWS } from "./testing/followed-rules.ts";
import { SYNTAX } from "./testing/followed-syntax.ts";
import { TABLE } from "./testing/followed-table.ts";
import { FIX, OFFER, type Case, type Row } from "./testing/followed.ts";

const TABLES: readonly Readonly<Record<string, Row>>[] = [SYNTAX, MODEL, RULES_ROWS, ADMISSION, TABLE];
const ROWS = new Map(TABLES.flatMap((one) => Object.entries(one)));

test("every code of the catalogue has one row, and every row a code", (t) => {
  const named = TABLES.flatMap((one) => Object.keys(one));
  t.deepEqual(named.toSorted(), [...CATALOGUE.keys()].toSorted());
});

type Setting = Pick<Case, "files" | "target">;

/** What `check` and `compile` say of a text. */
function said(text: string, { files = {}, target = "ovs" }: Setting): readonly Diagnostic[] {
  const source = { name: "a.pane", text };
  const load = (name: string) => (files[name] === undefined ? undefined : { name, text: files[name] });
  const decided = decide([source], { now: NOW, load, rules: RULES });
  return [...decided.diagnostics, ...(decided.good ? tablesAt(decided, NOW, { target }).diagnostics : [])];
}

const OFFERED = /^would be accepted: (.*)$/s;

/** The offers of a refusal, each of which is one statement or several. */
const offersOf = ({ help = "" }: Diagnostic): readonly string[] =>
  OFFERED.exec(help.replace(/ \(the widest piece of what is left.*\)$/, ""))?.[1]?.split(", or instead: ") ?? [];

/** A text with a piece of it replaced. */
const put = (text: string, { start, end }: { start: number; end: number }, piece: string): string =>
  text.slice(0, start) + piece + text.slice(end);

/** The pieces of the language that the help quotes, with words in capitals for what its reader knows. */
function quoted({ help = "" }: Diagnostic): readonly RegExp[] {
  const pieces = [...help.matchAll(/`([^`]+)`/g)].map(([, piece]) => piece!);
  return pieces
    .filter((piece) => !/^(?:glazier|apply|plan) |^--/.test(piece))
    .map((piece) => {
      const plain = piece.replaceAll(/[.*+?^${}()|[\]\\]/g, "\\$&").replaceAll(/\s+/g, "\\s*");
      return new RegExp(plain.replaceAll(/\b[A-Z][A-Z_\d]+\b/g, "[^,)]+").replaceAll("…", ".*"));
    });
}

/** Errors and warnings that say in their sentence, or in a second place, all that is to be done, and why. */
const TOLD: Readonly<Record<string, string>> = {
  E124: "the fault of the value names what is meant",
  E145: "what the hint takes",
  E802: "what a cell holds and what was expected there",
};

/** What is wrong with what comes of a case, or undefined. */
function harm(code: string, of: Case): string | undefined {
  const before = said(of.text, of);
  const found = before.find((one) => one.code === code);
  if (found === undefined) return `not raised; instead: ${before.map(told).join(" | ")}`;
  if (found.severity !== "note" && found.help === undefined && found.fix === undefined && !Object.hasOwn(TOLD, code))
    return `nothing says what to do: ${told(found)}`;
  const before_ = before.filter(({ severity }) => severity === "error").map(({ code: one }) => one);
  const errors = new Set([...before_, ...(of.behind ?? [])]);
  const isGone = (text: string): string | undefined => {
    const after = said(text, { ...of, ...(of.mendedFiles && { files: of.mendedFiles }) });
    const wrong = after.filter((one) => one.code === code || (one.severity === "error" && !errors.has(one.code)));
    return wrong.length === 0 ? undefined : `${text}\n  → ${wrong.map(told).join(" | ")}`;
  };
  // Whatever the row says: each fix and each offer is one that can be followed.
  for (const one of before.filter((each) => each.code === code)) {
    if (one.fix !== undefined) {
      const wrong = isGone(put(of.text, one.fix.span, one.fix.text));
      if (wrong !== undefined) return `its fix: ${wrong}`;
    }
    for (const offer of one.fix === undefined ? offersOf(one) : []) {
      const wrong = isGone(put(of.text, one.span!, offer));
      if (wrong !== undefined) return `its offer: ${wrong}`;
    }
  }
  const { follow } = of;
  if (follow === FIX) return found.fix === undefined ? `no fix: ${told(found)}` : undefined;
  if (follow === OFFER) return offersOf(found).length === 0 ? `no offer: ${told(found)}` : undefined;
  if (typeof follow !== "string") return undefined;
  const pieces = quoted(found);
  if (pieces.length > 0 && !pieces.some((piece) => piece.test(follow)))
    return `nothing of the advice is in \`${follow}\`: ${told(found)}`;
  return isGone(follow);
}

const told = ({ code, message, help, fix }: Diagnostic): string =>
  `${code} ${message}${help === undefined ? "" : ` (help: ${help})`}${fix === undefined ? "" : ` (fix: ${fix.text})`}`;

for (const [code, one] of ROWS)
  if ("text" in one)
    test(`${code}: its advice, followed literally, mends it and adds no fault`, (t) => {
      t.is(harm(code, one), undefined);
    });
