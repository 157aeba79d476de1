/**
 * Durations (`1h30min`) and instants (RFC 3339, `@unix`) as whole seconds, and back. Pure arithmetic on the proleptic
 * Gregorian calendar: the clock is the caller's.
 */
import { bad, good, type Parsed } from "./parsed.ts";

const seconds: readonly (readonly [unit: string, size: number])[] = [
  ["w", 604_800],
  ["d", 86_400],
  ["h", 3_600],
  ["min", 60],
  ["s", 1],
];

/**
 * The last instant and the longest duration, in seconds: over four million years. Their sum has less than 48 bits, so
 * that it is exact in rules and a switch can keep it (SEMANTICS, "Flows and time"). What never ends is `forever`.
 */
export const LAST_SECOND = 2 ** 47 - 1;

/** A whole number of Unix seconds. */
export const readUnix = (unix: number): Parsed<number> =>
  unix <= LAST_SECOND ? good(unix) : bad(`the last time is @${LAST_SECOND}; what never ends is written \`forever\``);

/** A whole number of seconds as a length of time. */
export const readSeconds = (total: number): Parsed<number> =>
  total <= LAST_SECOND
    ? good(total)
    : bad(`a duration is at most ${LAST_SECOND} s; what never ends is written \`forever\``);

/** `20min`, `1h30min`, `2d`: numbers with units, the larger unit first, each at most once. */
export function parseDuration(text: string): Parsed<number> {
  if (/^\d+$/.test(text)) return bad("a duration needs a unit", `${text}s`);
  if (/\d\s*m(?![a-z])/.test(text))
    return bad("minutes are written `min`", text.replaceAll(/(\d\s*)m(?![a-z])/g, "$1min"));
  const wanted = bad("a duration is numbers with the units w, d, h, min and s, as in `1h30min`");
  const written = /^(?:(\d+)w)?(?:(\d+)d)?(?:(\d+)h)?(?:(\d+)min)?(?:(\d+)s)?$/.exec(text);
  if (!written || text === "") return wanted;
  let total = 0;
  for (const [i, [, size]] of seconds.entries()) total += Number(written[i + 1] ?? 0) * size;
  return readSeconds(total);
}

/** `90` seconds as `1min30s`; no time at all is `0s`. Weeks are not used, so that days stay readable. */
export function printDuration(total: number): string {
  if (total === Number.POSITIVE_INFINITY) return "forever";
  let rest = total;
  let text = "";
  for (const [unit, size] of seconds.slice(1)) {
    const count = Math.floor(rest / size);
    rest -= count * size;
    if (count > 0) text += `${count}${unit}`;
  }
  return text || "0s";
}

/** `2026-12-01T09:00:00Z`, `2026-12-01T10:00:00+01:00` or `@1764579600` as Unix seconds. */
export function parseInstant(text: string): Parsed<number> {
  if (text.startsWith("@")) {
    const unix = Number(text.slice(1));
    return /^@\d+$/.test(text) ? readUnix(unix) : bad("`@` takes whole Unix seconds");
  }
  const written = /^(\d{4})-(\d\d)-(\d\d)[Tt](\d\d):(\d\d)(?::(\d\d)(?:\.(\d+))?)?([Zz]|([+-])(\d\d):(\d\d))?$/.exec(
    text,
  );
  if (!written) return bad("a time is written as RFC 3339 says: `2026-12-01T09:00:00Z`");
  const [year, month, day, hour, minute, second] = written.slice(1, 7).map(Number) as [
    number,
    number,
    number,
    number,
    number,
    number,
  ];
  const [, , , , , , sec, fraction, zone, sign, offsetHours, offsetMinutes] = written;
  if (zone === undefined) {
    const whole = `${text}${sec === undefined ? ":00" : ""}`;
    return bad(`a time needs its zone: \`${whole}Z\` is UTC, \`${whole}+01:00\` an hour earlier`);
  }
  if (sec === undefined)
    return bad("a time is written with its seconds", text.replace(/([Zz]|[+-]\d\d:\d\d)$/, ":00$1"));
  if (month < 1 || month > 12 || day < 1 || day > daysIn(year, month)) return bad("there is no such day");
  if (second === 60) return bad("leap seconds have no Unix time");
  if (hour > 23 || minute > 59 || second > 59) return bad("there is no such time of day");
  if (Number(offsetHours ?? 0) > 23 || Number(offsetMinutes ?? 0) > 59) return bad("there is no such zone");
  if (fraction !== undefined && /[1-9]/.test(fraction)) return bad("times are whole seconds");
  const offset = (Number(offsetHours ?? 0) * 60 + Number(offsetMinutes ?? 0)) * (sign === "-" ? -60 : 60);
  return good(daysSinceEpoch(year, month, day) * 86_400 + hour * 3_600 + minute * 60 + second - offset);
}

/** Unix seconds as RFC 3339 in UTC; outside the years 0-9999 as `@seconds`; Infinity as `forever`. */
export function printInstant(unix: number): string {
  if (unix === Number.POSITIVE_INFINITY) return "forever";
  if (unix < -62_167_219_200 || unix > 253_402_300_799) return `@${unix}`;
  const days = Math.floor(unix / 86_400);
  const rest = unix - days * 86_400;
  const [year, month, day] = civil(days);
  const clock = [Math.floor(rest / 3_600), Math.floor(rest / 60) % 60, rest % 60];
  return `${pad(year, 4)}-${pad(month, 2)}-${pad(day, 2)}T${clock.map((part) => pad(part, 2)).join(":")}Z`;
}

function pad(value: number, width: number): string {
  return String(value).padStart(width, "0");
}

function isLeap(year: number): boolean {
  return (year % 4 === 0 && year % 100 !== 0) || year % 400 === 0;
}

function daysIn(year: number, month: number): number {
  return month === 2 ? (isLeap(year) ? 29 : 28) : [4, 6, 9, 11].includes(month) ? 30 : 31;
}

/** Days from 1970-01-01. Years are taken to begin in March, so that the leap day is the last of its year. */
function daysSinceEpoch(year: number, month: number, day: number): number {
  const y = month <= 2 ? year - 1 : year;
  const m = month <= 2 ? month + 9 : month - 3;
  const leapDays = Math.floor(y / 4) - Math.floor(y / 100) + Math.floor(y / 400);
  return y * 365 + leapDays + Math.floor((m * 153 + 2) / 5) + day - 1 - 719_468;
}

/** The inverse of `daysSinceEpoch`. */
function civil(days: number): [year: number, month: number, day: number] {
  const shifted = days + 719_468;
  const era = Math.floor(shifted / 146_097);
  const d = shifted - era * 146_097;
  const y = Math.floor((d - Math.floor(d / 1_460) + Math.floor(d / 36_524) - Math.floor(d / 146_096)) / 365);
  const dayOfYear = d - (365 * y + Math.floor(y / 4) - Math.floor(y / 100));
  const m = Math.floor((5 * dayOfYear + 2) / 153);
  const month = m < 10 ? m + 3 : m - 9;
  return [y + era * 400 + (month <= 2 ? 1 : 0), month, dayOfYear - Math.floor((153 * m + 2) / 5) + 1];
}
