/**
 * One connection of the text protocol: `Login: `, then sentences in and replies out, in order. What is beyond a bound
 * gets one clear line, and the connection ends; a speaker with many open sentences is simply read more slowly.
 */
import type { Duplex } from "node:stream";
import { printable } from "#compiler/diagnostics/text.ts";
import { printName } from "#compiler/syntax/print-flows.ts";
import type { Heard, Spoken } from "./conversation.ts";
import { Pieces } from "./listening/pieces.ts";
import { replyText } from "./reply.ts";
import { Sentences } from "./sentences.ts";
import { SentenceFault, SpeakerGone } from "./service.ts";

export interface TextBounds {
  /** Milliseconds until the login must have come. */
  readonly login: number;
  /** Milliseconds without a sentence after which a connection ends. */
  readonly idle: number;
  /** The most sentences of one connection that wait for their reply. */
  readonly open: number;
}

export const TEXT_BOUNDS: TextBounds = { login: 10_000, idle: 600_000, open: 32 };

const ONE_NAME =
  'False\n `token` names one user, as `token Alice.` does; a name with blanks stands in quotes: `token "A name".`\n\n';

/** The most characters of the login line. */
const MOST_OF_LOGIN = 1_000;

export interface TextHost {
  /** The speaker whom a login names; undefined: it is not right. */
  readonly login: (name: string, token: string | undefined) => string | undefined;
  /** `from` fires once the connection is gone. */
  readonly say: (spoken: Omit<Spoken, "via">) => Promise<Heard>;
  readonly bounds: TextBounds;
}

/** Serves one connection until it ends. Never rejects: a client's fault ends the client's connection alone. */
export async function converse(stream: Duplex, host: TextHost): Promise<void> {
  const connection = new Connection(stream, host);
  // A peer that is gone is no fault of ours.
  stream.on("error", () => stream.destroy());
  try {
    await connection.run();
  } catch (error) {
    connection.end(error instanceof Error ? error.message : String(error));
  }
}

class Connection {
  readonly #stream: Duplex;
  readonly #host: TextHost;
  readonly #pieces: Pieces;
  readonly #sentences = new Sentences();
  /** Replies in order: each waits for the one before. */
  #replies: Promise<void> = Promise.resolve();
  #open = 0;
  #roomFor: (() => void) | undefined;
  readonly #gone = new AbortController();
  #isLetGo = false;

  constructor(stream: Duplex, host: TextHost) {
    this.#stream = stream;
    this.#host = host;
    this.#pieces = new Pieces(stream);
    stream.once("close", () => {
      this.#gone.abort();
      this.#roomFor?.();
    });
  }

  async run(): Promise<void> {
    const decoder = new TextDecoder("utf-8", { fatal: true });
    const read = async (milliseconds: number, why: string): Promise<string | undefined> => {
      const piece = await this.#pieces.next(milliseconds, why);
      if (piece === undefined) return undefined;
      try {
        return decoder.decode(piece, { stream: true });
      } catch {
        throw new Error("this is not UTF-8");
      }
    };
    this.#write("Login: ");
    const begun = Date.now();
    let text = "";
    while (!text.includes("\n")) {
      const left = this.#host.bounds.login - (Date.now() - begun);
      const piece = await read(left, "no login came");
      if (piece === undefined) throw new Error("no login came");
      text += piece;
      if (text.length > MOST_OF_LOGIN && !text.slice(0, MOST_OF_LOGIN).includes("\n"))
        throw new Error(`a login has at most ${MOST_OF_LOGIN} characters`);
    }
    const [line, rest] = [text.slice(0, text.indexOf("\n")), text.slice(text.indexOf("\n") + 1)];
    const by = this.#login(line);
    this.#write("logged in\n");
    if (await this.#hear(rest, by)) return this.#finish();
    for (;;) {
      const piece = await read(this.#host.bounds.idle, "nothing was said for long");
      // A full stop at the very end of a text is one.
      if (await this.#hear(piece ?? "\n", by)) break;
      if (piece === undefined) {
        this.#leave();
        break;
      }
    }
    await this.#finish();
  }

  #login(line: string): string {
    const found = /^\s*(?:"((?:[^"\\]|\\.)*)"|(\S+))(?:\s+(\S+))?\s*$/.exec(line);
    if (found === null) throw new Error("a login is `NAME TOKEN`");
    const name = unquoted(found[1]) ?? found[2]!;
    const speaker = this.#host.login(name, found[3]);
    if (speaker === undefined)
      throw new Error(
        found[3] === undefined
          ? `a token is missing: here ${printable(printName({ text: name }))} logs in with \`NAME TOKEN\``
          : "the name and the token do not belong together",
      );
    return speaker;
  }

  /** Takes a piece of text; returns true once the client has said `quit`. */
  async #hear(piece: string, by: string): Promise<boolean> {
    for (const sentence of this.#sentences.push(piece)) {
      // What comes behind it in the same breath is not heard.
      if (/^quit[^\S\n]*(?:\.|\n)/.test(sentence)) return true;
      // What a client that is gone has said is not decided: no client waits for it.
      if (this.#gone.signal.aborted) return true;
      await this.#say(sentence, by);
    }
    return /^quit\s*\n?$/.test(this.#sentences.rest) && piece.endsWith("\n");
  }

  /** The client says no more: what it has not ended is not decided, and it hears so. */
  #leave(): void {
    const { rest, isInComment } = this.#sentences;
    // What a comment without an end swallows may be statements.
    if (!isInComment && (rest === "" || rest === "quit")) return;
    const why = isInComment
      ? "a comment that begins with `/*` has no end"
      : /^begin\s*\./.test(rest)
        ? "`begin.` has no `commit.`"
        : "a statement ends with a full stop";
    this.#replies = this.#replies.then(() => void this.#write(`False\n nothing of this was decided: ${why}\n\n`));
  }

  async #say(sentence: string, by: string): Promise<void> {
    if (this.#open >= this.#host.bounds.open) await new Promise<void>((resolve) => (this.#roomFor = resolve));
    if (this.#gone.signal.aborted) return;
    this.#open++;
    const reply = this.#reply(sentence, by);
    // The reply before this one may still wait.
    reply.catch(() => undefined);
    this.#replies = this.#replies.then(async () => {
      const isRead = this.#write(await reply);
      if (!isRead) await drained(this.#stream, this.#host.bounds.idle);
      this.#open--;
      this.#roomFor?.();
      this.#roomFor = undefined;
    });
    // A failed reply is met again at the next sentence or the end.
    this.#replies.catch((error: Error) => this.end(`nothing is decided any more: ${error.message}`));
  }

  async #reply(sentence: string, by: string): Promise<string> {
    if (!sentence.startsWith("token")) return this.#answer(sentence, by);
    const [, quoted, bare] = /^token\s+(?:"((?:[^"\\]|\\.)+)"|([^\s"]+?))\s*\.$/.exec(sentence) ?? [];
    const name = unquoted(quoted) ?? bare;
    if (name === undefined) return /^token(?:\s|\.$)/.test(sentence) ? ONE_NAME : this.#answer(sentence, by);
    // In its place among what is said: the sentence before it may make the user.
    return this.#answer(sentence, by, name);
  }

  async #answer(text: string, by: string, tokenOf?: string): Promise<string> {
    try {
      const from = this.#gone.signal;
      return replyText(await this.#host.say({ text, by, from, ...(tokenOf !== undefined && { tokenOf }) }));
    } catch (error) {
      if (error instanceof SpeakerGone) return "";
      if (error instanceof SentenceFault) return `False\n ${error.message}\n\n`;
      throw error;
    }
  }

  /** Returns whether the client has read what was written before. */
  #write(text: string): boolean {
    return this.#stream.destroyed || this.#stream.writableEnded || this.#stream.write(text);
  }

  async #finish(): Promise<void> {
    await this.#replies.catch(() => undefined);
    if (!this.#stream.writableEnded) this.#stream.end();
    this.#letGo();
  }

  /** One clear line, then the end. */
  end(reason: string): void {
    this.#write(`error: ${printable(reason)}\n`);
    this.#stream.end();
    this.#letGo();
  }

  /** What is still sent is not read. The client need not end its half, and has some time to read what it was sent. */
  #letGo(): void {
    // Every reply that fails ends the connection.
    if (this.#isLetGo) return;
    this.#isLetGo = true;
    const stream = this.#stream;
    this.#pieces.stop();
    stream.resume();
    const destroy = (): void => void stream.destroy();
    const soon = (): void => void setTimeout(destroy, 1_000).unref();
    if (stream.writableFinished) soon();
    else stream.once("finish", soon);
    const last = setTimeout(destroy, this.#host.bounds.idle).unref();
    stream.once("close", () => clearTimeout(last));
  }
}

/** What stands between quotes, where a stroke stands before a quote or another stroke. */
const unquoted = (text: string | undefined): string | undefined => text?.replaceAll(/\\(.)/g, "$1");

/** Resolves when the client has read what it was sent; who does not within so many milliseconds is cut off. */
const drained = (stream: Duplex, milliseconds: number): Promise<void> =>
  new Promise((resolve) => {
    const timer = setTimeout(() => stream.destroy(), milliseconds);
    const done = (): void => {
      clearTimeout(timer);
      stream.off("drain", done).off("close", done);
      resolve();
    };
    stream.on("drain", done).on("close", done);
  });
