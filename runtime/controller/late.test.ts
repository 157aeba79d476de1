/** Ends over a slow link: an entry is sent with what is left of its timeout, and again where it came late. */
import { cookieOf } from "../../compiler/table/cookie.ts";
import type { Entry, Table } from "../../compiler/table/entry.ts";
import { exact, sortEntries } from "../../compiler/table/match.ts";
import type { Lab } from "../lab/lab.ts";
import { switchTest } from "../lab/test.ts";
import type { Message } from "../openflow/index.ts";
import { apply, type ApplyOptions, type ApplyResult } from "./index.ts";
import { proxy } from "./testing/proxy.ts";

const entry = (port: number, hardTimeout: number, pass: boolean): Entry => ({
  table: 0,
  priority: 100,
  match: [exact("eth_type", 0x800), exact("ip_proto", 6), exact("tcp_dst", port)],
  instructions: pass ? [{ kind: "apply", actions: [{ kind: "output", port: "NORMAL" }] }] : [],
  cookie: cookieOf(`statement ${port}`),
  hardTimeout,
  idleTimeout: 0,
});
const allow = (port: number, hardTimeout: number): Entry => entry(port, hardTimeout, true);
const deny = (port: number, hardTimeout: number): Entry => entry(port, hardTimeout, false);
const table = (...entries: Entry[]): Table => ({ entries: sortEntries(entries) });

/** The timeouts that the switch was given, by port; 0: none. */
async function timeouts(lab: Lab): Promise<Readonly<Record<string, number>>> {
  const lines = (await lab.dump()).split("\n").filter((line) => line.includes("tp_dst="));
  return Object.fromEntries(
    lines.map((line) => [/tp_dst=(\d+)/.exec(line)![1]!, Number(/hard_timeout=(\d+)/.exec(line)?.[1] ?? 0)]),
  );
}

const isAdd = (message: Message): boolean => message.type === "bundle_add" || message.type === "flow_mod";
const isCommit = (message: Message): boolean =>
  message.type === "bundle_control" && message.control === "commit_request";
const isRead = (message: Message): boolean => message.type === "multipart_request" && message.part.body.kind === "flow";

/** Applies while 36.4 s pass at the first such message. */
async function stalled(
  at: (message: Message) => boolean,
  desired: Table,
  { bundles = true, ...options }: ApplyOptions & { readonly bundles?: boolean } & Where,
): Promise<ApplyResult> {
  let gone = 0;
  const pause = async (message: Message): Promise<void> => {
    if (gone === 0 && at(message)) gone = 36.4;
  };
  const { target } = await proxy(options.t, options.lab.mgmt, { bundles, pause });
  return apply(target, desired, { ...options, elapsed: () => gone });
}

interface Where {
  readonly t: Parameters<typeof proxy>[0];
  readonly lab: Lab;
}

/** Of 60 s 23.6 are left: an allow gets 23 of them, a deny 24. */
const WANTED = table(allow(1, 60), deny(2, 60), allow(3, 30), deny(4, 30), deny(5, 0), allow(6, 0));
const LEFT = { 1: 23, 2: 24, 5: 0, 6: 0 };

for (const [what, at, bundles] of [
  ["while the switch is read", isRead, true],
  ["while the bundle is sent", isAdd, true],
  ["at the commit", isCommit, true],
  ["while stages are sent", isAdd, false],
] as const) {
  switchTest(
    `a link that stalls ${what} lengthens no end, and entries whose end has passed are not there`,
    async (t, start) => {
      const lab = await start();
      const result = await stalled(at, WANTED, { t, lab, bundles, database: lab.db });
      t.is(result.outcome, "applied", JSON.stringify(result.diagnostics));
      t.deepEqual(await timeouts(lab), LEFT);
    },
  );
}

switchTest("an entry whose end has passed leaves no earlier entry in its place", async (t, start) => {
  const lab = await start();
  await apply(lab.mgmt, table(deny(1, 0), allow(2, 0)));
  const result = await stalled(isAdd, table(allow(1, 30), deny(2, 30)), { t, lab });
  t.is(result.outcome, "applied");
  t.deepEqual(await timeouts(lab), {});
});

switchTest("an allow has left the switch at its end, however long apply took", async (t, start) => {
  const lab = await start();
  const begun = performance.now();
  const slow = await proxy(t, lab.mgmt, { hold: isAdd });
  const result = apply(slow.target, table(allow(1, 4), deny(2, 60)));
  await slow.held;
  const { until } = await import("../lab/until.ts");
  t.true(await until(() => performance.now() - begun > 3_000));
  slow.release();
  t.is((await result).outcome, "applied");
  t.true(await until(async () => !("1" in (await timeouts(lab)))));
  const lasted = (performance.now() - begun) / 1000;
  t.true(lasted < 6, `${lasted} s`);
  t.deepEqual(Object.keys(await timeouts(lab)), ["2"]);
});
