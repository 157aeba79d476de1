/**
 * The forms of the facts that the directory reads, and facts whose terms stand in another order: `host_ip(10.0.0.1, pc)`.
 * What is offered has the same terms.
 */
import type { Constant } from "../datalog/types.ts";
import type { Diagnostic, Fix } from "../diagnostics/diagnostic.ts";
import { parseIp, parseMac } from "../net/index.ts";
import type { Span } from "../source.ts";
import { symbolText } from "../syntax/print-flows.ts";

/** Relation → what its terms are. */
const FORMS: ReadonlyMap<string, readonly string[]> = new Map(
  Object.entries({
    user_host: ["USER", "HOST"],
    host_ip: ["HOST", "ADDRESS"],
    host_mac: ["HOST", "MAC"],
    host_at: ["HOST", "SWITCH", "PORT"],
    switch: ["SWITCH", "DATAPATH"],
    link: ["SWITCH", "PORT", "SWITCH", "PORT", "RATE"],
    port_rate: ["SWITCH", "PORT", "RATE"],
  }),
);

/** The form of a relation of the directory, as help; undefined of others. */
export function formHelp(relation: string): string | undefined {
  const form = FORMS.get(relation);
  return form && `the form is \`${relation}(${form.join(", ")})\``;
}

/** Whether a constant may be what a form says. Rates and ports are numbers alike. */
function fits(value: Constant, kind: string, isSwitch: (name: string) => boolean): boolean {
  if (kind === "PORT" || kind === "DATAPATH" || kind === "RATE") return typeof value === "number";
  if (typeof value !== "string") return false;
  const isAddress = parseIp(value).ok;
  const isMac = parseMac(value).ok;
  if (kind === "ADDRESS") return isAddress;
  if (kind === "MAC") return isMac;
  return !isAddress && !isMac && (kind === "SWITCH" ? isSwitch(value) : kind !== "HOST" || !isSwitch(value));
}

/** All orders of a few terms. */
function orders(terms: readonly Constant[]): readonly (readonly Constant[])[] {
  if (terms.length <= 1) return [terms];
  return terms.flatMap((first, at) => orders(terms.toSpliced(at, 1)).map((rest) => [first, ...rest]));
}

/** Help and fix for a fact whose terms fit in one other order alone; else undefined. */
export function otherOrder(
  relation: string,
  tuple: readonly Constant[],
  span: Span,
  isSwitch: (name: string) => boolean,
): Pick<Diagnostic, "help" | "fix"> | undefined {
  const form = FORMS.get(relation);
  // Of a link two orders fit: which port is whose only its author knows.
  if (form === undefined || form.length !== tuple.length || form.length > 3) return undefined;
  const fitting = (one: readonly Constant[]): boolean => one.every((value, at) => fits(value, form[at]!, isSwitch));
  if (fitting(tuple)) return undefined;
  const [meant, second] = orders(tuple).filter(fitting);
  return meant === undefined || second !== undefined ? undefined : restated(relation, meant, span);
}

/** Help and fix that put the terms of a fact in an order. A fact that a rule or a file made has no text of its own. */
export function restated(relation: string, tuple: readonly Constant[], span: Span): Pick<Diagnostic, "help" | "fix"> {
  const help = formHelp(relation)!;
  if (!span.source.text.startsWith(`${relation}(`, span.start)) return { help };
  const text = `${relation}(${tuple.map((one) => termText(one)).join(", ")})`;
  const fix: Fix = { title: `write \`${text}\``, span, text };
  return { help, fix };
}

/** A term as facts have it: a bare word with a capital letter would be a variable. */
const termText = (value: Constant): string =>
  typeof value === "number" || parseIp(value).ok || parseMac(value).ok ? String(value) : symbolText(value);

/** Help, and a fix where access points stand for a switch and a port, for a fact with another number of terms. */
export function countHelp(relation: string, tuple: readonly Constant[], span: Span): Pick<Diagnostic, "help" | "fix"> {
  const form = FORMS.get(relation);
  if (form === undefined) return {};
  const parted = tuple.flatMap((one): readonly Constant[] => {
    const [, name, port] = typeof one === "string" ? (/^([^:]+):(\d+)$/.exec(one) ?? []) : [];
    return name === undefined ? [one] : [name, Number(port)];
  });
  if (form.at(-1) === "RATE") return withRate(relation, parted, tuple.length, span);
  if (parted.length === tuple.length || parted.length !== form.length) return { help: formHelp(relation)! };
  return restated(relation, parted, span);
}

/** The same of a fact that ends with a rate, which has lost its unit in the tuple and is taken from the text, if it is there. */
function withRate(
  relation: string,
  parted: readonly Constant[],
  written: number,
  span: Span,
): Pick<Diagnostic, "help" | "fix"> {
  const form = FORMS.get(relation)!;
  const help = formHelp(relation)!;
  const [, rate] = /,\s*([\d.]+[A-Za-z/]+)\s*\)\.?$/.exec(span.source.text.slice(span.start, span.end)) ?? [];
  const rest = rate === undefined ? parted : parted.slice(0, -1);
  if (rest.length !== form.length - 1) return { help };
  const text = `${relation}(${[...rest.map((one) => termText(one)), rate ?? "RATE"].join(", ")})`;
  if (rate === undefined) return { help: `${help}: here \`${text}\`, with a rate such as \`1Gb\`` };
  const isWhole = written !== form.length && span.source.text.startsWith(`${relation}(`, span.start);
  return { help, ...(isWhole && { fix: { title: `write \`${text}\``, span, text } }) };
}
