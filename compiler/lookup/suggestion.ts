/** An unknown word → the help that names the known word nearest to it. */
import { suggest } from "../diagnostics/suggest.ts";

/** ``did you mean `X`?``, or undefined where no known word is near. `prefix` is written before the known word. */
export function spellingHelp(word: string, known: readonly string[], prefix = ""): string | undefined {
  const nearest = suggest(word, known);
  return nearest === undefined ? undefined : `did you mean \`${prefix}${nearest}\`?`;
}
