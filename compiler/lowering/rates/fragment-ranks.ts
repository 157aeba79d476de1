/**
 * Limits → the priorities of their entries for fragments. Fragments do not show which of two limits holds them, so limits
 * that share no packet may share fragments. There the lower rate stands above, and of equal rates the first statement: the
 * priority follows from the rate alone, and is raised only above those that it would else stand beside (NETWORK, "Limit").
 */
import { byText } from "../../net/order.ts";
import type { Cube } from "../../flowgroup/cube.ts";
import { bitOf, withConstraint } from "../../flowgroup/cubes.ts";
import { fragmentPriority } from "../encode/fragments.ts";
import type { RateClaim } from "./claim.ts";
import { Layers, oneAbove } from "./layers.ts";

/** A limit of which fragments, or what tracking calls invalid, may not show all that it asks for. */
interface Ranked {
  readonly claim: RateClaim;
  readonly cubes: readonly Cube[];
  readonly kept: number;
  layer?: number | undefined;
}

const HIDDEN = ["transport", "srcPort", "dstPort", "icmpType", "icmpCode", "direction"] as const;
const HIDDEN_BITS = HIDDEN.reduce((mask, field) => mask | bitOf(field), 0);

export class FragmentRanks {
  readonly #ranked = new Map<RateClaim, Ranked>();
  readonly #layers = new Layers<Ranked>({
    compare: (a, b) => b.kept - a.kept || byText(b.claim.key, a.claim.key),
    number: (before, { kept }) => Math.max(fragmentPriority(kept), oneAbove.number(before, undefined)),
    depends: oneAbove.depends,
  });

  /** Enters a claim, or enters it anew after a change. */
  enter(claim: RateClaim): void {
    this.leave(claim);
    const hiding = claim.cubes.filter(({ mask }) => (mask & HIDDEN_BITS) !== 0);
    if (hiding.length === 0) return;
    const cubes = hiding.map((one) => HIDDEN.reduce((rest, field) => withConstraint(rest, field, undefined), one));
    const ranked = { claim, cubes, kept: claim.kept };
    this.#ranked.set(claim, ranked);
    this.#layers.insert(ranked);
  }

  leave(claim: RateClaim): void {
    const ranked = this.#ranked.get(claim);
    if (ranked !== undefined) this.#layers.remove(ranked);
    this.#ranked.delete(claim);
  }

  /** Settles all changes; returns the claims whose priority has changed. */
  settle(): readonly RateClaim[] {
    return this.#layers.settle().map(({ claim }) => claim);
  }

  priority(claim: RateClaim): number {
    return this.#ranked.get(claim)?.layer ?? fragmentPriority(claim.kept);
  }
}
