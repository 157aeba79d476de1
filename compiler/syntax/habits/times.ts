/** Times as calendars, clocks and other tools write them → the form that is read. */
import { parseDuration } from "../../net/index.ts";
import type { FaultPlace, Habit } from "./habit.ts";

/** How any time is written. */
export const TIME_FORM =
  "a time is written as `2026-12-01T09:00:00Z`, or counted from now, as `+20min` and `+1h30min` are";

/** A zone is not known by its letters: some stand for several. */
const ZONE_FORM =
  "a zone is written by its distance from UTC behind the seconds, as `+01:00`, or as `Z` for UTC: no other name of a zone is read";

/** Habits of times, the surest first. */
export const TIMES: readonly ((place: FaultPlace) => Habit | undefined)[] = [
  /** `to 2026-12-01 18:00`. */
  ({ before, found, behind }) => {
    const date = /\b(?:from|to)\s+(\d{4}-\d\d-\d\d)\s+$/.exec(before)?.[1];
    const clock = date && /^(\d\d:\d\d)(:\d\d)?/.exec(found + behind);
    if (!clock) return undefined;
    const whole = `${date}T${clock[1]}${clock[2] ?? ":00"}`;
    return {
      help: `date and time are one word, with a zone: \`${whole}Z\` is UTC, \`${whole}+01:00\` an hour earlier`,
    };
  },
  /** `to 2026-12-01T18:00:00 CET`. */
  ({ before, found }) =>
    /\b(?:from|to)\s+\d{4}-\d\d-\d\dT[\d:.]+\s+$/.test(before) && /^[A-Z]{1,5}$/.test(found)
      ? { help: ZONE_FORM }
      : undefined,
  /** `to +1h 30min`. */
  ({ before, found, start, end }) => {
    const [all, first] = /(?<=\+\s*)(\d[\da-z]*)\s+$/.exec(before) ?? [];
    if (first === undefined || !parseDuration(found).ok || !parseDuration(first + found).ok) return undefined;
    return { help: "a duration is one word", change: { start: start - all!.length, end, text: first + found } };
  },
  /** `on net0 every day`, `daily`. */
  ({ before, found }) =>
    /^(?:every|each|daily|weekly|weekdays|hourly|monthly)$/.test(found) && /\bon\s+\S[^()]*\s$/.test(before)
      ? { help: "a request has one time, from one instant to another: none comes back by itself" }
      : undefined,
  /** `to tomorrow`, `to 5pm`, `to 1.12.2026`, `to +PT1H`. */
  ({ before, expected }) =>
    /\b(?:from|to)\s+(?:\+\s*)?$/.test(before) && (expected.includes("a time") || /\+\s*$/.test(before))
      ? { help: TIME_FORM }
      : undefined,
];
