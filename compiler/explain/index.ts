/** Explanations: certificates, statements, flows; as values, as text and as JSON. */
export { certificateJson, certificateText, proofLines, verdictJson, verdictText } from "./certificate.ts";
export { explainFlow, explainFlowgroup, type FlowExplanation, type NearMiss, type Part, type Voice } from "./flow.ts";
export { explainGuard, guardJson, guardText, type GuardExplanation, type Silence } from "./guard.ts";
export { explainStatement, statementJson, statementText, type StatementExplanation } from "./statement.ts";
export { flowText, partsText } from "./text.ts";
