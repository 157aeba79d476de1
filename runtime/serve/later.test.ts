/** What is said to begin later is judged by the tables of then; what no table can be made with all the same is held back. */
import test from "ava";
import { decide } from "#compiler/decide.ts";
import { LiveTables } from "#compiler/live.ts";
import { tablesToKeep } from "#compiler/lowering/reserved-stages.ts";
import { tablesAt } from "#compiler/compile.ts";
import { toOvs } from "#compiler/table/text.ts";
import { RunningNetwork } from "./network.ts";
import { replyText } from "./reply.ts";
import { until } from "../lab/until.ts";
import { Server } from "./server.ts";
import { MemoryJournal, NOW, RULES } from "./testing/server.ts";
import { Tokens } from "./tokens.ts";

const FACTS = `
switch(s1, 1). switch(s2, 2). switch(s3, 3).
link(s1, 10, s2, 10, 1Gb). link(s2, 11, s3, 11, 1Gb). link(s1, 12, s3, 12, 1Gb).
host_at(pc, s1, 1). host_mac(pc, 02:00:00:00:00:01). host_ip(pc, 10.0.1.2).
host_at(srv, s3, 1). host_mac(srv, 02:00:00:00:00:02). host_ip(srv, 10.0.2.2).
host_at(ids, s1, 2). host_mac(ids, 02:00:00:00:00:04). host_ip(ids, 10.0.1.9).
host_at(pc2, s1, 3). host_mac(pc2, 02:00:00:00:00:05). host_ip(pc2, 10.0.1.3).`;

const POLICY = `default allow.
AddUser ann.
NewShare net for (*) [waypoint={s2}] on rootShare.
Grant net to ann.
@ops waypoint(srcHost=pc, dstHost=pc2) = ids on rootShare.${FACTS}`;

const FLOWS = ["transport=UDP", "dscp=1", "vlan=10", "srcEth=02:00:00:00:00:01", "dstHost=10.0.1.3", "ethType=IPv4"];

/** Ways that hold common flows have tables in few combinations, so that these cost little. */
const options = { target: "ovs", limit: 8 } as const;

const decidedOf = (more: readonly string[]) =>
  decide([{ name: "net.pane", text: [POLICY, ...more].join("\n") }], { now: NOW, load: () => undefined, rules: RULES });

test("ways that begin later and together have no table are refused when they are said, and all else goes on", (t) => {
  const network = new RunningNetwork(decidedOf([]), options);
  let own = 0;
  let now = NOW;
  const say = (text: string, by = "root"): string => replyText(network.hear({ own: ++own, text, by, now }));
  const said = FLOWS.map((flows, i) => say(`@l${i} waypoint(${flows}) = s2 on net from +12s.`, "ann"));
  const refused = said.findIndex((one) => one.startsWith("False"));
  t.true(refused > 0, said.join());
  t.regex(said[refused]!, /E846[^]*all that stand or begin while this stands are counted together/);
  // What would stand from now on meets what begins later.
  t.regex(say(`@now waypoint(${FLOWS[refused]}) = s2 on net.`, "ann"), /^False[^]*E846/);
  t.regex(say(`@now waypoint(${FLOWS[refused]}) = s2 on net to +12s.`, "ann"), /^True/);
  now += 12;
  t.regex(say("@d deny(srcHost=pc2) on rootShare."), /^True/);
  t.deepEqual([network.tables.heldBack, network.tables.takeTroubles()], [[], []]);
  t.regex(say('Cancel "ann:l1".'), /^True/);
  t.regex(say("RemoveShare net cascade."), /^True/);
});

test("what begins and has no table is held back, and what stands stays; it begins once it has room", (t) => {
  const later = FLOWS.map((flows, i) => `@l${i} waypoint(${flows}) = s2 on rootShare from @${NOW + 30}.`);
  const policy = (some: readonly string[]) =>
    decidedOf([`@d deny(srcHost=pc2) on rootShare from @${NOW + 30}.`, ...some]);
  const decided = policy(later);
  t.true(decided.good);
  const then = NOW + 30;
  const isSame = (live: LiveTables): void => {
    const held = new Set(live.heldBack);
    const stands = policy(later.filter((_, i) => !held.has(`l${i}`)));
    const keep = tablesToKeep(decided.model.directory);
    const { tables, diagnostics } = tablesAt(stands, then, { ...options, keep });
    t.deepEqual(
      diagnostics.filter(({ severity }) => severity === "error"),
      [],
    );
    for (const [name, table] of live.tables(then)) t.is(toOvs(table), toOvs(tables.get(name)!));
  };
  const tables = new LiveTables(decided, options, NOW);
  decided.admission.advance(then);
  tables.advance(then);
  for (let i = 0; i < 3; i++) tables.advance(then);
  t.true(tables.heldBack.length > 0 && tables.heldBack.length < later.length, tables.heldBack.join());
  t.false(tables.heldBack.some((one) => ["ops", "d"].includes(one)));
  t.is(tables.takeTroubles()[0]?.code, "E846");
  isSame(tables);
  // A server that starts then comes to tables of the same kind.
  const started = new LiveTables(decided, options, then);
  started.advance(then);
  t.true(started.heldBack.length > 0 && !started.heldBack.includes("ops"));
  isSame(started);
  const [first] = tables.heldBack;
  for (const { statement } of decided.outcomes)
    if (/^l\d+$/.test(statement.id) && statement.id !== first)
      decided.admission.submit(
        {
          ...statement,
          id: `c${statement.id}`,
          label: `c${statement.id}`,
          demand: { kind: "Cancel", request: statement.id },
        },
        then,
      );
  t.deepEqual(tables.follow(then), []);
  tables.advance(then);
  t.deepEqual(tables.heldBack, []);
});

test("what is said and cannot hold on the topology of now is refused with its certificate; what the files have stands", (t) => {
  const network = new RunningNetwork(decidedOf(["@old avoid(srcHost=srv, dstHost=pc2) = s1 on rootShare."]), options);
  let own = 0;
  const say = (text: string): string => replyText(network.hear({ own: ++own, text, by: "root", now: NOW }));
  const before = toOvs(network.tables.tables(NOW).get("s3")!);
  t.regex(
    say("@v avoid(srcHost=pc, dstHost=srv) = s3 on rootShare."),
    /^False\n rejected: there is no path [^]*\[no-path\]/,
  );
  t.regex(say("@w waypoint(srcHost=pc) = nobody on rootShare."), /^False/);
  t.is(toOvs(network.tables.tables(NOW).get("s3")!), before);
  t.regex(say("@x avoid(srcHost=pc, dstHost=srv) = s2 on rootShare."), /^True\n accepted\n id/);
  t.truthy(network.admission.state.accepted.get("old"));
});

test("who asked for what is held back is told by an event, and the operator in words", async (t) => {
  const later = FLOWS.map((flows, i) => `@l${i} waypoint(${flows}) = s2 on rootShare from @${NOW + 30}.`);
  const network = new RunningNetwork(decidedOf(later), options);
  const points: string[] = [];
  const told: string[] = [];
  const server = new Server({
    network,
    journal: new MemoryJournal(),
    tokens: new Tokens(),
    switches: [],
    clock: () => (NOW + 30) * 1000 + performance.now(),
    report: () => undefined,
    faulty: (faults) => told.push(...faults.map(({ code, message }) => `${code} ${message}`)),
  });
  t.teardown(() => server.stop());
  server.watchTurns(({ kind, request, switch: name }) => void points.push(`${kind} ${request} ${name}`));
  server.start();
  t.true(
    await until(() => points.some((one) => /^lack l\d undefined$/.test(one)), { patience: 60_000 }),
    points.join(),
  );
  t.true(told[0]!.startsWith("E846 "), told[0]);
  t.true(
    told.includes(
      "W849 `l5` has begun, and is held back: with it no table could be made, and what stands goes on without it",
    ),
    told.join(),
  );
});
