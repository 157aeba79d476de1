/**
 * A misspelt host in one fact makes two hosts of one: `host_ip(prnter, …)` beside the MAC and the place of `printer`. It
 * shows where one relation alone names a host, and a host with nearly the same name lacks just such a fact; or where what
 * names it gives it neither an address nor a MAC, so that nothing is known by it, and the other has one.
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
  /** Whether packets show what it says of a host. */
  readonly shows: boolean;
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
  let showing = 0;
  for (const [bit, { shows }] of relations.entries()) if (shows) showing |= 1 << bit;
  const diagnostics: Diagnostic[] = [];
  const told = new Set<string>();
  const spanOf = (name: string, { facts, host }: Naming): Span =>
    [...facts()].find(({ tuple }) => String(tuple[host]) === name)!.span;
  for (const [bit, here] of relations.entries()) {
    const lone: string[] = [];
    for (const [name, bits] of naming) if (bits === 1 << bit) lone.push(name);
    if (lone.length === 0 || lone.length > MOST_SLIPS) continue;
    const lacking: string[] = [];
    const shown: string[] = [];
    for (const [name, bits] of naming) {
      if ((bits & (1 << bit)) === 0) lacking.push(name);
      if ((bits & showing) !== 0) shown.push(name);
    }
    for (const name of lone) {
      const near = (others: readonly string[]): string | undefined =>
        suggest(
          name,
          others.filter((other) => isSlip(name, other)),
        );
      const meant = (here.shows ? undefined : near(shown)) ?? near(lacking);
      // Of a pair one warning says all.
      if (meant === undefined || told.has(meant)) continue;
      told.add(name);
      const other = relations.find((_, at) => (naming.get(meant)! & (1 << at)) !== 0)!;
      const related = [{ span: spanOf(meant, other), message: `\`${meant}\`, by \`${other.relation}\`` }];
      const help = `did you mean \`${meant}\`? facts of one name make one host`;
      const beside =
        (naming.get(meant)! & (1 << bit)) !== 0
          ? `which has neither an address nor a MAC, as \`${meant}\` has`
          : `and host \`${meant}\` has no \`${here.relation}\``;
      const words = { name, relation: here.relation, beside };
      diagnostics.push(codes.loneHost(words, { span: spanOf(name, here), related, help }));
    }
  }
  return diagnostics;
}

/** Shorter names differ in a letter by intent, as `cam` and `cat` do. */
const SHORTEST = 5;

/**
 * Whether one name may be a slip for the other. `pc-7` and `pc-12`, `gw` and `gw2`, `hq-a` and `hq-b` are of a row, and short
 * names are near each other by chance. Letters that look alike (`h1`, `hl`) and lines between words (`pc-a`, `pc_a`) are a
 * slip at any length.
 */
export function isSlip(one: string, other: string, shortest = SHORTEST): boolean {
  if (lookOf(one) === lookOf(other)) return true;
  return Math.min(one.length, other.length) >= shortest && rowOf(one) !== rowOf(other);
}

const lookOf = (name: string): string =>
  name
    .toLowerCase()
    .replaceAll(/[-_](?!\d)|(?<!\d)[-_]/g, "")
    .replaceAll(/[1i]/g, "l")
    .replaceAll("0", "o");
/** A name without its numbers and the single letter behind its last hyphen. */
const rowOf = (name: string): string => name.replaceAll(/\d+/g, "").replace(/[-_][a-zA-Z]?$/, "");
