/** A variable with the name of a user or a host stands for anybody all the same, and that is said (W287). */
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
