/**
 * Time goes on while an apply reads, waits and sends. On a real switch whose messages are held up, with a clock that the
 * test moves; hosts' own frames decide.
 */
import type { ExecutionContext } from "ava";
import { proxy } from "../controller/testing/proxy.ts";
import type { Lab } from "../lab/lab.ts";
import { switchTest } from "../lab/test.ts";
import { main } from "./main.ts";
import { clock, folder, quietIo, type Ran } from "./testing.ts";

/** Applies a text over a link on which each commit of a bundle takes so many seconds. */
async function slowly(t: ExecutionContext, lab: Lab, text: string, seconds: number, ...words: string[]): Promise<Ran> {
  let time = clock;
  const slow = await proxy(t, lab.mgmt, {
    pause: (message) => {
      if (message.type === "bundle_control" && message.control === "commit_request") time += seconds;
      return Promise.resolve();
    },
  });
  const { io, read } = quietIo(folder(t, { "net.pane": text }));
  const exit = await main(["apply", "--switch", slow.target, "--take-over", ...words], { ...io, now: () => time });
  return { exit, ...read() };
}

const reaches = (lab: Lab, to: string): Promise<boolean> => lab.ping("alice", to, { timeout: 500 });

switchTest("what begins while an apply sends is on the switch when it ends", async (t, start) => {
  const lab = await start();
  const text = (from: string): string => `default allow.
@bob deny(dstHost=10.0.0.4) on rootShare from ${from}.
@eve deny(dstHost=10.0.0.3) on rootShare from ${from} to +1h.
`;
  const late = await slowly(t, lab, text("2026-12-01T09:00:04Z"), 6);
  t.is(late.exit, 0, late.err);
  t.regex(late.out, /^unix:\S+: 1 added, 0 replaced, .*\nunix:\S+: 2 added, 0 replaced, .*\n$/);
  t.false(await reaches(lab, "bob"));
  t.false(await reaches(lab, "eve"));
  // A start that counts from the clock is kept on the switch by then, so that it does not move on.
  const relative = await slowly(t, lab, text("+4s"), 6);
  t.is(relative.exit, 0, relative.err);
  t.false(await reaches(lab, "bob"));
  const printed = JSON.parse((await slowly(t, lab, text("+5s").replace("bob", "bill"), 6, "--json")).out);
  t.like(printed, { ok: true, outcome: "applied" });
  t.false(await reaches(lab, "bob"));
});

switchTest("what has not begun when an apply ends is not on the switch", async (t, start) => {
  const lab = await start();
  const text = "default allow.\n@bob deny(dstHost=10.0.0.4) on rootShare from 2026-12-01T09:00:07Z.\n";
  const { exit, out } = await slowly(t, lab, text, 6);
  t.is(exit, 0);
  t.regex(out, /^[^\n]+\n# until 2026-12-01T09:00:07Z the switch keeps to the policy by itself: apply again then\n$/);
  t.true(await reaches(lab, "bob"));
});

switchTest("what begins and ends while an apply sends does not begin anew in its further steps", async (t, start) => {
  const lab = await start();
  for (const [index, standing] of ["", "@eve deny(dstHost=10.0.0.3) on rootShare from +2s.\n"].entries()) {
    const text = `default allow.\n@d${index} deny(dstHost=10.0.0.4) on rootShare from +1s to +5s.\n${standing}`;
    const { exit, out, err } = await slowly(t, lab, text, 6);
    t.is(exit, 0, err);
    t.notRegex(`${out}${err}`, /T09:00:(0[67]|1\d)Z/);
    t.true(await reaches(lab, "bob"));
    t.is(await reaches(lab, "eve"), standing === "");
  }
});

switchTest("an apply in which each time something begins says so", async (t, start) => {
  const lab = await start();
  const later = [
    [7, 4],
    [3, 10],
    [4, 16],
  ].map(([host, after]) => `@d${host} deny(dstHost=10.0.0.${host}) on rootShare from @${clock + after!}.\n`);
  const { exit, out, err } = await slowly(t, lab, `default allow.\n${later.join("")}`, 6);
  t.is(exit, 3);
  t.regex(err, /error\[E996\]: at 2026-12-01T09:00:16Z something began that is not on the switch/);
  t.regex(err, /apply again/);
  t.notRegex(out, /keeps to the policy by itself/);
  t.true(await reaches(lab, "bob"));
});

switchTest("an apply without --at is for now, however slow the machine is", async (t, start) => {
  const lab = await start();
  const cwd = folder(t, { "net.pane": "default deny.\n@arp allow(ethType=ARP) on rootShare.\n" });
  for (const words of [[], ["--at", "now"], ["--at", `@${clock}`]])
    for (const step of [0.3, 0.7, 1.3]) {
      let time = clock;
      const { io, read } = quietIo(cwd);
      // Each look at the clock is some time after the one before.
      const now = (): number => (time += step);
      const exit = await main(["apply", "--switch", lab.mgmt, "--take-over", ...words], { ...io, now });
      t.is(exit, 0, `${words.join(" ")} ${step}: ${read().err}`);
    }
});
