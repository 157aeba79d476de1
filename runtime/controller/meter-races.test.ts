/** Two applies that share a meter on a real switch: no limit is lost, and none is looser than the policy in force. */
import { cookieOf } from "../../compiler/table/cookie.ts";
import type { Entry, Meter, Table } from "../../compiler/table/entry.ts";
import { exact, sortEntries } from "../../compiler/table/match.ts";
import type { Lab } from "../lab/lab.ts";
import { switchTest } from "../lab/test.ts";
import type { Message } from "../openflow/index.ts";
import { apply, type Applied, type ApplyResult, type Failed } from "./index.ts";
import { proxy } from "./testing/proxy.ts";
import { besidesDatabase } from "./testing/results.ts";

const EVE = 0x0a00_0003n;
const Mb = 1_000_000;

const entry = (priority: number, statement: string, more: Partial<Entry>): Entry => ({
  table: 0,
  priority,
  match: [],
  instructions: [],
  cookie: cookieOf(statement),
  hardTimeout: 0,
  idleTimeout: 0,
  ...more,
});
const forward = { kind: "apply", actions: [{ kind: "output", port: "NORMAL" }] } as const;

/**
 * A table that passes everything, and limits what Eve sends to this rate (0: no limit). `other` makes tables differ.
 */
function limited(rate: number, other = 1): Table {
  const meters: Meter[] = rate === 0 ? [] : [{ meter: 7, rate, burst: rate, statement: "lim" }];
  const match = [exact("eth_type", 0x800), exact("ipv4_src", EVE)];
  const limits = meters.map(({ meter }) =>
    entry(9, "lim", { match, instructions: [{ kind: "meter", meter }, forward] }),
  );
  const deny = entry(8, `other ${other}`, { match: [exact("eth_type", 0x806), exact("arp_op", other)] });
  return { entries: sortEntries([entry(0, "default", { instructions: [forward] }), deny, ...limits]), meters };
}

const words = (result: ApplyResult): readonly string[] => [
  result.outcome,
  ...besidesDatabase(result).map(({ code }) => code),
];

/** The rate in kb/s to which the switch limits what Eve sends; undefined if it does not limit it. */
async function rateOfEve(lab: Lab): Promise<number | undefined> {
  const { text } = await lab.trace("in_port=1,ip,nw_src=10.0.0.3");
  const meter = /meter:(\d+)/.exec(text)?.[1];
  const found = new RegExp(`meter=${meter} .*?rate=(\\d+)`, "s").exec(await lab.ofctl("dump-meters"));
  return found === null ? undefined : Number(found[1]);
}

const isMeterMod =
  (command: string) =>
  (message: Message): boolean =>
    message.type === "meter_mod" && message.command === command;
const isCommit = (message: Message): boolean =>
  message.type === "bundle_control" && message.control === "commit_request";

/** A target for the switch with no database beside it, and so without a lock. */
async function unlocked(t: Parameters<typeof proxy>[0], lab: Lab): Promise<string> {
  return (await proxy(t, lab.mgmt)).target;
}

switchTest("the late removal of a meter takes no entry of a later apply along", async (t, start) => {
  const lab = await start();
  const direct = await unlocked(t, lab);
  t.deepEqual(words(await apply(direct, limited(10 * Mb))), ["applied"]);
  const slow = await proxy(t, lab.mgmt, { hold: isMeterMod("delete") });
  const late = apply(slow.target, limited(0));
  await slow.held;
  t.deepEqual(words(await apply(direct, limited(10 * Mb))), ["applied"]);
  slow.release();
  t.deepEqual([(await late).outcome, await rateOfEve(lab)], ["applied", 10_000]);
});

switchTest("an apply waits for the lock of another, and is refused if the wait is too long", async (t, start) => {
  const lab = await start();
  await apply(lab.mgmt, limited(10 * Mb));
  const slow = await proxy(t, lab.mgmt, { hold: isMeterMod("delete") });
  const late = apply(slow.target, limited(0), { database: lab.db });
  await slow.held;
  const refused = (await apply(lab.mgmt, limited(10 * Mb), { patience: 100 })) as Failed;
  t.deepEqual([...words(refused), refused.state], ["failed", "E986", "unchanged"]);
  t.regex(refused.diagnostics[0]!.help!, /apply again/);
  const next = apply(lab.mgmt, limited(10 * Mb));
  slow.release();
  t.deepEqual([words(await late), words(await next)], [["applied"], ["applied"]]);
  t.is(await rateOfEve(lab), 10_000);
});

switchTest("a meter that another apply makes at the same time is planned for again", async (t, start) => {
  const lab = await start();
  const slow = await proxy(t, lab.mgmt, { hold: isMeterMod("add") });
  const late = apply(slow.target, limited(10 * Mb));
  await slow.held;
  t.deepEqual(words(await apply(await unlocked(t, lab), limited(5 * Mb, 2))), ["applied"]);
  slow.release();
  t.deepEqual([words(await late), await rateOfEve(lab)], [["applied"], 10_000]);
});

switchTest("a meter that another apply removes before it gets its new rate is planned for again", async (t, start) => {
  const lab = await start();
  const direct = await unlocked(t, lab);
  await apply(direct, limited(10 * Mb));
  const slow = await proxy(t, lab.mgmt, { hold: isMeterMod("modify") });
  const late = apply(slow.target, limited(5 * Mb));
  await slow.held;
  t.deepEqual(words(await apply(direct, limited(0))), ["applied"]);
  slow.release();
  t.deepEqual([words(await late), await rateOfEve(lab)], [["applied"], 5000]);
});

switchTest("a meter that goes before the entries that need it are committed is made again", async (t, start) => {
  const lab = await start();
  const slow = await proxy(t, lab.mgmt, { hold: isCommit });
  const late = apply(slow.target, limited(10 * Mb));
  await slow.held;
  await lab.ofctl("del-meters");
  slow.release();
  t.deepEqual([words(await late), await rateOfEve(lab)], [["applied"], 10_000]);
});

for (const [what, from, to, meanwhile] of [
  ["raised", 1, 900, 1],
  ["lowered", 900, 1, 1],
] as const) {
  switchTest(
    `until the commit a rate that is ${what} is the lower of both, even in the old policy`,
    async (t, start) => {
      const lab = await start();
      const direct = await unlocked(t, lab);
      await apply(direct, limited(from * Mb));
      const slow = await proxy(t, lab.mgmt, { hold: isCommit });
      const late = apply(slow.target, limited(to * Mb, 2));
      await slow.held;
      t.is(await rateOfEve(lab), meanwhile * 1000);
      slow.release();
      const result = (await late) as Applied;
      t.deepEqual([words(result), result.meters], [["applied"], { added: 0, changed: 1, removed: 0 }]);
      t.is(await rateOfEve(lab), to * 1000);
    },
  );
}

switchTest("a rate that is raised late does not stay in the table of another apply", async (t, start) => {
  const lab = await start();
  const direct = await unlocked(t, lab);
  await apply(direct, limited(Mb));
  const slow = await proxy(t, lab.mgmt, { hold: isMeterMod("modify") });
  const late = apply(slow.target, limited(900 * Mb, 2));
  await slow.held;
  t.deepEqual(words(await apply(direct, limited(Mb))), ["applied"]);
  slow.release();
  const result = (await late) as Applied;
  t.deepEqual([words(result), result.superseded, result.meters.changed], [["applied", "W958"], true, 0]);
  t.is(await rateOfEve(lab), 1000);
});

switchTest("an apply that is overtaken three times leaves neither meter nor rate", async (t, start) => {
  const lab = await start();
  const direct = await unlocked(t, lab);
  await apply(direct, limited(10 * Mb, 9));
  let commits = 0;
  const slow = await proxy(t, lab.mgmt, {
    pause: async (message) => {
      if (isCommit(message)) await apply(direct, limited(10 * Mb, ++commits));
    },
  });
  const more: Meter = { meter: 8, rate: Mb, burst: Mb, statement: "more" };
  const wanted = limited(5 * Mb, 8);
  const result = (await apply(slow.target, {
    entries: sortEntries([
      ...wanted.entries,
      entry(7, "more", { instructions: [{ kind: "meter", meter: 8 }, forward] }),
    ]),
    meters: [...wanted.meters!, more],
  })) as Failed;
  t.deepEqual([...words(result), result.state, commits], ["failed", "E985", "unchanged", 3]);
  t.regex(result.diagnostics[0]!.help!, /nothing of this one is on the switch/);
  t.is(await rateOfEve(lab), 10_000);
  t.is((await lab.ofctl("dump-meters")).match(/meter=/g)?.length, 1);
});
