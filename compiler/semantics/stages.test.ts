/**
 * Every table of the pipeline has a law: a test that runs random or named packets through the table interpreter and
 * compares what becomes of them with what the table means.
 */
import { existsSync, readFileSync } from "node:fs";
import test from "ava";
import type { RowName } from "../lowering/pipeline/pipeline.ts";

const root = new URL("../../", import.meta.url);

/** The test of each table's law. A table that is declared does not compile without one. */
const LAWS: Readonly<Record<RowName, string>> = {
  Restore: "compiler/lowering/steering/restored.test.ts",
  Spoof: "compiler/lowering/spoof/spoof-entries.test.ts",
  Sender: "compiler/lowering/spoof/spoof-entries.test.ts",
  Neighbour: "compiler/lowering/spoof/spoof-entries.test.ts",
  // Tables that tag decide nothing: `verdictOf` knows none of them, and the verdicts are the same.
  Port: "compiler/table/table.test.ts",
  SourceMac: "compiler/table/table.test.ts",
  DestinationMac: "compiler/table/table.test.ts",
  Source: "compiler/table/table.test.ts",
  Destination: "compiler/table/table.test.ts",
  Kind: "compiler/table/table.test.ts",
  Track: "compiler/table/conntrack.test.ts",
  Observe: "compiler/observe.test.ts",
  Admission: "compiler/table/table.test.ts",
  Commit: "compiler/table/conntrack.test.ts",
  // `faultOfLimits` and `reservationOf`.
  Limit: "compiler/lowering/rates/rate-claims.test.ts",
  Reserve: "compiler/lowering/rates/rate-claims.test.ts",
  Forward: "compiler/lowering/paths.test.ts",
};

test("the law of every table runs the table interpreter", (t) => {
  for (const [name, path] of Object.entries(LAWS)) {
    const file = new URL(path, root);
    t.true(
      existsSync(file),
      `LAWS of compiler/semantics/stages.test.ts: ${name} is compared in ${path}, which is missing`,
    );
    t.regex(readFileSync(file, "utf8"), /trace\/(?:switch|walk)\.ts"/, `${path}, the law of ${name}, runs no table`);
  }
});
