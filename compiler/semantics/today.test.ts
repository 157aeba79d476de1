/**
 * Where the law says "Today", the product differs from it: each such sentence has a test that shows it. Who mends one
 * finds the test red, and takes sentence and test away.
 */
import { readdirSync, readFileSync } from "node:fs";
import test, { type ExecutionContext } from "ava";
import { Conversation, modelOf, NOW, RULES } from "../admission/testing/networks.ts";
import { decide, tablesAt } from "../compile.ts";
import { Interpreter } from "../resolve/interpreter.ts";
import { Switch } from "../trace/switch.ts";
import { flowOf } from "../trace/packet.ts";
import { toOvs } from "../table/text.ts";

const page = readFileSync(new URL("README.md", import.meta.url), "utf8").replaceAll(/\s+/g, " ");

const decided = (text: string): ReturnType<typeof decide> =>
  decide([{ name: "page", text }], { now: NOW, load: () => undefined, rules: RULES });
const codesOf = (text: string): readonly string[] => decided(text).diagnostics.map(({ code }) => code);

/** The words behind "Today", as far as they tell it from others → what shows it. */
const TODAY: Readonly<Record<string, (t: ExecutionContext) => void>> = {
  "`query` is stated, inherited and shown, and no question asks for it: a speaker may ask.": (t) => {
    const net = new Conversation();
    net.say("AddUser Alice. NewShare mute for (*) [deny = True, query = False] on rootShare. Grant mute to Alice.");
    net.say("NewShare asks for (*) [query = True] on rootShare.");
    t.is(net.one("Alice: GetSchedule mute.").kind, "accepted");
    t.is(net.one("Alice: GetSchedule asks.").kind, "rejected", "no speaker, whatever the privilege");
  },
  "a speaker on a share that is granted to everybody, whom only a login named, is unknown after the logout.": (t) => {
    const share =
      "default deny. host_ip(pc, 10.0.0.1). NewShare s for (*) [deny = True] on rootShare. GrantDefault s.\n";
    const speaks = "@x Alice: deny(dstPort=80) on s.";
    t.deepEqual(codesOf(`${share}user_host("Alice", pc).\n${speaks}`), []);
    t.deepEqual(codesOf(share + speaks), ["E703"]);
  },
  "a hint parses and is refused (E690).": (t) => {
    t.deepEqual(codesOf("default deny. hint(*) duration = 20min on rootShare."), ["E690"]);
  },
  "there is no live mode, and a policy is admitted once, by `check`, `compile` or `apply`.": (t) => {
    const said = { source: { name: "said", text: "policy p { deny <= dstPort = 80. }" }, by: "root", now: NOW };
    const { diagnostics } = new Interpreter(modelOf(""), new Set(["root"])).read(said);
    t.deepEqual(
      diagnostics.map(({ code }) => code),
      ["E271"],
    );
  },
  "what an `except` or a `not` leaves out is an entry above only where it is addresses, the rule has no end and is in no cascade, and the rules around agree about what is left out":
    (t) => {
      const sizeOf = (rest: string): number => {
        const { tables } = tablesAt(decided(`default deny. @x allow(${rest}`), NOW, { target: "ovs" });
        return tables.get("")!.entries.length;
      };
      const but = "(srcHost=10.0.0.0/24) except (srcHost=10.0.0.1)";
      t.is(sizeOf(`${but}) on rootShare.`), 3);
      t.true(sizeOf(`${but}) on rootShare to +1h.`) > 3);
      t.true(sizeOf("(transport=TCP, dstPort=1-1022) except (transport=TCP, dstPort=80)) on rootShare.") > 3);
    },
  "entries of one kind whose matches only overlap may have one priority, and OpenFlow leaves open which of them counts a packet.":
    (t) => {
      const text = "default deny.\n@a allow(srcHost=10.0.0.1) on rootShare.\n@b allow(dstHost=10.0.0.2) on rootShare.";
      const table = tablesAt(decided(text), NOW, { target: "ovs" }).tables.get("")!;
      const priorities = toOvs(table)
        .split("\n")
        .flatMap((line) => (/nw_(?:src|dst)/.test(line) ? [/priority=(\d+)/.exec(line)![1]] : []));
      t.deepEqual([priorities.length, new Set(priorities).size], [2, 1]);
    },
  "there is no `verify`.": (t) => {
    const commands = readdirSync(new URL("../../runtime/cli/commands/", import.meta.url));
    t.true(commands.includes("check.ts"));
    t.false(commands.includes("verify.ts"));
  },
  "the interpreter of tables reads a frame without an address from a place where no host is known as a flow without a user.":
    (t) => {
      const { directory } = modelOf("switch(s1, 1). host_ip(a, 10.0.0.1).", { trace: false });
      const frame = { inPort: 7, ethSrc: 5, ethDst: 6, ethType: 0x88b5 };
      t.is(flowOf(frame, directory, "s1").user, undefined);
      const ip = {
        src: { family: 4, value: 1 },
        dst: { family: 4, value: 2 },
        protocol: 6,
        dscp: 0,
        fragment: "no",
      } as const;
      t.is(flowOf({ ...frame, ethType: 0x0800, ip }, directory, "s1").user, "unknown");
      t.is(new Switch({ entries: [] }).run(frame).verdict, "deny");
    },
};

const sentences = [...page.matchAll(/\bToday:? (?!")(.*?)(?= Today| ## |$)/g)].map(([, rest]) => rest!);

for (const [words, shows] of Object.entries(TODAY))
  test(`today ${words}`, (t) => {
    t.true(page.includes(`Today: ${words}`) || page.includes(`Today ${words}`), "the page says so");
    shows(t);
  });

test("every sentence of the page that says what holds today is shown here", (t) => {
  const unshown = sentences.filter((rest) => !Object.keys(TODAY).some((words) => rest.startsWith(words)));
  t.deepEqual(unshown, []);
  t.is(sentences.length, Object.keys(TODAY).length);
});
