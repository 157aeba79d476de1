/** How the server is: for those who start it, watch it and count. */
import { httpRoute } from "./route.ts";
import { healthy, noInput, readiness } from "./schemas.ts";

const health = httpRoute({
  method: "GET",
  path: "/healthz",
  summary: "Whether the server lives.",
  who: "anyone",
  given: noInput,
  answers: { 200: healthy },
  run: () => Promise.resolve({ body: { ok: true } }),
});

const ready = httpRoute({
  method: "GET",
  path: "/readyz",
  summary: "Whether the log can be written, the tables are made, and every switch has the one in force.",
  who: "anyone",
  given: noInput,
  answers: { 200: readiness, 503: readiness },
  run: ({ server: { service, switches, hasTables: tables } }) => {
    const log = service.fault === undefined;
    const isReady = log && tables && switches.held === switches.all;
    return Promise.resolve({ status: isReady ? 200 : 503, body: { ready: isReady, log, tables, switches } });
  },
});

const metrics = httpRoute({
  method: "GET",
  path: "/metrics",
  summary: "Counters for Prometheus.",
  who: "metrics",
  given: noInput,
  answers: { 200: "text/plain" },
  run: async ({ metrics: { registry } }) => ({ body: await registry.metrics(), type: registry.contentType }),
});

export const stateRoutes = [health, ready, metrics];
