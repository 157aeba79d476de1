/**
 * A conferencing client that talks to the network before it calls (seed, section 3): it asks for video, and where that
 * does not fit now it takes audio at once and books video for the earliest time at which the whole call fits.
 */
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { decide, readRules, type Source, type Verdict } from "#compiler/index.ts";

/** bit/s of a call in each quality, best first. */
const QUALITIES = { video: "5Mb", audio: "1Mb" } as const;

/** A network that decides one sentence at a time. */
export class Network {
  readonly #now: number;
  readonly #rules = readRules(read("../../policies/pane.fml")).rules;
  #accepted: readonly Source[];

  constructor(now: number) {
    this.#now = now;
    this.#accepted = [read("network.fml"), read("shares.pane")];
  }

  /** Submits a sentence and returns its verdict. A sentence that is not rejected stays in force. */
  ask(text: string): Verdict {
    const sources = [...this.#accepted, { name: `sentence ${this.#accepted.length}`, text }];
    const decided = decide(sources, { now: this.#now, load: () => undefined, rules: this.#rules });
    const outcome = decided.outcomes.at(-1);
    if (outcome === undefined) throw new Error(decided.diagnostics.map(({ message }) => message).join("; "));
    if (outcome.verdict.kind !== "rejected") this.#accepted = sources;
    return outcome.verdict;
  }
}

/** Books the call and logs each step. Returns the sentences that were booked. */
export function call(network: Network, log: (line: string) => void): readonly string[] {
  const video = `Alice: reserve(user=Alice, dstHost=friend) = ${QUALITIES.video} on aliceBW from now to +10min.`;
  const first = network.ask(video);
  if (first.kind !== "rejected") return [video];
  const { reason, nearest, otherwise = [] } = first.certificate;
  const offers = [...nearest, ...otherwise];
  log(`video now: no, ${reason}`);
  for (const offer of offers) log(`  the network offers: ${offer}`);

  // The network offers the same span at a lower rate, and the whole call at a later time.
  const later = offers.find((offer) => offer.includes(QUALITIES.video));
  const audio = `Alice: reserve(user=Alice, dstHost=friend) = ${QUALITIES.audio} on aliceBW from now to +10min.`;
  const booked: string[] = [];
  for (const [what, sentence] of [
    ["audio now", audio],
    ["video later", later === undefined ? undefined : `Alice: ${later}`],
  ] as const) {
    if (sentence === undefined) continue;
    const verdict = network.ask(sentence);
    log(`${what}: ${verdict.kind}`);
    if (verdict.kind !== "rejected") booked.push(sentence);
  }
  return booked;
}

function read(path: string): Source {
  return { name: path, text: readFileSync(new URL(path, import.meta.url), "utf8") };
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  call(new Network(Math.floor(Date.now() / 1000)), (line) => process.stdout.write(`${line}\n`));
}
