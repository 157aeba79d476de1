/**
 * An offer is lowered before it is made: what is accepted and then refused when tables are made is no offer (SEMANTICS,
 * "Certificates"). Lowering is much to load, so the rim decides without it first, and again where there are offers.
 */
import { tableFaults } from "./circles/network.ts";
import type { DecideOptions } from "./decide.ts";
import type { DerivedRule } from "./derived/rule.ts";
import { hasErrors } from "./diagnostics/diagnostic.ts";
import { lower, type LowerContext, type TargetName } from "./lowering/index.ts";
import { needsLowering } from "./lowering/quick-check.ts";
import { MOST_STEERED } from "./lowering/steering/entry-budget.ts";
import type { Model } from "./model/model.ts";
import { topology } from "./paths/index.ts";
import type { State } from "./admission/state/state.ts";
import type { OnSwitches } from "./admission/trials.ts";
import { steers } from "./derived/rule.ts";

/** Beside more rules than these an offer is lowered alone. */
const MOST_BESIDE = 2_000;

/**
 * The rules and entries of all trials for one policy together; one that is refused counts for a quarter. The offers behind
 * are admitted and no more.
 */
const MOST_TRIED = MOST_STEERED;

/** What lowering rules has come to. */
interface Trial {
  readonly isRefused: boolean;
  /** In rules and entries. */
  readonly cost: number;
}

type Network = Pick<Model, "directory" | "defaults">;

/** Lowers rules as if they stood alone at an instant, in Unix seconds. */
function trier(
  { directory, defaults }: Network,
  target: LowerContext["target"],
): (rules: readonly DerivedRule[], now: number) => Trial {
  const wires = topology(directory);
  return (rules, now) => {
    const { tables, diagnostics } = lower(rules, { directory, defaults, target, now });
    let cost = rules.length;
    for (const { entries } of tables.values()) cost += entries.length;
    return { cost, isRefused: hasErrors(diagnostics) || hasErrors(tableFaults(tables, wires, rules)) };
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

/** Beside more rules than these, and with more hosts and cables, a trial takes longer than an answer may. */
const MOST_BESIDE_SAID = 100;
const MOST_FACTS = 200;
/** The rules and entries of all trials for one answer: some ten milliseconds. */
const MOST_SAID = 1_000;

/**
 * The same for what is said to a running network, which is answered at once: an offer that cannot be tried within the time
 * of an answer is not made, unless no table could refuse it but for want of room.
 */
export class SaidTrials {
  readonly #state: Pick<State, "accepted" | "now">;
  readonly #attempt: ReturnType<typeof trier>;
  readonly #isDoubtful: ReturnType<typeof needsLowering>;
  readonly #isLarge: boolean;
  #left = 0;
  /** Whether what is in force was asked for later than now. */
  hasMoved = false;

  constructor(target: LowerContext["target"], model: Network, state: Pick<State, "accepted" | "now">) {
    const { hosts, links } = model.directory;
    this.#state = state;
    this.#attempt = trier(model, target);
    this.#isDoubtful = needsLowering(model.directory);
    this.#isLarge = hosts.size + links.length > MOST_FACTS;
  }

  /** For one answer: the time is new. `mayLook`: whether what stands may be asked for. */
  begin(mayLook: boolean): void {
    this.#left = mayLook ? MOST_SAID : -1;
    this.hasMoved = false;
  }

  readonly ask: OnSwitches = (rules, beside, now) => {
    const isEasy = !this.#isSteered() && rules.every((rule) => !steers(rule) && !this.#isDoubtful(rule.cube));
    if (isEasy && rules.every(({ stage }) => stage === "admission")) return true;
    const { accepted } = this.#state;
    if (this.#left < 0 || this.#isLarge || accepted.size > MOST_BESIDE_SAID) return isEasy || "untried";
    this.hasMoved ||= now > this.#state.now;
    const standing = beside();
    if (standing.length > MOST_BESIDE_SAID) return isEasy || "untried";
    let isTried = true;
    const isRefused: IsRefused = (tried, at) => {
      isTried &&= this.#left >= 0;
      if (!isTried) return true;
      const { cost, isRefused: refused } = this.#attempt(tried, at);
      this.#left -= cost;
      return refused;
    };
    return isHeld(isRefused, rules, standing, now) || (!isTried && "untried");
  };

  #isSteered(): boolean {
    const { accepted } = this.#state;
    for (const kind of ["waypoint", "avoid"] as const) for (const _ of accepted.ofKind(kind)) return true;
    return false;
  }
}
