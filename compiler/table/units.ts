/** The steps in which switches count rates, and the largest: meters (OpenFlow 1.3.5, 7.3.4.4), queues (`linux-htb`). */

/** Meters count kbit/s in 32 bits, rates and bursts alike. */
export const METER_STEP = 1000;
export const METER_MOST = (2 ** 32 - 1) * METER_STEP;

/**
 * A burst of one second: with less, TCP does not reach the rate (measured on Open vSwitch: a tenth gives it half). At
 * least ten full frames, TCP's first window (RFC 6928): a smaller bucket would never let a burst of them pass.
 */
export const LEAST_BURST = 10 * 1518 * 8;

/** A queue of Open vSwitch gives at least one full frame a second, and counts bytes a second in 32 bits. */
export const LEAST_QUEUE = 1500 * 8;
export const QUEUE_MOST = (2 ** 32 - 1) * 8;

/** What a switch makes of a rate or a burst: kbit/s, rounded up. */
export const kilo = (bits: number): number => Math.ceil(bits / METER_STEP);

/** What each of several switches may let through, so that together they never exceed a rate: a step that meters count. */
export const dividedAmong = (rate: number, switches: number): number =>
  Math.floor(rate / switches / METER_STEP) * METER_STEP;

/** Whether switches count such a rate: for a reservation as it is, for a limit as one that is at most 1% higher. */
export const isCounted = (stage: "limit" | "reserve", rate: number): boolean =>
  stage === "reserve"
    ? LEAST_QUEUE <= rate && rate <= QUEUE_MOST
    : METER_STEP <= rate && rate <= METER_MOST && (kilo(rate) * METER_STEP - rate) * 100 <= rate;
