/** Ports and actions → instructions. */
import type { Action, Instruction, OutputPort } from "../../table/entry.ts";

/** Sends packets out of one port or several; an empty list of ports drops them. */
export function output(to: OutputPort | readonly OutputPort[]): readonly Instruction[] {
  const ports = typeof to === "object" ? to : [to];
  return ports.length === 0 ? [] : [{ kind: "apply", actions: ports.map((port) => ({ kind: "output", port })) }];
}

/** The instructions with one more action before all others. */
export function prepend(action: Action, instructions: readonly Instruction[]): readonly Instruction[] {
  const applied = instructions.flatMap((one) => (one.kind === "apply" ? one.actions : []));
  return [{ kind: "apply", actions: [action, ...applied] }, ...instructions.filter(({ kind }) => kind !== "apply")];
}
