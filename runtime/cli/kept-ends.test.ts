/** Ends that are applied again and again: on a real switch, whose clock goes on while commands run. */
import { clock, folder, glazier, type Ran } from "./testing.ts";
import { switchTest } from "../lab/test.ts";
import { until } from "../lab/until.ts";

switchTest("a relative end is counted from the first apply, however often it is applied", async (t, start) => {
  const lab = await start();
  const asked = (end: string): string => `default allow.
policy site { deny <= srcHost=10.0.0.9 to ${end}. }
deny(srcHost=10.0.0.3) on rootShare to ${end}.
@b deny(srcHost=10.0.0.2) on rootShare to ${end}.
`;
  const cwd = folder(t, {
    "a.pane": asked("+20min"),
    "b.pane": `${asked("+20min")}@c deny(srcHost=10.0.0.8) on rootShare to 2026-12-01T09:10:00Z.\n`,
    "longer.pane": asked("+30min"),
    "far.pane": asked("+30h"),
  });
  const words = ["--switch", lab.mgmt];
  const first = await glazier(cwd, ["apply", "a.pane", ...words]);
  t.regex(
    first.err,
    /`b` ends 20min after the first apply, at 2026-12-01T09:20:00Z; an apply after its end begins it anew/,
  );
  t.regex(first.err, /= help: write the end as an instant: `to 2026-12-01T09:20:00Z`/);
  const age = async (): Promise<number> => ageOf(await lab.ofctl("dump-flows", ["ip,nw_src=10.0.0.2"]));
  t.true(await until(async () => (await age()) > 7), "ends may differ by less");
  // The clock goes on while a command runs, which on a busy machine takes longer than ends may differ.
  const later = async (): Promise<() => number> => {
    let [seconds, asked] = [0, 0];
    const isQuick = async (): Promise<boolean> => {
      asked = performance.now();
      seconds = await age();
      return performance.now() - asked < 1_000;
    };
    t.true(await until(isQuick), "the switch's clock was read in a moment");
    return () => clock + Math.round(seconds + (performance.now() - asked) / 1_000);
  };
  // Where the machine pauses while a table is read, ends are sent again, and stay the same.
  const sendsNoEnd = async (words: readonly string[]): Promise<Ran> => {
    let ran: Ran | undefined;
    const isSteady = async (): Promise<boolean> => {
      ran = await glazier(cwd, words, "", await later());
      t.is(ran.err.match(/ends 20min after the first apply, at 2026-12-01T09:20:00Z/g)?.length, 3, ran.err);
      return !ran.out.includes("renewed");
    };
    t.true(await until(isSteady), ran?.out);
    return ran!;
  };
  for (const command of ["plan", "apply"])
    t.regex((await sendsNoEnd([command, "a.pane", ...words])).out, / 0 added, 0 replaced, 0 deleted, 4 unchanged/);
  // Only the new one is sent.
  const planned = await sendsNoEnd(["plan", "b.pane", ...words]);
  t.regex(planned.out, /: 1 added, 0 replaced, 0 deleted, 4 unchanged\n/);
  const more = await glazier(cwd, ["apply", "b.pane", ...words], "", await later());
  t.regex(more.out, /: 1 added, 0 replaced, 0 deleted, /);
  // Another text is another end.
  const now = (await later())();
  const longer = await glazier(cwd, ["apply", "longer.pane", ...words], "", now);
  t.regex(longer.out, /: 0 added, 0 replaced, 1 deleted, 1 unchanged, 3 timeouts renewed/);
  t.is((await lab.dump()).match(/hard_timeout=1800/g)?.length, 3);
  // An end that no timeout can express is counted once, too.
  await glazier(cwd, ["apply", "far.pane", ...words], "", now);
  const far = await glazier(cwd, ["apply", "far.pane", ...words], "", now + 3_600);
  const end = new Date((now + 30 * 3_600) * 1_000).toISOString().replace(".000", "");
  t.true(far.err.includes(`\`b\` ends 1d6h after the first apply, at ${end}`), far.err);
});

switchTest("an allow that ends in days carries the longest timeout, and each apply renews it", async (t, start) => {
  const lab = await start();
  const cwd = folder(t, {
    "a.pane": "default deny.\n@a allow(dstHost=10.0.0.2) on rootShare to 2026-12-04T09:00:00Z.\n",
  });
  const first = await glazier(cwd, ["apply", "--switch", lab.mgmt]);
  t.regex(first.out, /# until 2026-12-02T03:03:17Z the switch keeps to the policy by itself: apply again then\n$/);
  t.regex(await lab.dump(), /hard_timeout=65000,.*actions=NORMAL/);
  const day = clock + 60_000;
  const stays = async (): Promise<boolean> => {
    const { out } = await glazier(cwd, ["plan", "--switch", lab.mgmt], "", day);
    if (/0 added, 0 replaced, 0 deleted, 2 unchanged/.test(out)) return true;
    // The machine was so slow that the end had run on.
    await glazier(cwd, ["apply", "--switch", lab.mgmt], "", day);
    return false;
  };
  t.true(await until(stays));
  t.true(await until(async () => ageOf(await lab.ofctl("dump-flows", ["ip"])) >= 7));
  const begun = performance.now();
  const renewed = await glazier(cwd, ["apply", "--switch", lab.mgmt], "", day);
  t.regex(renewed.out, /0 added, 0 replaced, 0 deleted, 1 unchanged, 1 timeout renewed/);
  const dump = await lab.ofctl("dump-flows", ["ip"]);
  t.regex(dump, /hard_timeout=65000/);
  t.true(ageOf(dump) <= (performance.now() - begun) / 1_000, dump);
});

/** The seconds for which the first entry of a dump has stood. */
const ageOf = (dump: string): number => Number(/duration=([\d.]+)s/.exec(dump)?.[1] ?? 0);
