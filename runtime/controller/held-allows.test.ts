/**
 * Sending without bundles to a real switch behind a slow link: no allow outlives its end, and every end is recorded.
 */
import { cookieOf } from "../../compiler/table/cookie.ts";
import type { Entry, Table } from "../../compiler/table/entry.ts";
import { exact, sortEntries } from "../../compiler/table/match.ts";
import type { Lab } from "../lab/lab.ts";
import { switchTest } from "../lab/test.ts";
import { until } from "../lab/until.ts";
import type { Message } from "../openflow/index.ts";
import { apply, type Applied, type Failed } from "./index.ts";
import { proxy } from "./testing/proxy.ts";
import { readTimes } from "./writers/times.ts";

const allow = (hardTimeout: number): Entry => ({
  table: 0,
  priority: 100,
  match: [exact("eth_type", 0x800), exact("ip_proto", 6), exact("tcp_dst", 1)],
  instructions: [{ kind: "apply", actions: [{ kind: "output", port: "NORMAL" }] }],
  cookie: cookieOf("allow"),
  hardTimeout,
  idleTimeout: 0,
});
const table = (...entries: Entry[]): Table => ({ entries: sortEntries(entries) });

/** Whether the switch passes the allowed packets. */
async function passes(lab: Lab): Promise<boolean> {
  const { text } = await lab.trace("in_port=1,tcp,tp_dst=1");
  return text.includes("NORMAL");
}

/** Empties the switch, which then drops everything. */
async function closed(lab: Lab): Promise<void> {
  await lab.ofctl("del-flows");
}

const isMod =
  (command: string) =>
  (message: Message): boolean =>
    message.type === "flow_mod" && message.command === command && message.priority === 100;

switchTest("an allow that a slow link delays for some seconds leaves at its end", async (t, start) => {
  const lab = await start();
  await closed(lab);
  const slow = await proxy(t, lab.mgmt, { bundles: false, hold: isMod("add") });
  const begun = performance.now();
  const gone = (): number => (performance.now() - begun) / 1000;
  const result = apply(slow.target, table(allow(12)), { elapsed: gone });
  await slow.held;
  t.true(await until(() => gone() > 4.5, { patience: 60_000 }));
  slow.release();
  const applied = (await result) as Applied;
  t.deepEqual([applied.outcome, applied.method, applied.plan.interrupts], ["applied", "stages", "some"]);
  t.true(await passes(lab));
  t.true(await until(async () => !(await passes(lab)), { patience: 60_000 }));
  t.true(gone() < 13.5, `${gone()} s`);
});

for (const command of ["add", "modify_strict"]) {
  switchTest(`an apply that dies while its ${command} is under way leaves no allow behind`, async (t, start) => {
    const lab = await start();
    await closed(lab);
    const slow = await proxy(t, lab.mgmt, { bundles: false, outlives: true, hold: isMod(command) });
    const begun = performance.now();
    const gone = (): number => (performance.now() - begun) / 1000;
    const session = { answerSeconds: 1 };
    const result = (await apply(slow.target, table(allow(4)), { elapsed: gone, session })) as Failed;
    t.deepEqual([result.outcome, result.state, result.diagnostics[0]!.code], ["failed", "unknown", "E954"]);
    t.regex(result.diagnostics[0]!.help!, /apply again/);
    t.true(await until(() => gone() > 6, { patience: 60_000 }));
    slow.release();
    let seen = false;
    const last = gone();
    t.true(
      await until(
        async () => {
          seen ||= await passes(lab);
          return gone() > last + 5;
        },
        { patience: 60_000 },
      ),
    );
    t.false(seen);
  });
}

switchTest("an end is recorded before the allow that it ends", async (t, start) => {
  const lab = await start();
  await closed(lab);
  const slow = await proxy(t, lab.mgmt, { bundles: false, hold: isMod("add") });
  const wanted = [{ key: "@r allow(dstPort=1) to +50s.", which: "to", at: 4_000_000_000 }] as const;
  const times = { wanted, kept: await readTimes(lab.mgmt) };
  const result = apply(slow.target, table(allow(50)), { times });
  await slow.held;
  const isKept = async (): Promise<boolean> => (await lab.dump()).includes("priority=24996");
  t.true(await until(isKept));
  t.false(await passes(lab));
  slow.release();
  t.is((await result).outcome, "applied");
  t.true(await passes(lab));
});
