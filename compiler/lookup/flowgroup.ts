/** Words → a flowgroup: `(srcHost=10.0.0.3)`, with or without the parentheses, or the names of flowgroups. */
import type { Flowgroup } from "../flowgroup/cube.ts";
import type { Model } from "../model/model.ts";
import { found, misuse, type Lookup } from "./found.ts";
import { ARGUMENT, readSentence, resolveSentence } from "./sentence.ts";

const WHAT = "the flowgroup";

/** The set of flows that the words mean in a policy. */
export function readFlowgroup(text: string, model: Model): Lookup<Flowgroup> {
  const words = text.trim();
  // The language has no sentence that is only a flowgroup: it is read as the argument of a query.
  const head = words.startsWith("(") ? "Traffic " : "Traffic (";
  const quoted = { words: { name: ARGUMENT, text: words }, start: head.length };
  const sentence = readSentence(`${head}${words}${words.startsWith("(") ? "" : ")"}.`, WHAT, quoted);
  if (!sentence.ok) return sentence;
  const { query } = sentence.value;
  if (query.kind !== "Traffic") return misuse("that is not a flowgroup");
  const resolved = resolveSentence({ kind: "Traffic", flows: query.flows }, model, WHAT, quoted);
  if (!resolved.ok) return resolved;
  return resolved.value.kind === "Traffic" ? found(resolved.value.flows) : misuse("that is not a flowgroup");
}

/** Whether all words, between commas, are names of flowgroups. */
export const areFlowgroups = (words: string, { flowgroups }: Model): boolean =>
  words.split(",").every((word) => flowgroups.has(word.trim()));
