/**
 * A conferencing client that talks to the network before it calls (seed, section 3): it asks for video, and where that
 * does not fit now it takes audio at once and books video for the earliest time at which the whole call fits.
 */
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { decide, readRules, type Source } from "#compiler/index.ts";

/** bit/s of a call in each quality, best first. */
const QUALITIES = { video: "5Mb", audio: "1Mb" } as const;

export interface Answer {
  readonly verdict: "accepted" | "partial" | "rejected";
  /** Why it was rejected, as a sentence. */
  readonly reason?: string;
  /** Requests that would be accepted instead. */
  readonly offers: readonly string[];
}

/** Alice's line to a network: says a statement, and brings its answer. What is not rejected is in force. */
export type Ask = (statement: string) => Promise<Answer>;

/** A network that `glazier serve --http` answers for. The token says who asks. */
export function served(url: string, token: string): Ask {
  return async (statement) => {
    const response = await fetch(new URL("/v1/statements", url), {
      method: "POST",
      headers: { authorization: `Bearer ${token}`, "content-type": "application/json" },
      body: JSON.stringify({ text: statement }),
    });
    const body = (await response.json()) as DecidedJson;
    if (body.error !== undefined) throw new Error(body.error.message);
    const [{ verdict, certificate }] = body.statements;
    const { reason, nearest = [], otherwise = [] } = certificate ?? {};
    return { verdict, ...(reason !== undefined && { reason }), offers: [...nearest, ...otherwise] };
  };
}

/** What of an answer this client reads; `/v1/openapi.json` describes all of it. */
interface DecidedJson {
  readonly error?: { readonly message: string };
  readonly statements: readonly [
    {
      readonly verdict: Answer["verdict"];
      readonly certificate?: {
        readonly reason: string;
        readonly nearest: readonly string[];
        readonly otherwise?: readonly string[];
      };
    },
  ];
}

/** A network in this process, which nobody else asks and no switch enforces. */
export function rehearsal(now: number): Ask {
  const { rules } = readRules(read("../../policies/pane.fml"));
  let accepted: readonly Source[] = [read("network.fml"), read("shares.pane")];
  return (statement) => {
    const text = statement.startsWith("Cancel") ? statement : `Alice: ${statement}`;
    const sources = [...accepted, { name: `statement ${accepted.length}`, text }];
    const decided = decide(sources, { now, load: () => undefined, rules });
    const outcome = decided.outcomes.at(-1);
    if (outcome === undefined) throw new Error(decided.diagnostics.map(({ message }) => message).join("; "));
    const { verdict } = outcome;
    if (verdict.kind !== "rejected") {
      accepted = sources;
      return Promise.resolve({ verdict: verdict.kind, offers: [] });
    }
    const { reason, nearest, otherwise = [] } = verdict.certificate;
    return Promise.resolve({ verdict: "rejected", reason, offers: [...nearest, ...otherwise] });
  };
}

/** Books the call and logs each step. Returns the requests that were booked. */
export async function call(ask: Ask, log: (line: string) => void): Promise<readonly string[]> {
  const video = `reserve(user=Alice, dstHost=friend) = ${QUALITIES.video} on aliceBW from now to +10min.`;
  const { verdict, reason, offers } = await ask(video);
  if (verdict !== "rejected") return [video];
  log(`video now: no, ${reason}`);
  for (const offer of offers) log(`  the network offers: ${offer}`);

  // The network offers the same span at a lower rate, and the whole call at a later time.
  const later = offers.find((offer) => offer.includes(QUALITIES.video));
  const audio = `reserve(user=Alice, dstHost=friend) = ${QUALITIES.audio} on aliceBW from now to +10min.`;
  const booked: string[] = [];
  for (const [what, statement] of [
    ["audio now", audio],
    ["video later", later],
  ] as const) {
    if (statement === undefined) continue;
    const answer = await ask(statement);
    log(`${what}: ${answer.verdict}`);
    if (answer.verdict !== "rejected") booked.push(statement);
  }
  return booked;
}

function read(path: string): Source {
  return { name: path, text: readFileSync(new URL(path, import.meta.url), "utf8") };
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const [, , url] = process.argv;
  const ask =
    url === undefined ? rehearsal(Math.floor(Date.now() / 1000)) : served(url, process.env["GLAZIER_TOKEN"] ?? "");
  await call(ask, (line) => process.stdout.write(`${line}\n`));
}
