/**
 * Limits → the priorities of their entries for fragments (NETWORK, "Limit"). A fragment does not show which of two
 * limits holds it, so limits that share no whole packet may share fragments. Of such limits the lower rate stands
 * above, and of equal rates the first statement. The priority follows from the rate alone. It is raised only above an
 * overlapping limit that would otherwise have the same one.
 */
import { byText } from "../../net/order.ts";
import type { Cube } from "../../flowgroup/cube.ts";
import { bitOf, withConstraint } from "../../flowgroup/cubes.ts";
import { fragmentPriority } from "../encode/fragments.ts";
import type { RateClaim } from "./claim.ts";
import { Layers, oneAbove } from "./layers.ts";

/** A limit with fields that fragments, or packets without a direction, may hide. */
interface Ranked {
  readonly claim: RateClaim;
  /** Its cubes without the hidden fields. */
  readonly cubes: readonly Cube[];
  /** In bit/s. */
  readonly kept: number;
  layer?: number | undefined;
}

/** The fields that fragments, or packets without a direction, may hide. */
const HIDDEN = ["transport", "srcPort", "dstPort", "icmpType", "icmpCode", "direction"] as const;
const HIDDEN_BITS = HIDDEN.reduce((mask, field) => mask | bitOf(field), 0);

/** Ranks the limits, and updates only the priorities that a change affects. */
export class FragmentRanks {
  readonly #ranked = new Map<RateClaim, Ranked>();
  readonly #layers = new Layers<Ranked>({
    compare: (a, b) => b.kept - a.kept || byText(b.claim.key, a.claim.key),
    number: (before, { kept }) => Math.max(fragmentPriority(kept), oneAbove.number(before, undefined)),
    depends: oneAbove.depends,
  });

  /** Adds a claim, or replaces it after a change. */
  enter(claim: RateClaim): void {
    this.leave(claim);
    const hiding = claim.cubes.filter(({ mask }) => (mask & HIDDEN_BITS) !== 0);
    if (hiding.length === 0) return;
    const cubes = hiding.map((one) => HIDDEN.reduce((rest, field) => withConstraint(rest, field, undefined), one));
    const ranked = { claim, cubes, kept: claim.kept };
    this.#ranked.set(claim, ranked);
    this.#layers.insert(ranked);
  }

  /** Removes a claim. */
  leave(claim: RateClaim): void {
    const ranked = this.#ranked.get(claim);
    if (ranked !== undefined) this.#layers.remove(ranked);
    this.#ranked.delete(claim);
  }

  /** Settles all changes; returns the claims whose priority has changed. */
  settle(): readonly RateClaim[] {
    return this.#layers.settle().map(({ claim }) => claim);
  }

  /** The priority of a limit's entries for fragments. */
  priority(claim: RateClaim): number {
    return this.#ranked.get(claim)?.layer ?? fragmentPriority(claim.kept);
  }
}
