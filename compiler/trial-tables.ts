/**
 * An offer is lowered before it is made: what is accepted and then refused when tables are made is no offer (SEMANTICS,
 * "Certificates"). Lowering is much to load, so the rim decides without it first, and again where there are offers.
 */
import { tableFaults } from "./circles/network.ts";
import type { DecideOptions } from "./decide.ts";
import type { DerivedRule } from "./derived/rule.ts";
import { hasErrors } from "./diagnostics/diagnostic.ts";
import { lower, type TargetName } from "./lowering/index.ts";
import { needsLowering } from "./lowering/quick-check.ts";
import { MOST_STEERED } from "./lowering/steering/entry-budget.ts";
import { topology } from "./paths/index.ts";

/** Beside more rules than these an offer is lowered alone. */
const MOST_BESIDE = 2_000;

/**
 * The rules and entries of all trials for one policy together; one that is refused counts for a quarter. The offers behind
 * are admitted and no more.
 */
const MOST_TRIED = MOST_STEERED;

/** Whether tables of a target can be made of an offer, beside what is in force when it begins. */
export const trialTables =
  (target: TargetName): NonNullable<DecideOptions["onSwitches"]> =>
  ({ directory, defaults }) => {
    const wires = topology(directory);
    const isDoubtful = needsLowering(directory);
    let left = MOST_TRIED;
    const isRefused = (rules: readonly DerivedRule[], now: number): boolean => {
      const { tables, diagnostics } = lower(rules, { directory, defaults, target, now });
      left -= rules.length;
      for (const { entries } of tables.values()) left -= entries.length;
      const refused = hasErrors(diagnostics) || hasErrors(tableFaults(tables, wires, rules));
      if (refused) left -= MOST_TRIED / 4;
      return refused;
    };
    return (rules, beside, now) => {
      const isPlain =
        directory.switches.size === 0 && rules.every(({ stage, cube }) => stage === "admission" && !isDoubtful(cube));
      if (isPlain || left < 0) return true;
      const standing = beside();
      if (standing.length > MOST_BESIDE) return !isRefused(rules, now);
      // Where tables are refused without it, what it comes to itself is asked.
      return !isRefused([...standing, ...rules], now) || (isRefused(standing, now) && !isRefused(rules, now));
    };
  };
