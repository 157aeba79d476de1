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
import { foreignWarnings } from "./refusal.ts";
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

test("queues in user space for packets without a mark are W953", (t) => {
  const bridge: Bridge = {
    uuid: "bridge",
    name: "s1",
    datapath: "0000000000000001",
    failMode: "secure",
    userspace: true,
    cachesFlows: true,
    allUserspace: true,
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
  const { warnings } = queueing({ entries: [], queues: [QUEUE] }, options);
  t.deepEqual(
    warnings.map(({ code }) => code),
    ["W953"],
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

test("W950 says by which waypoints, limits and reservations of ours an entry of others leads what it sends on", (t) => {
  const tableOf = (...lines: readonly string[]): readonly Entry[] => {
    const read = fromOvs(lines.join("\n"));
    if ("errors" in read) throw new Error(JSON.stringify(read.errors));
    return read.entries;
  };
  const helpOf = (theirs: string, ...ours: readonly string[]): string | undefined => {
    const [entry] = tableOf(theirs);
    const foreign = [{ flow: { instructions: [], match: [] }, entry } as unknown as InstalledFlow];
    return foreignWarnings("s1", foreign, { entries: tableOf(...ours) }, {})[0]?.help;
  };
  const past = "priority=7,ip actions=output:2";
  const help = "they stay; --take-over removes them";
  const passes = `${help}; what they send on passes the policy's`;
  t.is(helpOf(past, "priority=0 actions=NORMAL"), help);
  t.is(helpOf(past, "priority=3,ip actions=output:4", "priority=0 actions=NORMAL"), `${passes} waypoints and paths by`);
  t.is(
    helpOf(past, "priority=3,ip actions=meter:1,goto_table:1", "table=1,priority=0 actions=set_queue:1,NORMAL"),
    `${passes} limits and reservations by`,
  );
  t.is(helpOf("priority=7,ip actions=drop", "priority=3,ip actions=output:4"), help, "it sends nothing on");
});
