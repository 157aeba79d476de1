/**
 * How tests that need more than Node are declared: where the thing is missing they are skipped with the reason, and
 * with GLAZIER_REQUIRE_SWITCH=1 (continuous integration) its absence is a failure.
 */
import test, { type ExecutionContext } from "ava";
import { canRunLab, startLab, type Lab, type LabOptions } from "./lab.ts";

type Body = (t: ExecutionContext) => void | Promise<void>;

/** A test that runs unless `missing` says what this machine lacks. */
export function testUnless(missing: string | undefined, title: string, body: Body): void {
  if (missing === undefined) test(title, body);
  else if (process.env["GLAZIER_REQUIRE_SWITCH"] === "1") test(title, (t) => t.fail(`cannot run here: ${missing}`));
  else test.skip(`${title} (skipped: ${missing})`, body);
}

/**
 * A test on a real switch. `start` brings up a lab that goes away with the test:
 * `switchTest("eve is blocked", async (t, start) => { const lab = await start(); … })`.
 */
export function switchTest(
  title: string,
  body: (t: ExecutionContext, start: (options?: LabOptions) => Promise<Lab>) => void | Promise<void>,
): void {
  testUnless(canRunLab(), title, async (t) => {
    t.timeout(120_000);
    await body(t, async (options) => {
      const lab = await startLab(options);
      t.teardown(() => lab.down());
      return lab;
    });
  });
}
