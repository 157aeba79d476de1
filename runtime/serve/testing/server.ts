/** For tests only: a server in this process on a socket of its own, and clients that talk to it as people do. */
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { createServer, connect, type Server } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setImmediate as turn } from "node:timers/promises";
import type { ExecutionContext } from "ava";
import { decide } from "#compiler/decide.ts";
import type { TargetName } from "#compiler/lowering/index.ts";
import { readRules } from "#compiler/admission/read-rules.ts";
import type { RecordDraft } from "../../log/record.ts";
import { RunningNetwork } from "../network.ts";
import type { SaidRecord, TokenRecord } from "../conversation.ts";
import type { Journal } from "../journal.ts";
import { Service } from "../service.ts";
import { converse, TEXT_BOUNDS, type TextBounds } from "../text-connection.ts";

const url = new URL("../../../policies/pane.fml", import.meta.url);
export const { rules: RULES } = readRules({ name: "pane.fml", text: readFileSync(url, "utf8") });

/** 2026-12-01T09:00:00Z. */
export const NOW = 1_796_115_600;

/** A journal that keeps its records in memory. Each append is durable once `gate` resolves. */
export class MemoryJournal implements Journal {
  readonly records: SaidRecord[] = [];
  gate: Promise<void> = Promise.resolve();
  readonly batches: number[] = [];
  readonly notes: RecordDraft[] = [];
  /** Appends that are not durable yet. */
  waiting = 0;
  /** All that was handed in. */
  readonly #handed: SaidRecord[] = [];

  get next(): number {
    return this.#handed.length + this.notes.length + 1;
  }

  nextOf(by: string): number {
    return this.#handed.filter(({ spoken }) => spoken.by === by).length + 1;
  }

  faultOf(): undefined {
    return undefined;
  }

  async append(all: readonly (SaidRecord | TokenRecord)[]): Promise<void> {
    this.waiting++;
    const records: SaidRecord[] = [];
    for (const one of all)
      if ("spoken" in one) records.push(one);
      else this.notes.push({ kind: "token", name: one.name, digest: one.digest });
    for (const one of records) this.#handed.push(one);
    await this.gate;
    this.waiting--;
    // As a disk would, it takes a turn of the loop.
    await turn();
    this.batches.push(records.length);
    for (const one of records) this.records.push(one);
  }

  async note(_: number, draft: RecordDraft): Promise<void> {
    await this.gate;
    this.notes.push(draft);
  }
}

/** A running network of a policy text. */
export function networkOf(text: string, now = NOW, target: TargetName = "ovs"): RunningNetwork {
  const decided = decide([{ name: "net.pane", text }], { now, load: () => undefined, rules: RULES });
  if (!decided.good) throw new Error(decided.diagnostics.map(({ message }) => message).join("\n"));
  return new RunningNetwork(decided, { target });
}

export interface TestServer {
  readonly service: Service;
  readonly journal: MemoryJournal;
  readonly path: string;
  readonly server: Server;
  /** All that connections said, in the order in which it came to the service. */
  readonly said: Said[];
}

/** A sentence that a connection said. */
export interface Said {
  readonly by: string;
  readonly text: string;
  /** How many records were durable when it was answered; undefined: it waits. */
  durable?: number;
}

/** A server of a policy text; every name may log in. */
export async function serverOf(
  t: ExecutionContext,
  text: string,
  bounds: Partial<TextBounds> = {},
): Promise<TestServer> {
  const folder = mkdtempSync(join(tmpdir(), "glazier-serve-"));
  t.teardown(() => rmSync(folder, { recursive: true, force: true }));
  const journal = new MemoryJournal();
  const service = new Service(networkOf(text), journal, { clock: () => NOW * 1000, changed: () => undefined });
  const all: Said[] = [];
  const say: typeof service.say = async (spoken) => {
    const one: Said = { by: spoken.by, text: spoken.text };
    all.push(one);
    const heard = await service.say(spoken);
    one.durable = journal.records.length;
    return heard;
  };
  const server = createServer({ allowHalfOpen: true }, (socket) => {
    void converse(socket, {
      login: (name) => name,
      say: (spoken) => say({ ...spoken, via: "unix" }),
      bounds: { ...TEXT_BOUNDS, ...bounds },
    });
  });
  const path = join(folder, "socket");
  await new Promise<void>((resolve) => server.listen(path, resolve));
  t.teardown(() => void server.close());
  return { service, journal, path, server, said: all };
}

/** Sends a text, ends, and returns all that came back. */
export function talk(path: string, ...pieces: readonly (string | Uint8Array)[]): Promise<string> {
  return converseWith(path, pieces, true);
}

/** The same without an end: the server must end the connection. */
export function quiet(path: string, ...pieces: readonly string[]): Promise<string> {
  return converseWith(path, pieces, false);
}

function converseWith(path: string, pieces: readonly (string | Uint8Array)[], isEnded: boolean): Promise<string> {
  const socket = connect(path);
  socket.setEncoding("utf8");
  let all = "";
  return new Promise((resolve, reject) => {
    socket.on("data", (text: string) => void (all += text));
    socket.on("error", reject);
    socket.on("close", () => resolve(all));
    for (const piece of pieces) socket.write(piece);
    if (isEnded) socket.end();
  });
}
