/** A start answers before its tables are made: what is decided meanwhile is durable, and the tables are those of all that stands. */
import test, { type ExecutionContext } from "ava";
import { tablesAt } from "#compiler/compile.ts";
import { toOvs } from "#compiler/table/text.ts";
import { MemoryStore } from "../log/testing/memory.ts";
import { live, snapshotFolder, type Life } from "./testing/lives.ts";
import { NOW } from "./testing/server.ts";

const POLICY = `default allow.
NewShare s for (*) [allow = True, deny = True, reserve <= 100Mb, requests <= 5000, entries <= 100000] on rootShare.
`;

/** More than one step of each kind. */
const SAID = 700;

const deny = (i: number): string => `@d${i} deny(srcHost=10.0.${i >> 8}.${i & 255}) on s.`;

/** A log and a snapshot of many requests. */
async function filled(t: ExecutionContext): Promise<{ readonly store: MemoryStore; readonly folder: string }> {
  const [store, folder] = [new MemoryStore(), snapshotFolder(t)];
  const life = await live(t, store, POLICY, folder);
  for (let i = 0; i < SAID; i += 175)
    await life.say(`begin.\n${Array.from({ length: 175 }, (_, j) => deny(i + j)).join("\n")}\ncommit.`);
  t.is(life.started.network.admission.state.accepted.size, SAID);
  await life.keeper.take();
  return { store, folder };
}

/** The tables that follow are those that all that stands would have. */
function sameTables(t: ExecutionContext, { started: { network } }: Life, now: number): void {
  network.tables.follow(now);
  const { admission, decided } = network;
  const batch = tablesAt({ ...decided, admission }, now, { target: "ovs", keep: ["Limit 1"] });
  t.is(toOvs(network.tables.tables(now).get("")!), toOvs(batch.tables.get("")!));
}

const once = (): boolean => false;

for (const from of ["a snapshot", "its records"])
  test(`from ${from}: sentences are decided at each step of the tables, which are those of all that stands`, async (t) => {
    t.timeout(240_000);
    const { store, folder } = await filled(t);
    const life = await live(t, store, POLICY, from === "a snapshot" ? folder : undefined, { now: NOW + 1 });
    const { network } = life.started;
    t.is(life.started.kept > 0, from === "a snapshot");
    t.false(network.hasTables);
    let steps = 0;
    for (; !network.hasTables; steps++) {
      // What comes, what goes again, and what goes that stood before, at every place of the making.
      t.regex(await life.say(`@n${steps} deny(srcHost=10.9.0.${steps}) on s to +1min.`), /^True/);
      t.regex(await life.say(`Cancel d${steps * 3}.`), /^True/);
      t.regex(await life.say(`@x deny(dstPort=${steps + 1}, transport=TCP) on s.`), /^True/);
      t.regex(await life.say("Cancel x."), /^True/);
      t.regex(await life.say(deny(steps * 3)), /^True/);
      t.regex(await life.say("ListShares."), /^2;/);
      t.false(network.hasTables, "nothing that is plain waits for the tables, or makes them");
      network.makeTables(once);
    }
    t.true(steps > 8, `${steps} steps`);
    sameTables(t, life, life.now);
    const wanted = life.digestAt(NOW + 100);
    sameTables(t, life, NOW + 100);
    // Killed here: all that was answered is in the log.
    const back = await live(t, store, POLICY, folder, { now: NOW + 100 });
    t.is(back.digestAt(NOW + 100), wanted);
    sameTables(t, back, NOW + 100);
  });

test("what the tables may refuse waits for them with what its speaker says behind it; others do not wait", async (t) => {
  const { store, folder } = await filled(t);
  const life = await live(t, store, POLICY, folder);
  const { network } = life.started;
  t.regex(await life.say("AddUser Alice."), /^True/);
  t.regex(await life.say("Grant s to Alice."), /^True/);
  const order: string[] = [];
  const say = (text: string, by: string): Promise<void> =>
    life.say(text, by).then((reply) => void order.push(`${by} ${network.hasTables} ${reply.split("\n")[0]}`));
  await Promise.all([
    say("@r reserve(srcHost=10.1.0.1) = 5Mb on s to +1h.", "Alice"),
    say("Cancel r.", "Alice"),
    say("deny(dstPort=7, transport=TCP) on s.", "root"),
  ]);
  t.deepEqual(order, ["root false True", "Alice true True", "Alice true True"]);
  sameTables(t, life, life.now);
});

test("what no switch could keep by itself is refused before the tables are made, with the same words", async (t) => {
  const { store, folder } = await filled(t);
  const life = await live(t, store, POLICY, folder, { target: "of13" });
  const ports = (from: number): string => Array.from({ length: 100 }, (_, i) => from + 3 * i).join(", ");
  const text = `deny(srcPort={${ports(1)}}, dstPort={${ports(2)}}, transport=TCP) on s.`;
  const early = await life.say(text);
  t.regex(early, /^False\n.*about 10,000 entries/);
  t.false(life.started.network.hasTables);
  life.started.network.makeTables(() => true);
  t.is(await life.say(text), early);
});

test("a network that ends, or is rebuilt, in the middle of the making has lost nothing", async (t) => {
  const { store, folder } = await filled(t);
  const wanted = (await live(t, store, POLICY, undefined)).digestAt(NOW + 5);
  for (const steps of [0, 1, 3, 5, 8]) {
    const life = await live(t, store, POLICY, folder, { now: NOW + 5 });
    for (let i = 0; i < steps; i++) life.started.network.makeTables(once);
    t.is(life.digestAt(NOW + 5), wanted);
    await life.started.rebuild();
    t.true(life.started.network.hasTables);
    t.is(life.digestAt(NOW + 5), wanted);
    sameTables(t, life, NOW + 5);
  }
});
