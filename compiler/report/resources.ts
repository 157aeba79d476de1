/** Meters and queues, and their changes between two tables → text for people and JSON for programs. */
import { diffResources, type ResourceChange, type ResourceChanges } from "../plan/index.ts";
import type { Meter, Queue, Table } from "../table/entry.ts";
import { meterText, queueText } from "../table/notes.ts";
import { commentText } from "./entries.ts";
import { count } from "../diagnostics/text.ts";

const SIGNS = { add: "+", replace: "~", delete: "-" } as const;
const none: Table = { entries: [] };

/** Switch → the changes of its meters and queues; switches without any are absent. */
export function resourceChanges(
  old: ReadonlyMap<string, Table>,
  next: ReadonlyMap<string, Table>,
): ReadonlyMap<string, ResourceChanges> {
  const names = [...new Set([...old.keys(), ...next.keys()])].sort();
  const all = names.map((name) => [name, diffResources(old.get(name) ?? none, next.get(name) ?? none)] as const);
  return new Map(all.filter(([, { meters, queues }]) => meters.length + queues.length > 0));
}

/** No change at all. */
export const unchanged: ResourceChanges = { meters: [], queues: [] };

function lines<T extends Meter | Queue>(changes: readonly ResourceChange<T>[], text: (one: T) => string): string[] {
  // The statement of a meter or queue that the switch held before is not known.
  const origin = ({ statement }: T): string => commentText(statement === "" ? undefined : statement);
  return changes.map(({ kind, one }) => `${SIGNS[kind]} ${text(one)}${origin(one)}\n`);
}

/** NETWORK, "Limit": what Open vSwitch does when a meter changes, and no command prevents. */
const REFILLED =
  "# a meter that is changed begins with a full bucket: once, a second's worth of its rate more passes\n";

/** Two texts: additions and changes, which stand before the entries that need them, and removals, which stand after. */
export function resourceText({ meters, queues }: ResourceChanges): readonly [before: string, after: string] {
  const half = (last: boolean): string =>
    [
      ...lines(
        meters.filter(({ kind }) => (kind === "delete") === last),
        meterText,
      ),
      ...lines(
        queues.filter(({ kind }) => (kind === "delete") === last),
        queueText,
      ),
    ].join("");
  const isRefilled = meters.some(({ kind }) => kind === "replace");
  return [`${isRefilled ? REFILLED : ""}${half(false)}`, half(true)];
}

/** `1 meter to replace`, and so on, for each kind of change that there is. */
export function resourceSummary({ meters, queues }: ResourceChanges): readonly string[] {
  const counts = (changes: readonly ResourceChange<unknown>[], what: string): string[] =>
    (["add", "replace", "delete"] as const).flatMap((how) => {
      const number = changes.filter(({ kind }) => kind === how).length;
      return number === 0 ? [] : [`${count(number, what)} to ${how}`];
    });
  return [...counts(meters, "meter"), ...counts(queues, "queue")];
}

const meterJson = (one: Meter): object => {
  const { meter, rate, burst, statement } = one;
  return { meter, rate, burst, statement, ovs: meterText(one) };
};

const queueJson = ({ port, queue, minimum, statement }: Queue): object => ({
  ...(port !== undefined && { port }),
  queue,
  minimum,
  statement,
});

/** The meters and queues of a table, for programs. */
export const resourcesJson = ({ meters = [], queues = [] }: Table): object => ({
  meters: meters.map(meterJson),
  queues: queues.map(queueJson),
});

/** The changes for programs. `was`: the old state of a replaced meter or queue. */
export function resourceChangesJson({ meters, queues }: ResourceChanges): object {
  const listed = <T>(changes: readonly ResourceChange<T>[], json: (one: T) => object): readonly object[] =>
    changes.map((change) => ({
      change: change.kind,
      ...json(change.one),
      ...(change.kind === "replace" && { was: json(change.old) }),
    }));
  return { meters: listed(meters, meterJson), queues: listed(queues, queueJson) };
}
