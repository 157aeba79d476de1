/**
 * `GET /v1/events`: records of the log as server-sent events, from one on and then each new one once it is durable. An
 * event's id is the record's number, so who comes back says which was the last (`Last-Event-ID`). root gets every record,
 * a speaker those of her own statements. Without an id come the begins and ends of requests, of her own to a speaker, and
 * what becomes of switches, to root.
 */
import { once } from "node:events";
import type { ServerResponse } from "node:http";
import { z } from "zod";
import { entriesBetween } from "../../log/chain.ts";
import { logFaultKind } from "../../log/log.ts";
import { readRecord, type LogRecord } from "../../log/record.ts";
import { toldAnswers } from "../said-records.ts";
import type { KeeperEvent } from "../switches/events.ts";
import type { TurningPoint } from "../turning-points.ts";
import { tokenIn } from "./askers.ts";
import { HttpRefusal } from "./refusal.ts";
import { httpRoute, type FrontHost } from "./route.ts";

/** Milliseconds after which a comment shows that the connection lives. */
const HEARTBEAT = 15_000;
/** Milliseconds that a client may take to read what was sent. */
const READ_WITHIN = 30_000;
/** The most event streams of one speaker, and of all. */
const MOST_OF_SPEAKER = 16;
const MOST_STREAMS = 256;

const streams = new WeakMap<FrontHost["log"], Map<string, number>>();

export const events = httpRoute({
  method: "GET",
  path: "/v1/events",
  summary: "What is recorded, as server-sent events; the id of an event is the number of its record.",
  who: "speaker",
  given: z.strictObject({
    after: z.coerce.number().int().min(-1).optional().describe("the last record that is known; absent: only new ones"),
  }),
  answers: { 200: "text/event-stream" },
  headers: { "Last-Event-ID": "the id of the last event that came; it goes before `after`" },
  run: async ({ log, server, tokens }, { by, given, headers, reply }) => {
    const { at: end } = await log.end();
    const from = firstOf(headers["last-event-id"], given.after, end);
    await refuseGone(log, from, end);
    const leave = enter(log, by);
    reply.hijack();
    const stream = new EventStream(reply.raw);
    const token = tokenIn(headers);
    // Where a certificate says who asks, the connection ends with it.
    const forget = token === undefined ? () => undefined : tokens.whenRemoved(token, () => stream.end());
    // Switches have no records. Their events have no id, and what is missed is not sent again: `/readyz` says how it stands.
    const unwatch = by === "root" ? server.watchSwitches((name, event) => stream.tell(name, event)) : () => undefined;
    const unturn = server.watchTurns((point) => {
      if (by === "root" || point.by === by) stream.write(turnEvent(point));
    });
    void stream.send(log, from, by).finally(() => {
      unwatch();
      unturn();
      forget();
      leave();
    });
    return undefined;
  },
});

/** The number of the first record that is sent. */
function firstOf(last: string | string[] | undefined, after: number | undefined, end: number): number {
  if (last !== undefined && (typeof last !== "string" || !/^\d{1,15}$/.test(last)))
    throw new HttpRefusal("malformed", "Last-Event-ID is the number of a record");
  const from = (last === undefined ? after : Number(last)) ?? end - 1;
  if (from >= end)
    throw new HttpRefusal("conflict", `the log has ${end} records, and none with number ${from}`, {
      help: "ask without Last-Event-ID: this is another log, or an older one",
    });
  return from + 1;
}

/** A log that was shortened does not have its first records. */
async function refuseGone(log: FrontHost["log"], from: number, end: number): Promise<void> {
  try {
    for await (const _ of entriesBetween(log, from, Math.min(from + 1, end))) return;
  } catch (error) {
    if (logFaultKind(error) !== "compacted") throw error;
    throw new HttpRefusal("gone", (error as Error).message, {
      help: "ask for what stands now (`/v1/requests`), and for events without Last-Event-ID: those from then on are there",
    });
  }
}

/** Counts a stream; the function that is returned ends it. */
function enter(log: FrontHost["log"], by: string): () => void {
  const open = streams.get(log) ?? new Map<string, number>();
  streams.set(log, open);
  const mine = open.get(by) ?? 0;
  const all = [...open.values()].reduce((sum, one) => sum + one, 0);
  if (mine >= MOST_OF_SPEAKER)
    throw new HttpRefusal("too-many", `one speaker has at most ${MOST_OF_SPEAKER} event streams`);
  if (all >= MOST_STREAMS) throw new HttpRefusal("too-busy", `there are ${MOST_STREAMS} event streams already`);
  open.set(by, mine + 1);
  return () => {
    const left = open.get(by)! - 1;
    if (left === 0) open.delete(by);
    else open.set(by, left);
  };
}

class EventStream {
  readonly #response: ServerResponse;
  readonly #end = new AbortController();

  constructor(response: ServerResponse) {
    this.#response = response;
    response.once("close", () => this.#end.abort());
    response.on("error", () => this.#end.abort());
  }

  /** Sends nothing more. */
  end(): void {
    this.#end.abort();
  }

  /** Sends what becomes of a switch, unless the client is behind. */
  tell(name: string, event: KeeperEvent): void {
    const text = switchEvent(name, event);
    if (text !== undefined) this.write(text);
  }

  /** Sends an event that has no record, unless the client is behind. */
  write(text: string): void {
    if (this.#response.headersSent && !this.#response.writableNeedDrain) this.#response.write(text);
  }

  /** Sends records until the client or the log ends. */
  async send(log: FrontHost["log"], from: number, by: string): Promise<void> {
    const { signal } = this.#end;
    const response = this.#response;
    response.writeHead(200, {
      "content-type": "text/event-stream",
      "cache-control": "no-store",
      "x-content-type-options": "nosniff",
    });
    // Who is cut off before the first event comes again knows from where.
    response.write(`: records follow after ${from - 1}\n\n`);
    const beat = setInterval(() => void (response.writableNeedDrain || response.write(":\n\n")), HEARTBEAT);
    try {
      for await (const entries of log.follow(from, signal))
        for (const { n, bytes } of entries) {
          const event = eventOf(readRecord(bytes, n), by);
          if (event === undefined || response.write(event)) continue;
          await once(response, "drain", { signal: AbortSignal.any([signal, AbortSignal.timeout(READ_WITHIN)]) });
        }
    } catch {
      // The client is gone or does not read, or the log is closed: it comes again with the last id.
    } finally {
      clearInterval(beat);
      response.destroy();
    }
  }
}

/** What becomes of a switch, for root. */
function switchEvent(name: string, event: KeeperEvent): string | undefined {
  const data = (more: object): string => `event: switch\ndata: ${JSON.stringify({ switch: name, ...more })}\n\n`;
  switch (event.kind) {
    case "changed":
      return undefined;
    case "applied": {
      const { added, replaced, deleted } = event.result;
      return data({ state: "held", added, replaced, deleted });
    }
    case "over":
      return data({ state: "over", trouble: event.trouble, ...event.past });
    case "away":
    case "elsewhere":
    case "refused":
    case "lacking":
    case "opened":
    case "warned":
      return data({ state: event.kind, faults: event.diagnostics.map(({ code, message }) => ({ code, message })) });
  }
}

function turnEvent({ kind, at, ...named }: TurningPoint): string {
  const data = { ...named, at: new Date(at * 1000).toISOString() };
  return `event: ${kind}\ndata: ${JSON.stringify(data)}\n\n`;
}

/** What a speaker sees of a record; undefined: nothing. */
function eventOf(record: LogRecord, by: string): string | undefined {
  const { n, at, kind } = record;
  if (by !== "root" && (kind !== "say" || record["by"] !== by)) return undefined;
  const { v: _, term: __, prev: ___, n: ____, once: _____, digest: ______, ...seen } = record;
  const answers = seen["answers"];
  const told = by === "root" || answers === undefined ? seen : { ...seen, answers: toldAnswers(answers) };
  const data = JSON.stringify({ ...told, record: n, at: new Date(at).toISOString() });
  return `id: ${n}\nevent: ${kind}\ndata: ${data}\n\n`;
}
