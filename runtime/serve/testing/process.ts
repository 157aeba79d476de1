/** For tests only: `glazier serve` as a process of its own, which may be killed, and a client that talks to it. */
import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { connect, type Socket } from "node:net";
import { fileURLToPath } from "node:url";

const program = fileURLToPath(new URL("../../bin.js", import.meta.url));

/** Ends what it started, as a test does. */
interface Owner {
  teardown(end: () => Promise<void>): void;
}

/** The words of a server that holds the switch of a lab, whatever others put there: a policy, its state and its socket. */
export const holdingWords = (
  { mgmt, db }: { readonly mgmt: string; readonly db: string },
  policy: string,
  socket: string,
  state = "state",
): readonly string[] =>
  [policy, ["--switch", mgmt, "--db", db, "--take-over"], ["--state", state, "--socket", socket]].flat();

export class ServeProcess {
  readonly #child: ChildProcess;
  readonly #words: readonly string[];
  out = "";
  err = "";
  #grown = Promise.withResolvers<void>();
  #isOver = false;

  /**
   * `cwd`: where relative paths start from. `node`: options of Node. `namespace`: that of the network in which it runs.
   */
  constructor(t: Owner, words: readonly string[], cwd: string, node: readonly string[] = [], namespace?: string) {
    this.#words = words;
    const within = namespace === undefined ? [] : ["ip", "netns", "exec", namespace];
    const [first, ...rest] = [...within, process.execPath, ...node, program, "serve", ...words];
    this.#child = spawn(first!, rest, {
      cwd,
      stdio: ["ignore", "pipe", "pipe"],
    });
    const grow = (): void => {
      this.#grown.resolve();
      this.#grown = Promise.withResolvers();
    };
    this.#child.stdout!.on("data", (text: Buffer) => {
      this.out += text.toString();
      grow();
    });
    this.#child.stderr!.on("data", (text: Buffer) => {
      this.err += text.toString();
      grow();
    });
    this.#child.once("close", () => {
      this.#isOver = true;
      grow();
    });
    t.teardown(() => this.kill());
  }

  /** Resolves when it has printed this, on either stream; throws if it ends before. */
  async printed(pattern: RegExp): Promise<void> {
    while (!pattern.test(this.out + this.err)) {
      if (this.#isOver) throw new Error(`serve ${this.#words.join(" ")} ended:\n${this.out}${this.err}`);
      await this.#grown.promise;
    }
  }

  /** Root's token, which the first start prints. */
  get token(): string {
    return /glz_\S+/.exec(this.out)![0];
  }

  /** Processor seconds of all its threads so far. */
  cpuSeconds(): number {
    const fields = readFileSync(`/proc/${this.#child.pid}/stat`, "utf8").split(") ")[1]!.split(" ");
    return (Number(fields[11]) + Number(fields[12])) / 100;
  }

  /** kill -9; resolves when it is gone. */
  async kill(): Promise<void> {
    if (this.#isOver) return;
    this.#child.kill("SIGKILL");
    if (!this.#isOver) await once(this.#child, "close");
  }

  /** Asks it to end, as an operator does. */
  signal(signal: NodeJS.Signals): void {
    this.#child.kill(signal);
  }

  /** The exit code, once it has ended by itself. */
  async ended(): Promise<number | null> {
    if (!this.#isOver) await once(this.#child, "close");
    return this.#child.exitCode;
  }
}

/** One connection of the text protocol. */
export class TextClient {
  readonly #socket: Socket;
  #text = "";
  #grown = Promise.withResolvers<void>();
  #isOver = false;

  private constructor(socket: Socket) {
    this.#socket = socket;
    const grow = (): void => {
      this.#grown.resolve();
      this.#grown = Promise.withResolvers();
    };
    socket.setEncoding("utf8");
    socket.on("data", (text: string) => {
      this.#text += text;
      grow();
    });
    socket.on("error", () => undefined);
    socket.on("close", () => {
      this.#isOver = true;
      grow();
    });
  }

  /** Logs in; rejects if the server does not take it. */
  static async login(path: string, name: string, token: string): Promise<TextClient> {
    const socket = connect(path);
    const client = new TextClient(socket);
    socket.write(`${name} ${token}\n`);
    const greeting = await client.#until("\n");
    if (greeting !== "Login: logged in\n") throw new Error(greeting ?? "the connection was lost");
    return client;
  }

  /** The reply to a sentence, without the empty line that ends it; undefined: the connection was lost before. */
  async say(sentence: string): Promise<string | undefined> {
    this.#socket.write(`${sentence}\n`);
    return (await this.#until("\n\n"))?.slice(0, -2);
  }

  async #until(end: string): Promise<string | undefined> {
    for (;;) {
      const at = this.#text.indexOf(end);
      if (at >= 0) {
        const found = this.#text.slice(0, at + end.length);
        this.#text = this.#text.slice(at + end.length);
        return found;
      }
      if (this.#isOver) return undefined;
      await this.#grown.promise;
    }
  }

  close(): void {
    this.#socket.destroy();
  }
}
