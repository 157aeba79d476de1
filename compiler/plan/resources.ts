/**
 * table × table → the meters and queues that come, change and go. A rate that changes leaves every entry as it is: only
 * here does it show. A meter is its number, a queue its number on its port; a switch does not know of which statement.
 */
import type { Meter, Queue, Table } from "../table/entry.ts";
import { meterText } from "../table/notes.ts";

/** One meter or queue; `one` is what comes, what it becomes, or what goes. */
export type ResourceChange<T> =
  | { readonly kind: "add"; readonly one: T }
  | { readonly kind: "replace"; readonly one: T; readonly old: T }
  | { readonly kind: "delete"; readonly one: T };

/** Each list in order of port and number. */
export interface ResourceChanges {
  readonly meters: readonly ResourceChange<Meter>[];
  readonly queues: readonly ResourceChange<Queue>[];
}

/** What makes the meters and queues of `old` into those of `next`. */
export function diffResources(old: Table, next: Table): ResourceChanges {
  return {
    meters: changes(old.meters ?? [], next.meters ?? [], meterId, sameMeter),
    queues: changes(old.queues ?? [], next.queues ?? [], queueId, sameQueue),
  };
}

/** Port and number; a queue on every port comes before those on one. */
type ResourceId = readonly [port: number, number: number];

const meterId = ({ meter }: Meter): ResourceId => [-1, meter];
const queueId = ({ port = -1, queue }: Queue): ResourceId => [port, queue];

/** Switches count in kbit/s: what rounds to the same is the same. */
const sameMeter = (a: Meter, b: Meter): boolean => meterText(a) === meterText(b);
const sameQueue = (a: Queue, b: Queue): boolean => a.minimum === b.minimum;

function changes<T>(
  old: readonly T[],
  next: readonly T[],
  idOf: (one: T) => ResourceId,
  same: (a: T, b: T) => boolean,
): readonly ResourceChange<T>[] {
  const before = new Map(old.map((one) => [idOf(one).join(), one]));
  const found: ResourceChange<T>[] = [];
  for (const one of next) {
    const key = idOf(one).join();
    const was = before.get(key);
    before.delete(key);
    if (was === undefined) found.push({ kind: "add", one });
    else if (!same(was, one)) found.push({ kind: "replace", one, old: was });
  }
  for (const one of before.values()) found.push({ kind: "delete", one });
  return found.toSorted((a, b) => {
    const [left, right] = [idOf(a.one), idOf(b.one)];
    return left[0] - right[0] || left[1] - right[1];
  });
}
