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
  summary:
    "Whether the log can be written, the tables are made, and every switch has all of the one in force, with nothing beside it.",
  who: "anyone",
  given: noInput,
  answers: { 200: readiness, 503: readiness },
  run: ({ server: { service, switches, hasTables: tables, unready: reasons } }) => {
    const ready = reasons.length === 0;
    const body = { ready, log: service.fault === undefined, tables, switches, reasons };
    return Promise.resolve({ status: ready ? 200 : 503, body });
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
