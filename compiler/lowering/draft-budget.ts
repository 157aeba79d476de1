/**
 * How many entries the statements may be drafted to, on all switches together. What each of them comes to is bounded by
 * itself (E801), but a short line may come to a hundred entries, and a file has many lines: the drafts alone would fill the
 * memory before a table is there.
 */
import type { DraftedRule } from "./encode/draft.ts";
import type { LoweringRefusal } from "./pipeline/refusal.ts";

/** That many drafts, and as many entries of them, take less than 1 GB. */
export const MOST_DRAFTED = 300_000;

/** What several switches share takes memory once, and some on each of them. */
const OF_ANOTHER_SWITCH = 0.5;

type TogetherRefusal = Extract<LoweringRefusal, { readonly kind: "together" }>;
type PerSwitch = readonly { readonly length: number }[];

export class DraftBudget {
  readonly #most: number;
  #drafted = 0;
  #placed = 0;
  #placedAnew = 0;
  #refusal: TogetherRefusal | undefined;

  constructor(most: number = MOST_DRAFTED) {
    this.#most = most;
  }

  /** Why nothing more is drafted; undefined: there is room. */
  get refusal(): TogetherRefusal | undefined {
    return this.#refusal;
  }

  /** The drafts of a rule, counted; undefined where it comes to more than is left, and from then on. */
  take(statement: string, draft: () => DraftedRule): DraftedRule | undefined {
    if (this.#refusal !== undefined) return undefined;
    const drafted = draft();
    const sum = this.#drafted + costOf(drafted);
    if (sum > this.#most) {
      this.#refuse(statement);
      return undefined;
    }
    this.#drafted = sum;
    return drafted;
  }

  /** Takes back what was taken for these rules. */
  give(rules: Iterable<DraftedRule>): void {
    for (const one of rules) this.#drafted -= costOf(one);
  }

  /** Counts what a rule's drafts come to on each switch: sets with tags come to more than their drafts. */
  place(statement: string, entries: PerSwitch): TogetherRefusal | undefined {
    const sum = this.#placed + sizeOf(entries);
    if (sum > this.#most) return this.#refuse(statement);
    this.#placed = sum;
    return undefined;
  }

  displace(entries: PerSwitch): void {
    this.#placed -= sizeOf(entries);
  }

  /** What all placed entries counted whenever they were taken away to be placed anew. */
  get placedAnew(): number {
    return this.#placedAnew;
  }

  /** Nothing is placed any more. */
  clear(): void {
    this.#placedAnew += this.#placed;
    this.#placed = 0;
  }

  /** Rules have left: what was refused may be tried again. */
  retry(): void {
    this.#refusal = undefined;
  }

  #refuse(at: string): TogetherRefusal {
    return (this.#refusal ??= { kind: "together", limit: this.#most, at });
  }
}

const costOf = ({ drafts, excepted }: DraftedRule): number =>
  sizeOf(drafts) + (excepted === undefined ? 0 : excepted.whole.length + excepted.exceptions.length);

/** The length of all lists; of one that stands there again, a part. */
function sizeOf(lists: PerSwitch): number {
  const [first] = lists;
  let size = 0;
  for (const [i, one] of lists.entries()) size += i > 0 && one === first ? OF_ANOTHER_SWITCH * one.length : one.length;
  return size;
}
