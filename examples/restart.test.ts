/**
 * Each example, with its policies, guards, links and waypoints, comes back from a snapshot: the same tables now and
 * later, the same bytes, and the same answers to whatever its statements ask for once more.
 */
import { createHash } from "node:crypto";
import { readdirSync } from "node:fs";
import { fileURLToPath } from "node:url";
import test from "ava";
import type { Verdict } from "#compiler/certificates/verdict.ts";
import type { DecideOptions } from "#compiler/decide.ts";
import type { Admission } from "#compiler/admission/admission.ts";
import type { Decided } from "#compiler/admission/decided.ts";
import { openAdmission } from "#compiler/admission/network-rules.ts";
import { readSnapshot } from "#compiler/admission/snapshot/read.ts";
import type { LoadedPolicy } from "#compiler/admission/snapshot/snapshot.ts";
import { writeSnapshot } from "#compiler/admission/snapshot/write.ts";
import { tablesAt } from "#compiler/compile.ts";
import { decidePolicy, shippedRules } from "#runtime/cli/common/policy.ts";
import { rim } from "#runtime/cli/common/io.ts";
import { toOvs } from "#compiler/table/text.ts";

const root = fileURLToPath(new URL(".", import.meta.url));
/** The clock of all examples: 2026-12-01T09:00:00Z. */
const clock = 1_796_115_600;
const sha256 = (bytes: Uint8Array): string => createHash("sha256").update(bytes).digest("hex");

/** Decides an example. `kept`: times that counted from an earlier clock. */
async function decided(name: string, now: number, kept?: DecideOptions["kept"]): Promise<Decided> {
  const io = rim({
    out: () => undefined,
    err: () => undefined,
    stdin: async function* () {},
    includeRoots: [],
    cwd: `${root}${name}`,
    env: {},
    terminal: { out: false, err: false },
    now: () => now,
  });
  return decidePolicy(["."], now, io, { kept });
}

function bytesOf(admission: Admission, policy: LoadedPolicy): Buffer {
  const written = writeSnapshot(admission.snapshot(policy), sha256);
  if (typeof written === "string") throw new Error(written);
  return Buffer.from(written.bytes);
}

const tablesOf = (of: Decided): unknown =>
  [0, 40_000].map((later) =>
    [...tablesAt(of, clock + later, { target: "ovs" }).tables].map(([name, table]) => [name, toOvs(table)]),
  );

/** A verdict without what was offered in place of the statement, or that nothing was looked for. */
function withoutOffers(verdict: Verdict): unknown {
  if (verdict.kind !== "rejected") return verdict;
  const { nearest: _, isUnsought: __, ...certificate } = verdict.certificate;
  return { ...verdict, certificate };
}

for (const { name } of readdirSync(root, { withFileTypes: true }).filter((entry) => entry.isDirectory())) {
  test(`${name} comes back from a snapshot`, async (t) => {
    const before = await decided(name, clock);
    t.true(before.good);
    const bytes = bytesOf(before.admission, { hash: name, model: before.model });
    const read = readSnapshot(bytes, sha256);
    if (typeof read === "string") return t.fail(read);
    const { snapshot } = read;
    // The files are read again; nothing of them is decided.
    const again = await decided(name, snapshot.policy.now, snapshot.kept);
    const rules = await shippedRules();
    const { admission } = openAdmission(again.model, { rules, now: snapshot.now, suspends: true });
    const policy = { hash: name, model: again.model };
    t.is(admission.restore(snapshot, policy), undefined);
    t.deepEqual(bytesOf(admission, policy), bytes);
    t.deepEqual(tablesOf({ ...again, admission }), tablesOf(before));
    let refused = 0;
    for (const statement of before.model.statements) {
      const verdict = before.admission.submit(statement, clock + 10);
      const once = admission.submit(
        again.model.statements.find(({ id }) => id === statement.id)!,
        clock + 10,
      );
      // Deciding the files has taken of the steps that all offers may take together.
      const isUnsought = verdict.kind === "rejected" && verdict.certificate.isUnsought === true;
      t.deepEqual(isUnsought ? withoutOffers(once) : once, isUnsought ? withoutOffers(verdict) : verdict);
      if (verdict.kind === "rejected") refused++;
    }
    t.true(refused > 0 || before.model.statements.length === 0);
    t.deepEqual(bytesOf(admission, policy), bytesOf(before.admission, { hash: name, model: before.model }));
  });
}
