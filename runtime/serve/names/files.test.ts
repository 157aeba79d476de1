/** Names of a policy's files and of what root says are one namespace: what becomes of both when the files change. */
import test from "ava";
import { MemoryStore } from "../../log/testing/memory.ts";
import { live, snapshotFolder, type Life } from "../testing/lives.ts";
import { NOW } from "../testing/server.ts";

const BARE = `default allow.
AddUser Alice.
NewShare s for (*) [deny = True, requests <= 100] on rootShare.
Grant s to Alice.
`;
const deny = (port: number, label = ""): string => `${label}deny(transport=TCP, dstPort=${port}) on s.`;
const NAMED = `${BARE}${deny(9, "@r1 ")}\n${deny(8, "@web ")}\n`;

/** Names with their ports. */
async function standing(life: Life): Promise<string> {
  const list = await life.say("ListRequests.");
  return Array.from(list.matchAll(/^ (.+?)\t.*?dstPort=(\d+)\)/gm), ([, name, port]) => `${name}=${port}`)
    .toSorted()
    .join(" ");
}

const fallen = ({ started }: Life): string => started.fallen.map(({ text }) => text).join(" ");

test("root's numbers leave out what the files call so, also what has been cancelled there", async (t) => {
  const life = await live(t, new MemoryStore(), NAMED, undefined);
  t.regex(await life.say("Cancel r1."), /^True/);
  t.regex(await life.say("Cancel web."), /^True/);
  const other = await live(t, new MemoryStore(), NAMED, undefined);
  t.regex(await other.say(deny(1)), /id: r1-2\n/);
  const later = await live(t, new MemoryStore(), NAMED.replace("@r1", "@r2"), undefined);
  t.regex(await later.say("Cancel r2."), /^True/);
  // Her second sentence; the name of the file's is not given again.
  t.regex(await later.say(deny(1)), /id: r2-2\n/);
  t.is(await standing(later), "r2-2=1 web=8");
});

for (const isKept of [false, true])
  test(`files that take a name: what root said so is listed, and stands again without it${isKept ? ", from snapshots" : ""}`, async (t) => {
    const store = new MemoryStore();
    const folder = isKept ? snapshotFolder(t) : undefined;
    const next = async (policy: string): Promise<Life> => {
      const life = await live(t, store, policy, folder);
      if (isKept) await life.keeper.take();
      return life;
    };
    const one = await next(BARE);
    t.regex(await one.say(deny(1)), /id: r1\n/);
    t.regex(await one.say(deny(2, "@web ")), /id: web\n/);
    t.regex(await one.say(deny(3), "Alice"), /id: r1\n/);
    t.is(await standing(one), "Alice:r1=3 r1=1 web=2");

    const two = await next(NAMED);
    t.is(await standing(two), "Alice:r1=3 r1=9 web=8");
    t.is(fallen(two), `${deny(1)} ${deny(2, "@web ")}`);
    // These are the files' own.
    t.regex(await two.say("Cancel r1."), /^True/);
    t.regex(await two.say("Cancel web."), /^True/);
    t.is(await standing(two), "Alice:r1=3");

    // What was cancelled there was not what root had said.
    const three = await next(BARE);
    t.is(fallen(three), "");
    t.is(await standing(three), "Alice:r1=3 r1=1 web=2");
    t.regex(await three.say("Cancel r1."), /^True/);
    t.regex(await three.say("Cancel web."), /^True/);

    // And what was cancelled here was not what the files have; there it stays cancelled.
    const four = await next(`${NAMED}// again\n`);
    t.is(await standing(four), "Alice:r1=3");
  });

test("a Cancel of what root said takes nothing from files that come to call theirs so", async (t) => {
  const store = new MemoryStore();
  const one = await live(t, store, BARE, undefined);
  await one.say(deny(1));
  await one.say(deny(2, "@web "));
  t.regex(await one.say("Cancel r1."), /^True/);
  t.regex(await one.say("Cancel web."), /^True/);
  const two = await live(t, store, NAMED, undefined);
  t.is(await standing(two), "r1=9 web=8");
});

test("what no longer fits and was cancelled long before is missed by nobody, and not listed", async (t) => {
  const store = new MemoryStore();
  const one = await live(t, store, BARE, undefined);
  t.regex(await one.say(deny(1, "@call ")), /^True/);
  t.regex(await one.say("Cancel call."), /^True/);
  t.regex(await one.say(deny(2, "@web ")), /^True/);
  t.regex(await one.say(`begin. ${deny(3, "@a ")} ${deny(4, "@r1 ")} commit.`), /^True/);
  t.regex(await one.say("Cancel a."), /^True/);
  const two = await live(t, store, `${NAMED}${deny(7, "@call ")}\n${deny(6, "@a ")}\n`, undefined);
  t.is(fallen(two), `${deny(2, "@web ")} begin. ${deny(3, "@a ")} ${deny(4, "@r1 ")} commit.`);
});

test("what has ended, or went with its share or the right to speak for it, is missed by nobody, and not listed", async (t) => {
  const store = new MemoryStore();
  const one = await live(t, store, BARE, undefined);
  const all = [
    deny(1, "@call ").replace(" on s.", " on s to +5min."),
    "NewShare t for (dstPort=0-99, transport=TCP) [deny = True] on s.",
    deny(2, "@a ").replace(" on s.", " on t."),
    "RemoveShare t cascade.",
    "AddUser Bob.",
    "Grant s to Bob.",
    `Bob: ${deny(3)}`,
    "Revoke s from Bob with requests.",
    deny(5, "@web "),
  ];
  for (const text of all) t.regex(await one.say(text), /^True/, text);
  const policy = `${NAMED}${deny(7, "@call ")}\n${deny(6, "@a ")}\n`.replace("requests <= 100", "requests <= 4");
  t.is(fallen(await live(t, store, policy, undefined, { now: NOW + 60 })), `${all[0]} ${all[8]}`);
  t.is(fallen(await live(t, store, policy, undefined, { now: NOW + 600 })), all[8]!);
});

test("from a snapshot, too: what has ended since, and what went with a share since", async (t) => {
  const store = new MemoryStore();
  const folder = snapshotFolder(t);
  const one = await live(t, store, BARE, folder);
  const all = [
    deny(1, "@call ").replace(" on s.", " on s to +5min."),
    "NewShare t for (dstPort=0-99, transport=TCP) [deny = True] on s.",
    deny(2, "@a ").replace(" on s.", " on t."),
    deny(5, "@web "),
  ];
  for (const text of all) t.regex(await one.say(text), /^True/, text);
  const policy = `${NAMED}${deny(7, "@call ")}\n${deny(6, "@a ")}\n`;
  const two = await live(t, store, policy, folder, { now: NOW + 60 });
  t.is(fallen(two), `${all[0]} ${all[2]} ${all[3]}`);
  await two.keeper.take();
  const three = await live(t, store, policy, folder, { now: NOW + 120 });
  t.true(three.started.kept > 0);
  t.is(fallen(three), `${all[0]} ${all[2]} ${all[3]}`);
  t.regex(await three.say("RemoveShare t."), /^True/);
  await three.keeper.take();
  const four = await live(t, store, policy, folder, { now: NOW + 180 });
  t.true(four.started.kept > three.started.kept);
  t.is(fallen(four), `${all[0]} ${all[3]}`);
  t.is(fallen(await live(t, store, policy, folder, { now: NOW + 600 })), all[3]!);
});

for (const isKept of [false, true])
  test(`a Cancel of what the files have takes nothing else that they come to call so${isKept ? ", from snapshots" : ""}`, async (t) => {
    const store = new MemoryStore();
    const folder = isKept ? snapshotFolder(t) : undefined;
    const one = await live(t, store, NAMED, folder);
    t.regex(await one.say("Cancel r1."), /^True/);
    t.is(await standing(one), "web=8");
    if (isKept) await one.keeper.take();
    t.is(await standing(await live(t, store, `${NAMED}// as before\n`, folder)), "web=8");
    const other = NAMED.replace(deny(9, "@r1 "), deny(22, "@r1 "));
    t.is(await standing(await live(t, store, other, folder)), "r1=22 web=8");
    t.is(await standing(await live(t, store, NAMED, folder)), "web=8");
  });
