/** A real switch that is held at what speakers were answered: hosts' own packets decide. */
import { factsOf, type Lab } from "../lab/lab.ts";
import { switchTest } from "../lab/test.ts";
import { until } from "../lab/until.ts";
import { parseTarget, type SwitchTarget } from "../session/index.ts";
import { Keeper, type KeeperEvent } from "./keeper.ts";
import { replyText } from "./reply.ts";
import type { RunningNetwork } from "./network.ts";
import { Service } from "./service.ts";
import { MemoryJournal, networkOf } from "./testing/server.ts";
import type { ExecutionContext } from "ava";

const SHARES = `default allow.
AddUser Alice.
NewShare alice for (dstHost=10.0.0.4) [deny = True] on rootShare.
Grant alice to Alice.
`;

interface Held {
  readonly say: (text: string) => Promise<string>;
  readonly keeper: Keeper;
  readonly events: readonly KeeperEvent[];
  readonly network: RunningNetwork;
}

/** A network that serves and holds the lab's switch. */
function hold(t: ExecutionContext, lab: Lab): Held {
  const clock = (): number => Date.now();
  const network = networkOf(SHARES + factsOf(lab), Math.floor(clock() / 1000));
  const events: KeeperEvent[] = [];
  const keeper = new Keeper({
    target: parseTarget(lab.mgmt) as SwitchTarget,
    apply: { takeOver: true, database: lab.db },
    wanted: async () => {
      const since = Math.floor(clock() / 1000);
      const { tables, cookies } = network.tables(since);
      const statements = new Map([...cookies].map(([cookie, name]) => [cookie, { name }]));
      return { table: [...tables.values()][0]!, statements, since };
    },
    clock: () => clock() / 1000,
    report: (event) => void events.push(event),
  });
  const service = new Service(network, new MemoryJournal(), { clock, changed: () => keeper.changed() });
  void keeper.run();
  t.teardown(() => keeper.stop());
  const say = async (text: string): Promise<string> => replyText(await service.say({ text, by: "Alice", via: "unix" }));
  return { say, keeper, events, network };
}

switchTest("what is accepted is in force, what is cancelled is not", async (t, start) => {
  const lab = await start();
  const { say, keeper } = hold(t, lab);
  const reached = (from: string): Promise<boolean> => lab.ping(from, "bob", { timeout: 300 });
  const held = (): Promise<boolean> => until(() => keeper.isHeld);
  t.true(await held());
  t.true(await reached("eve"));
  t.regex(await say("@eve deny(srcHost=10.0.0.3, dstHost=10.0.0.4) on alice."), /^True\n accepted\n id: eve\n\n$/);
  t.true(await held());
  t.false(await reached("eve"));
  t.true(await reached("alice"));
  t.regex(await say("allow(srcHost=10.0.0.3) on alice."), /^False\n/);
  t.regex(await say("Cancel eve."), /^True\n/);
  t.true(await until(() => keeper.isHeld));
  await lab.flushNeighbours();
  t.true(await reached("eve"));
});
