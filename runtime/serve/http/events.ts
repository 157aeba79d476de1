/**
 * `GET /v1/events`: records of the log as server-sent events, from one on and then each new one once it is durable. An
 * event's id is to root the record's number, to a speaker the number of her own statement: who comes back says which was
 * the last (`Last-Event-ID`). root gets every record, a speaker those of her own statements. Without an id come the begins and ends of requests, of her own to a speaker, and
 * what becomes of switches, to root.
 */
import { once } from "node:events";
import type { ServerResponse } from "node:http";
import { z } from "zod";
import { entriesBetween } from "../../log/chain.ts";
import { logFaultKind } from "../../log/log.ts";
import { readRecord, type LogRecord } from "../../log/record.ts";
import type { Labels } from "../names/labels.ts";
import { toldAnswers } from "../said-records.ts";
import { recordsBetween } from "../snapshot/records.ts";
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
  run: async (host, { by, given, headers, reply }) => {
    const { log, server, tokens, network } = host;
    const last = lastOf(headers["last-event-id"], given.after);
    const start = by === "root" ? await startOfAll(host, last) : await startOfOwn(host, by, last);
    const leave = enter(log, by);
    reply.hijack();
    const stream = new EventStream(reply.raw);
    const token = tokenIn(headers);
    // Where a certificate says who asks, the connection ends with it.
    const forget = token === undefined ? () => undefined : tokens.whenRemoved(token, () => stream.end());
    const leaveUser = tokens.whenUserRemoved(by, () => stream.end());
    // Switches have no records. Their events have no id, and what is missed is not sent again: `/readyz` says how it stands.
    const unwatch = by === "root" ? server.watchSwitches((name, event) => stream.tell(name, event)) : () => undefined;
    const unturn = server.watchTurns((point) => {
      // Whose name she has may have asked for it before her.
      if (by !== "root" && !network.labels.isOf({ id: point.request, speaker: point.by }, by)) return;
      stream.write(turnEvent({ ...point, request: network.labels.shown(point.request, by) }));
    });
    void stream.send(log, start, by, network).finally(() => {
      unwatch();
      unturn();
      forget();
      leaveUser();
      leave();
    });
    return undefined;
  },
});

/** Where a stream begins. */
interface StreamStart {
  /** The first record that is looked at. */
  readonly from: number;
  /** The last event that is known, by its id. */
  readonly after: number;
}

/** The id that was given; undefined: only new events are wanted. */
function lastOf(last: string | string[] | undefined, after: number | undefined): number | undefined {
  if (last !== undefined && (typeof last !== "string" || !/^\d{1,15}$/.test(last)))
    throw new HttpRefusal("malformed", "Last-Event-ID is the id of an event");
  return last === undefined ? after : Number(last);
}

/** Of root, whose ids are the numbers of records. */
async function startOfAll({ log }: FrontHost, last: number | undefined): Promise<StreamStart> {
  const { at: end } = await log.end();
  const after = last ?? end - 1;
  if (after >= end) throw unknownEvent(`the log has ${end} records, and none with number ${after}`);
  await refuseGone(log, after + 1, end);
  return { from: after + 1, after };
}

/**
 * Of a speaker, whose ids are numbers among her own sentences, so that they do not tell how many others say. Her sentence with a
 * number is no earlier record than the one with that number.
 */
async function startOfOwn(
  { log, journal, server, network }: FrontHost,
  by: string,
  last: number | undefined,
): Promise<StreamStart> {
  const since = network.labels.persons.since(by);
  const { at: end } = await log.end();
  // What is not durable yet could be another sentence after a crash. A log that cannot be written grows no more.
  const newestOf = (): number => journal.nextOf(by) - 1;
  const newest = await server.service.atRest(newestOf).catch(newestOf);
  if (last === undefined || last === newest) return { from: end, after: newest };
  if (last > newest) throw unknownEvent(`there is no event ${last} of yours`);
  const { first } = journal.numbers;
  // Before speakers had numbers of their own the ids were those of records.
  const isEarlier = last < first - 1;
  const from = Math.max(last + (isEarlier ? 1 : 0), 0);
  const kept = await log.snapshot();
  if ((kept?.at ?? 0) <= from) return { from, after: last };
  if (isEarlier && first > 1) await refuseGone(log, from, end);
  for await (const records of recordsBetween(log, kept!.at, end))
    for (const record of records) {
      if (!isOf(record, by, since) || idOf(record, by) <= last) continue;
      if (idOf(record, by) === Math.max(last, 0) + 1) return { from: record.n, after: last };
      throw gone(`the record of event ${last + 1} is gone`);
    }
  throw gone(`the record of event ${last + 1} is gone`);
}

const unknownEvent = (message: string): HttpRefusal =>
  new HttpRefusal("conflict", message, {
    help: "without it only new events come, and all with `after` -1; the number is of another log, or of one that was longer",
  });

const gone = (message: string): HttpRefusal =>
  new HttpRefusal("gone", message, {
    help: "ask for what stands now (`/v1/requests`), and for events without Last-Event-ID: those from then on are there",
  });

/** A log that was shortened does not have its first records. */
async function refuseGone(log: FrontHost["log"], from: number, end: number): Promise<void> {
  try {
    for await (const _ of entriesBetween(log, from, Math.min(from + 1, end))) return;
  } catch (error) {
    if (logFaultKind(error) !== "compacted") throw error;
    throw gone((error as Error).message);
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
  async send(
    log: FrontHost["log"],
    { from, after }: StreamStart,
    by: string,
    { labels }: Pick<FrontHost["network"], "labels">,
  ): Promise<void> {
    const since = labels.persons.since(by);
    const { signal } = this.#end;
    const response = this.#response;
    response.writeHead(200, {
      "content-type": "text/event-stream",
      "cache-control": "no-store",
      "x-content-type-options": "nosniff",
    });
    // Who is cut off before the first event comes again knows from where.
    response.write(`: records follow after ${after}\n\n`);
    const beat = setInterval(() => void (response.writableNeedDrain || response.write(":\n\n")), HEARTBEAT);
    try {
      for await (const entries of log.follow(from, signal))
        for (const { n, bytes } of entries) {
          const record = readRecord(bytes, n);
          const isNew = isOf(record, by, since) && idOf(record, by) > after;
          const event = isNew ? eventOf(record, by, labels) : undefined;
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
    case "silent":
    case "elsewhere":
    case "refused":
    case "lacking":
    case "opened":
    case "warned":
    case "closed":
      return data({ state: event.kind, faults: event.diagnostics.map(({ code, message }) => ({ code, message })) });
  }
}

function turnEvent({ kind, at, ...named }: TurningPoint): string {
  const data = { ...named, at: new Date(at * 1000).toISOString() };
  return `event: ${kind}\ndata: ${JSON.stringify(data)}\n\n`;
}

/** Whether a record is for the eyes of a speaker. Up to `since` it is another's who had her name. */
const isOf = (record: LogRecord, by: string, since: number): boolean =>
  by === "root" || (record.kind === "say" && record["by"] === by && record.n > since);

/** The id of an event: to root the number of its record, to a speaker that of her own sentence. */
const idOf = ({ n, own }: LogRecord, by: string): number => (by === "root" || typeof own !== "number" ? n : own);

/** What a speaker sees of a record. */
function eventOf(record: LogRecord, by: string, labels: Labels): string {
  const { v: _, term: __, prev: ___, n: ____, once: _____, digest: ______, own: _______, ...seen } = record;
  const id = idOf(record, by);
  const { at, kind, answers } = seen as LogRecord;
  const told =
    by === "root" || answers === undefined
      ? seen
      : { ...seen, answers: toldAnswers(answers, (one) => labels.ownName(one, by)) };
  const data = JSON.stringify({ ...told, record: id, at: new Date(at).toISOString() });
  return `id: ${id}\nevent: ${kind}\ndata: ${data}\n\n`;
}
