/** Explanations of flows as lines of text, and the words that other explanations share with them. */
import type { Flowgroup } from "../flowgroup/cube.ts";
import { describe, readable } from "../flowgroup/index.ts";
import { printInstant, printRate } from "../net/index.ts";
import type { Piece } from "../certificates/verdict.ts";
import { locate } from "../source.ts";
import { list } from "../certificates/text.ts";
import type { FlowExplanation, Part, Treatment, Voice } from "./flow.ts";
import type { SteeringStatement } from "./steering.ts";

const VERDICTS = { allow: "allowed", deny: "denied", default: "decided by nothing: the default holds" } as const;

/** Why one flow is treated as it is. */
export function flowText(explanation: FlowExplanation): string {
  const { verdict, decidedBy, chain, overridden, treatment, led, closest } = explanation;
  return [
    decidedBy ? `${VERDICTS[verdict]} by ${voiceText(decidedBy)}` : VERDICTS[verdict],
    ...(decidedBy?.because ?? []).map((fact) => `  because ${fact}`),
    ...chain.map(({ share, says, statements }) =>
      says === undefined ? `  ${share}: says nothing` : `  ${share}: ${says} (${statements.join(", ")})`,
    ),
    ...overridden.map(({ voice, why }) => `  overrides ${voiceText(voice)}: ${why}`),
    ...treatment.map((one) => `  ${treatmentText(one)}`),
    ...(led?.by ?? []).map((one) => `  ${leaderText(one)}`),
    ...(led?.lost === undefined ? [] : [`  dropped: ${led.lost}`]),
    ...closest.map(({ voice, failed }) => {
      const fields = failed.map(({ field, wanted, given }) => `${field} is ${given}, not ${wanted}`);
      return `  closest: ${voiceText(voice)}: ${fields.join("; ")}`;
    }),
  ].join("\n");
}

const voiceText = ({ id, kind, share, span }: Voice): string =>
  `${kind} ${id}${share === undefined ? ", a guard" : ` on ${share}`} (${locate(span)})`;

const treatmentText = ({ id, kind, share, rate, span }: Treatment): string =>
  `${kind === "limit" ? "limited to" : "reserved"} ${printRate(rate)} by ${id} on ${share} (${locate(span)})`;

const leaderText = ({ id, kind, share, nodes, span }: SteeringStatement): string =>
  `led ${kind === "waypoint" ? "through" : "around"} ${list(nodes)} by ${id} on ${share} (${locate(span)})`;

/** Flows that a line can hold, or as much of them as can be read; `--json` has all. */
function flowsText(flows: Flowgroup): string {
  const text = readable(flows);
  return text.length <= READABLE ? text : describe(flows, READABLE);
}

const READABLE = 300;

/** How a flowgroup is split among the statements that decide it. */
export const partsText = (parts: readonly Part[]): string =>
  parts
    .flatMap(({ flows, verdict, decidedBy, treatment, led }) => [
      flowsText(flows),
      `  ${VERDICTS[verdict]}${decidedBy ? ` by ${voiceText(decidedBy)}` : ""}`,
      ...treatment.map((one) => `  ${one.all ? "" : "some "}${treatmentText(one)}`),
      ...(led?.by ?? []).map((one) => `  some ${leaderText(one)}`),
      ...(led?.lost ?? []).map((why) => `  some dropped: ${why}`),
    ])
    .join("\n");

/** Flows and the whole of their time. */
export const pieceText = ({ flows, interval }: Piece): string =>
  `${flowsText(flows)} from ${printInstant(interval.start)} to ${printInstant(interval.end)}`;
