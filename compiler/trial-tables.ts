/**
 * An offer is lowered before it is made: what is accepted and then refused when tables are made is no offer (SEMANTICS,
 * "Certificates"). Lowering is much to load, so the rim loads it at the first offer.
 */
import { provenTables } from "./circles/proven-tables.ts";
import { STEPS_OF_WAYS } from "./circles/ways-proof.ts";
import { MOST_SAID_WAYS } from "./circles/ways-together.ts";
import type { DecideOptions } from "./decide.ts";
import type { DerivedRule } from "./derived/rule.ts";
import { steers } from "./derived/rule.ts";
import { bitOf, leastEntries } from "./flowgroup/cubes.ts";
import { hasErrors } from "./diagnostics/diagnostic.ts";
import type { LowerContext, TargetName } from "./lowering/index.ts";
import type { WaysBudget } from "./lowering/pipeline/options.ts";
import { needsLowering } from "./lowering/quick-check.ts";
import type { Model } from "./model/model.ts";
import type { OnSwitches } from "./admission/trials.ts";

/** Beside more rules than these an offer is lowered alone. */
const MOST_BESIDE = 2_000;

/**
 * The rules and entries of all trials for one policy together; one that is refused counts for a quarter. The offers behind
 * are admitted and no more.
 */
const MOST_TRIED = 5_000;

/** What lowering rules has come to. */
interface Trial {
  readonly isRefused: boolean;
  /** In rules and entries. */
  readonly cost: number;
}

type Tries = (rules: readonly DerivedRule[], now: number) => Trial;

type Network = Pick<Model, "directory" | "defaults">;

/** What a trial may come to; as much as a file may where nothing is said. */
interface TrialBound {
  readonly ways?: WaysBudget;
  /** Of each part of the proof, beside those for each entry. */
  readonly steps?: number;
}

/** Lowers rules as if they stood alone at an instant, in Unix seconds. */
function trier({ directory, defaults }: Network, target: LowerContext["target"], bound: TrialBound = {}): Tries {
  return (rules, now) => {
    const context = { directory, defaults, target, now, ways: bound.ways };
    const { lowered, proven } = provenTables(rules, context, { fixed: bound.steps });
    let cost = rules.length;
    for (const { entries } of lowered.tables.values()) cost += entries.length;
    // Where few steps are spent, what they did not come to is no offer.
    const isOpen = bound.steps !== undefined && proven.length > 0;
    return { cost, isRefused: hasErrors(lowered.diagnostics) || hasErrors(proven) || isOpen };
  };
}

type IsRefused = (rules: readonly DerivedRule[], now: number) => boolean;

/** Where tables are refused without an offer, what it comes to itself is asked. */
const isHeld = (
  isRefused: IsRefused,
  rules: readonly DerivedRule[],
  standing: readonly DerivedRule[],
  now: number,
): boolean => !isRefused([...standing, ...rules], now) || (isRefused(standing, now) && !isRefused(rules, now));

/** Whether tables of a target can be made of an offer, beside what is in force when it begins. */
export const trialTables =
  (target: TargetName): NonNullable<DecideOptions["onSwitches"]> =>
  (model) => {
    const { directory } = model;
    const attempt = trier(model, target);
    const isDoubtful = needsLowering(directory);
    let left = MOST_TRIED;
    const isRefused: IsRefused = (rules, now) => {
      const tried = attempt(rules, now);
      left -= tried.isRefused ? tried.cost + MOST_TRIED / 4 : tried.cost;
      return tried.isRefused;
    };
    return (rules, beside, now) => {
      const isPlain =
        directory.switches.size === 0 && rules.every(({ stage, cube }) => stage === "admission" && !isDoubtful(cube));
      if (isPlain || left < 0) return true;
      const standing = beside();
      if (standing.length > MOST_BESIDE) return !isRefused(rules, now);
      return isHeld(isRefused, rules, standing, now);
    };
  };

/** With more hosts and cables a trial takes longer than an answer may. */
const MOST_FACTS = 200;
/** The rules and entries of all trials for one answer: some ten milliseconds. */
const MOST_SAID = 1_000;

/** Fields whose entries depend on who is where. */
const PLACED = ["user", "dstUser", "srcAP", "dstAP", "switch", "inPort", "direction"] as const;
const PLACED_BITS = PLACED.reduce((bits, field) => bits | bitOf(field), 0);

/**
 * Offers for what is said to a running network: each is tried as if it stood alone. What stands is not looked at, since an
 * answer would tell of others' statements; what has no table beside them is refused when it is said. Where a trial would take
 * longer than an answer may, an offer is not tried, and not made; no table refuses an allow or a deny of few entries,
 * and of a rate it is not likely.
 */
export class SaidTrials {
  readonly #whole: Tries;
  /** Without hosts: what does not depend on them is lowered at once however many there are. */
  readonly #bare: Tries;
  readonly #isDoubtful: ReturnType<typeof needsLowering>;
  readonly #isLarge: boolean;
  #left = 0;

  constructor(target: LowerContext["target"], model: Network) {
    const { directory, defaults } = model;
    const { hosts, links } = directory;
    const bare = { ...directory, hosts: new Map(), links: [], userHosts: [] };
    this.#whole = trier(model, target, { ways: MOST_SAID_WAYS, steps: STEPS_OF_WAYS });
    this.#bare = trier({ defaults, directory: bare }, target);
    this.#isDoubtful = needsLowering(directory);
    this.#isLarge = hosts.size + links.length > MOST_FACTS;
  }

  /** For one answer: the time is new. */
  begin(): void {
    this.#left = MOST_SAID;
  }

  readonly ask: OnSwitches = (rules, _, now) => {
    const isAdmission = rules.every(({ stage }) => stage === "admission");
    const isEasy = !rules.some(steers) && !rules.some(({ cube }) => this.#isDoubtful(cube));
    if (isAdmission && isEasy) return true;
    const isBare = isAdmission && rules.every(({ cube }) => (cube.mask & PLACED_BITS) === 0);
    const isLong =
      (this.#isLarge && !isBare) ||
      this.#left < 0 ||
      // Entries are counted before they are made, too: one rule may come to very many.
      leastEntries(rules.map(({ cube }) => cube)) > MOST_SAID;
    if (isLong) return isEasy || "untried";
    const { cost, isRefused } = (isBare ? this.#bare : this.#whole)(rules, now);
    this.#left -= cost;
    return !isRefused;
  };
}
