/**
 * Meters and queues ↔ comment lines above a table's entries. `ovs-ofctl add-flows` skips such a line; the text after
 * `meter:` is what `ovs-ofctl add-meter` takes. Rates are in kbit/s, rounded up, as switches count them.
 */
import type { Meter, Queue } from "./entry.ts";
import { kilo } from "./units.ts";

/** `meter=7,kbps,burst,stats,band=type=drop,rate=10000,burst_size=10000`: the argument of `add-meter`. */
export function meterText({ meter, rate, burst }: Pick<Meter, "meter" | "rate" | "burst">): string {
  return `meter=${meter},kbps,burst,stats,band=type=drop,rate=${kilo(rate)},burst_size=${kilo(burst)}`;
}

export function meterNote(meter: Meter): string {
  return `# meter: ${meterText(meter)} ${JSON.stringify(meter.statement)}`;
}

/**
 * `port=3,queue=7,min-rate=5000`. A queue without a port is on every port that has no queue of this number of its own.
 */
export function queueText({ port, queue, minimum }: Omit<Queue, "statement">): string {
  return `${port === undefined ? "" : `port=${port},`}queue=${queue},min-rate=${kilo(minimum)}`;
}

export function queueNote(queue: Queue): string {
  return `# queue: ${queueText(queue)} ${JSON.stringify(queue.statement)}`;
}

const METER = /^# meter: meter=(\d+),kbps,burst,stats,band=type=drop,rate=(\d+),burst_size=(\d+) (".*")$/;
const QUEUE = /^# queue: (?:port=(\d+),)?queue=(\d+),min-rate=(\d+) (".*")$/;

/** Reads a line that `meterNote` or `queueNote` wrote; `undefined` for every other line. */
export function readNote(line: string): Meter | Queue | undefined {
  const meter = METER.exec(line);
  if (meter !== null) {
    const [number, rate, burst] = meter.slice(1, 4).map(Number) as [number, number, number];
    return { meter: number, rate: rate * 1000, burst: burst * 1000, statement: JSON.parse(meter[4]!) as string };
  }
  const queue = QUEUE.exec(line);
  if (queue === null) return undefined;
  const statement = JSON.parse(queue[4]!) as string;
  const one = { queue: Number(queue[2]), minimum: Number(queue[3]) * 1000, statement };
  return queue[1] === undefined ? one : { port: Number(queue[1]), ...one };
}
