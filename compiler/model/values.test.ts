/** Whatever value a field is given is compiled, or refused in a sentence: none is left out in silence (grammar/README.md). */
import test from "ava";
import { DOMAINS, FIELDS, type Domain } from "../flowgroup/fields.ts";
import { resolveText } from "../resolve/testing/show.ts";

/** Numbers that mean something of their own in some field: protocols, types, and the ends of each kind. */
const TELLING = [0, 1, 2, 6, 17, 43, 44, 51, 57, 58, 59, 60, 63, 80, 128, 132, 135, 255, 1535, 1536, 0x0800, 0x0806];
const WIDE = [4094, 4095, 0x8100, 0x86dd, 0x88a8, 65_535];

const numbersOf = ({ max }: { readonly max: number }): readonly number[] =>
  [...TELLING, ...WIDE].filter((number) => number <= max);

const isHardware = (field: string): boolean => field === "srcEth" || field === "dstEth";

for (const field of FIELDS) {
  const domain: Domain = DOMAINS[field];
  if (domain.kind !== "number" || isHardware(field) || field === "direction") continue;
  test(`each number and range of \`${field}\` is compiled or refused`, (t) => {
    const numbers = numbersOf(domain);
    const values = numbers.flatMap((low) => [
      `=${low}`,
      `!=${low}`,
      ...numbers
        .filter((high) => high > low)
        .flatMap((high) => [`=${low}-${high}`, `!=${low}-${high}`, `={${low}-${high}, ${low}}`]),
    ]);
    const text = ["default allow.", ...values.map((value) => `deny(${field}${value}) on rootShare.`)].join("\n");
    const { model, diagnostics } = resolveText(text);
    const refused = new Set(
      diagnostics.filter(({ severity }) => severity === "error").map(({ span }) => span && lineOf(text, span.start)),
    );
    const compiled = new Set(model.statements.map(({ span }) => lineOf(text, span.start)));
    t.deepEqual(
      values.filter((_, i) => !refused.has(i + 2) && !compiled.has(i + 2)),
      [],
    );
  });
}

const lineOf = (text: string, at: number): number => text.slice(0, at).split("\n").length;
