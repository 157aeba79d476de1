/** Two applies at once, on a real switch: the table is one of both, and never a mixture (NETWORK, "Two writers"). */
import { setImmediate as turn } from "node:timers/promises";
import type { ExecutionContext } from "ava";
import { isBookkeeping } from "../../compiler/table/bookkeeping.ts";
import { SERVER } from "../../compiler/table/bookkeeping.ts";
import { cookieOf } from "../../compiler/table/cookie.ts";
import type { Entry, Table } from "../../compiler/table/entry.ts";
import { entryKey, exact, sortEntries } from "../../compiler/table/match.ts";
import type { Lab } from "../lab/lab.ts";
import { switchTest, trafficTest } from "../lab/test.ts";
import type { Message } from "../openflow/index.ts";
import { apply, readTable, type Applied, type ApplyOptions, type ApplyResult, type Failed } from "./index.ts";
import { proxy } from "./testing/proxy.ts";
import { besidesDatabase } from "./testing/results.ts";

const entry = (port: number, pass: boolean, statement: string): Entry => ({
  table: 0,
  priority: 100,
  match: [exact("eth_type", 0x800), exact("ip_proto", 6), exact("tcp_dst", port)],
  instructions: pass ? [{ kind: "apply", actions: [{ kind: "output", port: "NORMAL" }] }] : [],
  cookie: cookieOf(statement),
  hardTimeout: 0,
  idleTimeout: 0,
});
const deny = (port: number): Entry => entry(port, false, `deny ${port}`);
const allow = (port: number): Entry => entry(port, true, `allow ${port}`);
const table = (...entries: Entry[]): Table => ({ entries: sortEntries(entries) });

/** Each of both denies what the other allows: a mixture of as many entries denies neither. */
const BEFORE = table(allow(1), allow(2), allow(3));
const ONE = table(deny(1), allow(2), allow(3));
const OTHER = table(allow(1), deny(2), allow(3));

const words = (result: ApplyResult): readonly string[] => besidesDatabase(result).map(({ code }) => code);

async function holds(lab: Lab): Promise<Table | undefined> {
  const read = await readTable(lab.mgmt);
  return read.outcome === "read" ? read.table : undefined;
}

const isCommit = (message: Message): boolean =>
  message.type === "bundle_control" && message.control === "commit_request";
const isFirstAdd = (message: Message): boolean => message.type === "bundle_add";
const isFlowMod = (message: Message): boolean => message.type === "flow_mod";

for (const [what, hold] of [
  ["at its first message", isFirstAdd],
  ["at its commit", isCommit],
] as const) {
  for (const [late, quick, order] of [
    [ONE, OTHER, "the first"],
    [OTHER, ONE, "the second"],
  ] as const) {
    switchTest(
      `an apply of ${order} table, held ${what} while another commits, is refused and plans again`,
      async (t, start) => {
        const lab = await start();
        t.deepEqual(words(await apply(lab.mgmt, BEFORE)), []);
        const slow = await proxy(t, lab.mgmt, { hold });
        const result = apply(slow.target, late);
        await slow.held;
        const first = (await apply((await proxy(t, lab.mgmt)).target, quick)) as Applied;
        t.deepEqual([first.outcome, ...words(first)], ["applied"]);
        t.deepEqual(await holds(lab), quick);
        slow.release();
        const second = (await result) as Applied;
        t.deepEqual([second.outcome, ...words(second)], ["applied"]);
        // Counted against what the other left, not against what it had read at first.
        t.is(second.replaced, 2);
        t.deepEqual(await holds(lab), late);
      },
    );
  }
}

/**
 * Lets one waiting message through at a time, drawn at random, and of some connections more often than of others. So
 * messages of several applies mix, and on a busy machine none waits longer than the others take.
 */
function mixer(random: (below: number) => number): () => () => Promise<void> {
  const waiting: { readonly go: () => void; readonly laziness: number }[] = [];
  let runs = false;
  const run = async (): Promise<void> => {
    runs = true;
    while (waiting.length > 0) {
      await turn();
      const at = random(waiting.length);
      if (waiting.length > 1 && random(waiting[at]!.laziness) > 0) continue;
      waiting.splice(at, 1)[0]!.go();
    }
    runs = false;
  };
  return () => {
    const laziness = 1 + random(3);
    return () =>
      new Promise((go) => {
        waiting.push({ go, laziness });
        if (!runs) void run();
      });
  };
}

/** Rounds of several applies at once, whose messages mix as a seed tells. */
const ROUNDS = 6;
for (const [what, bundles, withLock] of [
  ["bundles alone", [true, true, true], false],
  ["the lock, of which one has no bundles", [true, false, true], true],
  ["no lock, of which one has no bundles", [true, false, true, true], false],
  ["neither bundles nor a lock", [false, false, false], false],
] as const) {
  trafficTest(
    `of ${bundles.length} applies at once with ${what} the table is that of one, which says so`,
    async (t, start) => {
      const lab = await start();
      await lab.ofctl("del-flows");
      let seed = 8;
      const random = (below: number): number => (seed = (seed * 48_271) % 0x7fff_ffff) % below;
      const tables = (): readonly Table[] =>
        bundles.map(() => {
          const ports = [1, 2, 3, 4, 5, 6].filter(() => random(4) > 0);
          return table(...ports.map((port) => (random(2) > 0 ? deny(port) : allow(port))));
        });
      for (let round = 0; round < ROUNDS; round++) {
        const all = tables();
        const pauses = mixer(random);
        const results = await Promise.all(
          all.map(async (one, i) => {
            const { target } = await proxy(t, lab.mgmt, { bundles: bundles[i]!, pause: pauses() });
            return apply(target, one, withLock ? { database: lab.db, patience: 60_000 } : {});
          }),
        );
        const held = await holds(lab);
        const places = (one: Table | undefined): string =>
          (one?.entries ?? []).map((each) => `${entryKey(each)} ${each.instructions.length}`).join();
        const winner = results.find((_, i) => places(all[i]) === places(held));
        const told = (one: ApplyResult): string =>
          one.diagnostics.map(({ code, message }) => `${code} ${message}`).join();
        const said = results.map((one) => `${one.outcome} ${told(one)}`).join("; ");
        // Where nothing holds one back, it may leave a part, and be told by others: whoever sees it does not say "applied".
        const mayMix = !withLock && bundles.some((has) => !has);
        const isPart = mayMix && results.some((one) => one.outcome === "failed" && one.state !== "unchanged");
        if (!isPart) t.is(winner?.outcome, "applied", `${round}: ${said}`);
        for (const one of results)
          t.true(one.outcome === "applied" || (isPart ? ["E985", "E959"] : ["E985"]).includes(words(one).join()), said);
      }
      t.deepEqual(words(await apply(lab.mgmt, ONE)), []);
      t.deepEqual(await holds(lab), ONE, "the next apply puts all right");
    },
  );
}

switchTest("an apply that is overtaken three times says so, and has changed nothing", async (t, start) => {
  const lab = await start();
  await apply(lab.mgmt, BEFORE);
  // Whenever the slow one is about to commit, another table is there before it.
  const others = [OTHER, BEFORE, OTHER, BEFORE];
  const { target } = await proxy(t, lab.mgmt);
  let commits = 0;
  const slow = await proxy(t, lab.mgmt, {
    pause: async (message) => {
      if (isCommit(message)) await apply(target, others[commits++]!);
    },
  });
  const result = (await apply(slow.target, ONE)) as Failed;
  t.deepEqual([result.outcome, result.state, ...words(result)], ["failed", "unchanged", "E985"]);
  t.is(commits, 3);
  t.deepEqual(await holds(lab), OTHER);
});

switchTest(
  "an apply that another follows before it confirms does not take that one's entries for a fault",
  async (t, start) => {
    const lab = await start();
    await apply(lab.mgmt, BEFORE);
    const { target } = await proxy(t, lab.mgmt);
    let committed = false;
    const slow = await proxy(t, lab.mgmt, {
      pause: async (message) => {
        if (committed && message.type === "multipart_request") {
          committed = false;
          await apply(target, OTHER);
        }
        committed ||= isCommit(message);
      },
    });
    const result = await apply(slow.target, ONE);
    t.deepEqual([result.outcome, ...words(result)], ["applied", "W958"]);
    t.deepEqual(await holds(lab), OTHER);
  },
);

for (const [late, quick, order] of [
  [ONE, OTHER, "the first"],
  [OTHER, ONE, "the second"],
] as const) {
  switchTest(`without bundles the database's lock makes applies wait for one of ${order} table`, async (t, start) => {
    const lab = await start();
    await apply(lab.mgmt, BEFORE);
    const options: ApplyOptions = { database: lab.db };
    const slow = await proxy(t, lab.mgmt, { bundles: false, hold: isFlowMod });
    const first = apply(slow.target, late, options);
    await slow.held;
    const busy = await proxy(t, lab.mgmt, { bundles: false });
    const refused = (await apply(busy.target, quick, { ...options, patience: 100 })) as Failed;
    t.deepEqual([refused.outcome, refused.state, ...words(refused)], ["failed", "unchanged", "E986"]);
    const second = apply(busy.target, quick, options);
    slow.release();
    const results = [await first, await second] as Applied[];
    t.deepEqual(
      results.map((one) => [one.outcome, one.method, words(one)]),
      [
        ["applied", "stages", []],
        ["applied", "stages", []],
      ],
    );
    t.deepEqual(await holds(lab), quick);
  });
}

switchTest(
  "without bundles and without a database a warning says that nothing protects the switch",
  async (t, start) => {
    const lab = await start();
    const { target } = await proxy(t, lab.mgmt, { bundles: false });
    t.deepEqual(words(await apply(target, ONE)), ["W957"]);
    t.deepEqual(await holds(lab), ONE);
  },
);

switchTest("the token is not foreign, not removed, and not read as an entry of the table", async (t, start) => {
  const lab = await start();
  const tokens = async (): Promise<readonly string[]> =>
    (await lab.dump()).split("\n").filter((line) => line.includes("metadata="));
  await apply(lab.mgmt, ONE, { takeOver: true });
  const [first] = await tokens();
  t.regex(first!, /table=253,.*actions=drop$/);
  // Nothing to send leaves it as it is, also when we take over.
  const repeated = (await apply(lab.mgmt, ONE, { takeOver: true, tables: [253] })) as Applied;
  t.deepEqual([repeated.method, repeated.foreign.length, await tokens()], ["nothing", 0, [first!]]);
  const planned = (await apply(lab.mgmt, OTHER, { dryRun: true, takeOver: true, tables: [253] })) as Applied;
  t.deepEqual([planned.foreign.length, planned.plan.stages.flat().length], [0, 2]);
  await apply(lab.mgmt, OTHER, { takeOver: true });
  const second = await tokens();
  t.is(second.length, 1);
  t.not(second[0], first);
  t.false((await holds(lab))!.entries.some(isBookkeeping));
  // No packet meets it.
  t.regex((await lab.trace("in_port=1,tcp,tp_dst=1")).text, /priority 100/);
});

switchTest(
  "with a foreign entry where the token goes the table is sent, and a warning says what is missing",
  async (t, start) => {
    const lab = await start();
    await lab.ofctl("add-flow", ["table=253,priority=24994,ip,actions=drop"]);
    const result = await apply((await proxy(t, lab.mgmt)).target, ONE);
    t.deepEqual([result.outcome, ...words(result)], ["applied", "W957"]);
  },
);

switchTest("a switch that a server holds is left to the server, whose address is named", async (t, start) => {
  const lab = await start();
  const { cookie, priority } = SERVER;
  const at = "tcp,nw_dst=192.0.2.7,tp_dst=6641";
  await lab.ofctl("add-flow", [`cookie=${cookie},table=253,priority=${priority},${at},actions=drop`]);
  for (const dryRun of [true, false]) {
    const result = (await apply(lab.mgmt, ONE, { dryRun, takeOver: true })) as Failed;
    t.deepEqual([result.outcome, result.state, ...words(result)], ["failed", "unchanged", "E984"]);
    t.regex(result.diagnostics[0]!.message, /held by the server at `192\.0\.2\.7:6641`/);
  }
  t.deepEqual(
    (await holds(lab))!.entries.filter((one) => one.table === 0 && one.match.length > 0),
    [],
  );
});

/** What an apply of `ONE` says if `ovs-ofctl` adds an entry right after its commit. */
async function changedBehind(t: ExecutionContext, lab: Lab, entry: string): Promise<ApplyResult> {
  await apply(lab.mgmt, BEFORE);
  let committed = false;
  const slow = await proxy(t, lab.mgmt, {
    pause: async (message) => {
      if (committed && message.type === "multipart_request") {
        committed = false;
        await lab.ofctl("add-flow", [entry]);
      }
      committed ||= isCommit(message);
    },
  });
  return apply(slow.target, ONE);
}

switchTest(
  "a foreign change of an entry's actions right after a commit is found by content, though there are as many entries, and its advice helps",
  async (t, start) => {
    const lab = await start();
    const change = `cookie=${deny(1).cookie},priority=100,tcp,tp_dst=1,actions=NORMAL`;
    const result = await changedBehind(t, lab, change);
    t.like(result, { outcome: "failed", state: "changed" });
    t.deepEqual(words(result), ["E959"]);
    t.regex(result.diagnostics[0]!.help!, /^apply again: /);
    t.like(await apply(lab.mgmt, ONE), { outcome: "applied", replaced: 1 });
  },
);

// The entry does what it should, and only its packets are counted for another statement: to apply again would send nothing.
switchTest(
  "a foreign change of an entry's cookie right after a commit is told, and is no failure",
  async (t, start) => {
    const lab = await start();
    const result = await changedBehind(t, lab, `cookie=${cookieOf("another")},priority=100,tcp,tp_dst=1,actions=drop`);
    t.deepEqual([result.outcome, ...words(result)], ["applied", "N999"]);
    t.like(await apply(lab.mgmt, ONE), { outcome: "applied", replaced: 0, method: "nothing" });
  },
);

switchTest("an entry that does the same for another statement keeps its cookie, and is confirmed", async (t, start) => {
  const lab = await start();
  await apply(lab.mgmt, BEFORE);
  const again = await apply(lab.mgmt, table(deny(1), allow(2), entry(3, true, "renamed")));
  t.deepEqual([again.outcome, ...words(again)], ["applied"]);
  t.deepEqual(
    (await holds(lab))?.entries.map(({ cookie }) => cookie),
    ONE.entries.map(({ cookie }) => cookie),
  );
});
