/** The switch's database, for what OpenFlow cannot do: above all queues. */
export { readBridges, recordedMeters, recordMeters, setSecure } from "./bridge.ts";
export type { ApartPort, Bridge, BridgePort, QosRow, QueueRow } from "./bridge.ts";
export { NO_SETTINGS } from "./settings.ts";
export { Database } from "./database.ts";
export { dscpMarks, filterCommands, waitingFrames } from "./filters.ts";
export type { FilterCommand, Mark } from "./filters.ts";
export { movedPorts, numbersIn, recordPorts } from "./port-names.ts";
export { purgeFlows } from "./purge.ts";
export { planQueues } from "./queues.ts";
export type { QueueOptions, QueuePlan, QueueStep } from "./queues.ts";
export type { Operation } from "./value.ts";
export { runHere } from "./run.ts";
export { watchBridges } from "./bridge-changes.ts";
