/** A variable with the name of a user, a host or a value of its column stands for anything all the same: W287. */
import test from "ava";
import { parse } from "../syntax/parse.ts";
import { resolve } from "./resolve.ts";

const HOSTS = 'AddUser Alice. AddUser H. host_ip(Pc, 10.0.0.1). own("Alice", "Pc"). ';

function told(text: string): string[] {
  const source = { name: "main.pane", text: HOSTS.replace("host_ip(Pc", 'host_ip("Pc"') + text };
  const { diagnostics } = resolve([{ source, file: parse(source).file }], { now: 0, load: () => undefined });
  return diagnostics.filter(({ code }) => code === "W287").map(({ message, help }) => `${message} | ${help}`);
}

test("W287: a variable that stands twice and has a user's or a host's name", (t) => {
  const user =
    '`Alice` is a variable here and stands for any value, though a user has that name | the user Alice is written "Alice" in rules; for any value take another name, such as `A`';
  const rules = (...all: string[]): string => `default deny. policy p { ${all.join(" ")} }`;
  t.deepEqual(told(rules("deny <= srcUser(Alice), dstHost(D), own(Alice, D).")), [user]);
  t.deepEqual(told(`in(Alice) <= own(Alice, _). ${rules("deny <= srcUser(U), in(U).")}`), [user]);
  t.deepEqual(told(rules("deny <= srcHost(Pc), own(_, Pc).")), [
    '`Pc` is a variable here and stands for any value, though a host has that name | the host Pc is written "Pc" in rules; for any value take another name, such as `P`',
  ]);
  t.deepEqual(told(rules('deny <= srcUser("Alice"), dstHost(D), own("Alice", D).')), []);
  t.deepEqual(told(rules("deny <= srcHost(H), own(_, H).")), [], "a letter is what variables are called");
  t.deepEqual(told(rules("deny <= srcUser(_Alice), dstHost(D), own(_Alice, D).")), []);
});

test("W287: a variable that is spelled like a value of a column where it stands, but for capital letters", (t) => {
  const facts = 'kind("Pc", staff). kind("Pc", ops). kind("Pc", "Guest"). role("Pc", server). level("Pc", 3). ';
  const rules = (rule: string, more = ""): string[] => told(`default deny. ${facts} ${more} policy p { ${rule} }`);
  const two = (word: string): string => `allow <= srcHost(S), dstHost(D), kind(S, ${word}), kind(D, ${word}).`;
  const said = (name: string, relation: string, value: string): string[] => [
    `\`${name}\` is a variable here and stands for any value, though \`${relation}\` holds \`${value}\` | write \`${value}\` where that value is meant; for any value take another name, such as \`${name[0]!}\``,
  ];
  t.deepEqual(rules(two("Staff")), said("Staff", "kind", "staff"));
  t.deepEqual(rules(two("STAFF")), said("STAFF", "kind", "staff"));
  t.deepEqual(rules(two("Guest")), said("Guest", "kind", '"Guest"'));
  t.deepEqual(rules(two("staff")), []);
  t.deepEqual(rules(two('"Guest"')), []);
  t.deepEqual(rules(two("Kind")), [], "no value is called so");
  t.deepEqual(rules(two("K1"), 'kind("Pc", k1).'), [], "a letter and a number are what variables are called");
  t.deepEqual(rules("allow <= dstHost(Server), role(Server, server)."), [], "a value of another column");
  const head = "in(H, Staff) <= kind(H, Staff).";
  t.deepEqual(rules("allow <= srcHost(H), in(H, staff).", head), said("Staff", "in", "staff"), "rules ask for it");
});

test("E305 of a variable that is spelled like a value writes the value", (t) => {
  const text =
    "default deny. host_ip(pc, 10.0.0.1). kind(pc, staff). policy p { allow <= srcHost(H), kind(H, Staff). }";
  const source = { name: "main.pane", text };
  const { diagnostics } = resolve([{ source, file: parse(source).file }], { now: 0, load: () => undefined });
  t.deepEqual(
    diagnostics.map(({ code, fix }) => [code, fix?.text]),
    [["E305", "staff"]],
  );
});
