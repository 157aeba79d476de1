/** Back to what a switch held before, flow by flow as it reported them: the retreat where there are no transactions. */
import { PUNCTUAL, sameEnd } from "../../compiler/plan/index.ts";
import type { FlowMod, FlowStats } from "../openflow/index.ts";
import type { Session } from "../session/index.ts";
import { readFlows, secondsLeft } from "./installed.ts";
import { sendStages } from "./send.ts";
import { toMessage, type Step } from "./flow-mods.ts";

/** What a flow is known by on a switch. */
function placeOf({ table, priority, match }: FlowStats | FlowMod): string {
  const fields = match.map((oxm) =>
    oxm.field === "unknown"
      ? `${oxm.header}:${Buffer.from(oxm.data).toString("hex")}`
      : `${oxm.field}=${oxm.value}/${oxm.mask ?? "="}`,
  );
  return `${table}|${priority}|${fields.toSorted().join(",")}`;
}

const left = (flow: FlowStats): FlowStats => ({ ...flow, hardTimeout: secondsLeft(flow) });

const sameBehaviour = (a: FlowStats, b: FlowStats): boolean =>
  a.cookie === b.cookie &&
  sameEnd(left(a), left(b), { tolerance: PUNCTUAL }) &&
  JSON.stringify(a.instructions, plain) === JSON.stringify(b.instructions, plain);

const plain = (_: string, value: unknown): unknown => (typeof value === "bigint" ? `${value}` : value);

/** Undoes steps. True when the switch holds again what it held at all their places. */
export async function restore(
  session: Session,
  before: readonly FlowStats[],
  steps: readonly Step[],
): Promise<boolean> {
  const places = new Set(steps.map((step) => placeOf(toMessage(step, 0))));
  const touched = (flows: readonly FlowStats[]): Map<string, FlowStats> =>
    new Map(flows.map((flow) => [placeOf(flow), flow] as const).filter(([place]) => places.has(place)));
  const then = touched(before);
  const back = (now: Map<string, FlowStats>): Step[] => [
    ...[...then]
      .filter(([place, flow]) => {
        const present = now.get(place);
        return present === undefined || !sameBehaviour(present, flow);
      })
      .map(([, flow]): Step => ({ command: "add", flow: left(flow) })),
    ...[...now].filter(([place]) => !then.has(place)).map(([, flow]): Step => ({ command: "delete_strict", flow })),
  ];
  const sent = await sendStages(session, [back(touched(await readFlows(session)))]);
  return sent.outcome === "done" && back(touched(await readFlows(session))).length === 0;
}
