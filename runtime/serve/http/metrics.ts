/** What is counted of a running server, for Prometheus. */
import { X509Certificate } from "node:crypto";
import { Counter, Gauge, Histogram, Registry } from "prom-client";
import type { OpenLog } from "../../log/log.ts";
import type { Heard } from "../conversation.ts";
import type { Server } from "../server.ts";

export class HttpMetrics {
  readonly registry = new Registry();
  readonly #decisions = new Counter({
    name: "glazier_decisions_total",
    help: "Statements and questions that were answered, by verdict.",
    labelNames: ["verdict"],
    registers: [this.registry],
  });
  readonly #seconds = new Histogram({
    name: "glazier_decision_seconds",
    help: "From when a statement is taken until its answer is durable.",
    buckets: [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5],
    registers: [this.registry],
  });

  /** Notes what a sentence came to, and how long that took. */
  readonly observe = (heard: Heard, seconds: number): void => {
    if (heard.kind === "token") return;
    for (const verdict of verdictsOf(heard)) this.#decisions.inc({ verdict });
    this.#seconds.observe(seconds);
  };

  /** The numbers that are looked up when they are asked for. Call it once. `cert`: what clients see over TLS. */
  watch(log: Pick<OpenLog, "end">, server: Pick<Server, "switches">, cert?: Uint8Array): void {
    const gauge = (name: string, help: string, value: () => number | Promise<number>): Gauge =>
      new Gauge({
        name,
        help,
        registers: [this.registry],
        async collect() {
          this.set(await value());
        },
      });
    gauge("glazier_log_records", "Records of the log that are durable.", async () => (await log.end()).at);
    if (cert !== undefined) {
      const until = Date.parse(new X509Certificate(cert).validTo) / 1000;
      gauge(
        "glazier_certificate_expires",
        "When the certificate that clients see expires, in Unix seconds.",
        () => until,
      );
    }
    gauge("glazier_switches", "Switches that the server is to hold.", () => server.switches.all);
    gauge("glazier_switches_held", "Switches that have the table in force.", () => server.switches.held);
    const lacking = "Switches that do not take all of the table, and drop what that would decide.";
    gauge("glazier_switches_lacking", lacking, () => server.switches.lacking);
    const opened =
      "Switches on which what is denied, led, limited or reserved may pass as if it were not, by entries or settings of others or for want of ours.";
    gauge("glazier_switches_opened", opened, () => server.switches.opened);
  }
}

function verdictsOf(heard: Exclude<Heard, { readonly kind: "token" }>): readonly string[] {
  switch (heard.kind) {
    case "faulty":
      return ["faulty"];
    case "answered":
    case "explained":
      return ["answered"];
    case "decided":
      return heard.outcomes.map(({ verdict }) => verdict.kind);
  }
}
