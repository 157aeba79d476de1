/**
 * Faults on whole lines of other tools → one diagnostic for each line, with the statement that says the same. A line of a
 * firewall on a host speaks of that host, which it does not name: there only its author can finish the statement.
 */
import { foreignLine } from "../../diagnostics/codes/syntax.ts";
import type { Diagnostic } from "../../diagnostics/diagnostic.ts";
import type { Source } from "../../source.ts";
import { readForeignLine, type ForeignLine } from "./line-readers.ts";
import type { Terms } from "./line-terms.ts";

/** Longer lines are of no tool that is known. */
const MOST_READ = 400;
/** So many lines that follow one another are told. */
const MOST_TOLD = 20;
/** So many faults are looked at: a text with more has other troubles. */
const MOST_FAULTS = 1_000;

interface Line {
  readonly start: number;
  readonly end: number;
  readonly said: ForeignLine;
}

/** The diagnostics of a text, with those on lines of other tools told as what they are. */
export function tellForeignLines(source: Source, diagnostics: readonly Diagnostic[]): readonly Diagnostic[] {
  const told = new Map<number, Diagnostic>();
  const kept: Diagnostic[] = [];
  let until = -1;
  for (const [i, one] of diagnostics.entries()) {
    const start = one.span?.start ?? -1;
    if (start >= 0 && start < until) continue;
    const first = start < 0 || i >= MOST_FAULTS ? undefined : lineAt(source, start);
    if (first === undefined) {
      kept.push(one);
      continue;
    }
    const block = blockFrom(source, first);
    until = block.at(-1)!.end + 1;
    const actions = new Set(block.map(({ said }) => said.action));
    const isMixed = actions.has("allow") && actions.has("deny");
    for (const line of block) told.set(line.start, tell(source, line, isMixed));
    // YAML goes on to the end of its file, and none of its lines is meant otherwise.
    if (block[0]!.said.tool === "Kubernetes") return [...kept, told.get(block[0]!.start)!];
  }
  return told.size === 0 ? diagnostics : [...kept, ...told.values()].toSorted((a, b) => a.span!.start - b.span!.start);
}

/** The foreign line that an offset lies in. */
function lineAt({ text }: Source, offset: number): Line | undefined {
  const start = offset === 0 ? 0 : text.lastIndexOf("\n", offset - 1) + 1;
  if (offset - start > MOST_READ) return undefined;
  const [whole] = /^[^\n]*/.exec(text.slice(start, start + MOST_READ + 1))!;
  if (whole.length > MOST_READ) return undefined;
  // A shell's prompt may have been copied along.
  const bare = whole
    .trim()
    .replace(/^[$#>]\s+/, "")
    .replace(/^sudo\s+/, "");
  const line = bare.endsWith(".") ? bare.slice(0, -1).trimEnd() : bare;
  const said = readForeignLine(line);
  return said && { start: start + whole.search(/\S/), end: start + whole.trimEnd().length, said };
}

/** The line, and those that follow it line by line. */
function blockFrom(source: Source, first: Line): readonly Line[] {
  const lines = [first];
  while (lines.length < MOST_TOLD && first.said.tool !== "Kubernetes") {
    const next = source.text.indexOf("\n", lines.at(-1)!.end) + 1;
    const line = next === 0 || next >= source.text.length ? undefined : lineAt(source, next);
    if (line === undefined || line.start <= lines.at(-1)!.end) break;
    lines.push(line);
  }
  return lines;
}

const PLAIN =
  "a request names its flows and its share; not all of this line is understood, so this is an example and no translation: `deny(srcHost=10.0.0.0/8, transport=TCP, dstPort=22) on SHARE.`";

const RULE = "a policy has rules, as `deny <= srcHost = 10.0.0.0/8, transport = tcp, dstPort = 22.`";

/** Its own default is of one family of addresses, ours of every frame. */
const OPEN = "it speaks of one family of addresses; `default allow.` lets everything pass that nothing decides";

/** Whether it stands among the rules of a policy, where no request may. */
const isInBraces = (text: string, at: number): boolean => text.lastIndexOf("{", at) > text.lastIndexOf("}", at);

function tell(source: Source, { start, end, said }: Line, isMixed: boolean): Diagnostic {
  const { tool, action, terms, own, isDefault, isOfEither, help = PLAIN } = said;
  const span = { source, start, end };
  if (isInBraces(source.text, start)) return foreignLine({ tool }, { span, help: RULE });
  if (action === undefined || (terms === undefined && isDefault !== true)) return foreignLine({ tool }, { span, help });
  const text = isDefault ? `default ${action}.` : requestOf(action, terms!, own);
  if (own !== undefined) {
    const named = text.includes("HOST") ? ", which is HOST here" : "";
    const family = isOfEither ? ", or `ethType=IPv6` there" : "";
    const host = isDefault ? "the host alone on which it stands" : `the host on which it stands${named}`;
    return foreignLine({ tool }, { span, help: `it speaks of ${host}: for the network write \`${text}\`${family}` });
  }
  if (isOfEither) {
    const either = `it does not say whether it is of IPv4 or IPv6: write \`${text}\`, or \`ethType=IPv6\` there`;
    return foreignLine({ tool }, { span, help: either });
  }
  if (isDefault && action === "allow") return foreignLine({ tool }, { span, help: OPEN });
  const order = "where the order of lines decides, write them as rules of an `ordered` policy";
  const written = text.replace(" on SHARE.", " on rootShare.");
  const fix = { title: `write \`${written}\``, span, text: written };
  return foreignLine({ tool }, { span, ...(isMixed && { help: order }), fix });
}

/** Fields in the order in which people write them. */
const ORDER = [
  "ethType",
  "srcHost",
  "dstHost",
  "srcEth",
  "dstEth",
  "vlan",
  "inPort",
  "transport",
  "srcPort",
  "dstPort",
];

function requestOf(action: "allow" | "deny", terms: Terms, own: "src" | "dst" | undefined): string {
  const all = new Map(terms);
  if (own !== undefined && !all.has(`${own}Host`)) all.set(`${own}Host`, "=HOST");
  const written = ORDER.flatMap((field) => (all.has(field) ? [`${field}${all.get(field)!}`] : []));
  return `${action}(${written.length === 0 ? "*" : written.join(", ")}) on SHARE.`;
}
