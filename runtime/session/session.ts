/**
 * A session with one switch: handshake, keep-alive, requests matched to answers by xid, answers of several parts.
 * Whatever the peer does, every promise is settled in bounded time and memory stays bounded.
 */
import type { Socket } from "node:net";
import { setImmediate as turn, setTimeout as pause } from "node:timers/promises";
import type { Diagnostic } from "../../compiler/diagnostics/diagnostic.ts";
import { connectionLost, noAnswer, notOpenFlow, wrongVersion } from "../../compiler/diagnostics/codes/runtime.ts";
import { decode, encode, Framer, VERSION, write, Writer } from "../openflow/index.ts";
import type { MalformedFrame, Message, MessageOf, MultipartReply, MultipartRequest } from "../openflow/index.ts";
import { RequestRefused, SessionFault } from "./fault.ts";
import { featuresAwaited, ownHello, sharedVersion, versionsOf } from "./hello.ts";
import { printTarget, type SwitchTarget } from "./target.ts";
import { DEFAULTS, type SessionOptions } from "./options.ts";
import { failureReason } from "./failure-reason.ts";
import { open } from "./transport.ts";

/** Open vSwitch keeps several sockets beside each other, and only one of them answers with OpenFlow. */
const NO_HELLO =
  "is it the socket of a switch? that of a bridge of Open vSwitch is BRIDGE.mgmt; db.sock is its database's, and .ctl and .snoop are for other tools";

/** Measured with 3.1: its daemon returns before it looks at any bridge. What it was sent waits until the database is back. */
export const NO_DATABASE =
  "an Open vSwitch answers nobody, and ends no entry, while its database server is away: look whether `ovsdb-server` runs";

/** Bytes that are given to the socket at a time, and so encoded ahead of what the peer has read. */
const CHUNK = 2 ** 16;
/** The most unsent bytes. Above, a peer that requests echoes does not read the answers. */
const UNREAD_LIMIT = 2 ** 22;

/** The number of silent intervals after which a connection counts as lost. */
const SILENCES = 6;
/** Milliseconds that a closing session gives the peer to read what was sent. */
const LAST_WORDS = 1000;

/** How often a connection is opened that ends before the handshake is over. */
const ATTEMPTS = 8;

/** A request that waits for its answer. */
interface Pending {
  /** The awaited answer, for the diagnostic. */
  readonly awaited: string;
  /** Seconds to wait for the answer, or for its next part. */
  readonly seconds: number;
  /** Takes a part of the answer; returns true if it was the last. */
  take(message: Message, bytes: number): boolean;
  reject(fault: SessionFault): void;
  timer: NodeJS.Timeout;
}

/** Called with every message that answers no request. */
export type Listener = (message: Message | MalformedFrame) => void;

export class Session {
  readonly target: string;
  readonly #socket: Socket;
  readonly #options: Required<SessionOptions>;
  readonly #framer = new Framer();
  readonly #pending = new Map<number, Pending>();
  readonly #listeners = new Set<Listener>();
  readonly #writer = new Writer(2 * CHUNK);
  readonly #keepAlive: NodeJS.Timeout;
  /**
   * How many times in a row the keep-alive found that nothing had arrived. It is counted and not timed, so that a slow
   * process of ours does not end the session.
   */
  #silence = 0;
  #xid = 0;
  #greeted = false;
  #greeting: { resolve(hello: MessageOf<"hello">): void; reject(fault: SessionFault): void } | undefined;
  #fault: SessionFault | undefined;
  readonly #over = Promise.withResolvers<void>();
  #features: MessageOf<"features_reply"> | undefined;

  private constructor(target: string, socket: Socket, options: Required<SessionOptions>) {
    this.target = target;
    this.#socket = socket;
    this.#options = options;
    this.#keepAlive = setInterval(() => this.#checkAlive(), options.echoSeconds * 1000);
    socket.on("data", (chunk: Uint8Array) => this.#receive(chunk));
    socket.on("error", (error) => this.#lose(failureReason(error)));
    socket.on("close", () => this.#lose("closed"));
  }

  /**
   * Connects, negotiates OpenFlow 1.3, and requests the features. Rejects with a `SessionFault`. A switch that ends the
   * connection before that is asked again: Open vSwitch waits a second for a hello, and on a busy machine neither of us
   * may get its turn within one.
   */
  static async connect(target: SwitchTarget, options: SessionOptions = {}): Promise<Session> {
    const complete = { ...DEFAULTS, ...options };
    for (let attempt = 1; ; attempt++) {
      const socket = await open(target, complete.tls, complete.connectSeconds * 1000);
      const session = new Session(printTarget(target), socket, complete);
      try {
        await session.#shakeHands();
        return session;
      } catch (fault) {
        await session.close();
        if (attempt === ATTEMPTS || session.fault?.code !== connectionLost.code) throw fault;
      }
    }
  }

  /**
   * The same for a switch that has connected to us.
   *
   * @param target What the switch is called in messages.
   */
  static async accept(socket: Socket, target: string, options: SessionOptions = {}): Promise<Session> {
    const session = new Session(target, socket, { ...DEFAULTS, ...options });
    try {
      await session.#shakeHands();
      return session;
    } catch (fault) {
      await session.close();
      throw fault;
    }
  }

  /** The features that the switch reported in the handshake. */
  get features(): MessageOf<"features_reply"> {
    return this.#features!;
  }

  /** Why the session is over, if it is. */
  get fault(): Diagnostic | undefined {
    return this.#fault?.diagnostic;
  }

  /** Resolves when the session is over. */
  get over(): Promise<void> {
    return this.#over.promise;
  }

  /** The first of `count` consecutive fresh xids. None is 0, which switches use for messages that answer no request. */
  xids(count = 1): number {
    if (this.#xid + count > 0xffff_ffff) this.#xid = 0;
    const first = this.#xid + 1;
    this.#xid += count;
    return first;
  }

  /** Calls `listener` with every message that answers no request. The returned function ends that. */
  listen(listener: Listener): () => void {
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  }

  /** Sends messages in order, no faster than the peer reads. Rejects with a RangeError if one cannot be encoded. */
  async send(messages: Iterable<Message>): Promise<void> {
    const writer = this.#writer;
    for (const message of messages) {
      const start = writer.at;
      write(writer, message);
      if (writer.fault !== undefined) {
        const { fault } = writer;
        writer.rewind(start);
        throw new RangeError(`${message.type}: ${fault}`);
      }
      if (writer.at >= CHUNK) await this.#flush();
    }
    await this.#flush();
  }

  /** Sends a message with a fresh xid; resolves with the answer, or rejects with a `SessionFault`. */
  async request(message: Message, awaited = `the answer to ${message.type}`): Promise<Message> {
    return this.#request(message, awaited, this.#options.answerSeconds);
  }

  #request(message: Message, awaited: string, seconds: number): Promise<Message> {
    return new Promise((resolve, reject) => {
      const take = (answer: Message): boolean => {
        if (answer.type === "error" || answer.type === "experimenter_error") {
          reject(new RequestRefused(this.target, answer));
        } else resolve(answer);
        return true;
      };
      this.#ask(message, { awaited, seconds, take, reject });
    });
  }

  /** Sends a multipart request and calls `each` with every part of the answer, in order. */
  async collect(body: MultipartRequest, each: (part: MultipartReply) => void): Promise<void> {
    const xid = this.xids();
    const awaited = `the answer to multipart ${body.kind}`;
    const { answerSeconds: seconds, wholeAnswerSeconds, answerBytes } = this.#options;
    const started = performance.now();
    let total = 0;
    return new Promise((resolve, reject) => {
      const take = (answer: Message, bytes: number): boolean => {
        total += bytes;
        if (answer.type === "error" || answer.type === "experimenter_error") {
          reject(new RequestRefused(this.target, answer));
        } else if (answer.type !== "multipart_reply" || answer.part.body.kind !== body.kind) {
          reject(this.#lose(undefined, this.#garbage(`${answer.type} answers multipart ${body.kind}`)));
        } else if (total > answerBytes) {
          reject(this.#lose(undefined, this.#garbage(`an answer of more than ${answerBytes} bytes`)));
        } else if (performance.now() - started > wholeAnswerSeconds * 1000) {
          reject(this.#lose(undefined, this.#late(awaited, wholeAnswerSeconds)));
        } else {
          each(answer.part.body);
          if (answer.part.more) return false;
          resolve();
        }
        return true;
      };
      this.#ask({ type: "multipart_request", xid, part: { more: false, body } }, { awaited, seconds, take, reject });
    });
  }

  /** Waits until the switch has carried out everything that was sent before. */
  async barrier(): Promise<void> {
    const answer = await this.request({ type: "barrier_request", xid: this.xids() }, "the barrier");
    if (answer.type !== "barrier_reply") throw this.#lose(undefined, this.#garbage(`${answer.type} answers a barrier`));
  }

  /** Whether the peer answers within so many milliseconds. */
  async answers(milliseconds: number): Promise<boolean> {
    const echo = this.request({ type: "echo_request", xid: this.xids(), data: new Uint8Array(0) });
    const answered = echo.then(
      () => true,
      () => false,
    );
    // What has come while this process had no turn is read before it counts as late.
    const late = pause(milliseconds, undefined, { ref: false }).then(() => turn(false));
    return Promise.race([answered, late]);
  }

  /** Ends the session and rejects all that still waits. It may be called twice. */
  async close(): Promise<void> {
    this.#lose("we closed it");
    if (this.#socket.closed) return;
    await new Promise<void>((resolve) => this.#socket.once("close", () => resolve()));
  }

  #ask(message: Message, question: Omit<Pending, "timer">): void {
    if (this.#fault) {
      question.reject(this.#fault);
      return;
    }
    this.#pending.set(message.xid, { ...question, timer: this.#deadline(message.xid, question) });
    this.#socket.write(encode(message));
  }

  #deadline(xid: number, { awaited, seconds }: Omit<Pending, "timer">): NodeJS.Timeout {
    return setTimeout(() => {
      const pending = this.#pending.get(xid);
      this.#pending.delete(xid);
      pending?.reject(new SessionFault(this.#late(awaited, seconds)));
    }, seconds * 1000);
  }

  async #flush(): Promise<void> {
    if (this.#fault) throw this.#fault;
    if (this.#writer.at === 0 || this.#socket.write(this.#writer.flush())) return;
    const { answerSeconds } = this.#options;
    await new Promise<void>((resolve) => {
      const done = (): void => {
        clearTimeout(timer);
        this.#socket.off("drain", done).off("close", done);
        resolve();
      };
      const timer = setTimeout(() => {
        this.#lose(undefined, this.#late("it does not read what is sent", answerSeconds));
      }, answerSeconds * 1000);
      this.#socket.once("drain", done).once("close", done);
    });
    if (this.#fault) throw this.#fault;
  }

  async #shakeHands(): Promise<void> {
    const { connectSeconds } = this.#options;
    let awaited = "the hello";
    const timer = setTimeout(() => {
      this.#lose(undefined, this.#late(awaited, connectSeconds));
    }, connectSeconds * 1000);
    try {
      const hello = new Promise<MessageOf<"hello">>((resolve, reject) => {
        this.#greeting = { resolve, reject };
      });
      this.#socket.write(encode(ownHello(this.xids())));
      const theirs = await hello;
      if (sharedVersion(theirs) !== VERSION) {
        // HELLO_FAILED, INCOMPATIBLE (1.3.5, section 6.3.1).
        const error = { type: "error", xid: theirs.xid, errorType: 0, code: 0, data: new Uint8Array(0) } as const;
        this.#socket.end(encode(error));
        const help = "for Open vSwitch: ovs-vsctl set bridge NAME protocols=OpenFlow13";
        const words = { target: this.target, theirs: versionsOf(theirs), ours: "1.3" };
        throw this.#lose(undefined, wrongVersion(words, { help }));
      }
      awaited = featuresAwaited(theirs);
      const question = { type: "features_request", xid: this.xids() } as const;
      const answer = await this.#request(question, awaited, connectSeconds);
      if (answer.type !== "features_reply") throw this.#lose(undefined, this.#garbage(`${answer.type} for features`));
      this.#features = answer;
    } finally {
      clearTimeout(timer);
    }
  }

  #receive(chunk: Uint8Array): void {
    this.#silence = 0;
    for (const frame of this.#framer.push(chunk)) {
      this.#dispatch(decode(frame), frame.length);
      if (this.#fault) return;
    }
    if (this.#framer.fault !== undefined) this.#lose(undefined, this.#garbage(this.#framer.fault));
  }

  #dispatch(message: Message | MalformedFrame, bytes: number): void {
    if (!this.#greeted) this.#greet(message);
    else if (message.type === "echo_request") this.#echo(message);
    else if (message.type === "malformed") this.#dispatchMalformed(message);
    else if (!this.#answer(message, bytes)) for (const listener of this.#listeners) listener(message);
  }

  /** Gives a message to the request with its xid; false if there is none. */
  #answer(message: Message, bytes: number): boolean {
    const pending = this.#pending.get(message.xid);
    if (pending === undefined) return false;
    clearTimeout(pending.timer);
    if (pending.take(message, bytes)) this.#pending.delete(message.xid);
    else pending.timer = this.#deadline(message.xid, pending);
    return true;
  }

  #greet(message: Message | MalformedFrame): void {
    if (message.type === "hello") {
      this.#greeted = true;
      this.#greeting!.resolve(message);
    } else if (message.type === "malformed") this.#lose(undefined, this.#garbage(message.reason));
    else this.#lose(undefined, this.#garbage(`it begins with ${message.type} instead of hello`));
  }

  /** A wrong version means that the stream is out of step. Any other fault concerns one message only. */
  #dispatchMalformed(message: MalformedFrame): void {
    const pending = this.#pending.get(message.xid);
    const diagnostic = this.#garbage(message.reason);
    if (message.version !== VERSION) this.#lose(undefined, diagnostic);
    else if (pending) {
      this.#pending.delete(message.xid);
      clearTimeout(pending.timer);
      pending.reject(new SessionFault(diagnostic));
    } else for (const listener of this.#listeners) listener(message);
  }

  #echo(request: MessageOf<"echo_request">): void {
    if (this.#socket.writableLength > UNREAD_LIMIT) {
      this.#lose(undefined, this.#garbage("it asks for echoes and does not read them"));
    } else this.#socket.write(encode({ ...request, type: "echo_reply" }));
  }

  #checkAlive(): void {
    const { echoSeconds } = this.#options;
    this.#silence++;
    if (this.#silence > SILENCES) this.#lose(undefined, this.#late("no sign of life", SILENCES * echoSeconds));
    else if (this.#silence > 1 && this.#greeted) {
      // Nothing waits for the answer. Its arrival ends the silence.
      this.#socket.write(encode({ type: "echo_request", xid: this.xids(), data: new Uint8Array(0) }));
    }
  }

  #garbage(reason: string): Diagnostic {
    return notOpenFlow({ target: this.target, reason });
  }

  #late(awaited: string, seconds: number): Diagnostic {
    // In the middle of a session whoever asked says what to do about what was begun.
    const extras =
      this.#features === undefined ? { help: this.#greeted ? NO_DATABASE : `${NO_HELLO}; ${NO_DATABASE}` } : undefined;
    return noAnswer({ target: this.target, awaited, seconds }, extras);
  }

  /** Ends everything. The first reason given is the fault, with which all that waits is rejected. */
  #lose(reason: string | undefined, diagnostic?: Diagnostic): SessionFault {
    if (this.#fault === undefined) {
      const [first] = this.#pending.values();
      const waiting = this.#greeted ? first?.awaited : "the hello";
      const awaited = `${reason}${waiting === undefined ? "" : `, while we waited for ${waiting}`}`;
      this.#fault = new SessionFault(
        diagnostic ?? connectionLost({ target: this.target, awaited }, this.#greeted ? undefined : { help: NO_HELLO }),
      );
      this.#over.resolve();
      clearInterval(this.#keepAlive);
      for (const pending of this.#pending.values()) {
        clearTimeout(pending.timer);
        pending.reject(this.#fault);
      }
      this.#pending.clear();
      this.#listeners.clear();
      this.#greeting?.reject(this.#fault);
      // Unsent bytes may still go out if the peer takes them in time.
      this.#socket.destroySoon();
      const timer = setTimeout(() => this.#socket.destroy(), LAST_WORDS);
      this.#socket.once("close", () => clearTimeout(timer));
    }
    return this.#fault;
  }
}
