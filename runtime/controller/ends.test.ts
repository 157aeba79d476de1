/** Ends that move: the switch gets the new one, its entry leaves at that end, and unchanged ends are not sent again. */
import { cookieOf } from "../../compiler/table/cookie.ts";
import type { Entry, Table } from "../../compiler/table/entry.ts";
import { exact, sortEntries } from "../../compiler/table/match.ts";
import type { Lab } from "../lab/lab.ts";
import { switchTest } from "../lab/test.ts";
import { until } from "../lab/until.ts";
import { apply, type Applied } from "./index.ts";

const deny = (port: number, hardTimeout: number): Entry => ({
  table: 0,
  priority: 100,
  match: [exact("eth_type", 0x800), exact("ip_proto", 6), exact("tcp_dst", port)],
  instructions: [],
  cookie: cookieOf(`deny ${port}`),
  hardTimeout,
  idleTimeout: 0,
});
const table = (...entries: Entry[]): Table => ({ entries: sortEntries(entries) });

async function counts(lab: Lab, desired: Table): Promise<readonly (number | string)[]> {
  const { added, replaced, renewed, deleted, unchanged, method } = (await apply(lab.mgmt, desired)) as Applied;
  return [added, replaced, renewed, deleted, unchanged, method];
}

/** The timeout, age and packet count of the entry for a port; undefined where it has gone. */
async function look(lab: Lab, port: number): Promise<readonly (number | undefined)[] | undefined> {
  const dump = await lab.ofctl("dump-flows", [`tcp,tp_dst=${port}`]);
  if (!dump.includes(`tp_dst=${port}`)) return undefined;
  const number = (name: string): number | undefined => {
    const found = new RegExp(`\\b${name}=([\\d.]+)`).exec(dump)?.[1];
    return found === undefined ? undefined : Number(found);
  };
  return [number("hard_timeout"), number("duration"), number("n_packets")];
}

switchTest("a deny whose end moves later is sent again, and stays until then", async (t, start) => {
  const lab = await start();
  t.deepEqual(await counts(lab, table(deny(1, 8), deny(2, 8), deny(3, 600))), [3, 0, 0, 0, 0, "bundle"]);
  t.true(await until(async () => ((await look(lab, 1))?.[1] ?? 0) >= 2));
  const passed = Math.floor((await look(lab, 1))![1]!);
  const later = table(deny(1, 600), deny(2, 8 - passed), deny(3, 600 - passed));
  t.deepEqual(await counts(lab, later), [0, 0, 1, 0, 2, "bundle"]);
  const [timeout, age] = (await look(lab, 1))!;
  t.is(timeout, 600);
  t.true(age! < 2, `its time begins anew: ${age}`);
  // The one that was not moved leaves by itself; the other had the same end.
  t.true(await until(async () => (await look(lab, 2)) === undefined));
  t.not(await look(lab, 1), undefined);
});

switchTest("a deny that would end over 2 s early is sent again, also by a part of a second", async (t, start) => {
  const lab = await start();
  await counts(lab, table(deny(1, 600)));
  // It has been there for a moment, so its end is that much more than 2 s early.
  t.deepEqual(await counts(lab, table(deny(1, 602))), [0, 0, 1, 0, 0, "bundle"]);
  t.is((await look(lab, 1))![0], 602);
});

switchTest("ends that come, go and move earlier are sent; the same ends later are not", async (t, start) => {
  const lab = await start();
  await counts(lab, table(deny(1, 0), deny(2, 600), deny(3, 600), deny(4, 600)));
  t.true(await until(async () => ((await look(lab, 1))?.[1] ?? 0) >= 3));
  const age = Math.floor((await look(lab, 1))![1]!);
  const same = table(deny(1, 0), deny(2, 600 - age), deny(3, 600 - age), deny(4, 600 - age));
  t.deepEqual(await counts(lab, same), [0, 0, 0, 0, 4, "nothing"]);
  const moved = table(deny(1, 60), deny(2, 0), deny(3, 60), deny(4, 600 - age));
  t.deepEqual(await counts(lab, moved), [0, 0, 3, 0, 1, "bundle"]);
  t.deepEqual([(await look(lab, 1))![0], (await look(lab, 2))![0], (await look(lab, 3))![0]], [60, undefined, 60]);
  t.deepEqual(await counts(lab, moved), [0, 0, 0, 0, 4, "nothing"]);
});

switchTest("an entry that is sent again keeps its counters", async (t, start) => {
  const lab = await start();
  const arp = (hardTimeout: number): Entry => ({
    ...deny(1, hardTimeout),
    match: [exact("eth_type", 0x806)],
    instructions: [{ kind: "apply", actions: [{ kind: "output", port: "NORMAL" }] }],
  });
  await counts(lab, table(arp(600)));
  await lab.ping("alice", "bob", { timeout: 300 });
  const packets = async (): Promise<number> =>
    Number(/n_packets=(\d+)/.exec(await lab.ofctl("dump-flows", ["arp"]))?.[1] ?? -1);
  t.true(await until(async () => (await packets()) > 0));
  const before = await packets();
  t.deepEqual(await counts(lab, table(arp(60))), [0, 0, 1, 0, 0, "bundle"]);
  t.true((await packets()) >= before);
});

switchTest("an allow on the switch does not end late, and a deny does not end early", async (t, start) => {
  const lab = await start();
  const allow = (port: number, hardTimeout: number): Entry => ({
    ...deny(port, hardTimeout),
    instructions: [{ kind: "apply", actions: [{ kind: "output", port: "NORMAL" }] }],
  });
  const begun = performance.now();
  const elapsed = (): number => (performance.now() - begun) / 1000;
  const renewed = async (allowed: number, denied: number): Promise<number> =>
    ((await apply(lab.mgmt, table(allow(1, allowed), deny(2, denied)), { elapsed })) as Applied).renewed;
  await renewed(600, 600);
  t.is(await renewed(600, 600), 0);
  t.is(await renewed(601, 600), 0, "too strict for a second");
  t.is(await renewed(605, 595), 2, "what was moved is sent, also where it would be too strict");
  t.is(await renewed(605, 595), 0);
  // On a slow machine the entries came seconds after their times were taken, and the deny ends so much later.
  t.is(await renewed(597, 660), 2, "else lax for some seconds");
  t.is(await renewed(597, 660), 0);
  const ends = await Promise.all([1, 2].map(async (port) => (await look(lab, port))!));
  const [allowed, denied] = ends.map(([timeout, age]) => timeout! - age! + elapsed());
  t.true(allowed! < 598 && denied! > 659, `${allowed} ${denied}`);
});
