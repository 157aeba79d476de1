/**
 * Policies hold on a real switch for each field, value and framing. Real frames arrive exactly where `trace` says, and
 * each cell is as checked in (`matrix.txt`; `UPDATE_GOLDEN=1` writes it anew). A missing cell fails, and so does a
 * field of the language without a row.
 */
import test from "ava";
import { readFileSync, writeFileSync } from "node:fs";
import { readRules } from "../../compiler/admission/read-rules.ts";
import { tablesAt } from "../../compiler/compile.ts";
import { decide } from "../../compiler/decide.ts";
import { FIELDS } from "../../compiler/flowgroup/fields.ts";
import { toOvs } from "../../compiler/table/text.ts";
import type { Table } from "../../compiler/table/entry.ts";
import { must } from "../process/command.ts";
import type { Lab } from "./lab.ts";
import { switchTest } from "./test.ts";
import { AXES } from "./testing/axes.ts";
import { Burst, MARKER_ENTRY } from "./testing/burst.ts";
import { framesOf, NEVER_FORWARDED, pageOf, modelOf, policiesOf, signOf } from "./testing/matrix.ts";

const golden = new URL("matrix.txt", import.meta.url);
const pane = new URL("../../policies/pane.fml", import.meta.url);
const { rules } = readRules({ name: "pane.fml", text: readFileSync(pane, "utf8") });

const shipped = new URL("../../policies/opaque.fml", import.meta.url);
const opaque = { name: "opaque.fml", text: readFileSync(shipped, "utf8") };

test("every field of the language is in the matrix", (t) => {
  t.deepEqual(AXES.map(({ field }) => field).toSorted(), FIELDS.toSorted());
});

/**
 * Installs a table beside the marker's entry. The purge removes cached flows of the table before, which would still
 * decide, and connections that frames have opened are forgotten.
 */
function installer(lab: Lab): (table: Table) => Promise<void> {
  return async (table) => {
    await lab.ofctl("replace-flows", ["-"], { input: `${MARKER_ENTRY}\n${toOvs(table)}` });
    for (const forget of ["revalidator/purge", "dpctl/flush-conntrack"])
      await must(["ovs-appctl", "-t", `${lab.directory}/ovs-vswitchd.ctl`, forget]);
  };
}

switchTest("every frame of the matrix is seen where `trace` says", async (t, start) => {
  const lab = await start({ name: "matrix" });
  const burst = new Burst(lab.hosts);
  t.teardown(() => burst.close());
  // MAC learning is off in these VLANs, because addresses learned from one frame would direct another.
  await lab.vsctl(["set", "bridge", "s1", "flood_vlans=0,1,10,11,4094,4095"]);
  const install = installer(lab);
  const pages: string[] = [];
  for (const axis of AXES) {
    const faults: string[] = [];
    const frames = framesOf(axis);
    const policies = policiesOf(axis, rules);
    const signs: (readonly string[])[] = [];
    for (const policy of policies) {
      if ("refused" in policy) {
        signs.push(frames.map(() => "!"));
        continue;
      }
      const sent = install(policy.table).then(() => burst.send(frames));
      // The model is computed while the switch forwards.
      const modeled = frames.map(({ packet }) => modelOf(policy, packet));
      const heard = await sent;
      signs.push(
        frames.map((frame, i) => {
          const { verdict, agree, byWords } = modeled[i]!;
          const name = `${policy.text}, ${frame.framing}, ${frame.value ?? "-"}`;
          const all = lab.hosts.map((host) => host.name).filter((host) => host !== frame.from);
          const expected = verdict === "allow" && !NEVER_FORWARDED.includes(frame.framing) ? all : [];
          if (heard[i]!.join() !== expected.join())
            faults.push(`${name}: heard by ${heard[i]!.join()}, and trace says ${verdict}`);
          else if (!agree) faults.push(`${name}: trace calls itself wrong`);
          return signOf(heard[i]!.length === 0, byWords);
        }),
      );
    }
    t.deepEqual(faults, [], axis.field);
    pages.push(pageOf(axis, policies, frames, signs));
  }
  const found = `${HEAD}\n${pages.join("\n")}`;
  if (process.env["UPDATE_GOLDEN"] === "1") writeFileSync(golden, found);
  t.is(found, readFileSync(golden, "utf8"));
});

switchTest("beside opaque.fml no frame that carries IP passes a deny of all addresses", async (t, start) => {
  const lab = await start({ name: "opaque" });
  const burst = new Burst(lab.hosts);
  t.teardown(() => burst.close());
  const frames = framesOf({ field: "inPort", carried: { "1": {} }, denied: [], allowed: [] });
  const passing = async (include: string): Promise<readonly string[]> => {
    const policy = `default allow. ${include} deny(dstHost={0.0.0.0/0, ::/0}) on rootShare.`;
    const decided = decide([{ name: "opaque.pane", text: policy }], { now: 0, load: () => opaque, rules });
    t.deepEqual(decided.diagnostics, []);
    await installer(lab)(tablesAt(decided, 0, { target: "ovs" }).tables.get("")!);
    const heard = await burst.send(frames);
    return frames.filter((_, i) => heard[i]!.length > 0).map(({ framing }) => framing);
  };
  const others = [
    "ARP request",
    "ARP reply",
    "RARP",
    "other type",
    "broadcast ARP",
    "tag ARP",
    "LLC",
    "tag LLC",
    "SNAP, length",
    "802.3 without LLC",
    "length 0x05ff",
    "SNAP, other organisation",
  ];
  const damagedArp = "ARP for another network";
  t.deepEqual(await passing('include "opaque.fml".'), [...others, damagedArp]);
  const hiding = [
    "service tag, tag",
    "tag, tag",
    "backbone",
    "service chain",
    "old tag 0x9100",
    "MPLS",
    "MPLS multicast",
    "PPPoE",
  ];
  t.deepEqual((await passing("")).toSorted(), [...others, damagedArp, ...hiding].toSorted());
});

const HEAD = `# Real frames on a real switch (runtime/lab/matrix.test.ts writes it)

Each field has a page: what frames carry, the policies, and a line for each framing. A line names the frames by the value
that each carries (\`-\`: the framing carries none), then says for each policy what became of them, in that order: \`.\` passes,
\`x\` is dropped. \`X\` and \`o\` are dropped and pass although what the frame shows says the opposite: it hides what the policy
asks for. \`!\`: the policy is refused.
`;
