/**
 * table × table → the meters and queues that are added, changed and removed. A changed rate changes no entry, so it
 * shows here alone. A meter is known by its number and a queue by its port and number: a switch knows no statements.
 */
import type { Meter, Queue, Table } from "../table/entry.ts";
import { meterText } from "../table/notes.ts";

/** The change of one meter or queue. `one` is the added, the new or the removed one. */
export type ResourceChange<T> =
  | { readonly kind: "add"; readonly one: T }
  | { readonly kind: "replace"; readonly one: T; readonly old: T }
  | { readonly kind: "delete"; readonly one: T };

/** All changes, each list in order of port and number. */
export interface ResourceChanges {
  readonly meters: readonly ResourceChange<Meter>[];
  readonly queues: readonly ResourceChange<Queue>[];
}

/** The changes that make the meters and queues of `old` into those of `next`. */
export function diffResources(old: Table, next: Table): ResourceChanges {
  return {
    meters: changes(old.meters ?? [], next.meters ?? [], meterId, sameMeter),
    queues: changes(old.queues ?? [], next.queues ?? [], queueId, sameQueue),
  };
}

/** Port and number. The port -1 stands for every port, so such a queue comes first; meters have it too. */
type ResourceId = readonly [port: number, number: number];

const meterId = ({ meter }: Meter): ResourceId => [-1, meter];
const queueId = ({ port = -1, queue }: Queue): ResourceId => [port, queue];

/** Whether two meters are the same on a switch, which counts in kbit/s: rates that round to one number are one. */
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
