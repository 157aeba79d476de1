/** Explanations: certificates, statements, flows; as values, as text and as JSON. */
export { certificateText, proofLines, verdictText } from "./certificate.ts";
export { certificateJson, verdictJson } from "./certificate-json.ts";
export type { ActiveStatement } from "./active.ts";
export { explainFlow, type FlowExplanation, type NearMiss } from "./flow.ts";
export { explainFlowgroup, MOST_IN_TURN, type DecidedPart, type TooManyParts } from "./flowgroup.ts";
export { explainGuard, guardJson, guardText, type GuardExplanation, type Silence } from "./guard.ts";
export { explainStatement, statementJson, statementText, type StatementExplanation } from "./statement.ts";
export { flowText, partsText } from "./text.ts";
