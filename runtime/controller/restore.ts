/** Rollback for switches without bundles: brings a switch back to the flows that it reported before. */
import { END_TOLERANCE, sameEnd } from "../../compiler/plan/index.ts";
import { bigintReplacer } from "../../compiler/plan/roles.ts";
import type { FlowModMessage, FlowStats } from "../openflow/index.ts";
import type { Session } from "../session/index.ts";
import { readFlows, secondsLeft } from "./installed.ts";
import { sendStages } from "./send.ts";
import { toMessage, type FlowChange, type FlowChanges } from "./flow-mods.ts";
import { undoAll, type ResourceStep } from "./resource-step.ts";

/** The key of a flow on a switch: table, priority and match. */
function flowKey({ table, priority, match }: FlowStats | FlowModMessage): string {
  const fields = match.map((oxm) =>
    oxm.field === "unknown"
      ? `${oxm.header}:${Buffer.from(oxm.data).toString("hex")}`
      : `${oxm.field}=${oxm.value}/${oxm.mask ?? "="}`,
  );
  return `${table}|${priority}|${fields.toSorted().join(",")}`;
}

const left = (flow: FlowStats): FlowStats =>
  flow.hardTimeout === 0 ? flow : { ...flow, hardTimeout: secondsLeft(flow) };

const sameBehaviour = (a: FlowStats, b: FlowStats): boolean =>
  a.cookie === b.cookie &&
  sameEnd(left(a), left(b), { tolerance: END_TOLERANCE }) &&
  JSON.stringify(a.instructions, bigintReplacer) === JSON.stringify(b.instructions, bigintReplacer);

/** Undoes changes. Returns whether the switch now holds what it held before under the keys of all of them. */
export async function restore(
  session: Session,
  before: readonly FlowStats[],
  changes: readonly FlowChange[],
): Promise<boolean> {
  const keys = new Set(changes.map((change) => flowKey(toMessage(change, 0))));
  const touched = (flows: readonly FlowStats[]): Map<string, FlowStats> =>
    new Map(flows.map((flow) => [flowKey(flow), flow] as const).filter(([key]) => keys.has(key)));
  const then = touched(before);
  const back = (now: Map<string, FlowStats>): FlowChange[] => [
    ...[...then]
      .filter(([key, flow]) => {
        const present = now.get(key);
        return present === undefined || !sameBehaviour(present, flow);
      })
      .map(([, flow]): FlowChange => ({ command: "add", flow: left(flow) })),
    ...[...now].filter(([key]) => !then.has(key)).map(([, flow]): FlowChange => ({ command: "delete_strict", flow })),
  ];
  const sent = await sendStages(session, [back(touched(await readFlows(session)))], () => 0);
  return sent.outcome === "done" && back(touched(await readFlows(session))).length === 0;
}

/**
 * Takes back what was sent before a refusal. A switch without bundles has then carried out some stages. Entries go
 * before the meters and queues that they refer to. Returns whether everything is as before.
 */
export async function takeBack(
  session: Session,
  { flows, stages }: { readonly flows: readonly FlowStats[]; readonly stages: FlowChanges["stages"] },
  resourceSteps: readonly ResourceStep[],
): Promise<boolean> {
  const whole = stages.length === 0 || (await restore(session, flows, stages.flat()));
  return (await undoAll(resourceSteps)) && whole;
}
