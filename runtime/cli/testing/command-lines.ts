/**
 * Random command lines: each command with options of its own, of others and misspelt, with values that are right, odd and
 * empty, over files that are policies, traces, broken, missing or folders, and with each state of standard input.
 */
import { commands } from "../commands/index.ts";
import { common } from "../arguments.ts";
import { oneOf, SMALL, type Dice } from "./mutants.ts";

/** The files of the folder in which they run. */
export const FILES: Readonly<Record<string, string | Uint8Array>> = {
  "net.pane": SMALL[0]!,
  "other/net.pane": SMALL[1]!,
  "with blank/a b.pane": "default deny.\n@x deny(srcHost=10.0.0.1) on rootShare.\n",
  "bad.pane": "deny(srcHost=10.0.0.1 on rootShare\n",
  "refused.pane": "NewShare a for (dstPort=80) [deny = True] on rootShare. deny(*) on a.\n",
  "crlf.pane": "\uFEFFdefault deny.\r\nAddUser\tAlice.\r\n",
  "utf16.pane": Buffer.from("\uFEFFdefault deny.\n", "utf16le"),
  "empty.pane": "",
  "binary.pane": Uint8Array.of(0, 255, 254, 0, 13, 10),
  "trace.pane": "AddUser Alice. # True\nAddUser Alice. # False\n",
  "empty/.keep": "",
  "data.json": "{}",
};

const PATHS = [
  ...Object.keys(FILES),
  ".",
  "other",
  "with blank",
  "empty",
  "missing",
  "missing/x",
  "-",
  "",
  "/",
  "/dev/null",
  "net.pane/x",
  "a\u0000b",
  "x".repeat(300),
  "\u202E",
  "--",
  "..",
  "*.pane",
];
const WORDS = [
  "srcHost=10.0.0.1, dstHost=10.0.0.2, transport=TCP, dstPort=80",
  "srcHost=10.0.0.1",
  "(transport=TCP)",
  "(*)",
  "user=Alice",
  "switch=s9, inPort=1",
  "@x",
  "x",
  "rootShare",
  "ListRequests.",
  "ListShares.",
  "ListUsers",
  "GetSchedule rootShare.",
  "Available 1Mb for (*) on rootShare lasting 10min.",
  "AddUser Bob.",
  "Cancel x.",
  "list",
  "new",
  "revoke",
  "Alice",
  "root",
  "0",
  "-1",
  "1e309",
  "99999999999999999999",
  "\uD800",
  "'",
  '"',
  "a=b=c",
  "=",
  "()",
  ".",
];
const VALUES = [
  "now",
  "+20min",
  "-1h",
  "+9007199254740991s",
  "2026-12-01T09:00:00Z",
  "2026-13-01T00:00:00Z",
  "@1796115600",
  "@-1",
  "@1e99",
  "tomorrow",
  "unix:none.sock",
  "unix:",
  "tcp:127.0.0.1:1",
  "tcp:127.0.0.1:0",
  "tcp:127.0.0.1:99999",
  "tls:127.0.0.1:1",
  "tcp:[::1]:1",
  "s1=unix:none",
  "=unix:x",
  "http://127.0.0.1:1",
  "https://127.0.0.1:1",
  "ftp://x",
  "127.0.0.1:0",
  "0.0.0.0:0",
  "[::1]:0",
  "8080",
  "ovs",
  "of13",
  "ovs-userspace",
  "state",
  "sock",
  "100000,30d",
  "5,1s",
  "CN:alice=Alice",
  "660",
  "999",
  "pretty",
  "line",
  "json",
  "sarif",
];

export interface CommandLine {
  readonly words: readonly string[];
  /** What standard input holds; an error is thrown where it is read. */
  readonly stdin: Uint8Array | Error;
}

const ALL_OPTIONS = (await Promise.all([...commands.values()].map((load) => load()))).flatMap(({ options }) =>
  Object.entries({ ...options, ...common }),
);

/** One command line. */
export async function drawCommandLine(roll: Dice): Promise<CommandLine> {
  const name = oneOf([...commands.keys()], roll);
  const command = await commands.get(name)!();
  const own = Object.entries({ ...command.options, ...common });
  const words: string[] = [roll(40) === 0 ? `${name}x` : name];
  const positional = (): string => (roll(3) === 0 ? "net.pane" : oneOf(roll(4) === 0 ? WORDS : PATHS, roll));
  // What most of its runs need to get anywhere.
  if (/^(?:explain|trace|query|say|token)$/.test(name) && roll(6) > 0) words.push(oneOf(WORDS, roll));
  if (name === "serve" && roll(4) > 0) words.push("--state", `state${roll(4)}`, "--socket", `sock${roll(3)}`);
  for (let i = roll(3); i > 0; i--) words.push(positional());
  for (let i = roll(4); i > 0; i--) {
    const [option, { value, choices }] = oneOf(roll(8) === 0 ? ALL_OPTIONS : own, roll);
    if (option === "help" && roll(4) > 0) continue;
    const given =
      choices !== undefined && roll(4) > 0 ? oneOf(choices, roll) : oneOf(roll(3) === 0 ? PATHS : VALUES, roll);
    const flag = `--${roll(30) === 0 ? option.slice(1) : option}`;
    if (value === undefined && roll(12) > 0) words.push(flag);
    else if (roll(3) === 0) words.push(`${flag}=${given}`);
    else words.push(flag, ...(roll(15) === 0 ? [] : [given]));
  }
  const stdin = oneOf<() => Uint8Array | Error>(
    [
      () => Buffer.from(oneOf(SMALL, roll)),
      () => Buffer.from(FILES["trace.pane"]!),
      () => Buffer.alloc(0),
      () => Buffer.from([0xc3, 0x28]),
      () => Buffer.from("\uFEFFdefault deny.\r\n"),
      () => Buffer.from(FILES["utf16.pane"]!),
      () => new Error("it is a folder"),
      () => Object.assign(new Error("read EIO"), { code: "EIO" }),
    ],
    roll,
  )();
  return { words, stdin };
}
