/** Explanations of flows and of flowgroups as lines of text. */
import type { Flowgroup } from "../flowgroup/cube.ts";
import { inLines } from "../diagnostics/text.ts";
import { describe, readable } from "../flowgroup/index.ts";
import { printInstant, printRate } from "../net/index.ts";
import type { Piece } from "../certificates/verdict.ts";
import { locate } from "../source.ts";
import { list } from "../certificates/text.ts";
import type { ActiveStatement } from "./active.ts";
import type { FlowExplanation } from "./flow.ts";
import type { DecidedPart } from "./flowgroup.ts";
import type { ExplainedSteering } from "./steering-statements.ts";
import { closedText, type Treatment } from "./treatment.ts";

const VERDICTS = { allow: "allowed", deny: "denied", default: "decided by nothing: the default holds" } as const;

/** Why one flow is treated as it is. */
export function flowText(explanation: FlowExplanation): string {
  const { verdict, decidedBy, chain, alike, overridden, treatment, led, closest } = explanation;
  return inLines([
    decidedBy ? `${VERDICTS[verdict]} by ${statementText(decidedBy)}` : VERDICTS[verdict],
    ...(decidedBy?.because ?? []).map((fact) => `  because ${fact}`),
    ...chain.map(({ share, says, statements }) =>
      says === undefined ? `  ${share}: says nothing` : `  ${share}: ${says} (${statements.join(", ")})`,
    ),
    ...alike.map((one) => `  without these it would be ${VERDICTS[one.kind]} by ${statementText(one)}`),
    ...overridden.map(({ statement, why }) => `  overrides ${statementText(statement)}: ${why}`),
    ...treatment.map((one) => `  ${treatmentText(one)}`),
    ...(led?.by ?? []).map((one) => `  ${steeringText(one)}`),
    ...(led?.lost === undefined ? [] : [`  dropped: ${led.lost}`]),
    ...closest.map(({ statement, failed, passedBy }) => {
      const fields = failed.map(
        ({ field, wanted, given }) => `${field} is ${given}, not ${given === "hidden" ? "surely " : ""}${wanted}`,
      );
      if (passedBy) fields.push(`pass ${passedBy.id} (${locate(passedBy.span)}) hands it on`);
      return `  closest: ${statementText(statement)}: ${fields.join("; ")}`;
    }),
  ]);
}

const statementText = ({ id, kind, share, span }: ActiveStatement): string =>
  `${kind} ${id}${share === undefined ? ", a guard" : ` on ${share}`} (${locate(span)})`;

function treatmentText(treatment: Treatment): string {
  const { id, kind, share, rate, divided, suspended, span } = treatment;
  const parts = divided ? `, ${printRate(divided.kept)} at each of ${list(divided.switches)}` : "";
  const asked = suspended ? "suspended: kept is what the links have left, not" : "reserved";
  const much = `${kind === "limit" ? "limited to" : asked} ${printRate(rate)}`;
  const closed = closedText(treatment);
  const what = closed === undefined ? `${much}${parts}` : `dropped: ${closed}; ${much}`;
  return `${what} by ${id} on ${share} (${locate(span)})`;
}

const steeringText = ({ id, kind, share, nodes, span }: ExplainedSteering): string =>
  `led ${kind === "waypoint" ? "through" : "around"} ${list(nodes)} by ${id} on ${share} (${locate(span)})`;

/** Flows that a line can hold, or as much of them as can be read; `--json` has all. */
function flowsText(flows: Flowgroup): string {
  const text = readable(flows);
  return text.length <= READABLE ? text : describe(flows, READABLE);
}

const READABLE = 300;

/** How a flowgroup is split among the statements that decide it. */
export const partsText = (parts: readonly DecidedPart[]): string =>
  inLines(
    parts.flatMap(({ flows, verdict, decidedBy, treatment, led }) => [
      flowsText(flows),
      `  ${VERDICTS[verdict]}${decidedBy ? ` by ${statementText(decidedBy)}` : ""}`,
      ...treatment.map((one) => `  ${one.all ? "" : "some "}${treatmentText(one)}`),
      ...(led?.by ?? []).map((one) => `  some ${steeringText(one)}`),
      ...(led?.lost ?? []).map((why) => `  some dropped: ${why}`),
    ]),
  );

/** Flows and the whole of their time. */
export const pieceText = ({ flows, interval }: Piece): string =>
  `${flowsText(flows)} from ${printInstant(interval.start)} to ${printInstant(interval.end)}`;
