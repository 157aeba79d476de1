/** Questions about the network and their answers: as values, as text, as JSON. */
export { answer, type Answer, type Answered, type AnswerColumn, type ColumnKind } from "./answer.ts";
export { answerCells, answerJson, type JsonRow } from "./print.ts";
export type { AnswerValue } from "./value.ts";
