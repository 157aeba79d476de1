/** The traces of this folder are tests of themselves: facts of the seed and lessons of the prototype, in our words. */
import { readdirSync, readFileSync } from "node:fs";
import test from "ava";
import { renderPretty } from "../diagnostics/render.ts";
import { replay } from "./replay.ts";
import { RULES } from "./testing.ts";

const folder = new URL("traces/", import.meta.url);

for (const name of readdirSync(folder).sort()) {
  test(`${name} says what happens`, (t) => {
    const source = { name, text: readFileSync(new URL(name, folder), "utf8") };
    const dialect = name === "prototype.pane" ? ({ dialect: "prototype" } as const) : {};
    const { steps, diagnostics } = replay(source, { rules: RULES, ...dialect });
    // What is wrong by its grammar is refused there; the traces write it down as a statement that is not accepted.
    const wrong = diagnostics.filter(({ code }) => code === "E740");
    t.deepEqual(
      wrong.map((one) => renderPretty(one, { colour: false })),
      [],
    );
    t.true(steps.filter(({ asExpected }) => asExpected === true).length > 8);
  });
}
