/** A curtain that an apply left that broke off, on a real switch: the next apply lifts it (NETWORK, "Sending"). */
import { fromOvs } from "../../compiler/table/text.ts";
import { cookieOf } from "../../compiler/table/cookie.ts";
import type { Table } from "../../compiler/table/entry.ts";
import type { Lab } from "../lab/lab.ts";
import { switchTest } from "../lab/test.ts";
import { withoutBundles } from "../session/testing/without-bundles.ts";
import { apply, type Applied } from "./index.ts";
import { proxy } from "./testing/proxy.ts";

/** A table that passes everything by a tag. Two of them differ in what tags mean, so no order of stages is safe. */
function tagged(tag: number): Table {
  const read = fromOvs(
    `table=0,priority=0 actions=write_metadata:0x${tag}/0x3,goto_table:1\n` +
      `table=1,priority=0,metadata=0x${tag}/0x3 actions=NORMAL\n`,
  );
  if ("errors" in read) throw new Error(JSON.stringify(read.errors));
  return { entries: read.entries.map((entry) => ({ ...entry, cookie: cookieOf(`${entry.table}`) })) };
}

const hasCurtain = async (lab: Lab): Promise<boolean> => (await lab.dump()).includes("priority=65535");

switchTest("a curtain that an apply left that broke off is lifted by the next", async (t, start) => {
  const lab = await start();
  const staged = await proxy(t, lab.mgmt, { bundles: false });
  const options = { database: lab.db };
  let barriers = 0;
  const broken = await withoutBundles(t, lab.mgmt, () => {
    barriers++;
    // The first is that of the token.
    return barriers === 2 ? Promise.reject(new Error("the connection breaks")) : Promise.resolve();
  });
  for (const [target, method] of [
    [lab.mgmt, "bundle"],
    [staged.target, "stages"],
  ] as const) {
    t.is((await apply(lab.mgmt, tagged(1), { ...options, takeOver: true })).outcome, "applied");
    t.true(await lab.ping("alice", "bob"));
    barriers = 0;
    t.like(await apply(broken, tagged(2), options), { outcome: "failed", state: "unknown" });
    t.true(await hasCurtain(lab));
    t.false(await lab.ping("alice", "bob", { timeout: 500 }));
    const next = (await apply(target, tagged(3), options)) as Applied;
    t.like(next, { outcome: "applied", method, deleted: 2 }, JSON.stringify(next.diagnostics));
    t.false(await hasCurtain(lab), method);
    t.true(await lab.ping("alice", "bob"), method);
  }
});

switchTest("with bundles too, what is taken over in the curtain's place goes", async (t, start) => {
  const lab = await start();
  const options = { database: lab.db, takeOver: true };
  t.is((await apply(lab.mgmt, tagged(1), options)).outcome, "applied");
  await lab.ofctl("add-flow", ["cookie=0x5,priority=65535,actions=drop"]);
  const next = await apply(lab.mgmt, tagged(2), options);
  t.is(next.outcome, "applied", JSON.stringify(next.diagnostics));
  t.false(await hasCurtain(lab));
  t.true(await lab.ping("alice", "bob"));
});
