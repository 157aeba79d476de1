/** Applying tables to a switch in memory: what changes, what does not, and what is reported when it goes wrong. */
import test from "ava";
import fc from "fast-check";
import { cookieOf } from "../../compiler/table/cookie.ts";
import type { Entry, Table } from "../../compiler/table/entry.ts";
import { exact, sortEntries } from "../../compiler/table/match.ts";
import { toFlowMod } from "../openflow/index.ts";
import { entry as anyEntry } from "../openflow/testing/entry.ts";
import { apply, readTable, type Applied, type ApplyResult, type Failed } from "./index.ts";
import { FakeSwitch, reported, type Behaviour } from "./testing/switch.ts";
import { besidesDatabase } from "./testing/results.ts";

const drop = (port: number, statement = `deny ${port}`): Entry => ({
  table: 0,
  priority: 100,
  match: [exact("eth_type", 0x800), exact("ip_proto", 6), exact("tcp_dst", port)],
  instructions: [],
  cookie: cookieOf(statement),
  hardTimeout: 0,
  idleTimeout: 0,
});
const pass = (port: number, statement = `allow ${port}`): Entry => ({
  ...drop(port, statement),
  instructions: [{ kind: "apply", actions: [{ kind: "output", port: "NORMAL" }] }],
});
const table = (...entries: Entry[]): Table => ({ entries: sortEntries(entries) });
const held = (entry: Entry) => reported(toFlowMod("add", entry, 0));
const foreign = (entry: Entry) => held({ ...entry, cookie: 0x1234n });

function counts(result: ApplyResult): readonly number[] | Failed {
  if (result.outcome === "failed") return result;
  return [result.added, result.replaced, result.deleted, result.unchanged];
}

const words = (result: ApplyResult): readonly string[] =>
  besidesDatabase(result).map(({ code, message }) => `${code} ${message.replaceAll(/`unix:[^`]*`/g, "SWITCH")}`);

const TIMES = ["connect", "diff", "read", "send", "surround", "total", "verify"];

for (const bundles of [true, false]) {
  const how = bundles ? "in a bundle" : "stage by stage";
  const method = bundles ? "bundle" : "stages";

  test(`apply adds, replaces and deletes only the difference, ${how}`, async (t) => {
    const fake = new FakeSwitch({ bundles, flows: [drop(1), drop(2), drop(3)].map(held) });
    const where = await fake.start(t);
    const desired = table(drop(1), pass(2), pass(4));
    const result = await apply(where, desired);
    t.deepEqual(counts(result), [1, 1, 1, 1]);
    t.is((result as Applied).method, method);
    t.deepEqual(Object.keys(result.durations).toSorted(), TIMES);
    const read = await readTable(where);
    t.deepEqual(read, { outcome: "read", table: desired, inexpressible: [] });
    const repeated = (await apply(where, desired)) as Applied;
    t.deepEqual(counts(repeated), [0, 0, 0, 3]);
    t.is(repeated.method, "nothing");
  });

  test(`a refusal in the middle names its statement and changes nothing, ${how}`, async (t) => {
    const before = [drop(1), drop(2), drop(9)];
    const fake = new FakeSwitch({
      bundles,
      flows: before.map(held),
      refuse: (mod) => (mod.cookie === bad ? [4, 9] : undefined),
    });
    const bad = cookieOf("the bad one");
    const where = await fake.start(t);
    const statements = new Map([[bad, { name: "the bad one" }]]);
    const result = await apply(where, table(drop(1), pass(2), pass(3), pass(4, "the bad one"), pass(5)), {
      statements,
    });
    t.deepEqual(words(result), [
      "E956 the switch SWITCH refuses `the bad one`: a field is matched without the one that it depends on (OFPBMC_BAD_PREREQ)",
    ]);
    t.is((result as Failed).state, "unchanged");
    t.deepEqual((await readTable(where)) as unknown, { outcome: "read", table: table(...before), inexpressible: [] });
  });

  test(`a full table changes nothing, ${how}`, async (t) => {
    const fake = new FakeSwitch({ bundles, limit: 4, flows: [drop(1), drop(2)].map(held) });
    const where = await fake.start(t);
    const result = await apply(where, table(drop(1), drop(2), ...[3, 4, 5, 6].map((port) => pass(port))));
    t.regex(words(result)[0]!, /^E956 .* with priority 100`: its table is full \(OFPFMFC_TABLE_FULL\)$/);
    t.is((result as Failed).state, "unchanged");
    t.deepEqual((await readTable(where)) as unknown, {
      outcome: "read",
      table: table(drop(1), drop(2)),
      inexpressible: [],
    });
  });
}

test("any table becomes any other, on both kinds of switch", async (t) => {
  const ours = anyEntry.map((entry): Entry => ({
    ...entry,
    cookie: cookieOf(`${entry.cookie}`),
    hardTimeout: 0,
    idleTimeout: 0,
  }));
  const entries = fc.uniqueArray(ours, { maxLength: 8, selector: ({ table: at, priority }) => `${at} ${priority}` });
  await fc.assert(
    fc.asyncProperty(entries, entries, fc.boolean(), async (old, next, bundles) => {
      const where = await new FakeSwitch({ bundles, flows: old.map(held) }).start(t);
      const result = await apply(where, table(...next));
      t.is(result.outcome, "applied", JSON.stringify(words(result)));
      const read = await readTable(where);
      t.deepEqual(read.outcome === "read" && read.table, table(...next));
    }),
    { numRuns: 40, seed: 11 },
  );
});

test("a dry run reports what would change and sends nothing", async (t) => {
  const fake = new FakeSwitch({ flows: [held(drop(1))] });
  const result = await apply(await fake.start(t), table(pass(2)), { dryRun: true });
  t.is(result.outcome, "planned");
  t.deepEqual(counts(result), [1, 0, 1, 0]);
  t.deepEqual(fake.heard, ["read port_desc", "read flow", "read meter_config"]);
});

test("foreign entries in our tables are reported and stay, and those in other tables are not mentioned", async (t) => {
  const elsewhere = { ...foreign(drop(7)), table: 9 };
  const fake = new FakeSwitch({ flows: [foreign(drop(1)), foreign(drop(2)), elsewhere] });
  const result = (await apply(await fake.start(t), table(pass(3)))) as Applied;
  t.deepEqual(counts(result), [1, 0, 0, 0]);
  t.is(result.foreign.length, 2);
  t.deepEqual(words(result), ["W950 the switch SWITCH holds 2 entries of others in our tables"]);
  t.is(fake.flows.length, 4);
});

test("taking over removes foreign entries in our tables, whatever they match and do", async (t) => {
  const strange = {
    ...foreign(drop(2)),
    match: [{ field: "unknown", header: 0x7abc_0401, data: Uint8Array.of(7) }],
  } as const;
  const pushing = { ...foreign(drop(4)), instructions: [{ kind: "clear_actions" }] } as const;
  const elsewhere = { ...foreign(drop(7)), table: 9 };
  const fake = new FakeSwitch({ flows: [foreign(drop(1)), strange, pushing, elsewhere] });
  const result = await apply(await fake.start(t), table(pass(3)), { takeOver: true });
  t.deepEqual(counts(result), [1, 0, 3, 0]);
  t.deepEqual(besidesDatabase(result), []);
  t.deepEqual(
    fake.flows.map(({ cookie }) => cookie),
    [0x1234n, cookieOf("allow 3")],
  );
});

test("a foreign entry in the place of ours is replaced only when taking over", async (t) => {
  const fake = new FakeSwitch({ flows: [foreign(pass(3)), foreign(drop(4))] });
  const where = await fake.start(t);
  const statements = new Map([[cookieOf("allow 3"), { name: "allow 3" }]]);
  const refused = await apply(where, table(pass(3)), { statements });
  t.deepEqual(words(refused), [
    "E958 on the switch SWITCH an entry that is not ours stands where `allow 3` must go: table 0, priority 100",
  ]);
  t.is((refused as Failed).state, "unchanged");
  t.deepEqual(fake.flows, [foreign(pass(3)), foreign(drop(4))]);
  // The foreign entry does the same as ours, and is replaced all the same: its cookie leads to no statement.
  t.deepEqual(counts(await apply(where, table(pass(3)), { statements, takeOver: true })), [0, 1, 1, 0]);
  t.deepEqual(
    fake.flows.map(({ cookie }) => cookie),
    [cookieOf("allow 3")],
  );
});

test("an entry of ours that was changed on the switch is put right", async (t) => {
  const bent = {
    ...held(drop(1)),
    instructions: [{ kind: "write_actions", actions: [{ kind: "pop_vlan" }] }],
  } as const;
  const fake = new FakeSwitch({ flows: [bent] });
  const result = await apply(await fake.start(t), table(drop(1)));
  t.deepEqual(counts(result), [0, 1, 0, 0]);
  t.deepEqual(fake.flows, [held(drop(1))]);
});

test("an empty table removes our entries, and no foreign one", async (t) => {
  const fake = new FakeSwitch({ flows: [held(drop(1)), foreign(drop(2))] });
  t.deepEqual(counts(await apply(await fake.start(t), table())), [0, 0, 1, 0]);
  t.deepEqual(fake.flows, [foreign(drop(2))]);
});

test("a switch that accepts a change and does not hold it is reported", async (t) => {
  const lying: Behaviour["before"] = (message, socket) => {
    if (message.type !== "bundle_add") return false;
    socket.resume();
    return true;
  };
  const result = await apply(await new FakeSwitch({ before: lying }).start(t), table(pass(1), pass(2)));
  t.deepEqual(words(result), [
    "E959 the switch SWITCH took the change and does not hold it: 2 of its entries missing, 0 too many",
  ]);
  t.is((result as Failed).state, "changed");
  t.regex(result.diagnostics[0]?.help ?? "", /apply again/);
});

test("a connection that breaks before the commit has changed nothing, and after it the state is unknown", async (t) => {
  const breakAt = async (control: string): Promise<ApplyResult> => {
    const before: Behaviour["before"] = (message, socket) => {
      if (message.type !== "bundle_control" || message.control !== control) return false;
      socket.destroy();
      return true;
    };
    return apply(await new FakeSwitch({ before }).start(t), table(pass(1)));
  };
  const early = await breakAt("open_request");
  t.deepEqual(words(early), [
    "E955 the switch SWITCH ended the connection: closed, while we waited for the bundle's open request",
  ]);
  t.is((early as Failed).state, "unchanged");
  t.is(((await breakAt("commit_request")) as Failed).state, "unknown");
});

test("a switch that cannot be reached is a failure, not an exception", async (t) => {
  const result = await apply("unix:/nowhere/at/all", table(pass(1)));
  t.deepEqual(words(result), ["E951 the switch SWITCH cannot be reached: there is no such socket"]);
  t.is((await apply("s1", table())).diagnostics[0]?.code, "E950");
  t.deepEqual((await readTable("s1")).outcome, "failed");
});
