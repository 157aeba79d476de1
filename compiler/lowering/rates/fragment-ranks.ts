/**
 * Limits → the priorities of their entries for fragments (NETWORK, "Limit") and for packets that may be of several
 * users. Such a packet does not show which of two limits holds it, so limits that share no flow may share packets. Of
 * such limits the lower rate stands above, and of equal rates the first statement. The priority follows from the rate
 * alone. It is raised only above an overlapping limit that would otherwise have the same one. Only even numbers are
 * used: entries that recognize the sender by a known place stand one above.
 */
import { byText } from "../../net/order.ts";
import type { Cube } from "../../flowgroup/cube.ts";
import { bitOf, withConstraint } from "../../flowgroup/cubes.ts";
import { shownBy } from "../encode/directory-sets.ts";
import { type UserIndex } from "../encode/user-index.ts";
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
const USER_BITS = bitOf("user") | bitOf("dstUser");

/** Ranks the limits, and updates only the priorities that a change affects. */
export class FragmentRanks {
  readonly #ranked = new Map<RateClaim, Ranked>();
  readonly #layers = new Layers<Ranked>({
    kind: "above",
    compare: (a, b) => b.kept - a.kept || byText(b.claim.key, a.claim.key),
    number: (before, { kept }) => Math.max(fragmentPriority(kept), oneAbove.number(before, undefined) + 1),
    depends: (number, old, next) => (next !== undefined && next >= number) || old === number - 2,
  });

  readonly #userIndex: UserIndex;

  constructor(userIndex: UserIndex) {
    this.#userIndex = userIndex;
  }

  /** Adds a claim, or replaces it after a change. */
  enter(claim: RateClaim): void {
    this.leave(claim);
    const mayBlur = this.#userIndex.mayBlur;
    const bits = mayBlur ? HIDDEN_BITS | USER_BITS : HIDDEN_BITS;
    const hiding = claim.cubes.filter(({ mask }) => (mask & bits) !== 0);
    if (hiding.length === 0) return;
    const open = hiding.map((one) => HIDDEN.reduce((rest, field) => withConstraint(rest, field, undefined), one));
    const cubes = mayBlur ? open.flatMap((one) => shownBy(one, this.#userIndex)) : open;
    if (cubes.length === 0) return;
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
