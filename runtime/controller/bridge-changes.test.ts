/**
 * From one random policy to another on five real bridges, in bundles and stage by stage, while frames come all the time:
 * none arrives that both policies deny (NETWORK, "Sending"). GLAZIER_RUNS sets the number of changes, GLAZIER_SEED the
 * number of the first policy.
 */
import {
  BRIDGES,
  bridges,
  bytesOf,
  compileBridges,
  enforceBridges,
  framesOf,
  type Compiled,
} from "./testing/bridges.ts";
import type { Sent } from "./testing/bridge-law.ts";
import { proxy } from "./testing/proxy.ts";
import { sendAll } from "../lab/capture.ts";
import { switchTest } from "../lab/test.ts";

const RUNS = Number(process.env["GLAZIER_RUNS"] ?? 10);
const SEED = Number(process.env["GLAZIER_SEED"] ?? 5000);

switchTest(`what two policies deny arrives at no time of a change from one to the other`, async (t, start) => {
  t.timeout(1_200_000);
  const lab = await start(BRIDGES);
  const world = await bridges(lab);
  t.teardown(() => world.stop());
  const { machines, watch, numbers } = world;
  const staged = new Map<string, string>();
  for (const { name, mgmt } of lab.switches) staged.set(name, (await proxy(t, mgmt, { bundles: false })).target);
  const ports = new Set(machines.map(({ at }) => at));
  const count = { changes: 0, sent: 0, staged: 0 };
  let old: Compiled | undefined;
  for (let seed = SEED; seed <= SEED + RUNS; seed++) {
    const next = compileBridges(world, seed);
    if (typeof next === "string") continue;
    const before = old;
    old = next;
    if (before === undefined) {
      await enforceBridges(world, next);
      continue;
    }
    const isStaged = seed % 2 === 0;
    const denied = [...framesOf(machines, seed), ...framesOf(machines, seed + 1)].filter(
      (frame) => before.law.isDenied(frame) === true && next.law.isDenied(frame) === true,
    );
    const sent = new Map<number, Sent>();
    const from = watch.sightings.length;
    const frames = denied.map((frame) => ({
      host: machines[frame.source]!.name,
      bytesOf: (number: number) => {
        sent.set(number, frame);
        return bytesOf(machines, frame, number);
      },
    }));
    const change = enforceBridges(world, next, isStaged ? { targets: staged } : {});
    let isOver = false;
    void change.finally(() => (isOver = true)).catch(() => undefined);
    // One round follows another as soon as its frames came in, until the change is over.
    while (!isOver && frames.length > 0) await sendAll(watch, frames, numbers);
    await change;
    await sendAll(watch, frames, numbers);
    const wrong = watch.sightings.slice(from).filter(({ at, isIn }) => !isIn && ports.has(at));
    const told = wrong.slice(0, 4).map((one) => `${JSON.stringify(sent.get(one.number))} at ${one.at}`);
    t.deepEqual(told, [], `policies of ${seed}:\n${before.policy.text}\n${next.policy.text}`);
    count.changes += 1;
    count.sent += sent.size;
    if (isStaged) count.staged += 1;
  }
  t.log(count);
  t.true(count.changes >= RUNS / 2);
  t.true(count.staged >= RUNS / 4);
  t.true(count.sent > 50 * RUNS);
});
