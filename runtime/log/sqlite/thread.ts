/** A worker as an object with methods: calls go over as messages, and are answered in whatever order they end. */
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
  #calls = 0;
  #ended: LogError | undefined;

  /** `ended` is called once if the worker ends although it was not asked to. */
  constructor(file: URL, ended: (error: LogError) => void) {
    this.#worker = new Worker(file, INSTALLED);
    this.#worker.on("message", (answer: Answer) => this.#answered(answer));
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
    this.#worker.postMessage({ id, name, args } satisfies Call, transfer);
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
  port.on("message", ({ id, name, args }: Call) => {
    const method = methods[name]!;
    void (async (): Promise<unknown> => Reflect.apply(method, undefined, args as never[]))().then(
      (result) => port.postMessage({ id, result } satisfies Answer),
      (error: unknown) => {
        // Anything else is a fault of this program. It ends the worker, and with it the lead.
        if (!(error instanceof LogError)) throw error;
        port.postMessage({ id, fault: error.fault } satisfies Answer);
      },
    );
  });
}
