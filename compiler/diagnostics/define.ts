/**
 * The typed table of codes: a template's parameters are checked where it is reported, so a message can neither lack a
 * word nor carry a stale one. Each phase declares its codes in `codes/<phase>.ts`.
 */
import { shortened } from "./text.ts";
import type { Span } from "../source.ts";
import type { Diagnostic, Fix, Related, Severity } from "./diagnostic.ts";

/** The names between braces in a template, as a union of string literals. */
type Parameters<Text extends string> = Text extends `${string}{${infer Name}}${infer Rest}`
  ? Name | Parameters<Rest>
  : never;

/** What the report of a code must supply. */
type Words<Text extends string> = { readonly [Name in Parameters<Text>]: string | number };

export interface Extras {
  readonly span?: Span | undefined;
  readonly related?: readonly Related[] | undefined;
  readonly witness?: string | undefined;
  readonly help?: string | undefined;
  readonly fix?: Fix | undefined;
}

/** One code of the catalogue: call it to make a diagnostic. */
export interface Code<Text extends string = string> {
  (words: Words<Text>, extras?: Extras): Diagnostic;
  readonly code: string;
  readonly severity: Severity;
  readonly template: Text;
  /** What is to be done, where a report does not say it better. */
  readonly advice?: string;
}

const severities: Readonly<Record<string, Severity>> = { E: "error", W: "warning", N: "note" };

/**
 * Declares a code. The template's `{name}` places become required, typed parameters. `advice` is the help where a report has
 * neither help nor fix of its own, with the same places.
 */
export function define<const Text extends string>(
  code: `${"E" | "W" | "N"}${number}`,
  template: Text,
  advice?: string,
): Code<Text> {
  const severity = severities[code[0]!]!;
  const filled = (text: string, words: Words<Text>): string =>
    text.replaceAll(/\{(\w+)\}/g, (_, name: string) => shortened(String((words as Record<string, unknown>)[name])));
  const report = (words: Words<Text>, extras: Extras = {}): Diagnostic => {
    const help = extras.help ?? (extras.fix || advice === undefined ? undefined : filled(advice, words));
    return {
      code,
      severity,
      message: filled(template, words),
      related: extras.related ?? [],
      ...(extras.span && { span: extras.span }),
      ...(extras.witness !== undefined && { witness: extras.witness }),
      ...(help !== undefined && { help }),
      ...(extras.fix && { fix: extras.fix }),
    };
  };
  return Object.assign(report, { code, severity, template, ...(advice !== undefined && { advice }) });
}
