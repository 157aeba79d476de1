/**
 * Declarations of files, which are free of order (SEMANTICS, "Files"): submitted in text order, those that wait for others
 * again, as long as something is accepted. A declaration is tried again only once something was made that it lacks, so
 * a file in the worst order costs no more than one in the best.
 */
import type { Certificate, Verdict } from "../certificates/verdict.ts";
import type { Statement } from "../model/model.ts";
import type { Admission } from "./admission.ts";
import { namesOf, needsOf } from "./root-causes.ts";
import { TimeHeap } from "./state/time-heap.ts";

/** Reasons that a declaration further down may remove. */
const WAITING: ReadonlySet<string> = new Set(["unknown-share", "unknown-user", "not-a-speaker"]);

/** Submits declarations; each gets the verdict that holds when none of those that wait can be accepted any more. */
export function declare(
  admission: Pick<Admission, "submit">,
  all: readonly Statement[],
  now: number,
  verdicts: Map<Statement, Verdict>,
): void {
  /** Those that are to be submitted yet, or again, by their places in the text. */
  const open = new Set(all.keys());
  /** By what they lack: those that wait for it. */
  const waiting = new Map<string, number[]>();
  /** Submits one; which others may be accepted now. */
  const tried = (at: number): readonly number[] => {
    const statement = all[at]!;
    const verdict = admission.submit(statement, now);
    verdicts.set(statement, verdict);
    if (verdict.kind === "rejected") {
      const lacks = lacksOf(statement, verdict.certificate);
      for (const one of lacks) mapped(waiting, one).push(at);
      if (lacks.length === 0) open.delete(at);
      return [];
    }
    open.delete(at);
    return madeBy(statement).flatMap((name) => {
      const those = waiting.get(name) ?? [];
      waiting.delete(name);
      return those;
    });
  };
  // The last pass submits again all that wait: what is said of a refusal, as a near name, holds of all that is declared.
  for (let before = -1; before !== open.size;) {
    before = open.size;
    waiting.clear();
    for (let pass = sorted(open); pass.length > 0;) pass = passed(pass, open, tried);
  }
}

/** One pass in the order of the text; those that are to be tried in the next one. */
function passed(
  places: readonly number[],
  open: ReadonlySet<number>,
  tried: (at: number) => readonly number[],
): readonly number[] {
  const due = new TimeHeap<number>(() => false);
  for (const at of places) due.push(at, at);
  const next = new Set<number>();
  for (let at = due.due(Infinity), last = -1; at !== undefined; at = due.due(Infinity)) {
    if (at === last || !open.has(at)) continue;
    last = at;
    for (const one of tried(at)) {
      if (one > at) due.push(one, one);
      else next.add(one);
    }
  }
  return sorted(next);
}

const sorted = (places: Iterable<number>): readonly number[] => [...places].toSorted((a, b) => a - b);

/** What a declaration lacks, and another may make. None: it is refused for good. */
function lacksOf({ demand, speaker }: Statement, certificate: Certificate): readonly string[] {
  if (!WAITING.has(certificate.code)) return [];
  const needs = needsOf({ demand, speaker }, certificate);
  if (certificate.code !== "not-a-speaker") return needs;
  const shares = demand.kind === "NewShare" ? [demand.parent] : certificate.chain;
  // A share that is granted to everybody lets all known users speak.
  return [...needs, ...shares.map((share) => `everybody ${share}`), `user ${speaker}`];
}

/** What an accepted declaration has made. */
const madeBy = (statement: Statement): readonly string[] =>
  statement.demand.kind === "GrantDefault" ? [`everybody ${statement.demand.share}`] : namesOf(statement);

/** The list of a key, made where there is none. */
function mapped(lists: Map<string, number[]>, key: string): number[] {
  let list = lists.get(key);
  if (list === undefined) lists.set(key, (list = []));
  return list;
}
