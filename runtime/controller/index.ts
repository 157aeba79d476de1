/** Tables → switches, and switches → tables. */
export { apply, applyTo } from "./apply.ts";
export { readTable, readTableFrom } from "./read.ts";
export type { InstalledFlow } from "./installed.ts";
export type { Applied, ApplyOptions, ApplyResult, Durations, Failed, ReadResult, EntryOrigin } from "./result.ts";
export { readEnds, type Ends, type KeptEnd } from "./writers/ends.ts";
export type { ChangeCounts, Runner } from "./resource-step.ts";
export { APPLY_AGAIN, type SwitchKnown } from "./writers/progress.ts";
