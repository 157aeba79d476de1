/**
 * A worker as an object with methods: calls go over as messages, and are answered in whatever order they end. A message costs
 * more than most calls do, so those of one turn go in one, and so do the answers of one turn.
 */
import { parentPort, Worker } from "node:worker_threads";
import { LogError, type LogFault } from "../log.ts";

/** The methods of a worker. */
export type WorkerMethods = Readonly<Record<string, (...args: never[]) => unknown>>;

interface Call {
  readonly id: number;
  readonly name: string;
  readonly args: readonly unknown[];
}

type Answer = { readonly id: number; readonly result: unknown } | { readonly id: number; readonly fault: LogFault };

/** Threads have no hooks of the process: in an installed package each must strip types anew. */
const INSTALLED = import.meta.url.includes("/node_modules/")
  ? { execArgv: ["--import", new URL("../../strip-types.js", import.meta.url).href] }
  : {};

/** The side that calls. */
export class Thread<Methods extends WorkerMethods> {
  readonly #worker: Worker;
  readonly #open = new Map<number, PromiseWithResolvers<never>>();
  readonly #post: (call: Call, transfer: readonly ArrayBuffer[]) => void;
  #calls = 0;
  #ended: LogError | undefined;

  /** `ended` is called once if the worker ends although it was not asked to. */
  constructor(file: URL, ended: (error: LogError) => void) {
    this.#worker = new Worker(file, INSTALLED);
    this.#post = together((calls: readonly Call[], transfer) => this.#worker.postMessage(calls, transfer));
    this.#worker.on("message", (answers: readonly Answer[]) => {
      for (const one of answers) this.#answered(one);
    });
    const end = (reason: string): void => {
      if (this.#ended !== undefined) return;
      this.#ended = new LogError({ kind: "stopped", message: `a thread of the log ended: ${reason}` });
      for (const { reject } of this.#open.values()) reject(this.#ended);
      this.#open.clear();
      ended(this.#ended);
    };
    this.#worker.on("error", (error) => end(error instanceof Error ? error.message : String(error)));
    this.#worker.on("exit", (code) => end(`exit code ${code}`));
  }

  call<K extends keyof Methods & string>(
    name: K,
    args: Parameters<Methods[K]>,
    transfer: readonly ArrayBuffer[] = [],
  ): Promise<Awaited<ReturnType<Methods[K]>>> {
    if (this.#ended !== undefined) return Promise.reject(this.#ended);
    const id = (this.#calls += 1);
    const answer = Promise.withResolvers<never>();
    this.#open.set(id, answer);
    this.#post({ id, name, args }, transfer);
    return answer.promise;
  }

  /** Ends the worker, whatever it is doing. */
  async end(): Promise<void> {
    this.#ended ??= new LogError({ kind: "closed", message: "the log was closed" });
    await this.#worker.terminate();
    for (const { reject } of this.#open.values()) reject(this.#ended);
    this.#open.clear();
  }

  #answered(answer: Answer): void {
    const open = this.#open.get(answer.id);
    this.#open.delete(answer.id);
    if ("fault" in answer) open?.reject(new LogError(answer.fault));
    else open?.resolve(answer.result as never);
  }
}

/** The side that is called: answers every message of the parent by the method that it names. */
export function answerCalls<Methods extends WorkerMethods>(methods: Methods): void {
  const port = parentPort!;
  const post = together((answers: readonly Answer[]) => port.postMessage(answers));
  const answer = ({ id, name, args }: Call): void => {
    const method = methods[name]!;
    void (async (): Promise<unknown> => Reflect.apply(method, undefined, args as never[]))().then(
      (result) => post({ id, result }),
      (error: unknown) => {
        // Anything else is a fault of this program. It ends the worker, and with it the lead.
        if (!(error instanceof LogError)) throw error;
        post({ id, fault: error.fault });
      },
    );
  };
  port.on("message", (calls: readonly Call[]) => calls.forEach(answer));
}

/** What is posted in one turn, and by what that brings about, goes as one. */
function together<T>(
  send: (all: readonly T[], transfer: readonly ArrayBuffer[]) => void,
): (one: T, transfer?: readonly ArrayBuffer[]) => void {
  let all: T[] = [];
  let transfer: ArrayBuffer[] = [];
  return (one, own = []) => {
    // Ticks have their turn when no promise has anything to do any more.
    if (all.length === 0)
      process.nextTick(() => {
        const [sent, moved] = [all, transfer];
        [all, transfer] = [[], []];
        send(sent, moved);
      });
    all.push(one);
    for (const buffer of own) transfer.push(buffer);
  };
}
