/** Who asks, by the token in the request, and how much at a time. */
import type { IncomingHttpHeaders } from "node:http";
import type { ShownCertificate } from "../client-certificates.ts";
import { isSpeaker, METRICS } from "../tokens.ts";
import { HttpRefusal } from "./refusal.ts";
import type { Asker, FrontHost } from "./route.ts";

/**
 * The speaker: a token belongs to one name, so it alone says who that is, or else the certificate of the connection. Empty
 * where it need not be said.
 *
 * @throws {HttpRefusal} The token is missing or wrong, or another's is needed.
 */
export function asker(
  { tokens, network }: Pick<FrontHost, "tokens" | "network">,
  who: Asker,
  headers: IncomingHttpHeaders,
  shown: ShownCertificate,
): string {
  if (who === "anyone") return "";
  const token = tokenIn(headers);
  const isBare = token === undefined && headers.authorization === undefined;
  if (isBare && shown !== undefined && "refused" in shown)
    throw new HttpRefusal("unauthorized", `your certificate is refused: ${shown.refused}`);
  const named = isBare && shown !== undefined && "user" in shown ? shown.user : undefined;
  if (token === undefined && named === undefined)
    throw new HttpRefusal("unauthorized", "a token is missing", { help: "send `Authorization: Bearer TOKEN`" });
  const name = named ?? tokens.ownerOf(token!);
  if (name === undefined) throw new HttpRefusal("unauthorized", "there is no such token");
  if (!isSpeaker(network, name)) throw new HttpRefusal("unauthorized", `there is no user \`${name}\` any more`);
  const may = name === "root" || (who === "speaker" ? name !== METRICS : who === "metrics" && name === METRICS);
  if (may) return name;
  throw new HttpRefusal("forbidden", who === "root" ? "only root may ask this" : `\`${name}\` may not ask this`);
}

/** The token in a request; undefined: there is none. */
export const tokenIn = ({ authorization }: IncomingHttpHeaders): string | undefined =>
  /^Bearer +([\w.~+/-]+=*) *$/i.exec(authorization ?? "")?.[1];

/** The most requests that are being answered, of one speaker and of all. */
const MOST_OF_SPEAKER = 256;
const MOST_AT_ONCE = 4_096;

export class Crowd {
  readonly #open = new Map<string, number>();
  #all = 0;
  #left: (() => void)[] = [];

  /** Resolves once no request of a speaker is being answered. */
  async empty(): Promise<void> {
    if (this.#all > 0) await new Promise<void>((resolve) => void this.#left.push(resolve));
  }

  /** A request comes in; it leaves by the function that is returned. Those who need not say who they are do not count. */
  enter(by: string): () => void {
    if (by === "") return () => undefined;
    const mine = this.#open.get(by) ?? 0;
    if (mine >= MOST_OF_SPEAKER)
      throw new HttpRefusal("too-many", `one speaker has at most ${MOST_OF_SPEAKER} open requests`);
    if (this.#all >= MOST_AT_ONCE) throw new HttpRefusal("too-busy", "there are too many open requests");
    this.#open.set(by, mine + 1);
    this.#all++;
    return () => {
      this.#all--;
      if (this.#all === 0) for (const done of this.#left.splice(0)) done();
      const left = this.#open.get(by)! - 1;
      if (left === 0) this.#open.delete(by);
      else this.#open.set(by, left);
    };
  }
}
