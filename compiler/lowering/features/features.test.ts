/** The features and the pipeline's tables that they own. */
import { readdirSync } from "node:fs";
import test from "ava";
import { topology } from "../../paths/index.ts";
import { directory } from "../../semantics/arbitrary-rules.ts";
import { UserIndex } from "../encode/user-index.ts";
import type { LowerContext } from "../pipeline/options.ts";
import { PIPELINE } from "../pipeline/pipeline.ts";
import { featuresOf } from "./features.ts";

const context: LowerContext = {
  directory,
  defaults: { verdict: "allow", fragments: "deny" },
  target: "ovs",
  now: 0,
};

test("every table of the pipeline is owned by exactly one feature", (t) => {
  const { all } = featuresOf(context, topology(directory), new UserIndex(directory));
  const owners = PIPELINE.map(({ name }) => {
    const names = all.filter(({ owns }) => owns.includes(name)).map((feature) => feature.constructor.name);
    return { name, names };
  });
  const wrong = owners.filter(({ names }) => names.length !== 1);
  t.deepEqual(
    wrong.map(({ name, names }) => `${name} is owned by ${names.join(" and ") || "no feature"}`),
    [],
    "a row of pipeline.ts: let a feature in compiler/lowering/features/ own it, and list that in features.ts",
  );
});

test("every file of a feature is listed in features.ts", (t) => {
  const { all } = featuresOf(context, topology(directory), new UserIndex(directory));
  const listed = all.map(
    ({ constructor: { name } }) =>
      `${name
        .replace(/Feature$/, "")
        .replaceAll(/(?<=[a-z])(?=[A-Z])/g, "-")
        .toLowerCase()}.ts`,
  );
  const files = readdirSync(new URL(".", import.meta.url)).filter((name) => !/\.test\.ts$|^features?\.ts$/.test(name));
  t.deepEqual(
    files.filter((name) => !listed.includes(name)),
    [],
    "list it in compiler/lowering/features/features.ts",
  );
});
