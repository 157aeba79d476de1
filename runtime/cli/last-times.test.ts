/** The latest times that can be written. Every command handles a time that `check` accepts. */
import test from "ava";
import { LAST_SECOND } from "#compiler/net/index.ts";
import { switchTest } from "../lab/test.ts";
import { folder, glazier } from "./testing.ts";

const policy = (during: string): string => `default allow.
switch(s1, 1). host_ip(a, 10.0.0.2). host_at(a, s1, 1). port_rate(s1, 2, 1Gb).
NewShare lab for (*) [allow=True, deny=True, reserve <= 9007Tb, reserveTBFill=1b, reserveTBCapacity=9007Tb,
  limit <= 9007Tb] on rootShare.
@a allow(srcHost=10.0.0.2) on lab${during}.
@b deny(srcHost=10.0.0.3) partial on lab${during}.
@c reserve(srcHost=10.0.0.4) = 1b partial on lab${during}.
@d limit(srcHost=10.0.0.2) = 5Mb on lab${during}.
@e reserve(srcHost=10.0.0.5) = 34Gb partial on rootShare${during}.
policy p { @q deny <= srcHost=10.0.0.6${during}. @r limit(3Mb) <= srcHost=10.0.0.7${during}. }
reject(Q, never) <= request(Q, _, _, _), ends(Q, T), hour(T, H), H > 23.
`;
const late = [LAST_SECOND, LAST_SECOND - 1].flatMap((last) => [
  ` to +${last}s`,
  ` to @${last}`,
  ` from +${last - 1}s to +${last}s`,
  ` from +${last}s`,
  ` from @${last}`,
  ` from @${last - 1} to +${last}s`,
  ` from +10s to @${last}`,
]);

for (const during of late) {
  test(`every command answers for a policy that holds${during}`, async (t) => {
    const cwd = folder(t, { "net.pane": policy(during) });
    for (const command of [
      ["check"],
      ["check", "--prove"],
      ["compile"],
      ["compile", "--timeline"],
      ["compile", "--target", "of13", "--json"],
      ["compile", "--at", `@${LAST_SECOND}`],
      ["plan"],
      ["plan", "--at", "@0", "--at", `@${LAST_SECOND}`],
      ["explain", "srcHost=10.0.0.2"],
      ["explain", "srcHost=10.0.0.6", "--at", `@${LAST_SECOND}`],
      ["trace", "srcHost=10.0.0.2, dstHost=10.0.0.9, transport=TCP, dstPort=80"],
      ["query", "GetSchedule lab"],
      ["query", "Available 5b for (srcHost=10.0.0.9) on lab lasting 1h"],
      ["query", "ListRequests"],
    ]) {
      const { exit, err } = await glazier(cwd, command);
      // With the last second as its clock a statement that begins 10 s later begins after its end.
      const errors = new Set(err.match(/(?<=error\[)E\d+/g));
      const isBackwards = command.includes("--at") && errors.has("E715") && errors.size === 1;
      t.true(exit === 0 || (exit === 1 && isBackwards), `${command.join(" ")}: ${err}`);
    }
  });
}

test("later times are refused where they are written, and so are longer ones", async (t) => {
  const more = LAST_SECOND + 1;
  for (const time of [`+${more}s`, `@${more}`, "+9007199254740991s", "@9007199254740991", "+281474976710650s"]) {
    const cwd = folder(t, { "net.pane": `default allow.\n@x deny(srcHost=10.0.0.1) on rootShare to ${time}.\n` });
    for (const command of ["check", "compile", "plan"]) {
      const { exit, err } = await glazier(cwd, [command]);
      t.is(exit, 1, err);
      t.regex(err, /E124.*\n.*net\.pane:2:/, time);
      t.regex(err, /what never ends is written `forever`/);
    }
  }
  const cwd = folder(t, { "net.pane": "default allow.\n" });
  t.is((await glazier(cwd, ["compile", "--at", `@${more}`])).exit, 2);
  t.is((await glazier(cwd, ["compile", "--at", `+${more}s`])).exit, 2);
});

test("the clock of a trace ends where times do", async (t) => {
  const ticks = `Tick ${LAST_SECOND}\nAddUser A\nTick 1\nAddUser B\n`;
  const cwd = folder(t, { "trace.pane": ticks.replaceAll("\n", ".\n") });
  const { exit, err } = await glazier(cwd, ["replay", "trace.pane"]);
  t.is(exit, 1);
  t.regex(err, /E258.*the clock of a trace ends at second 140737488355327\n.*trace\.pane:3:/);
});

switchTest("the latest end is applied, kept and found again", async (t, start) => {
  const lab = await start();
  const cwd = folder(t, {
    "net.pane": `default allow.\n@x deny(srcHost=10.0.0.3) on rootShare from +1s to +${LAST_SECOND}s.\n`,
  });
  const begin = 1_796_115_600;
  for (const after of [0, 2]) {
    const { exit, err } = await glazier(cwd, ["apply", "--switch", lab.mgmt, "--take-over"], "", begin + after);
    t.is(exit, 0, err);
    t.regex(err, new RegExp(`at @${begin + LAST_SECOND}`));
  }
  t.false(await lab.ping("eve", "alice", { timeout: 500 }));
});
