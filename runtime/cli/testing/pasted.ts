/**
 * What a policy's diagnostics advise, carried out; the policy formatted, and run as a trace. Advice that changes nothing,
 * a formatter that is not done after one time or changes a verdict, and an exception are faults of ours.
 */
import type { Decided } from "#compiler/admission/decided.ts";
import type { Rule } from "#compiler/datalog/types.ts";
import type { Diagnostic } from "#compiler/diagnostics/diagnostic.ts";
import type { Load } from "#compiler/fml/include.ts";
import { replay } from "#compiler/replay/replay.ts";
import { replayJson, replayText } from "#compiler/report/replay.ts";
import { formatSource } from "#compiler/syntax/format.ts";

/** How a text is decided. */
type Decider = (text: string) => Decided;

const told = ({ code, message, help }: Diagnostic): string => `${code} ${message} (${help})`;

/** The first fix applied: the same words at the same place must be gone. Returns how many letters there are to be read. */
export function fixed(text: string, diagnostics: readonly Diagnostic[], decider: Decider): number {
  const one = diagnostics.find(({ fix, span }) => fix !== undefined && span !== undefined);
  if (one === undefined) return 0;
  const { span, text: piece } = one.fix!;
  const mended = text.slice(0, span.start) + piece + text.slice(span.end);
  const after = decider(mended).diagnostics;
  const again = after.find((each) => told(each) === told(one) && each.span?.start === one.span!.start);
  // Elsewhere in the statement the same may be wrong once more; at this place only where nothing has changed.
  if (mended === text || (again !== undefined && again.fix?.text === piece && again.fix.span.start === span.start))
    throw new Error(`a fix mends nothing: ${told(one)} (fix: ${piece})`);
  return after.length;
}

/** The text in canonical form means the same, and stays as it is. */
export function formatted(text: string, decided: Decided, decider: Decider): number {
  const once = formatSource({ name: "policy.pane", text });
  if (!("text" in once)) return once.diagnostics.length;
  const twice = formatSource({ name: "policy.pane", text: once.text });
  if (!("text" in twice) || twice.text !== once.text) throw new Error(`formatted twice it is another:\n${once.text}`);
  const verdicts = ({ outcomes }: Decided): string =>
    outcomes.map(({ statement, verdict }) => `${statement.id} ${verdict.kind}`).join("\n");
  if (verdicts(decider(once.text)) !== verdicts(decided)) throw new Error(`formatted it means another:\n${once.text}`);
  return once.text.length;
}

/** The text as a trace, with a clock that moves and questions between its statements. */
export function replayed(text: string, rules: readonly Rule[], load: Load): number {
  const trace = `${text}\nTick 60. ListRequests. Available 1Mb for (*) on rootShare lasting 10min.\nTick 1200. ListShares.`;
  const made = replay({ name: "trace.pane", text: trace }, { rules, load });
  return replayText(made).length + JSON.stringify(replayJson(made)).length;
}
