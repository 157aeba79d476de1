/** What `apply` does with an end that the switch has already, and when it says that it is to be called again. */
import { TIME } from "#compiler/table/bookkeeping.ts";
import { switchTest } from "../lab/test.ts";
import { until } from "../lab/until.ts";
import { clock, folder, glazier } from "./testing.ts";

switchTest(
  "where the switch has lost the record of whose an end was, a deny has all of its time anew",
  async (t, start) => {
    const lab = await start();
    const cwd = folder(t, { "a.pane": "default allow.\n@x deny(dstHost=10.0.0.2) on rootShare to +60s.\n" });
    const words = ["apply", "--switch", lab.mgmt];
    t.is((await glazier(cwd, words)).exit, 0);
    const half = await glazier(cwd, words, "", clock + 31);
    t.regex(half.out, /1 timeout renewed/);
    t.regex(await lab.dump(), /hard_timeout=29,/);
    // The entry stays, with 29 s left of it, and its cookie says the same statement.
    await lab.ofctl("del-flows", [`cookie=0x${TIME.cookie.toString(16)}/-1`]);
    t.regex(await lab.dump(), /hard_timeout=29,/);
    t.is((await glazier(cwd, words, "", clock + 31)).exit, 0);
    t.deepEqual((await lab.dump()).match(/hard_timeout=\d+/g), ["hard_timeout=60"]);
  },
);

switchTest("an allow that an apply does not renew stays until what that apply prints", async (t, start) => {
  const lab = await start();
  const cwd = folder(t, {
    "a.pane": "default deny.\n@a allow(dstHost=10.0.0.2) on rootShare to 2026-12-04T09:00:00Z.\n",
  });
  const apply = (at: number) => glazier(cwd, ["apply", "--switch", lab.mgmt], "", at);
  await apply(clock);
  const age = async (): Promise<number> => Number(/duration=([\d.]+)s/.exec(await lab.ofctl("dump-flows", ["ip"]))![1]);
  t.true(await until(async () => (await age()) >= 3));
  const began = performance.now();
  const again = await apply(clock + 4);
  // On a slow machine more than the tolerance has passed, and it is renewed.
  t.log(/0 added, 0 replaced, 0 deleted, 2 unchanged/.test(again.out) ? "not renewed" : "renewed");
  const printed = Date.parse(/# until ([^ ]+) /.exec(again.out)![1]!) / 1000;
  // What is left of the entry now, counted from the clock of that apply.
  const left = 65_000 - (await age());
  const ends = clock + 4 + (performance.now() - began) / 1000 + left;
  t.true(printed <= ends, `${printed - ends} s too late`);
  t.true(printed > ends - 20);
});

switchTest(
  "a clock that was set back between two applies is told once, also where an end had come by it",
  async (t, start) => {
    const lab = await start();
    const cwd = folder(t, {
      "a.pane": "default deny.\n@a allow(dstHost=10.0.0.2) on rootShare to 2026-12-01T10:00:00Z.\n",
      "b.pane": "default deny.\n@a allow(dstHost=10.0.0.2) on rootShare.\n",
    });
    const told = async (after: number, file = "a.pane"): Promise<string | undefined> => {
      const { exit, err } = await glazier(cwd, ["apply", file, "--switch", lab.mgmt], "", clock + after);
      t.is(exit, 0, err);
      return /W992.*clock is (\S+) behind/.exec(err)?.[1];
    };
    t.is(await told(0), undefined);
    t.is(await told(-3), undefined, "ends of an apply may differ by as much");
    // 59 s are time enough to outlive an end by.
    t.regex((await told(-59)) ?? "", /^(?:\d\ds|1min)/);
    t.is(await told(-59), undefined);
    t.regex((await told(-3_600)) ?? "", /^(?:1h|59min)/);
    t.is(await told(-3_600), undefined);
    t.is(await told(7_200), undefined);
    t.notRegex(await lab.dump(), /NORMAL/);
    t.regex((await told(0)) ?? "", /^2h/);
    t.regex(await lab.dump(), /hard_timeout=3\d{3}.*NORMAL/);
    // What states no time has nothing to tell, and keeps no record.
    t.is(await told(0, "b.pane"), undefined);
    t.is(await told(-3_600), undefined);
  },
);
