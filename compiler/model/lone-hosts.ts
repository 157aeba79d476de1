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
  const told = new Set<string>();
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
        lacking.filter((other) => isSlip(name, other)),
      );
      // Of a pair one warning says all.
      if (meant === undefined || told.has(meant)) continue;
      told.add(name);
      const other = relations.find((_, at) => (naming.get(meant)! & (1 << at)) !== 0)!;
      const related = [{ span: spanOf(meant, other), message: `\`${meant}\`, by \`${other.relation}\`` }];
      const help = `did you mean \`${meant}\`? facts of one name make one host`;
      const words = { name, relation: here.relation, other: meant };
      diagnostics.push(codes.loneHost(words, { span: spanOf(name, here), related, help }));
    }
  }
  return diagnostics;
}

/** Shorter names differ in a letter by intent, as `cam` and `cat` do. */
const SHORTEST = 5;

/**
 * Whether one name may be a slip for the other. `pc-7` and `pc-12`, `gw` and `gw2`, `hq-a` and `hq-b` are of a row, and short
 * names are near each other by chance. Letters that look alike (`h1`, `hl`) are a slip at any length.
 */
function isSlip(one: string, other: string): boolean {
  if (lookOf(one) === lookOf(other)) return true;
  return Math.min(one.length, other.length) >= SHORTEST && rowOf(one) !== rowOf(other);
}

const lookOf = (name: string): string => name.toLowerCase().replaceAll(/[1i]/g, "l").replaceAll("0", "o");
/** A name without its numbers and the single letter behind its last hyphen. */
const rowOf = (name: string): string => name.replaceAll(/\d+/g, "").replace(/[-_][a-zA-Z]?$/, "");
