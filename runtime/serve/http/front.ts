/**
 * The HTTP front of a running server: who asks, what is asked, and the answer. It is loaded only where it is wanted. What
 * it shows is durable, and nothing that a client sends ends it.
 */
import { readFileSync } from "node:fs";
import type { AddressInfo, Socket } from "node:net";
import { fastify, type FastifyInstance, type FastifyReply, type FastifyRequest } from "fastify";
import { pino, type Logger } from "pino";
import type { ListenAddress } from "../address.ts";
import { shownOn, whenRevoked, type ClientNames } from "../client-certificates.ts";
import { ConnectionPlaces } from "../listening/connection-places.ts";
import { asker, Crowd } from "./askers.ts";
import { HTTP_BOUNDS, listenerOf, refuseUnread, type HttpBounds } from "./connections.ts";
import { events } from "./events.ts";
import { bodyOf, inputOf } from "./input.ts";
import { HttpMetrics } from "./metrics.ts";
import { openApi } from "./openapi.ts";
import { queries } from "./queries.ts";
import { MOST_OF_BODY, HttpRefusal, refusalOf } from "./refusal.ts";
import { httpRoute, type FrontHost, type HttpRoute } from "./route.ts";
import { noInput, openApiPage } from "./schemas.ts";
import { stateRoutes } from "./state.ts";
import { statements } from "./statements.ts";
import { tokenRoutes } from "./token-routes.ts";

const HEADERS = { "cache-control": "no-store", "x-content-type-options": "nosniff" };

/** Milliseconds that a front that ends waits for its answers. */
const LAST_ANSWERS = 1_000;

export class HttpFront {
  readonly #address: ListenAddress;
  readonly #bounds: HttpBounds;
  readonly #log: Logger;
  readonly #metrics = new HttpMetrics();
  readonly #crowd = new Crowd();
  readonly #places: ConnectionPlaces;
  /** How many requests are being answered on a connection, where any is. */
  readonly #used = new Map<Socket, number>();
  #app: FastifyInstance | undefined;

  /** @param write Takes lines of JSON about faults of ours, for those who look after the server. */
  constructor(address: ListenAddress, write: (line: string) => void, bounds: Partial<HttpBounds> = {}) {
    this.#address = address;
    this.#bounds = { ...HTTP_BOUNDS, ...bounds };
    this.#places = new ConnectionPlaces({ all: this.#bounds.connections });
    this.#log = pino({ name: "glazier", level: "error" }, { write });
  }

  /** Counts what is answered; the server calls it. */
  get observe(): HttpMetrics["observe"] {
    return this.#metrics.observe;
  }

  /** Begins to listen; returns the port. */
  async listen(given: Omit<FrontHost, "metrics">): Promise<number> {
    const host: FrontHost = { ...given, metrics: this.#metrics };
    this.#metrics.watch(host.log, host.server, this.#address.tls?.cert);
    const { tls, host: name, port } = this.#address;
    const bounds = this.#bounds;
    const app = fastify({
      bodyLimit: MOST_OF_BODY,
      exposeHeadRoutes: false,
      forceCloseConnections: true,
      routerOptions: { maxParamLength: 1_000 },
      keepAliveTimeout: bounds.idle,
      requestTimeout: bounds.request,
      connectionTimeout: bounds.silent,
      serverFactory: (handler) => listenerOf(handler, bounds, tls, this.#places),
      clientErrorHandler: refuseUnread,
      frameworkErrors: (error, _, reply) => this.#refuse(error, reply as FastifyReply),
    });
    this.#app = app;
    app.removeAllContentTypeParsers();
    // Bytes: what is not UTF-8 must not be mended in silence.
    app.addContentTypeParser("application/json", { parseAs: "buffer" }, (_, body, done) => done(null, body));
    app.setErrorHandler((error, _, reply) => this.#refuse(error, reply));
    const routes = allRoutes();
    app.setNotFoundHandler(({ method, url }, reply) => this.#refuse(noRoute(routes, method, url), reply));
    for (const one of routes) this.#add(app, host, one);
    await app.listen({ host: name, port });
    return (app.server.address() as AddressInfo).port;
  }

  /** Ends in peace: takes no connection any more, and waits a second at the most for what is being answered. */
  async end(): Promise<void> {
    this.#app?.server.close();
    this.#app?.server.closeIdleConnections();
    const soon = Promise.withResolvers<void>();
    const timer = setTimeout(soon.resolve, LAST_ANSWERS);
    await Promise.race([this.#crowd.empty(), soon.promise]);
    clearTimeout(timer);
  }

  async stop(): Promise<void> {
    this.#app?.server.closeAllConnections();
    await this.#app?.close();
  }

  #add(app: FastifyInstance, host: FrontHost, one: HttpRoute): void {
    const askerOf = ({ raw, headers }: FastifyRequest): string =>
      asker(host, one.who, headers, shownOn(raw.socket, this.#address.tls?.clients));
    app.route({
      method: one.method,
      url: one.path.replaceAll(/\{(\w+)\}/g, ":$1"),
      // Before a byte of the body is read.
      onRequest: async (request) => {
        const clients = this.#address.tls?.clients;
        const shown = shownOn(request.raw.socket, clients);
        const by = askerOf(request);
        if (by !== "") this.#knows(request.raw.socket);
        if (shown !== undefined && "until" in shown) endWith(request.raw.socket, shown.until, clients);
      },
      handler: async (request, reply) => {
        // While the body came its user may have been removed, or the token taken away.
        const by = askerOf(request);
        const leave = this.#crowd.enter(by);
        const rest = by === "" ? () => undefined : this.#uses(request.raw.socket);
        try {
          await this.#answer(host, one, by, request, reply);
        } finally {
          leave();
          // A stream of events goes on.
          if (reply.raw.writableEnded || reply.raw.destroyed) rest();
          else reply.raw.once("close", rest);
        }
        return reply;
      },
    });
  }

  /** Somebody who may asks on a connection, which is as good as idle until all of the request has come. */
  #knows(socket: Socket): void {
    if (!this.#used.has(socket)) this.#places.regard(socket, "idle");
  }

  /** A request is being answered on a connection, until the function that is returned is called. */
  #uses(socket: Socket): () => void {
    this.#used.set(socket, (this.#used.get(socket) ?? 0) + 1);
    this.#places.regard(socket, "used");
    return () => {
      const left = this.#used.get(socket)! - 1;
      if (left > 0) this.#used.set(socket, left);
      else {
        this.#used.delete(socket);
        this.#places.regard(socket, "idle");
      }
    };
  }

  async #answer(
    host: FrontHost,
    one: HttpRoute,
    by: string,
    request: FastifyRequest,
    reply: FastifyReply,
  ): Promise<void> {
    const bytes = Buffer.isBuffer(request.body) ? request.body : Buffer.alloc(0);
    const given = inputOf(one.given, { ...(request.params as object), ...(request.query as object) });
    const body = one.body && bodyOf(one.body, bytes);
    const from = goneOf(request.raw.socket);
    const call = { by, given, body, bytes, headers: request.headers, from, reply };
    const answer = await one.run(host, call as never);
    if (answer === undefined) return;
    const { status = 200, type = "application/json", body: shown } = answer;
    await reply
      .code(status)
      .headers(HEADERS)
      .type(type)
      .send(typeof shown === "string" ? shown : JSON.stringify(shown));
  }

  #refuse(error: unknown, reply: FastifyReply): void {
    const refusal = refusalOf(error);
    if (refusal === undefined) this.#log.error({ err: error }, "a request could not be answered");
    const shown = refusal ?? new HttpRefusal("internal", "glazier failed, and not by your fault; its log says where");
    void reply
      .code(shown.status)
      .headers({ ...HEADERS, ...shown.headers })
      .type("application/json")
      .send(JSON.stringify(shown.body));
  }
}

/** There is no such path, or it takes another method. */
function noRoute(routes: readonly HttpRoute[], method: string, url: string): HttpRefusal {
  const path = url.split("?")[0]!.slice(0, 200);
  const fits = (one: HttpRoute): boolean => new RegExp(`^${one.path.replaceAll(/\{\w+\}/g, "[^/]+")}$`).test(path);
  const methods = routes.filter(fits).map((one) => one.method);
  if (methods.length === 0)
    return new HttpRefusal("unknown", `there is no ${method} ${path}`, {
      help: "/v1/openapi.json lists what there is",
    });
  return new HttpRefusal("no-method", `${path} takes ${methods.join(" and ")}, and no ${method}`);
}

const ending = new WeakSet<Socket>();

/** The longest time that a timer counts. */
const LONGEST_TIMER = 2 ** 31 - 1;

/** A connection, with all that it still carries, ends with the certificate that opened it. */
function endWith(socket: Socket, until: number, clients: ClientNames | undefined): void {
  if (ending.has(socket)) return;
  ending.add(socket);
  whenRevoked(socket, clients, () => socket.destroy());
  const left = until - Date.now();
  if (left > LONGEST_TIMER) return;
  const timer = setTimeout(() => socket.destroy(), left).unref();
  socket.once("close", () => clearTimeout(timer));
}

const gone = new WeakMap<Socket, AbortSignal>();

/** Fires once a connection is gone. */
function goneOf(socket: Socket): AbortSignal {
  const known = gone.get(socket);
  if (known !== undefined) return known;
  const end = new AbortController();
  if (socket.destroyed) end.abort();
  else socket.once("close", () => end.abort());
  gone.set(socket, end.signal);
  return end.signal;
}

/** Every route, with the page that describes them. */
function allRoutes(): readonly HttpRoute[] {
  const page = httpRoute({
    method: "GET",
    path: "/v1/openapi.json",
    summary: "This page.",
    who: "anyone",
    given: noInput,
    answers: { 200: openApiPage },
    run: () => Promise.resolve({ body }),
  });
  const routes = [statements, ...queries, events, ...tokenRoutes, ...stateRoutes, page];
  const manifest = readFileSync(new URL("../../../package.json", import.meta.url), "utf8");
  const body = openApi(routes, (JSON.parse(manifest) as { version: string }).version);
  return routes;
}
