/** The report of an apply after a fault, on a real switch: it is true and has a remedy. */
import { cookieOf } from "../../compiler/table/cookie.ts";
import type { Entry, Queue, Table } from "../../compiler/table/entry.ts";
import { exact, sortEntries } from "../../compiler/table/match.ts";
import type { Lab } from "../lab/lab.ts";
import { switchTest } from "../lab/test.ts";
import { until } from "../lab/until.ts";
import type { Message } from "../openflow/index.ts";
import { apply, type Applied, type ApplyResult, type Failed } from "./index.ts";
import { proxy } from "./testing/proxy.ts";
import { besidesDatabase } from "./testing/results.ts";

const Mb = 1_000_000;
const forward = { kind: "apply", actions: [{ kind: "output", port: "NORMAL" }] } as const;
const entry = (priority: number, more: Partial<Entry>): Entry => ({
  table: 0,
  priority,
  match: [],
  instructions: [forward],
  cookie: cookieOf(`entry ${priority}`),
  hardTimeout: 0,
  idleTimeout: 0,
  ...more,
});
const port = (number: number): Entry =>
  entry(number, { match: [exact("eth_type", 0x800), exact("ip_proto", 6), exact("tcp_dst", number)] });
const table = (...entries: Entry[]): Table => ({ entries: sortEntries(entries) });

const LIMITED: Table = {
  entries: [entry(9, { match: [exact("eth_type", 0x806)], instructions: [{ kind: "meter", meter: 7 }, forward] })],
  meters: [{ meter: 7, rate: Mb, burst: Mb, statement: "entry 9" }],
};

const QUEUE: Queue = { port: 3, queue: 1, minimum: 15 * Mb, statement: "entry 9" };
const reserved = (minimum: number, ...others: Entry[]): Table => {
  const mark = { kind: "set_field", field: "ip_dscp", value: 1n } as const;
  const actions = [mark, { kind: "set_queue", queue: 1 }, ...forward.actions] as const;
  return {
    entries: sortEntries([
      entry(9, { match: [exact("eth_type", 0x800)], instructions: [{ kind: "apply", actions }] }),
      ...others,
    ]),
    queues: [{ ...QUEUE, minimum }],
  };
};

const words = (result: ApplyResult): readonly string[] => [
  result.outcome,
  ...besidesDatabase(result).map(({ code }) => code),
];
const control =
  (what: string) =>
  (message: Message): boolean =>
    message.type === "bundle_control" && message.control === what;

switchTest("a bundle that the switch gives up changes nothing, and is reported at once", async (t, start) => {
  const lab = await start();
  const slow = await proxy(t, lab.mgmt, { hold: control("commit_request") });
  const begun = performance.now();
  const result = (await apply(slow.target, table(port(1)))) as Failed;
  t.deepEqual([...words(result), result.state], ["failed", "E957", "unchanged"]);
  t.regex(result.diagnostics[0]!.message, /OFPBFC_TIMEOUT/);
  t.regex(result.diagnostics[0]!.help!, /apply again/);
  t.true(performance.now() - begun < 25_000);
  slow.release();
  t.false((await lab.dump()).includes("tp_dst=1"));
});

switchTest(
  "a connection that breaks before the entries are sent leaves them alone, whatever else was made",
  async (t, start) => {
    const lab = await start();
    const broken = async (desired: Table): Promise<Failed> => {
      const slow = await proxy(t, lab.mgmt, { hold: control("open_request") });
      return (await apply(slow.target, desired, { session: { answerSeconds: 1 } })) as Failed;
    };
    const plain = await broken(table(port(1)));
    t.deepEqual([...words(plain), plain.state], ["failed", "E954", "unchanged"]);
    t.regex(plain.diagnostics[0]!.help!, /apply again/);
    const limited = await broken(LIMITED);
    t.deepEqual([...words(limited), limited.state, limited.entriesStand], ["failed", "E954", "changed", true]);
  },
);

switchTest("an apply that another follows counts only what it did", async (t, start) => {
  const lab = await start();
  const direct = (await proxy(t, lab.mgmt)).target;
  await apply(direct, LIMITED);
  let committed = false;
  const slow = await proxy(t, lab.mgmt, {
    pause: async (message) => {
      if (committed && message.type === "multipart_request") {
        committed = false;
        await apply(direct, { entries: [...LIMITED.entries, port(2)], meters: LIMITED.meters! });
      }
      committed ||= control("commit_request")(message);
    },
  });
  const result = (await apply(slow.target, table(port(1)))) as Applied;
  t.deepEqual([words(result), result.superseded], [["applied", "W958"], true], JSON.stringify(result.diagnostics));
  t.regex(besidesDatabase(result)[0]!.help!, /apply this policy again/);
  const isRemoved = !(await lab.ofctl("dump-meters")).includes("meter=7 ");
  t.is(result.meters.removed, isRemoved ? 1 : 0);
  t.regex(await lab.dump(), /meter:\d+/);
});

for (const [what, change] of [
  ["taken away", async (lab: Lab): Promise<unknown> => lab.vsctl(["clear", "port", "s1-eth3", "qos"])],
  [
    "replaced",
    async (lab: Lab): Promise<unknown> =>
      lab.vsctl("set port s1-eth3 qos=@q -- --id=@q create qos type=linux-htb".split(" ")),
  ],
] as const) {
  switchTest(`queues that are ${what} while the entries are sent are reported as missing`, async (t, start) => {
    const lab = await start();
    await apply(lab.mgmt, reserved(15 * Mb));
    const slow = await proxy(t, lab.mgmt, { hold: control("commit_request") });
    const sending = apply(slow.target, reserved(9 * Mb, port(10)), { database: lab.db });
    await slow.held;
    // The queues are changed only after our own change has arrived.
    t.true(await until(async () => (await lab.vsctl(["list", "queue"])).includes(`${9 * Mb}`)));
    await change(lab);
    slow.release();
    const result = (await sending) as Failed;
    t.deepEqual([...words(result), result.state], ["failed", "E989", "changed"]);
    t.regex(result.diagnostics[0]!.help!, /apply again/);
  });
}

switchTest(
  "queues that are taken away before the switch's are read last are not called those of a port that has none",
  async (t, start) => {
    const lab = await start();
    await apply(lab.mgmt, reserved(15 * Mb));
    let committed = false;
    const slow = await proxy(t, lab.mgmt, {
      pause: async (message) => {
        committed ||= control("commit_request")(message);
        if (!committed || message.type !== "multipart_request" || message.part.body.kind !== "queue") return;
        await lab.vsctl(["clear", "port", "s1-eth3", "qos"]);
        t.true(await until(async () => (await lab.ofctl("queue-stats")).includes(" 0 queues")));
      },
    });
    const result = (await apply(slow.target, reserved(9 * Mb, port(10)), { database: lab.db })) as Failed;
    t.deepEqual([...words(result), result.state], ["failed", "E989", "changed"]);
  },
);
