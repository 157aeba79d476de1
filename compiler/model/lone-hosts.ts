/**
 * A misspelt host in one fact makes two hosts of one: `host_ip(prnter, …)` beside the MAC and the place of `printer`. It
 * shows where one fact alone names a host, and a host with nearly the same name lacks just such a fact.
 */
import * as codes from "../diagnostics/codes/model.ts";
import type { Diagnostic } from "../diagnostics/diagnostic.ts";
import { suggest } from "../diagnostics/suggest.ts";
import type { Span } from "../source.ts";
import type { LocatedFact } from "./facts.ts";

/** More hosts that only one relation names are a habit of the network (guests' machines, cameras) and no slips. */
const MOST_SLIPS = 8;

/** The facts of a relation, and which of their terms is the host. */
export interface Naming {
  readonly relation: string;
  readonly facts: () => Iterable<LocatedFact>;
  readonly host: 0 | 1;
}

/** The warnings for hosts that only one of the relations names. */
export function loneHosts(relations: readonly Naming[]): Diagnostic[] {
  // Host → the relations that name it, one bit each: a network has many hosts, and few slips.
  const naming = new Map<string, number>();
  for (const [bit, { facts, host }] of relations.entries())
    for (const { tuple } of facts()) {
      const name = String(tuple[host]);
      naming.set(name, (naming.get(name) ?? 0) | (1 << bit));
    }
  const diagnostics: Diagnostic[] = [];
  const spanOf = (name: string, { facts, host }: Naming): Span =>
    [...facts()].find(({ tuple }) => String(tuple[host]) === name)!.span;
  for (const [bit, here] of relations.entries()) {
    const lone: string[] = [];
    for (const [name, bits] of naming) if (bits === 1 << bit) lone.push(name);
    if (lone.length === 0 || lone.length > MOST_SLIPS) continue;
    const lacking: string[] = [];
    for (const [name, bits] of naming) if ((bits & (1 << bit)) === 0) lacking.push(name);
    for (const name of lone) {
      const meant = suggest(
        name,
        lacking.filter((other) => !isNumbered(name, other)),
      );
      if (meant === undefined) continue;
      const other = relations.find((_, at) => (naming.get(meant)! & (1 << at)) !== 0)!;
      const related = [{ span: spanOf(meant, other), message: `\`${meant}\`, by \`${other.relation}\`` }];
      const help = `did you mean \`${meant}\`? facts of one name make one host`;
      const words = { name, relation: here.relation, other: meant };
      diagnostics.push(codes.loneHost(words, { span: spanOf(name, here), related, help }));
    }
  }
  return diagnostics;
}

/** `pc-7` and `pc-12` are two of a row, and neither is a slip for the other. */
const isNumbered = (one: string, other: string): boolean => withoutNumbers(one) === withoutNumbers(other);
const withoutNumbers = (name: string): string => name.replaceAll(/\d+/g, "0");
