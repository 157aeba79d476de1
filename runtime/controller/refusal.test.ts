/** Refusals that no Open vSwitch makes, on a switch in memory: each is reported with its own code. */
import test, { type ExecutionContext } from "ava";
import { cookieOf } from "../../compiler/table/cookie.ts";
import type { Entry, Meter, Queue, Table } from "../../compiler/table/entry.ts";
import { NO_SETTINGS, type Bridge } from "../ovsdb/index.ts";
import type { Session } from "../session/index.ts";
import { fromOvs } from "../../compiler/table/text.ts";
import { say } from "../session/testing/peer.ts";
import { apply } from "./index.ts";
import type { InstalledFlow } from "./installed.ts";
import { queueing } from "./queueing.ts";
import type { Diagnostic } from "../../compiler/diagnostics/diagnostic.ts";
import { foreignRefusals, foreignWarnings } from "./refusal.ts";
import { FakeSwitch, type Behaviour } from "./testing/switch.ts";

const METER: Meter = { meter: 1, rate: 1_000_000, burst: 1_000_000, statement: "limit" };
const QUEUE: Queue = { port: 1, queue: 1, minimum: 1_000_000, statement: "reserve" };
const limited: Table = {
  entries: [
    {
      table: 0,
      priority: 1,
      match: [],
      hardTimeout: 0,
      idleTimeout: 0,
      cookie: cookieOf(METER.statement),
      instructions: [{ kind: "meter", meter: METER.meter }],
    },
  ],
  meters: [METER],
};

async function codesOf(t: ExecutionContext, table: Table, behaviour: Behaviour): Promise<readonly string[]> {
  const result = await apply(await new FakeSwitch(behaviour).start(t), table);
  return result.diagnostics.map(({ code }) => code);
}

test("a meter that a switch takes and does not hold is E968", async (t) => {
  const codes = await codesOf(t, limited, { before: ({ type }) => type === "meter_mod" });
  t.deepEqual(codes, ["E968"]);
});

test("a refusal of the whole bundle is E957 and names no statement", async (t) => {
  const codes = await codesOf(t, limited, {
    before(message, socket) {
      if (message.type !== "bundle_control" || message.control !== "commit_request") return false;
      const data = new Uint8Array(0);
      say(socket, { type: "error", xid: message.xid, errorType: 1, code: 5, data });
      return true;
    },
  });
  t.deepEqual(codes, ["E957"]);
});

test("a statement with many refused entries is one E956, which hides no other statement's", async (t) => {
  const [many, other] = ["many", "other"].map((name) => cookieOf(name)) as [bigint, bigint];
  const entries = Array.from({ length: 13 }, (_, priority) => ({
    ...limited.entries[0]!,
    priority,
    instructions: [],
    cookie: priority === 0 ? other : many,
  }));
  const statements = new Map([
    [many, { name: "many" }],
    [other, { name: "other" }],
  ]);
  const fake = new FakeSwitch({
    before(message, socket) {
      if (message.type !== "bundle_add" || message.message.type !== "flow_mod") return false;
      if (![many, other].includes(message.message.cookie)) return false;
      say(socket, { type: "error", xid: message.xid, errorType: 2, code: 0, data: new Uint8Array(0) });
      return true;
    },
  });
  const { diagnostics } = await apply(await fake.start(t), { entries }, { statements });
  t.deepEqual(
    diagnostics.map(({ code }) => code),
    ["E956", "E956"],
  );
  t.deepEqual(
    diagnostics.map(({ message }) => /`(many|other)`/.exec(message)?.[1]),
    ["many", "other"],
  );
});

test("queues for a switch without a database are E963", async (t) => {
  t.deepEqual(await codesOf(t, { entries: [], queues: [QUEUE] }, {}), ["E963"]);
});

test("queues in user space for packets without a mark are not made (W953), and too many are W959", (t) => {
  const bridge: Bridge = {
    uuid: "bridge",
    name: "s1",
    datapath: "0000000000000001",
    failMode: "secure",
    userspace: true,
    cachesFlows: true,
    allUserspace: true,
    inUserspace: 1,
    ids: {},
    ports: [{ uuid: "port1", name: "s1-eth1", number: 1 }],
    stray: [],
    strayQueues: [],
    idle: [],
    controllers: [],
    managers: [],
    inBandDisabled: true,
    forwardsReserved: false,
    mirrors: [],
    bonds: [],
    apart: [],
    settings: NO_SETTINGS,
    interfaces: new Map(),
  };
  const session = { target: "s1" } as Session;
  const options = { session, database: { connection: {} as never, bridge }, held: [] };
  const { warnings, changes } = queueing({ entries: [], queues: [QUEUE] }, options);
  t.deepEqual(
    warnings.map(({ code }) => code),
    ["W953"],
  );
  t.deepEqual(changes.queues, []);
  // More of them than can be short enough, with marks.
  const queues = Array.from({ length: 20 }, (_, index) => ({ ...QUEUE, queue: index + 1 }));
  const marks = queues.flatMap(({ queue }) => [
    { kind: "set_field", field: "ip_dscp", value: BigInt(queue) } as const,
    { kind: "set_queue", queue } as const,
  ]);
  const held = { ...limited.entries[0]!, instructions: [{ kind: "apply", actions: marks }] } as const;
  const many = queueing({ entries: [held], queues }, { ...options, runFilter: async () => undefined });
  t.deepEqual(
    many.warnings.map(({ code, message }) => `${code} ${message}`),
    [
      "W959 the 21 queues of the bridge `s1` share one send buffer: while more than 20 of them are full, frames of all its ports are lost, also those of reservations",
    ],
  );
  t.regex(
    many.warnings[0]!.help!,
    /^each reservation has a queue at each port where its flows may leave: name receivers/,
  );
});

test("an entry of others that an allow makes harmless until it ends is told with W950", (t) => {
  const table = (...lines: readonly string[]): Table => {
    const read = fromOvs(lines.join("\n"));
    if ("errors" in read) throw new Error(JSON.stringify(read.errors));
    return { entries: read.entries };
  };
  const [entry] = table("priority=7,ip,nw_dst=10.0.0.44 actions=NORMAL").entries;
  const foreign = [{ flow: { instructions: [], match: [] }, entry } as unknown as InstalledFlow];
  const helpOf = (allow: string, options = {}): string | undefined =>
    foreignWarnings(
      "s1",
      foreign,
      table(`priority=3,${allow},ip actions=NORMAL`, "priority=0 actions=drop"),
      options,
    )[0]?.help;
  const help = "they stay; --take-over removes them";
  t.is(helpOf("hard_timeout=0"), help);
  t.is(
    helpOf("hard_timeout=60"),
    `${help}; once what the policy allows until then has ended, one of table 0, priority 7 may let on dl_type=0x800,nw_dst=10.0.0.44: apply again then`,
  );
  t.is(helpOf("hard_timeout=60", { besideForeign: true }), help, "a server looks at each end");
});

test("an entry of others that lets on what is led, limited or queued past that is refused, and a drop is not", (t) => {
  const tableOf = (...lines: readonly string[]): readonly Entry[] => {
    const read = fromOvs(lines.join("\n"));
    if ("errors" in read) throw new Error(JSON.stringify(read.errors));
    return read.entries.map((entry) => ({ ...entry, cookie: BigInt(entry.priority) }));
  };
  const refused = (theirs: string, ...ours: readonly string[]): readonly Diagnostic[] => {
    const [entry] = tableOf(theirs);
    const foreign = [{ flow: { instructions: [], match: [] }, entry } as unknown as InstalledFlow];
    const statements = new Map([
      [30n, { name: "w" }],
      [99n, { name: "table:Forward" }],
      [98n, { name: "host:pc" }],
    ]);
    return foreignRefusals("s1", foreign, { entries: tableOf(...ours) }, { statements });
  };
  const saidOf = (theirs: string, ...ours: readonly string[]): readonly string[] =>
    refused(theirs, ...ours).flatMap(({ code, message, help }) => [
      `${code}${/ what the policy.*?:/.exec(message)![0]}`,
      /^.*?;/.exec(help!)![0],
    ]);
  const past = "priority=70,ip actions=output:2";
  const miss = "priority=0 actions=NORMAL";
  t.deepEqual(saidOf(past, miss), []);
  for (const [ours, holds] of [
    ["actions=output:4", "leads by a way of its own"],
    ["actions=meter:1,NORMAL", "limits"],
    ["actions=set_queue:1,NORMAL", "has a queue for"],
    ["actions=set_field:02:00:00:00:00:01->eth_src,NORMAL", "rewrites"],
    ["actions=drop", "denies"],
  ] as const) {
    const held = `priority=30,ip,nw_dst=10.0.0.77 ${ours}`;
    t.deepEqual(saidOf(past, held, miss), [
      `E994 what the policy ${holds}:`,
      `it holds dl_type=0x800,nw_dst=10.0.0.77, which \`w\` ${holds}: with --take-over it goes;`,
    ]);
    t.deepEqual(saidOf("priority=70,ip actions=drop", held, miss), [], "it sends nothing on");
    t.deepEqual(saidOf("priority=70,arp actions=NORMAL", held, miss), [], "no statement touches these");
    t.deepEqual(saidOf("priority=20,ip actions=NORMAL", held, miss), [], "ours stands above it");
    const later = ["table=0,priority=0 actions=goto_table:1", `table=1,${held}`, `table=1,${miss}`];
    t.deepEqual(saidOf("priority=70,ip actions=goto_table:1", ...later), [], "it leads on to what holds them");
    t.is(saidOf("priority=70,ip actions=goto_table:2", ...later).length, 2, "and past it");
  }
  t.deepEqual(saidOf(past, "priority=8,ip actions=output:4", miss), [], "ordinary forwarding");
  // What is advised beside `--take-over` is what helps.
  const otherwise = (...entries: Parameters<typeof refused>): readonly (string | undefined)[] =>
    refused(...entries).map(({ help }) => /; else (.*)/.exec(help!)?.[1]);
  const reserved = "priority=99,dl_dst=01:80:c2:00:00:00/ff:ff:ff:ff:ff:f0 actions=drop";
  const no = "no policy lets on what is for such a group, which is reserved for one wire";
  t.deepEqual(otherwise("priority=1,in_port=4 actions=output:2", reserved, miss), []);
  t.deepEqual(otherwise("priority=200,in_port=4 actions=NORMAL", reserved, miss), []);
  t.deepEqual(otherwise("priority=200,in_port=4 actions=output:2", reserved, miss), [
    `have it name the \`dl_dst\` that it is for: ${no}`,
  ]);
  t.deepEqual(otherwise("priority=200,in_port=4,dl_dst=02:00:00:00:00:01 actions=output:2", reserved, miss), []);
  t.deepEqual(otherwise("priority=200,dl_dst=01:80:c2:00:00:0e actions=output:2", reserved, miss), [
    `have it match none of these: ${no}`,
  ]);
  t.deepEqual(otherwise("priority=200,in_port=4 actions=NORMAL", "priority=98,ip actions=drop", miss), [
    "have it match none of these, or let facts say that they may come from where they do",
  ]);
});
