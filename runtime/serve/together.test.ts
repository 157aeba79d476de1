/** Sentences that the tables are shown at once come to what they come to one after the other, and what no switch could keep to nothing. */
import test, { type ExecutionContext } from "ava";
import { toOvs } from "#compiler/table/text.ts";
import { MemoryStore } from "../log/testing/memory.ts";
import { replyText } from "./reply.ts";
import { HISTORY_POLICY, picker, sentence, type Pick } from "./testing/histories.ts";
import { live, type Life } from "./testing/lives.ts";
import { NOW } from "./testing/server.ts";

interface Told {
  readonly own: number;
  readonly text: string;
  readonly by: string;
  readonly now: number;
}

const heard = ({ started: { network } }: Life, one: Told): string => replyText(network.hear(one));

const together = ({ started: { network } }: Life, now: number, all: readonly Told[]): readonly string[] =>
  (network.together(now, () => all.map((one) => network.hear(one)))?.done ?? all.map((one) => network.hear(one))).map(
    replyText,
  );

const tablesOf = ({ started: { network } }: Life, now: number): readonly string[] =>
  [...network.tables.tables(now)].map(([name, table]) => `${name}\n${toOvs(table)}`);

async function compare(t: ExecutionContext, seed: number): Promise<readonly string[]> {
  const pick: Pick = picker(seed);
  const slow = await live(t, new MemoryStore(), HISTORY_POLICY, undefined);
  const quick = await live(t, new MemoryStore(), HISTORY_POLICY, undefined);
  for (const { started } of [slow, quick]) started.network.makeTables(() => true);
  const said: string[] = [];
  let now = NOW;
  for (let number = 100; number < 160;) {
    now += pick(0, 0, 1, 7, 200);
    const all = Array.from({ length: pick(1, 2, 5, 9) }, (): Told => {
      const by = pick("root", "Alice", "Alice", "Bob");
      return { own: ++number, text: sentence(number, pick), by, now };
    });
    const [one, other] = [all.map((told) => heard(slow, told)), together(quick, now, all)];
    t.deepEqual(other, one, `seed ${seed}`);
    said.push(...one);
    for (const { started } of [slow, quick]) started.network.tables.follow(now);
    t.deepEqual(tablesOf(quick, now), tablesOf(slow, now), `seed ${seed}`);
  }
  t.is(quick.digestAt(now + 400), slow.digestAt(now + 400), `seed ${seed}`);
  return said;
}

const SEEDS = Number(process.env["GLAZIER_SEEDS"] ?? 12);

test("random sentences of one instant come together to the same answers, state and tables", async (t) => {
  t.timeout(600_000);
  const said: string[] = [];
  for (let seed = 1; seed <= SEEDS; seed++)
    said.push(...(await compare(t, seed * 6_007 + Number(process.env["GLAZIER_SEED"] ?? 0))));
  const accepted = said.filter((one) => one.startsWith("True")).length;
  t.true(accepted > said.length / 4 && accepted < said.length, `${accepted} of ${said.length} accepted`);
});

const ports = (from: number): string => Array.from({ length: 100 }, (_, i) => from + 3 * i).join(", ");
/** More than a switch without ranges holds: the tables refuse it. */
const TOO_MUCH = `deny(srcPort={${ports(1)}}, dstPort={${ports(2)}}, transport=TCP) on net.`;

test("what no switch could keep is refused alone, and all others of its batch are accepted", async (t) => {
  const store = new MemoryStore();
  const life = await live(t, store, HISTORY_POLICY, undefined, { target: "of13" });
  const { network } = life.started;
  network.makeTables(() => true);
  let batches = 0;
  const once = network.together.bind(network);
  network.together = (...words) => {
    batches++;
    return once(...words);
  };
  const texts = ["@a deny(dstHost=10.0.0.1) on net.", TOO_MUCH, "@b deny(dstHost=10.0.0.2) on net.", "ListRequests."];
  const replies = await Promise.all(texts.map((text) => life.say(text)));
  t.deepEqual(
    replies.slice(0, 3).map((one) => one.split("\n")[0]),
    ["True", "False", "True"],
  );
  t.regex(replies[1]!, /about 10,000 entries/);
  t.regex(replies[3]!, /\n a\t[^]*\n b\t/);
  t.notRegex(replies[3]!, /srcPort/);
  // A slow machine ends the first batch before it.
  t.true(batches <= 2, "from then on one by one");
  network.tables.follow(life.now);
  const back = await live(t, store, HISTORY_POLICY, undefined, { target: "of13" });
  back.started.network.makeTables(() => true);
  t.is(back.digestAt(NOW + 1), life.digestAt(NOW + 1));
  t.deepEqual(tablesOf(back, NOW + 1), tablesOf(life, NOW + 1));
});
