/**
 * `guaranteed` is printed only where it is true. On every port whose rate is known the minima of all queues fit beside
 * each other. A guaranteed reservation has its whole rate on its whole path, whatever else was accepted or is steered.
 */
import test from "ava";
import fc from "fast-check";
import { overlaps } from "../flowgroup/index.ts";
import { printIp } from "../net/index.ts";
import { ratedEgressLinks, topology } from "../paths/index.ts";
import { directoryOf, networks, TRIANGLE, type Drawing } from "../paths/testing/networks.ts";
import type { Accepted } from "../admission/state/accepted.ts";
import { promiseOf } from "../admission/promises.ts";
import { subscribe } from "../admission/subscribe.ts";
import { admissionFor, modelOf, NOW } from "../admission/testing/networks.ts";
import { queuesAt, type Queue, type Table } from "../table/entry.ts";
import { LiveTable, lower, toOvs, type LowerContext } from "./index.ts";
import { resourcesBetween } from "../semantics/table-reference.ts";

/** A network that decides statements one by one. */
function asked(drawing: Drawing): {
  readonly context: LowerContext;
  readonly admission: ReturnType<typeof admissionFor>;
  readonly say: (text: string) => string;
} {
  const directory = directoryOf(drawing);
  const model = { ...modelOf(""), directory };
  const admission = admissionFor(model);
  const defaults = { verdict: "allow", fragments: "deny" } as const;
  const context: LowerContext = { directory, defaults, target: "ovs", now: NOW };
  const facts = [
    ...[...directory.switches.values()].map(({ name, dpid }) => `switch(${name}, ${Number(dpid)}).`),
    ...[...directory.hosts.values()].map(
      ({ name, addresses, at }) =>
        `host_ip(${name}, ${printIp(addresses[0]!)}). host_at(${name}, ${at!.switch}, ${at!.port}).`,
    ),
  ].join(" ");
  const say = (text: string): string => {
    const [statement] = modelOf(`${facts} ${text}`).statements;
    const verdict = admission.submit(statement!, NOW);
    return verdict.kind === "rejected" ? verdict.certificate.code : (verdict.promise ?? verdict.kind);
  };
  return { context, admission, say };
}

const sum = (queues: readonly Queue[]): number => queues.reduce((all, { minimum }) => all + minimum, 0);

const codesOf = (diagnostics: readonly { readonly code: string }[]): readonly string[] =>
  diagnostics.map(({ code }) => code);

const textsOf = (tables: ReadonlyMap<string, Table>): unknown => [...tables].map(([name, one]) => [name, toOvs(one)]);

/** `port queue=minimum` of every port of the drawing whose rate is known, by the labels of the reservations. */
function minimaOf(tables: ReadonlyMap<string, Table>, context: LowerContext): Record<string, Record<string, number>> {
  const net = topology(context.directory);
  return Object.fromEntries(
    [...tables].flatMap(([on, { queues = [] }]) =>
      [...ratedEgressLinks(net, on).keys()].flatMap((port) => {
        const here = queuesAt(queues, port);
        if (here.length === 0) return [];
        return [[`${on}:${port}`, Object.fromEntries(here.map((one) => [one.statement, one.minimum / 1e6]))]];
      }),
    ),
  );
}

const H1_H2 = "srcHost=10.0.0.1, dstHost=10.0.0.2";

test("a reservation not charged to a link gets what is left there, in order of acceptance, with a warning", (t) => {
  const { context, admission, say } = asked(TRIANGLE);
  t.is(say("@any reserve(srcHost=10.0.0.2, transport=TCP) = 3Mb on rootShare."), "guaranteed at the edge");
  t.is(say("@more reserve(srcHost=10.0.0.2, transport=UDP) = 3Mb on rootShare."), "guaranteed at the edge");
  t.is(say(`@sure reserve(${H1_H2}) = 6Mb on rootShare.`), "guaranteed");
  const { tables, diagnostics } = lower(admission.derived.active(NOW), context);
  const minima = minimaOf(tables, context);
  t.deepEqual(minima["s1:1"], { sure: 6, any: 3, more: 1 });
  t.deepEqual(minima["s1:2"], { any: 3, more: 3 });
  t.deepEqual(minima["s2:3"], { sure: 6, any: 3, more: 3 });
  t.deepEqual(
    diagnostics.map(({ code, message }) => `${code} ${message}`),
    ["W825 `more` keeps 1Mb of its 3Mb on `s1:1`: others were charged there, or accepted before"],
  );
});

test("where nothing is left a reservation has no queue, because a switch would give it a full frame a second", (t) => {
  const { context, admission, say } = asked(TRIANGLE);
  say("@any reserve(srcHost=10.0.0.2) = 3Mb on rootShare.");
  say(`@sure reserve(${H1_H2}) = 9.99Mb on rootShare.`);
  const { tables, diagnostics } = lower(admission.derived.active(NOW), context);
  t.deepEqual(minimaOf(tables, context)["s1:1"], { sure: 9.99 });
  t.regex(toOvs(tables.get("s1")!), /^# queue: port=1,queue=\d+,min-rate=0 "any"$/m);
  t.deepEqual(codesOf(diagnostics), ["W825"]);
});

test("a reservation that a later waypoint steers onto a full link takes nothing from those guaranteed there", (t) => {
  const { context, admission, say } = asked(TRIANGLE);
  t.is(say(`@led reserve(${H1_H2}, transport=TCP) = 6Mb on rootShare.`), "guaranteed");
  t.is(say("@sure reserve(srcHost=10.0.0.1, dstHost=10.0.0.3) = 8Mb on rootShare."), "guaranteed");
  say(`@w waypoint(${H1_H2}, transport=TCP) = s3 on rootShare.`);
  const { tables, diagnostics } = lower(admission.derived.active(NOW), context);
  const minima = minimaOf(tables, context);
  t.deepEqual(minima["s1:2"], { sure: 8, led: 2 });
  t.is(minima["s1:1"], undefined, "they do not go there any more");
  t.deepEqual(codesOf(diagnostics), ["W825"]);
});

const labels = ["a", "b", "c", "d", "e", "f", "g"] as const;

const hosts = fc.integer({ min: 1, max: 5 });
const sentence = fc.oneof(
  { weight: 4, arbitrary: fc.tuple(hosts, hosts, fc.integer({ min: 1, max: 9 }), fc.constantFrom("TCP", "UDP", "")) },
  {
    weight: 1,
    arbitrary: fc.tuple(hosts, hosts, fc.constantFrom("waypoint", "avoid"), fc.integer({ min: 1, max: 5 })),
  },
  { weight: 1, arbitrary: fc.tuple(fc.constantFrom(...labels)) },
);

/** A statement made of random parts. Host 5 may not exist, and a flowgroup may leave an end open. */
function textOf(parts: readonly (string | number)[], label: string, { hosts: known = {}, switches }: Drawing): string {
  if (parts.length === 1) return `Cancel ${parts[0]}.`;
  const [from, to, what, how] = parts as [number, number, string | number, string | number];
  const ends = [
    ...(from % 5 === 0 ? [] : [`srcHost=10.0.0.${from}`]),
    ...(to % 4 === 0 ? [] : [`dstHost=10.0.0.${to}`]),
  ];
  if (typeof what === "number") {
    const flows = [...ends, ...(how === "" ? [] : [`transport=${how}`])].join(", ") || "transport=TCP";
    return `@${label} reserve(${flows}) = ${what}Mb on rootShare.`;
  }
  const nodes = [...Object.keys(known), ...switches];
  return `@${label} ${what}(${ends.join(", ") || "transport=UDP"}) = ${nodes[(how as number) % nodes.length]} on rootShare.`;
}

/** Some ports of hosts have rates, some have none. */
const rated = fc
  .tuple(networks, fc.array(fc.boolean(), { minLength: 5, maxLength: 5 }))
  .map(([drawing, some]): Drawing => ({
    ...drawing,
    rates: Object.fromEntries(
      Object.values(drawing.hosts ?? {}).flatMap((at, i) => (some[i] === true ? [[at, 12_000_000]] : [])),
    ),
  }));

const shares = (one: Accepted, other: Accepted): boolean =>
  one.pieces.some(({ flows }) => other.pieces.some((piece) => overlaps(flows, piece.flows)));

test("where a rate is known the minima fit, and a guaranteed reservation has its rate on its whole path", (t) => {
  let [guaranteed, inside, short] = [0, 0, 0];
  fc.assert(
    fc.property(rated, fc.array(sentence, { minLength: 1, maxLength: labels.length }), (drawing, all) => {
      const { context, admission, say } = asked(drawing);
      const net = topology(context.directory);
      const live = new LiveTable(context);
      let before: ReadonlyMap<string, Table> = new Map();
      subscribe(admission, (change) => live.apply(change));
      for (const [i, parts] of all.entries()) {
        say(textOf(parts, labels[i]!, drawing));
        const tables = live.tables();
        const batch = lower(admission.derived.active(NOW), context);
        t.deepEqual(textsOf(tables), textsOf(batch.tables), "the live table is the batch's");
        t.deepEqual(codesOf(live.diagnostics()), codesOf(batch.diagnostics));
        t.deepEqual(live.resources(), resourcesBetween(before, batch.tables));
        before = batch.tables;
        if (codesOf(batch.diagnostics).includes("W825")) short++;
        for (const [on, { queues = [] }] of tables) {
          for (const [port, { rate }] of ratedEgressLinks(net, on))
            t.true(sum(queuesAt(queues, port)) <= rate, `${on}:${port}`);
        }
        for (const one of admission.state.accepted) {
          if (one.kind !== "reserve" || promiseOf(admission.state, one) === "admitted, not guaranteed") continue;
          guaranteed++;
          const links = one.charge!.places.filter(({ kind }) => kind === "link").map(({ name }) => name);
          // Of its flows some may be in the queue of another that is no smaller.
          const others = [...admission.state.accepted].filter(
            (other) => other === one || (other.kind === "reserve" && other.rate! >= one.rate! && shares(other, one)),
          );
          if (others.length > 1) inside++;
          for (const [on, { queues = [] }] of tables) {
            for (const [port, { id }] of ratedEgressLinks(net, on)) {
              const used = queues.filter((queue) => queue.port === port || queue.port === undefined);
              const here = others.filter((other) => used.some(({ statement }) => statement === other.id));
              if (!links.includes(id)) continue;
              for (const other of here) {
                const found = queuesAt(queues, port).find(({ statement }) => statement === other.id)?.minimum ?? 0;
                t.true(found >= one.rate!, `${one.id} by ${other.id} on ${on}:${port}`);
              }
              t.true(here.length > 0, `${one.id} on ${on}:${port}`);
            }
          }
        }
      }
    }),
    { numRuns: 300 },
  );
  t.true(
    guaranteed > 50 && inside > 5 && short > 20,
    `${guaranteed} guaranteed, ${inside} inside others, ${short} short`,
  );
});
