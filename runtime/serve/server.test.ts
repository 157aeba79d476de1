/** A real switch that is held at what speakers were answered: hosts' own packets decide. */
import type { ExecutionContext } from "ava";
import { factsOf, type Lab } from "../lab/lab.ts";
import { switchTest } from "../lab/test.ts";
import { until } from "../lab/until.ts";
import { parseTarget, type SwitchTarget } from "../session/index.ts";
import type { KeeperEvent } from "./keeper.ts";
import { replyText } from "./reply.ts";
import { Server } from "./server.ts";
import { MemoryJournal, networkOf } from "./testing/server.ts";
import { Tokens } from "./tokens.ts";

const SHARES = `default allow.
AddUser Alice.
NewShare alice for (dstHost=10.0.0.4) [deny = True, limit <= 1Gb] on rootShare.
Grant alice to Alice.
`;

interface Serving {
  /** What Alice says, and what she is answered. */
  readonly say: (text: string) => Promise<string>;
  readonly server: Server;
  readonly events: readonly KeeperEvent[];
  /** Whether the switch comes to hold all that was accepted. */
  readonly held: () => Promise<boolean>;
}

/** A server that holds the lab's switch. */
function serve(t: ExecutionContext, lab: Lab): Serving {
  const clock = (): number => Date.now();
  const events: KeeperEvent[] = [];
  const target = parseTarget(lab.mgmt) as SwitchTarget;
  const server = new Server({
    network: networkOf(SHARES + factsOf(lab), Math.floor(clock() / 1000)),
    journal: new MemoryJournal(),
    tokens: new Tokens(),
    switches: [{ name: lab.switches[0]!.name, target, apply: { takeOver: true, database: lab.db } }],
    clock,
    report: (_, event) => void events.push(event),
    faulty: (faults) => t.fail(faults.map(({ message }) => message).join()),
  });
  server.start();
  t.teardown(() => server.stop());
  const { service } = server;
  const say = async (text: string): Promise<string> => replyText(await service.say({ text, by: "Alice", via: "unix" }));
  return { say, server, events, held: () => until(() => server.isHeld) };
}

/** The entries of the switch but its token, in order of text. */
const entriesOf = async (lab: Lab): Promise<readonly string[]> =>
  (await lab.dump())
    .split("\n")
    .filter((line) => !line.includes("check_overlap"))
    .toSorted();

const reached = (lab: Lab, from: string): Promise<boolean> => lab.ping(from, "bob", { timeout: 300 });

switchTest("what is accepted is in force, and what is cancelled is not", async (t, start) => {
  const lab = await start();
  const { say, held, events } = serve(t, lab);
  t.true(await held());
  t.true(await reached(lab, "eve"));
  t.regex(await say("@eve deny(srcHost=10.0.0.3, dstHost=10.0.0.4) on alice."), /^True\n accepted\n id: eve\n\n$/);
  t.true(await held());
  t.false(await reached(lab, "eve"));
  t.true(await reached(lab, "alice"));
  t.regex(await say("allow(srcHost=10.0.0.3) on alice."), /^False\n/);
  t.regex(await say("Cancel eve."), /^True\n/);
  t.true(await held());
  await lab.flushNeighbours();
  t.true(await reached(lab, "eve"));
  t.deepEqual(
    events.map(({ kind }) => kind),
    ["applied", "changed", "changed"],
    "after the first time the switch gets what changes",
  );
});

switchTest("requests begin and end by themselves, and limits have their meters", async (t, start) => {
  const lab = await start();
  const { say, held } = serve(t, lab);
  t.true(await held());
  t.regex(await say("@eve deny(srcHost=10.0.0.3, dstHost=10.0.0.4) on alice from +2s to +6s."), /^True/);
  t.true(await reached(lab, "eve"));
  t.true(await until(async () => !(await reached(lab, "eve"))));
  await lab.flushNeighbours();
  t.true(await until(() => reached(lab, "eve")));
  t.regex(await say("@slow limit(dstHost=10.0.0.4) = 1Mb on alice."), /^True/);
  t.true(await held());
  t.regex(await lab.ofctl("dump-meters"), /rate=1000/);
  t.regex(await say("Cancel slow."), /^True/);
  t.true(await held());
  t.notRegex(await lab.ofctl("dump-meters"), /rate=1000/);
});

switchTest("a switch to which others wrote, and one that comes back empty, are read back", async (t, start) => {
  const lab = await start();
  const { say, held, events } = serve(t, lab);
  t.true(await held());
  await say("@eve deny(srcHost=10.0.0.3, dstHost=10.0.0.4) on alice.");
  t.true(await held());
  const before = events.length;
  await lab.ofctl("del-flows");
  t.true(await until(() => events.slice(before).some(({ kind }) => kind === "applied")), "the switch tells it at once");
  t.false(await reached(lab, "eve"));
  t.regex(await say("@dns deny(dstPort=53, transport=UDP, dstHost=10.0.0.4) on alice."), /^True/);
  t.true(await held());
  t.is(events.at(-1)?.kind, "changed");
  const entries = await entriesOf(lab);
  await lab.restart();
  t.true(await until(() => events.some(({ kind }) => kind === "away")));
  t.true(await held());
  t.deepEqual(await entriesOf(lab), entries);
});
