/**
 * Bandwidths and amounts: `10Mb`, `2.5Gbps`, `300kbit/s` as whole bits (per second), and back. Units are decimal
 * (LANGUAGE, "Lexical"); what is not a whole number of bits is refused, never rounded.
 */
import { bad, good, type Parsed } from "./parsed.ts";

const powers: Readonly<Record<string, number>> = { "": 0, k: 3, K: 3, M: 6, G: 9, T: 12 };
const units = ["", "k", "M", "G", "T"] as const;

/** `10Mb` as bits: a number, a decimal multiple (k M G T) and `b`, `bps`, `b/s`, `bit` or `bit/s`. */
export function parseRate(text: string): Parsed<number> {
  const written = /^(\d+)(?:\.(\d+))?\s*([A-Za-z/]*)$/.exec(text);
  if (!written) return bad("a rate is a number and a unit, as in `10Mb`");
  const [, whole, fraction = "", unit] = written as unknown as [string, string, string | undefined, string];
  if (unit === "") return bad("a rate needs a unit", `${text}Mb`);
  const scaled = /^([kKMGT]?)(b|bps|b\/s|bit|bit\/s)$/.exec(unit);
  if (!scaled) {
    return /^[kKMGT]?B(ps|\/s)?$/.test(unit)
      ? bad("rates are in bits, `b`; `B` would be bytes")
      : bad(`unknown unit \`${unit}\`: a rate is written in b, kb, Mb, Gb or Tb`, meant(text, unit));
  }
  const bits = scale(whole, fraction, powers[scaled[1]!]!);
  if (bits === undefined) return bad("a rate is a whole number of bits");
  if (bits > BigInt(Number.MAX_SAFE_INTEGER)) return bad("a rate is at most 9007Tb");
  return good(Number(bits));
}

/** The rate in a unit that can only be meant: `5mb`, `5M`, `5Mbits` as `5Mb`. There are no thousandths of a bit. */
function meant(text: string, unit: string): string | undefined {
  const [, multiple] = /^([kmgt])(?:b|bps|b\/s|bits?|bits?\/s|bits?ps)?$/i.exec(unit) ?? [];
  if (multiple === undefined) return undefined;
  const letter = multiple.toLowerCase() === "k" ? "k" : multiple.toUpperCase();
  return `${text.slice(0, text.length - unit.length).trim()}${letter}b`;
}

/** `whole.fraction · 10^power` where that is an integer. */
function scale(whole: string, fraction: string, power: number): bigint | undefined {
  const significant = fraction.replace(/0+$/, "");
  if (significant.length > power) return undefined;
  return BigInt(whole + significant.padEnd(power, "0"));
}

/** The largest unit in which the rate is at least 1 and has at most three decimals: `2.5Gb`, `1234.567kb`, `64b`. */
export function printRate(bits: number): string {
  if (bits === Number.POSITIVE_INFINITY) return "unbounded";
  for (let i = units.length - 1; i > 0; i--) {
    const power = i * 3;
    const digits = String(bits).padStart(power + 1, "0");
    const whole = digits.slice(0, -power);
    const fraction = digits.slice(-power).replace(/0+$/, "");
    if (whole !== "0" && fraction.length <= 3) return `${whole}${fraction && `.${fraction}`}${units[i]}b`;
  }
  return `${bits}b`;
}
