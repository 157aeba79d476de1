/** A name that nothing knows: said once, and by what it is meant for. */
import test from "ava";
import { readFileSync } from "node:fs";
import { readRules } from "../admission/read-rules.ts";
import { decide } from "../decide.ts";

const { rules } = readRules({
  name: "pane.fml",
  text: readFileSync(new URL("../../policies/pane.fml", import.meta.url), "utf8"),
});
const faults = (text: string) =>
  decide([{ name: "p.pane", text }], { now: 0, load: () => undefined, rules }).diagnostics;

test("a switch that no fact names is one error, however many hosts stand there", (t) => {
  const hosts = ["a", "b", "c"].map((name, at) => `host_at(${name}, s1, ${at + 1}).`).join("\n");
  const errors = faults(`default deny.\n${hosts}\nlink(s1, 8, s2, 9, 1Gb).`).filter(({ code }) => code === "E225");
  t.deepEqual(
    errors.map(({ message }) => message),
    ["`s1` is not a known switch", "`s2` is not a known switch"],
  );
});

test("a grant to a host, or to a name that is not known, says nothing of fields and flows", (t) => {
  const policy = (user: string): string =>
    `default deny. host_ip(pc, 10.0.0.2). user_host("Mia", pc). NewShare s for (*) [deny = True] on rootShare. Grant s to ${user}.`;
  const help = (user: string): string => faults(policy(user)).find(({ code }) => code === "W265")!.help!;
  t.is(help("pc"), "`pc` is a host, and users speak for shares; the grant stands for that name");
  t.is(help("Tom"), "the grant stands for that name; `AddUser Tom.` makes the name known for good");
});
