/** Words → the packet that they mean, and why the policy decides it as it does or is not asked. */
import type { Decided } from "../admission/decided.ts";
import { explainFlow, type FlowExplanation } from "../explain/index.ts";
import { areFlowgroups } from "../lookup/flowgroup.ts";
import { found, type Lookup } from "../lookup/found.ts";
import { notAStatement } from "../lookup/statement.ts";
import type { Entering } from "./complete-packet.ts";
import { spoofException, steeringException, type Exception } from "./exceptions.ts";
import { holdsPacket } from "./holds-packet.ts";
import { hiddenFields } from "./packet.ts";
import { readPacket } from "./read-packet.ts";

export interface ExplainedPacket {
  readonly kind: "packet";
  readonly entering: Entering;
  readonly explanation: FlowExplanation;
  readonly spoofed?: Exception;
  /** A waypoint or an avoid leaves it no path. */
  readonly unsteerable?: Exception;
}

/** Explains a packet at an instant (Unix seconds). Words that are not like a packet are taken for an unknown label. */
export function explainPacket(words: string, decided: Decided, instant: number): Lookup<ExplainedPacket> {
  const { admission, model } = decided;
  const isPacket = words.includes("=") || words.includes(" > ") || areFlowgroups(words, model);
  if (words.startsWith("@") || !isPacket) return notAStatement(words, decided);
  const packet = readPacket(words, model);
  if (!packet.ok) return packet;
  const holds = holdsPacket(packet.value, model.defaults.fragments);
  const hidden = hiddenFields(packet.value.packet);
  const explanation = explainFlow(admission, packet.value.flow, instant, holds, packet.value.among, hidden);
  const spoofed = spoofException(packet.value, model.directory);
  const unsteerable = steeringException(explanation);
  return found({
    kind: "packet",
    entering: packet.value,
    explanation,
    ...(spoofed && { spoofed }),
    ...(unsteerable && { unsteerable }),
  });
}
