/**
 * The units in which switches count rates, and the largest rates: meters (OpenFlow 1.3.5, 7.3.4.4), queues
 * (`linux-htb`).
 */

/** In bit/s and bits: meters count rates and bursts in kbit/s and kbit, in 32 bits. */
export const METER_STEP = 1000;
export const METER_MOST = (2 ** 32 - 1) * METER_STEP;

/**
 * In bits: the smallest burst of a meter. It is ten full frames, TCP's first window (RFC 6928), since a smaller bucket
 * would never let such a window pass. A burst is otherwise what the rate gives in one second; with a tenth of that TCP
 * reached half the rate (measured on Open vSwitch).
 */
export const LEAST_BURST = 10 * 1518 * 8;

/** In bit/s: a queue of Open vSwitch gives at least one full frame a second, and counts bytes a second in 32 bits. */
export const LEAST_QUEUE = 1500 * 8;
export const QUEUE_MOST = (2 ** 32 - 1) * 8;

/** A rate or burst as a switch counts it: bit/s or bits → kbit/s or kbit, rounded up. */
export const kilo = (bits: number): number => Math.ceil(bits / METER_STEP);

/** What each of several switches may let through, so that together they never exceed a rate: a step that meters count. */
export const dividedAmong = (rate: number, switches: number): number =>
  Math.floor(rate / switches / METER_STEP) * METER_STEP;

/** Whether switches can count a rate in bit/s: exactly for a reservation, for a limit as a rate at most 1% higher. */
export const isCounted = (stage: "limit" | "reserve", rate: number): boolean =>
  stage === "reserve"
    ? LEAST_QUEUE <= rate && rate <= QUEUE_MOST
    : METER_STEP <= rate && rate <= METER_MOST && (kilo(rate) * METER_STEP - rate) * 100 <= rate;
