/** The flow cache of a real switch's datapath, which `apply` empties by itself, by `--purge`, or not. */
import { RULES } from "../../compiler/admission/testing/networks.ts";
import { decide, tablesAt } from "../../compiler/compile.ts";
import { cookieOf } from "../../compiler/table/cookie.ts";
import type { Table } from "../../compiler/table/entry.ts";
import { must } from "../process/command.ts";
import { ethernet, ipv4, sendFrames, udp } from "../lab/frames.ts";
import { factsOf, type Lab } from "../lab/lab.ts";
import { switchTest } from "../lab/test.ts";
import { until } from "../lab/until.ts";
import { apply, type ApplyResult } from "./index.ts";
import { proxy } from "./testing/proxy.ts";
import { besidesDatabase } from "./testing/results.ts";

const open: Table = {
  entries: [
    {
      table: 0,
      priority: 0,
      match: [],
      instructions: [{ kind: "apply", actions: [{ kind: "output", port: "NORMAL" }] }],
      cookie: cookieOf("allow"),
      hardTimeout: 0,
      idleTimeout: 0,
    },
  ],
};

/** The cached flows of IP. */
async function cached(lab: Lab): Promise<number> {
  const control = `${lab.directory}/ovs-vswitchd.ctl`;
  const text = await must(["ovs-appctl", "-t", control, "dpctl/dump-flows"], { env: { OVS_RUNDIR: lab.directory } });
  return text.split("\n").filter((line) => line.includes("eth_type(0x0800)")).length;
}

const words = (result: ApplyResult): readonly string[] =>
  besidesDatabase(result).map(({ code, message }) => `${code} ${message.replaceAll(/`unix:[^`]*`/g, "SWITCH")}`);

switchTest("apply empties the cache of a datapath in user space, also where nothing is to send", async (t, start) => {
  const lab = await start();
  t.is((await apply(lab.mgmt, open)).outcome, "applied");
  t.true(await until(async () => (await lab.ping("eve", "bob")) && (await cached(lab)) > 0));
  const without = await apply(lab.mgmt, open, { purge: false });
  t.false("purged" in without);
  t.true((await lab.ping("eve", "bob")) && (await cached(lab)) > 0);
  const purged = await apply(lab.mgmt, open, { purge: true });
  t.like(purged, { outcome: "applied", purged: true, diagnostics: [] });
  t.is(await cached(lab), 0);
  t.true(await until(async () => (await lab.ping("eve", "bob")) && (await cached(lab)) > 0));
  const plain = await apply(lab.mgmt, open);
  t.like(plain, { method: "nothing", diagnostics: [] });
  t.false("purged" in plain);
  t.is(await cached(lab), 0);
});

switchTest("an apply that fails once entries have changed empties it, too", async (t, start) => {
  const lab = await start();
  t.is((await apply(lab.mgmt, open)).outcome, "applied");
  t.true(await until(async () => (await lab.ping("eve", "bob")) && (await cached(lab)) > 0));
  const [entry] = open.entries;
  const changed: Table = { entries: [{ ...entry!, priority: 1 }] };
  // Another program takes the new entry away before it is read back.
  const { target } = await proxy(t, lab.mgmt, {
    pause: async (message) => {
      if (message.type === "multipart_request" && (await lab.dump()).includes("priority=1"))
        await lab.ofctl("del-flows", ["table=0"]);
    },
  });
  const result = await apply(target, changed, { database: lab.db });
  t.like(result, { outcome: "failed", entriesStand: false });
  t.is(await cached(lab), 0);
});

switchTest("apply --purge without a control socket gives a warning", async (t, start) => {
  const lab = await start();
  const { target } = await proxy(t, lab.mgmt);
  const result = await apply(target, open, { purge: true });
  t.is(result.outcome, "applied");
  t.false("purged" in result);
  t.regex(
    words(result).join("\n"),
    /^W990 the flows that the switch SWITCH has cached were not purged: there is no control socket of ovs-vswitchd in `/,
  );
  t.is(besidesDatabase(result)[0]?.help, "on the switch's machine: `ovs-appctl revalidator/purge`");
  // The socket lies beside the database that --db names.
  t.like(await apply(target, open, { purge: true, database: lab.db }), { purged: true });
});

switchTest("what a waypoint gave back is no more known at its port once nothing is led there", async (t, start) => {
  const [eve, box, bob] = ["eve", "box", "bob"].map((name, i) => ({ name, ip: `10.0.0.${i + 1}`, switch: "s1" }));
  const lab = await start({ switches: ["s1"], hosts: [eve!, box!, bob!], links: [] });
  const now = Math.floor(Date.now() / 1000);
  const enforce = async (text: string): Promise<void> => {
    const policy = `default allow.\n${factsOf(lab)}\n@tracked deny(dstHost=eve, direction=response, dstPort=50) on rootShare.\n${text}`;
    const decided = decide([{ name: "net.pane", text: policy }], { now, rules: RULES, load: () => undefined });
    const table = tablesAt(decided, now, { target: "ovs-userspace" }).tables.get("s1")!;
    t.is((await apply(lab.mgmt, table)).outcome, "applied");
  };
  const macs = new Map(lab.hosts.map(({ name, mac }) => [name, mac]));
  const between = (from: string, to: string, ips: readonly [string, string]): Uint8Array =>
    ethernet({ src: macs.get(from)!, dst: macs.get(to)! }, 0x0800, ipv4(...ips, 17, udp(4000, 53)));
  const given = between("eve", "bob", ["10.0.0.1", "10.0.0.3"]);
  await enforce("@led waypoint(srcHost=eve, dstHost=bob) = box on rootShare.");
  // It goes on giving back while the table changes.
  const { received } = await lab.counters("bob");
  const giving = sendFrames(
    lab.hosts.find(({ name }) => name === "box")!,
    Array<Uint8Array>(40_000).fill(given),
  );
  t.true(await until(async () => (await lab.counters("bob")).received > received));
  await enforce("");
  await giving;
  t.true((await lab.frame("bob", between("bob", "eve", ["10.0.0.3", "10.0.0.1"]))).includes("eve"));
});
