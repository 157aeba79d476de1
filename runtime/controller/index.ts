/** Tables → switches, and switches → tables. */
export { apply, applyTo } from "./apply.ts";
export { findDatabase, purge } from "./resource-steps.ts";
export { netChange, toFlowChange } from "./flow-mods.ts";
export { sendBundle, type Sent } from "./send.ts";
export { sendsByNumber } from "./bridge-checks.ts";
export { FollowedForeign } from "./refusal.ts";
export type { Elapsed } from "./timeouts.ts";
export { freshToken, tokenOf, withdrawalOf, type Withdrawal } from "./writers/token.ts";
export { reasonWords } from "../openflow/index.ts";
export { readTable, readTableFrom } from "./read.ts";
export type { InstalledFlow } from "./installed.ts";
export type {
  Applied,
  ApplyOptions,
  ApplyResult,
  Durations,
  Failed,
  ReadResult,
  EntryOrigin,
  ServerClaim,
  ServerMark,
} from "./result.ts";
export { clockTime, readTimes, type KeptTime, type Times } from "./writers/times.ts";
export type { ChangeCounts, Runner } from "./resource-step.ts";
export { APPLY_AGAIN, type SwitchKnown } from "./writers/progress.ts";
export { heldHelp, markerText, othersMarker, readMarkers, RENEWAL, sendMark } from "./marker.ts";
export { onOthersChange } from "./writers/monitor.ts";
export { becomeMaster, isStillMaster } from "./writers/role.ts";
