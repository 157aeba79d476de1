/** The tracking of connections by a table, and what it means for those that are open when it begins (NETWORK, "Track"). */
import { trackingBegins } from "../../../compiler/diagnostics/codes/runtime.ts";
import type { Diagnostic } from "../../../compiler/diagnostics/diagnostic.ts";
import { isOurs } from "../../../compiler/table/cookie.ts";
import type { Action, Instruction, Table } from "../../../compiler/table/entry.ts";
import { toInstructions, type FlowStats } from "../../openflow/index.ts";

/** Its zone is that in which connections are remembered; absent: 0. */
type Tracking = Action & { readonly kind: "ct" };

const isTracking = (action: Action): action is Tracking => action.kind === "ct";

/** The first action of these instructions that tracks connections. */
const trackingIn = (instructions: readonly Instruction[]): Tracking | undefined =>
  instructions.flatMap((one) => (one.kind === "apply" ? one.actions.filter(isTracking) : []))[0];

/** The first action of a table that tracks connections; all of them have one zone. */
export function trackingOf({ entries }: Table): Tracking | undefined {
  for (const { instructions } of entries) {
    const found = trackingIn(instructions);
    if (found !== undefined) return found;
  }
  return undefined;
}

/** N996 where a table tracks connections and no entry of ours on the switch did so in its zone. */
export function trackingNotes(target: string, flows: readonly FlowStats[], desired: Table): readonly Diagnostic[] {
  const next = trackingOf(desired);
  if (next === undefined) return [];
  const tracked = flows.some((flow) => {
    const held = isOurs(flow.cookie) ? trackingIn(toInstructions(flow.instructions) ?? []) : undefined;
    return held !== undefined && held.zone === next.zone;
  });
  if (tracked) return [];
  const shared = next.zone === undefined ? ", on all bridges without a zone of their own" : "";
  const help =
    `what hangs then goes on after \`ovs-appctl dpctl/flush-conntrack zone=${next.zone ?? 0}\`: ` +
    `what is open counts as opened by who sends next${shared}; what is to end takes a deny of both hosts with no direction, both ways`;
  return [trackingBegins({ target }, { help })];
}
