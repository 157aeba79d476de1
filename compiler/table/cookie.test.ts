/** Cookies lead back to statements, and no two of different origin are alike. */
import test from "ava";
import { addresses, cube } from "../flowgroup/index.ts";
import type { DerivedRule } from "../derived/rule.ts";
import { directory } from "../semantics/arbitrary-rules.ts";
import { hash32, hash32After, systemCookie } from "./cookie.ts";
import { cookieOf, isOurs, lower, type LowerContext } from "../lowering/index.ts";

const base: LowerContext = { directory, defaults: { verdict: "allow", fragments: "deny" }, target: "ovs", now: 1000 };

const denies = (statement: string): DerivedRule => ({
  statement,
  stage: "admission",
  effect: "deny",
  depth: 0,
  level: 0,
  levels: 1,
  end: Infinity,
  cube: cube({ srcHost: addresses({ family: 4, value: 0x0a000007 }) }),
});

test("a cookie is the statement's own, and leads back to it", (t) => {
  const { tables, cookies } = lower([denies("campus.guests")], base);
  const [entry] = tables.get("")!.entries;
  t.is(entry!.cookie, cookieOf("campus.guests"));
  t.is(cookies.get(entry!.cookie), "campus.guests");
  t.true(isOurs(entry!.cookie));
  t.false(isOurs(0n));
});

test("a statement whose label is an identity of ours has a cookie of its own", (t) => {
  for (const label of ["default", "curtain", "table:Source", "host:a", "statement:default"]) {
    const lowered = lower([denies(label)], base);
    const [entry, miss] = lowered.tables.get("")!.entries;
    t.not(entry!.cookie, miss!.cookie);
    t.is(entry!.cookie, cookieOf(label));
    t.not(entry!.cookie, systemCookie(label));
    t.is(lowered.cookies.get(entry!.cookie), label);
    t.is(lowered.cookies.get(miss!.cookie), "default");
  }
  t.not(cookieOf("default"), cookieOf("statement:default"));
});

test("texts that begin alike have the same numbers when their beginning is hashed once", (t) => {
  for (const start of ["", "a", "deny(dstPort=1) on rootShare.", "ß".repeat(300)]) {
    const after = hash32After(start);
    for (const rest of ["", "|", "|admission|0", "ü"]) t.is(after(rest), hash32(start + rest));
  }
});
