/** What was said → rules as if nothing else were in force, by which is judged what nobody else's words may change. */
import type { Admission } from "#compiler/admission/admission.ts";
import type { Recorded } from "#compiler/admission/recorded.ts";
import type { Accepted } from "#compiler/admission/state/accepted.ts";
import type { DerivedRule } from "#compiler/derived/rule.ts";
import { holdsInstant } from "#compiler/net/interval.ts";
import type { Statement } from "#compiler/model/model.ts";

const ALONE = { depth: 0, level: 0, levels: 1, end: Infinity, stage: "admission" } as const;

export const isPlain = (action: string): action is "allow" | "deny" => action === "allow" || action === "deny";

/** What was allowed or denied, as rules that would be in force alone. */
export function plainRules({ state: { accepted } }: Admission, records: readonly Recorded[]): readonly DerivedRule[] {
  return records.flatMap(({ id }): DerivedRule[] => {
    const { kind = "reserve", pieces = [] } = accepted.get(id) ?? {};
    if (!isPlain(kind)) return [];
    return pieces.flatMap(({ flows: { cubes } }) =>
      cubes.map((cube) => ({ ...ALONE, statement: id, effect: kind, cube })),
    );
  });
}

/** The allows that statements would cancel. */
export const cancelledAllows = ({ state: { accepted } }: Admission, statements: readonly Statement[]): Accepted[] =>
  statements.flatMap(({ demand }) => {
    const one = demand.kind === "Cancel" ? accepted.get(demand.request) : undefined;
    return one?.kind === "allow" ? [one] : [];
  });

/**
 * What has been held from now on, as rules that deny it: the flows of a deny, of a waypoint or an avoid, which it keeps from all
 * other ways, of a limit or a reservation, and those of allows that were `cancelled`, where the default denies. `now` in Unix
 * seconds.
 */
export function heldRules(
  records: readonly Recorded[],
  cancelled: readonly Accepted[],
  now: number,
): readonly DerivedRule[] {
  const said = records.flatMap(({ id, statement: { demand }, grant: { pieces } }) =>
    demand.kind === "request" && demand.action !== "allow" ? [{ id, pieces }] : [],
  );
  return [...said, ...cancelled].flatMap(({ id, pieces }) =>
    pieces
      .filter(({ interval }) => holdsInstant(interval, now))
      .flatMap(({ flows }) =>
        flows.cubes.map((cube): DerivedRule => ({ ...ALONE, statement: id, effect: "deny", cube })),
      ),
  );
}
