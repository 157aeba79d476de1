/**
 * Declares tests that need more than Node. If something is missing they are skipped with the reason; with
 * GLAZIER_REQUIRE_SWITCH=1 (continuous integration) they fail instead.
 */
import test, { type ExecutionContext } from "ava";
import { canRunLab, startLab, type Lab, type LabOptions } from "./lab.ts";

type Body = (t: ExecutionContext) => void | Promise<void>;
type Declare = (title: string, body: Body) => void;

/** Declares a test that runs unless `missing` says what this machine lacks. */
export function testUnless(missing: string | undefined, title: string, body: Body, declare: Declare = test): void {
  if (missing === undefined) declare(title, body);
  else if (process.env["GLAZIER_REQUIRE_SWITCH"] === "1") test(title, (t) => t.fail(`cannot run here: ${missing}`));
  // A machine without the programs of a switch still runs all else; CI requires them, and fails above.
  else test.skip(`${title} (skipped: ${missing})`, body);
}

export type SwitchBody = (t: ExecutionContext, start: (options?: LabOptions) => Promise<Lab>) => void | Promise<void>;

/**
 * Declares a test on a real switch. `start` starts a lab that is removed with the test:
 * `switchTest("eve is blocked", async (t, start) => { const lab = await start(); … })`.
 */
export function switchTest(title: string, body: SwitchBody): void {
  onSwitch(title, body, test);
}

/** The same for measured traffic: no other test of the file runs at the same time and takes the processor. */
export function trafficTest(title: string, body: SwitchBody): void {
  onSwitch(title, body, test.serial);
}

function onSwitch(title: string, body: SwitchBody, declare: Declare): void {
  const run: Body = async (t) => {
    t.timeout(120_000);
    await body(t, async (options) => {
      const lab = await startLab(options);
      t.teardown(() => lab.down());
      return lab;
    });
  };
  testUnless(canRunLab(), title, run, declare);
}
