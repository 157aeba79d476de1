/**
 * Collections of young garbage that are short, for a process that others wait for. Node lets the space of what is new grow to
 * tens of megabytes: the longer it lasts until it is full, the more of it stands and is moved, and nothing else goes on
 * meanwhile. V8 takes its size when a process starts, and no command can say it for itself; but how much it grows by V8 asks
 * each time.
 */
import { constants, PerformanceObserver, type PerformanceEntry } from "node:perf_hooks";
import { getHeapSpaceStatistics, setFlagsFromString } from "node:v8";

/** Bytes of the space: half of it is filled between two collections. Less costs more than it shortens. */
export const YOUNG_BYTES = 16 * 1024 * 1024;

/** What V8 calls it. */
const SPACE = "new_space";

/** The bytes that the space has now. */
export function youngBytes(): number {
  return getHeapSpaceStatistics().find(({ space_name: name }) => name === SPACE)?.space_size ?? Infinity;
}

/**
 * From now on the space grows no further. One that is smaller than `YOUNG_BYTES` grows first, and again where V8 has made it
 * small in a process that was idle for long: at the first collection of what comes then.
 */
export function boundYoungGeneration(): void {
  // What is left to move is little, and a thread that helps may wait for a processor longer than it takes.
  setFlagsFromString("--no-parallel-scavenge");
  grow();
  const observer = new PerformanceObserver((list) => {
    const isYoung = list.getEntries().some((one) => (one as Collection).detail?.kind === MINOR);
    if (!isYoung || youngBytes() >= YOUNG_BYTES) return;
    grow();
    if (youngBytes() < YOUNG_BYTES) observer.disconnect();
  });
  observer.observe({ entryTypes: ["gc"] });
}

type Collection = PerformanceEntry & { readonly detail?: { readonly kind?: number } };

const MINOR = constants.NODE_PERFORMANCE_GC_MINOR;

/** By what stands meanwhile. */
function grow(): void {
  setFlagsFromString("--semi-space-growth-factor=2");
  const standing: object[][] = [];
  while (youngBytes() < YOUNG_BYTES && standing.length < MOST) standing.push(Array.from({ length: 1_024 }, () => ({})));
  setFlagsFromString("--semi-space-growth-factor=1");
}

/** Where the space would not grow, this is enough tried. */
const MOST = 1_024;
