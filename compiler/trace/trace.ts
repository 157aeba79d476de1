/**
 * One packet through the policy and through the tables, side by side: which statement decides it, which entries it meets
 * and where it comes out, and whether the two agree.
 */
import type { Decided } from "../admission/decided.ts";
import { explainFlow, type FlowExplanation } from "../explain/index.ts";
import { returnedFlow } from "../explain/returned.ts";
import type { TargetName } from "../lowering/index.ts";
import type { Table } from "../table/entry.ts";
import type { Entering } from "./complete-packet.ts";
import {
  endsAtBox,
  foreignEndException,
  indistinctPorts,
  limitException,
  reservedException,
  returnText,
  sentToItself,
  sharedException,
  spoofException,
  steeredAfter,
  steeringException,
  unstatedException,
  untoldException,
  untoldSource,
  type Exception,
} from "./exceptions.ts";
import { follow, type Journey } from "./journey.ts";
import { holdsOfAnybody, holdsPacket } from "./holds-packet.ts";
import { hiddenFields } from "./packet.ts";
import { Switch, type SwitchOutcome } from "./switch.ts";

export interface Trace {
  readonly entering: Entering;
  /** The policy's answer; a packet that a waypoint gives back is explained as it was where its source stands. */
  readonly explanation: FlowExplanation;
  /** The policy's verdict, the default's where no statement decides. */
  readonly policyVerdict: "allow" | "deny";
  /** What the tables do on the switch where the packet enters. */
  readonly outcome: SwitchOutcome;
  /** The way from switch to switch; absent where no links are known or the packet enters by one. */
  readonly journey?: Journey;
  readonly tableVerdict: "allow" | "deny";
  /** Why the table's verdict rightly is not what the policy says of this packet. */
  readonly why?: string;
  /** What the packet does otherwise than it is asked to. */
  readonly faults: readonly string[];
  /** Whether policy and tables agree, exceptions aside. If not, the compiler is at fault. */
  readonly agree: boolean;
}

/** When the packet comes, in Unix seconds, and what the switches can do. */
export interface TraceOptions {
  readonly instant: number;
  readonly target: TargetName;
}

/**
 * Traces a packet. `tables` are those of the decided policy at the same instant, by name of the switch. A switch without
 * a table drops everything, as OpenFlow does (1.3.5, section 5.4).
 */
export function tracePacket(
  { admission, model }: Decided,
  tables: ReadonlyMap<string, Table>,
  entering: Entering,
  { instant, target }: TraceOptions,
): Trace {
  const { packet, switch: switchName, flow } = entering;
  const holds = holdsPacket(entering, model.defaults.fragments);
  const back = returnedFlow(admission, flow, instant, holds);
  const among = back ? {} : entering.among;
  const explanation = explainFlow(admission, back?.flow ?? flow, instant, holds, among, hiddenFields(packet));
  const policyVerdict = explanation.verdict === "default" ? model.defaults.verdict : explanation.verdict;
  const rules = admission.derived.active(instant);
  const untold = (some = holds): Exception | undefined =>
    untoldException(entering, rules, admission.state.topology, some);
  const guarded =
    back === undefined
      ? (spoofException(entering, model.directory) ??
        unstatedException(entering, rules, admission.state.topology) ??
        foreignEndException(entering, rules, admission.state.topology) ??
        untold())
      : (sharedException(back) ?? untold());
  const exception =
    (guarded?.verdict === "deny" ? guarded : undefined) ??
    ((guarded?.verdict ?? policyVerdict) === "allow" ? reservedException(entering) : undefined) ??
    guarded ??
    (policyVerdict === "allow" ? (limitException(explanation) ?? steeringException(explanation)) : undefined);
  const expected = exception?.verdict ?? policyVerdict;
  const isSteered = exception === undefined || explanation.led?.lost !== undefined;
  const journey = follow(entering, admission.state.topology, tables, {
    passes: expected === "allow",
    led: isSteered ? steeredAfter(explanation.led, back?.waypoint) : undefined,
    isRouted: back?.isRouted === true,
  });
  const outcome =
    journey?.visits[0]!.outcome ?? new Switch(tables.get(switchName ?? "") ?? { entries: [] }).run(packet);
  const tableVerdict = journey?.verdict ?? outcome.verdict;
  const isDropped = tableVerdict === "deny" && explanation.led !== undefined;
  const blurred =
    tableVerdict === policyVerdict
      ? undefined
      : (indistinctPorts(entering, target) ??
        (isDropped
          ? (sentToItself(entering, model.directory) ??
            untoldSource(entering, admission.state.topology) ??
            endsAtBox(entering, explanation.led, admission.state.topology))
          : tableVerdict === "deny"
            ? (untold(holdsOfAnybody(holds))?.why ?? sentToItself(entering, model.directory))
            : undefined));
  const why = exception?.why ?? (back && returnText(back)) ?? blurred;
  const faults = journey?.faults ?? [];
  const agree = (tableVerdict === expected && faults.length === 0) || blurred !== undefined;
  return {
    entering,
    explanation,
    policyVerdict,
    outcome,
    ...(journey && { journey }),
    tableVerdict,
    ...(why !== undefined && { why }),
    faults,
    agree,
  };
}
