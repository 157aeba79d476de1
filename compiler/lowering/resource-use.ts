/**
 * The meters and queues that the settled places of one switch refer to, counted as places come and go: what a change
 * does to them is told in proportion to the change. Only where the rate of a port is known do queues depend on each
 * other, and then all of them are looked at.
 */
import { diffResources } from "../plan/index.ts";
import type { ResourceChanges } from "../plan/resources.ts";
import type { RateClaims } from "./rates/rate-claims.ts";
import type { Settled } from "./contributions/contribution.ts";
import type { Meter, Queue } from "../table/entry.ts";
import { meterAt, queuesOf } from "./resources.ts";
import type { Change } from "./contributions/shadow.ts";

export class ResourceUse {
  readonly #claims: RateClaims;
  readonly #switchName: string | undefined;
  readonly #meters = new Counted<Meter>();
  readonly #queues = new Counted<Queue>();

  constructor(claims: RateClaims, switchName: string | undefined) {
    this.#claims = claims;
    this.#switchName = switchName;
  }

  /** What stood and no longer does, and what stands now. */
  note({ old, next }: Change): void {
    for (const one of old) this.#of(one)?.count(one.number!, -1);
    for (const one of next) this.#of(one)?.count(one.number!, 1);
  }

  /** Everything is settled anew: nothing stands until it is noted. */
  clear(): void {
    this.#meters.clear();
    this.#queues.clear();
  }

  /** What has changed since this was last asked; at first all there is. */
  changes(): ResourceChanges {
    if (this.#claims.hasRatedPorts(this.#switchName)) this.#queues.touchAll();
    const meters = this.#meters.turn((used) => used.map((number) => [number, [meterAt(this.#claims, number)]]));
    const queues = this.#queues.turn((used) => [
      ...Map.groupBy(queuesOf(this.#claims.minimaOn(this.#switchName, used)), ({ queue }) => queue),
    ]);
    return diffResources(
      { entries: [], meters: meters.old, queues: queues.old },
      { entries: [], meters: meters.next, queues: queues.next },
    );
  }

  #of({ effect }: Settled): Counted<Meter | Queue> | undefined {
    return effect === "limit" ? this.#meters : effect === "reserve" ? this.#queues : undefined;
  }
}

/** Numbers with how often they are referred to, and what was last told of them. */
class Counted<T> {
  readonly #counts = new Map<number, number>();
  readonly #touched = new Set<number>();
  readonly #told = new Map<number, readonly T[]>();

  count(number: number, by: number): void {
    this.#touched.add(number);
    const count = (this.#counts.get(number) ?? 0) + by;
    if (count === 0) this.#counts.delete(number);
    else this.#counts.set(number, count);
  }

  clear(): void {
    this.touchAll();
    this.#counts.clear();
  }

  touchAll(): void {
    for (const number of this.#counts.keys()) this.#touched.add(number);
  }

  /** Of the numbers touched: what was told, and what `tell` says now of those that are used. */
  turn(tell: (used: readonly number[]) => Iterable<readonly [number, readonly T[]]>): Record<"old" | "next", T[]> {
    const old = [...this.#touched].flatMap((number) => this.#told.get(number) ?? []);
    const told = [...tell([...this.#touched].filter((number) => this.#counts.has(number)))];
    for (const number of this.#touched) this.#told.delete(number);
    for (const [number, things] of told) this.#told.set(number, things);
    this.#touched.clear();
    return { old, next: told.flatMap(([, things]) => things) };
  }
}
