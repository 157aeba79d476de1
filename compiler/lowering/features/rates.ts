/**
 * The feature of Limit and Reserve: a limit is a meter in one of the tables for limits, and a reservation a queue in
 * Reserve. If DSCP marks stand for queues, marks that hosts set are cleared, so that no host gets a queue by its own
 * mark.
 */
import { bitOf } from "../../flowgroup/cubes.ts";
import { claimsRate, steers, type DerivedRule } from "../../derived/rule.ts";
import type { Diagnostic } from "../../diagnostics/diagnostic.ts";
import type { ResourceChanges } from "../../plan/resources.ts";
import type { Action, Instruction, Table } from "../../table/entry.ts";
import { exact } from "../../table/match.ts";
import type { EntryPosition, Settled } from "../contributions/contribution.ts";
import { tableIdentity, type FixedEntry } from "../contributions/fixed-entry.ts";
import type { SettledChange } from "../contributions/shadow.ts";
import type { UserIndex } from "../encode/user-index.ts";
import type { DraftedRule } from "../encode/draft.ts";
import { LIMITS } from "../encode/fragments.ts";
import { prepend } from "../pipeline/instructions.ts";
import { switchesOf, targetOf, type LowerContext } from "../pipeline/options.ts";
import type { Layout, StageName } from "../pipeline/pipeline.ts";
import { CLEARS_MARK, KEEPS_MARK, MISS } from "../pipeline/priority.ts";
import { RateClaims } from "../rates/rate-claims.ts";
import { reportClaims, reportShortfalls } from "../rates/report.ts";
import { ResourceUse } from "../rates/resource-use.ts";
import { metersOf, minimaOf, queuesOf } from "../rates/resources.ts";
import type { Feature, Snapshot } from "./feature.ts";

export class RatesFeature implements Feature {
  readonly owns = ["Limit", "Reserve"] as const;
  readonly #context: LowerContext;
  readonly #marks: boolean;
  readonly #switches: readonly (string | undefined)[];
  readonly #claims: RateClaims;
  readonly #userIndex: UserIndex;
  readonly #uses: ReadonlyMap<string | undefined, ResourceUse>;

  constructor(context: LowerContext, userIndex: UserIndex) {
    this.#context = context;
    this.#userIndex = userIndex;
    this.#marks = targetOf(context).marks;
    this.#switches = switchesOf(context.directory);
    this.#claims = new RateClaims(context, userIndex);
    this.#uses = new Map(this.#switches.map((name) => [name, new ResourceUse(this.#claims, name)]));
  }

  needs(): readonly StageName[] {
    const { tables, priorities } = this.#claims;
    const limits = tables > 0 ? [`Limit ${tables}` as const] : [];
    return priorities > 0 ? [...limits, "Reserve"] : limits;
  }

  enter(key: string, { rule, drafts }: DraftedRule): void {
    if (steers(rule)) this.#claims.steer(key, rule);
    if (!claimsRate(rule)) return;
    this.#claims.enter(
      key,
      rule,
      this.#switches.filter((_, i) => drafts[i]!.length > 0),
    );
  }

  leave(key: string, { rule }: DraftedRule): void {
    if (steers(rule)) this.#claims.unsteer(key);
    if (claimsRate(rule)) this.#claims.leave(key, rule);
  }

  settle(): readonly string[] {
    return this.#claims.settle().flatMap(({ rules }) => [...rules.keys()]);
  }

  position(rule: DerivedRule): EntryPosition | undefined {
    const claim = claimsRate(rule) ? this.#claims.of(rule)! : undefined;
    if (claim?.number === undefined || claim.layer === undefined || !claim.feasible) return undefined;
    const { stage: effect, number, layer, enforcedAt: switches } = claim;
    if (effect === "reserve") {
      const base = this.#marks ? KEEPS_MARK : MISS;
      // A sender is recognized by a known place before any address. So entries by places have the priority above.
      return { stage: "Reserve", priority: base + 2 * layer - 1, raisesSeats: true, effect, number, switches };
    }
    const at = {
      stage: `Limit ${layer}`,
      priority: this.#mayBlur(rule) ? this.#claims.fragmentPriority(claim) : LIMITS,
      fragments: this.#claims.fragmentPriority(claim),
      raisesSeats: true,
      switches,
    } as const;
    // A trial run has no effect on packets: the flows of a limit are counted, and pass.
    if (this.#context.observe === true) return { ...at, effect: "allow" };
    return claim.kept === 0 ? { ...at, effect: "deny" } : { ...at, effect, number };
  }

  /** Whether a packet of this rule may be of several users. Of limits in one table it passes the lowest, as fragments do. */
  #mayBlur({ cube: { mask } }: DerivedRule): boolean {
    return this.#userIndex.mayBlur && (mask & (bitOf("user") | bitOf("dstUser"))) !== 0;
  }

  instructions({ stage, effect, number = 0 }: Settled, layout: Layout): readonly Instruction[] {
    // Packets that come back from a waypoint have passed their limits before.
    if (effect === "trust" || effect === "check") return layout.enter("Reserve");
    // The share of each switch in the limit is too small for a meter.
    if (effect === "deny") return [];
    const next = layout.after(stage);
    if (effect === "allow") return next;
    if (effect === "limit") return [{ kind: "meter", meter: number }, ...next];
    const queued = prepend({ kind: "set_queue", queue: number }, next);
    return this.#marks ? prepend({ kind: "set_field", field: "ip_dscp", value: BigInt(number) }, queued) : queued;
  }

  /** Clears the marks that hosts set. A packet from another switch has a right mark, or none. */
  fixed(_switchName: string | undefined, layout: Layout): readonly FixedEntry[] {
    if (!this.#marks || !layout.has("Reserve")) return [];
    const clear: Action = { kind: "set_field", field: "ip_dscp", value: 0n };
    const instructions = prepend(clear, layout.after("Reserve"));
    return [0x0800, 0x86dd].map((type) => ({
      stage: "Reserve",
      priority: CLEARS_MARK,
      match: [exact("eth_type", type)],
      instructions,
      statement: tableIdentity("Reserve"),
    }));
  }

  faults({ layout }: Snapshot): readonly Diagnostic[] {
    return reportClaims(this.#claims, layout, this.#context);
  }

  /** Reservations whose queues keep less than their rate. */
  warnings({ settled }: Snapshot): readonly Diagnostic[] {
    if (this.#claims.queues.wanted === 0) return [];
    const kept = this.#switches.flatMap((switchName) =>
      this.#claims.hasRatedPorts(switchName)
        ? minimaOf(settled(switchName), this.#claims, switchName).map((one) => ({ switchName, ...one }))
        : [],
    );
    return reportShortfalls(kept, this.#context);
  }

  /** The ends of waypoints and avoids: paths change then, and reservations need queues on other ports. */
  ends(): readonly number[] {
    return this.#claims.priorities === 0 ? [] : [...this.#claims.steering].map(({ end }) => end);
  }

  /** The meters and queues that these entries of a switch refer to. */
  resources(settled: readonly Settled[], switchName: string | undefined): Pick<Table, "meters" | "queues"> {
    const meters = metersOf(settled, this.#claims);
    const queues = queuesOf(minimaOf(settled, this.#claims, switchName));
    return { ...(meters.length > 0 && { meters }), ...(queues.length > 0 && { queues }) };
  }

  /** Counts the meters and queues that the changed entries of a switch refer to. */
  note(switchName: string | undefined, change: SettledChange): void {
    this.#uses.get(switchName)!.note(change);
  }

  /** Forgets which meters and queues are in use, before everything is placed anew. */
  clearUse(): void {
    for (const use of this.#uses.values()) use.clear();
  }

  /** The changes of a switch's meters and queues since the last call; at first all of them. */
  resourceChanges(switchName: string | undefined): ResourceChanges {
    return this.#uses.get(switchName)!.changes();
  }
}
