/** The clock of decisions over an end and a start, where the machine's is set back: nothing begins or ends a second time. */
import { cpSync, readFileSync, truncateSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import test, { type ExecutionContext } from "ava";
import { TextClient } from "../serve/testing/process.ts";
import { readClock } from "../serve/snapshot/kept-clock.ts";
import { until } from "../lab/until.ts";
import { main } from "./main.ts";
import { clock, folder, glazier, quietIo } from "./testing.ts";

const POLICY = `NewShare a for (dstHost=10.0.0.2) [allow = True, deny = True] on rootShare.
`;

/** Seconds that have passed since the test began beside real ones, and by which the machine's clock is wrong. */
interface Time {
  passed: number;
  off: number;
}

/** A server in this process on a state, with root's connection to it. */
async function serving(t: ExecutionContext, cwd: string, state: string, time: Time, token?: string) {
  const real = performance.now();
  const passed = (): number => time.passed * 1000 + performance.now() - real;
  const { io, read } = quietIo(cwd, "", () => clock + time.off + passed() / 1000);
  const end = Promise.withResolvers<NodeJS.Signals>();
  const socket = join(cwd, `${state}.sock`);
  const words = ["serve", "net.pane", "--state", state, "--socket", socket];
  const over = main(words, { ...io, passed, asked: () => end.promise });
  const stop = (): Promise<number> => (end.resolve("SIGTERM"), over);
  t.teardown(stop);
  t.true(await until(() => /serving at/.test(read().out)), read().err);
  const key = token ?? /glz_\S+/.exec(read().out)![0];
  const root = await TextClient.login(socket, "root", key);
  t.teardown(() => root.close());
  return { stop, token: key, say: (text: string) => root.say(text), said: () => read().err };
}

type Served = Awaited<ReturnType<typeof serving>>;

/** The clock of decisions, in seconds since the test's began, by what is said now. */
async function clockOf({ say }: Served): Promise<number> {
  await say("@n deny(dstHost=10.0.0.2, dstPort=9) on a.");
  const [, at] = /^ n\t.*?\t(2026-[^\t]*Z)\t/m.exec((await say("ListRequests."))!)!;
  return Date.parse(at!) / 1000 - clock;
}

test("a clock that is set back brings back nothing at the next start, however the server ended, and is said", async (t) => {
  const cwd = folder(t, { "net.pane": POLICY });
  const time = { passed: 0, off: 0 };
  const first = await serving(t, cwd, "state", time);
  t.notRegex(first.said(), /clock/);
  t.regex((await first.say("@d deny(dstHost=10.0.0.2) on a from +100s to +1h."))!, /^True/);
  t.regex((await first.say("@e allow(dstHost=10.0.0.2, dstPort=1) on a to +90s."))!, /^True/);
  const keptUpTo = (least: number): Promise<boolean> =>
    until(() => readClock(join(cwd, "state")) >= (clock + least) * 1000);
  const killed = (as: string): void => cpSync(join(cwd, "state"), join(cwd, as), { recursive: true });
  const startedAgain = async (state: string, least: number): Promise<void> => {
    const server = await serving(t, cwd, state, { passed: 0, off: -60 }, first.token);
    t.regex(server.said(), /warning: the machine's clock is \d+(\.\d)? s behind that of the state/);
    t.notRegex((await server.say("ListRequests."))!, /^ e\t/m);
    t.true((await clockOf(server)) >= least);
    await server.stop();
  };
  // Begun and ended by the right clock, and killed; the clock is set back while the server is away.
  time.passed = 300;
  t.true(await keptUpTo(300));
  killed("turned");
  await startedAgain("turned", 300);
  // It is set back while the server runs, which goes on for 200 s in which nothing turns.
  time.off = -60;
  time.passed = 500;
  t.true(await keptUpTo(500));
  killed("behind");
  await startedAgain("behind", 500);
  // It is right again, nothing turns, and the server ends in peace.
  time.off = 0;
  time.passed = 700;
  t.is(await first.stop(), 0);
  await startedAgain("state", 700);
  // Damaged, nobody knows how far it had come; a start that was killed as it made the file had kept nothing.
  const file = join(cwd, "state", "clock");
  // Of two places one may be damaged by a write that was cut short: the other one counts.
  const whole = readFileSync(file);
  const kept = [0, 4096].map((at) => Number(whole.toString("latin1", at, at + 13)));
  const later = kept[0]! > kept[1]! ? 0 : 1;
  writeFileSync(file, whole.fill("x", 4096 * later, 4096 * later + 20));
  t.is(readClock(join(cwd, "state")), kept[1 - later]!);
  writeFileSync(file, "1");
  const refused = await glazier(cwd, ["serve", "net.pane", "--state", "state", "--socket", "socket"]);
  t.is(refused.exit, 3);
  t.regex(
    refused.err,
    /^error: \S+\/clock is damaged, so it is not known how far [^\n]*\n {2}see that the machine's clock/,
  );
  truncateSync(file);
  t.is(readClock(join(cwd, "state")), 0);
});
