/** Questions about the network and their answers: as values, as text, as JSON. */
export { answer, type Answer, type Answered, type Column, type ColumnKind } from "./answer.ts";
export { answerCells, answerJson, type JsonRow } from "./print.ts";
export type { Value } from "./value.ts";
