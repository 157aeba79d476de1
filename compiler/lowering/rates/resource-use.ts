/**
 * Changes of settled entries on one switch → changes of the meters and queues that they refer to. References are
 * counted, so a change costs in proportion to the change of entries. Queues depend on each other only if the rate of a
 * port is known, and then all of them are compared.
 */
import { diffResources } from "../../plan/index.ts";
import type { ResourceChanges } from "../../plan/resources.ts";
import type { RateClaims } from "./rate-claims.ts";
import type { Settled } from "../contributions/contribution.ts";
import type { Meter, Queue } from "../../table/entry.ts";
import { meterAt, queuesOf } from "./resources.ts";
import type { SettledChange } from "../contributions/shadow.ts";

export class ResourceUse {
  readonly #claims: RateClaims;
  readonly #switchName: string | undefined;
  readonly #meters = new Counted<Meter>();
  readonly #queues = new Counted<Queue>();

  constructor(claims: RateClaims, switchName: string | undefined) {
    this.#claims = claims;
    this.#switchName = switchName;
  }

  /** Counts the references of the removed and of the added entries. */
  note({ old, next }: SettledChange): void {
    for (const one of old) this.#of(one)?.count(one.number!, -1);
    for (const one of next) this.#of(one)?.count(one.number!, 1);
  }

  /** Forgets all references, before everything is settled anew. */
  clear(): void {
    this.#meters.clear();
    this.#queues.clear();
  }

  /** The changes since the last call; at first all meters and queues. */
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

/** The number of references to each number, and what was last reported for it. */
class Counted<T> {
  readonly #counts = new Map<number, number>();
  readonly #touched = new Set<number>();
  readonly #reported = new Map<number, readonly T[]>();

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

  /** For the touched numbers: what was reported last, and what `describe` gives now for those in use. */
  turn(describe: (used: readonly number[]) => Iterable<readonly [number, readonly T[]]>): Record<"old" | "next", T[]> {
    const old = [...this.#touched].flatMap((number) => this.#reported.get(number) ?? []);
    const reported = [...describe([...this.#touched].filter((number) => this.#counts.has(number)))];
    for (const number of this.#touched) this.#reported.delete(number);
    for (const [number, things] of reported) this.#reported.set(number, things);
    this.#touched.clear();
    return { old, next: reported.flatMap(([, things]) => things) };
  }
}
