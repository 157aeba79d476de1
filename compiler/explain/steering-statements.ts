/** The waypoints and avoids that hold a flow at an instant. */
import { STEERS } from "../admission/state/steering.ts";
import type { Cube, Flow } from "../flowgroup/cube.ts";
import { by } from "../net/order.ts";
import type { Admission } from "../admission/admission.ts";
import type { Span } from "../source.ts";
import { cubesAt } from "./active.ts";
import { holdsWhole, type Holds } from "./fragments.ts";

/** A waypoint or an avoid that holds the flow. */
export interface ExplainedSteering {
  readonly id: string;
  readonly kind: "waypoint" | "avoid";
  readonly share: string;
  readonly nodes: readonly string[];
  readonly span: Span;
}

/** The same with its cube that holds the flow. */
export type HoldingStatement = ExplainedSteering & { readonly cube: Cube };

/** The statements that steer a flow, in the order in which they do, each with the cube that holds the flow. */
export function statementsSteering(
  { state }: Admission,
  flow: Flow,
  instant: number,
  holds: Holds = holdsWhole,
): readonly HoldingStatement[] {
  const holding = STEERS.flatMap((kind) =>
    [...state.accepted.ofKind(kind)].flatMap((one): HoldingStatement[] => {
      const cube = cubesAt(state.shown(one), instant).find((each) => holds(kind, each, flow));
      const { id, share, nodes = [], span } = one;
      return cube ? [{ id, kind, share: share.name, nodes, span, cube }] : [];
    }),
  );
  return holding.toSorted(by(({ id }) => id));
}
