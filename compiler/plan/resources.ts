/**
 * table × table → the meters and queues that come, change and go. A rate that changes leaves every entry as it is: only
 * here does it show. A meter is its number, a queue its number on its port; whose they are is no difference to a switch.
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
    meters: changes(old.meters ?? [], next.meters ?? [], meterPlace, sameMeter),
    queues: changes(old.queues ?? [], next.queues ?? [], queuePlace, sameQueue),
  };
}

/** Port and number; a queue on every port stands before those on one. */
type Place = readonly [port: number, number: number];

const meterPlace = ({ meter }: Meter): Place => [-1, meter];
const queuePlace = ({ port = -1, queue }: Queue): Place => [port, queue];

/** Switches count in kbit/s: what rounds to the same is the same. */
const sameMeter = (a: Meter, b: Meter): boolean => meterText(a) === meterText(b);
const sameQueue = (a: Queue, b: Queue): boolean => a.minimum === b.minimum;

function changes<T>(
  old: readonly T[],
  next: readonly T[],
  placeOf: (one: T) => Place,
  same: (a: T, b: T) => boolean,
): readonly ResourceChange<T>[] {
  const before = new Map(old.map((one) => [placeOf(one).join(), one]));
  const found: ResourceChange<T>[] = [];
  for (const one of next) {
    const key = placeOf(one).join();
    const was = before.get(key);
    before.delete(key);
    if (was === undefined) found.push({ kind: "add", one });
    else if (!same(was, one)) found.push({ kind: "replace", one, old: was });
  }
  for (const one of before.values()) found.push({ kind: "delete", one });
  return found.toSorted((a, b) => {
    const [left, right] = [placeOf(a.one), placeOf(b.one)];
    return left[0] - right[0] || left[1] - right[1];
  });
}
