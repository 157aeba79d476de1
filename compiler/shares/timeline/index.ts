/** Reservations over time: timelines of shares and links, and the questions that admission asks of a chain of them. */
export type { Bucket } from "./bucket.ts";
export { blockers, type ChargedReservation } from "./blockers.ts";
export { fits, largestRate, type TimelineShortage } from "./chain.ts";
export { earliestStart } from "./search.ts";
export type { Stretch } from "./schedule.ts";
export { Timeline, type Bounds } from "./timeline.ts";
