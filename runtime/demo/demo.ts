/**
 * `npm run demo`: the paper's example from text to traffic. It compiles `examples/paper`, shows what was accepted and
 * what was rejected and why, and prints the table. Then it sends real traffic between Alice, Bob and Eve over a real
 * switch; on a machine that cannot run one, the table interpreter replaces it. Last, the network is asked while it runs
 * (`live.ts`).
 */
import { fileURLToPath } from "node:url";
import { columns } from "#compiler/report/text.ts";
import { rim } from "../cli/common/io.ts";
import { main } from "../cli/main.ts";
import { canRunLab, startLab, type Lab } from "../lab/lab.ts";
import { liveOn } from "./live.ts";
import { seedHosts } from "../lab/topology.ts";

const root = fileURLToPath(new URL("../..", import.meta.url));
const policy = "examples/paper";
const now = Math.floor(Date.now() / 1000);
// All steps have one clock, so that "for the next five minutes" means the same in each.
const at = ["--at", new Date(now * 1000).toISOString().replace(".000", "")];

/** One experiment: one host pings another, or connects to a TCP port of it. */
interface Experiment {
  readonly from: string;
  readonly to: string;
  readonly port?: number;
  /** What the paper's statements decide, and why. */
  readonly passes: boolean;
  readonly because: string;
}

const experiments: readonly Experiment[] = [
  { from: "bob", to: "alice", passes: true, because: "nobody denies it" },
  { from: "eve", to: "alice", passes: false, because: "Alice denied Eve's host" },
  { from: "bob", to: "alice", port: 22, passes: true, because: "nobody denies it" },
  { from: "eve", to: "alice", port: 22, passes: false, because: "Alice denied Eve's host" },
  { from: "eve", to: "bob", passes: true, because: "Alice may not speak for Bob" },
  { from: "eve", to: "bob", port: 22, passes: true, because: "Alice may not speak for Bob" },
  { from: "alice", to: "bob", port: 1023, passes: true, because: "Bob allowed 1000-1023 and 1025-2000" },
  { from: "alice", to: "bob", port: 1024, passes: false, because: "a share below Bob's denied it first" },
  { from: "alice", to: "bob", port: 1025, passes: true, because: "Bob allowed 1000-1023 and 1025-2000" },
];

/** Runs a command that prints to `write`; returns its exit code. */
async function glazier(words: readonly string[], write: (text: string) => void, token = ""): Promise<number> {
  const io = rim({
    out: write,
    err: write,
    stdin: async function* () {},
    includeRoots: [],
    cwd: root,
    env: { ...process.env, GLAZIER_TOKEN: token },
    terminal: { out: process.stdout.isTTY === true, err: process.stdout.isTTY === true },
    now: () => now,
  });
  return main(words, io);
}

const say = (text: string): void => void process.stdout.write(text);

/** Prints a command and runs it; returns its exit code. */
async function show(...words: readonly string[]): Promise<number> {
  say(`$ glazier ${words.join(" ")}\n`);
  const exit = await glazier(words, say);
  say("\n");
  return exit;
}

const address = (name: string): string => seedHosts.find((host) => host.name === name)!.ip;

/** The verdict of policy and table on one packet. Throws if the two differ. */
async function verdict(packet: string): Promise<"allow" | "deny"> {
  let text = "";
  await glazier(["trace", packet, policy, ...at, "--json"], (part) => (text += part));
  const answer = JSON.parse(text) as { policy: { verdict: "allow" | "deny" }; table: { verdict: "allow" | "deny" } };
  if (answer.policy.verdict !== answer.table.verdict) throw new Error(`policy and table differ on ${packet}`);
  return answer.table.verdict;
}

/** Whether the table allows a conversation in both directions. */
async function predicted({ from, to, port }: Experiment): Promise<boolean> {
  const [there, back] = [
    `srcHost=${address(from)}, dstHost=${address(to)}`,
    `srcHost=${address(to)}, dstHost=${address(from)}`,
  ];
  const packets =
    port === undefined
      ? [`${there}, transport=ICMP, icmpType=8, icmpCode=0`, `${back}, transport=ICMP, icmpType=0, icmpCode=0`]
      : [
          `${there}, transport=TCP, srcPort=40000, dstPort=${port}`,
          `${back}, transport=TCP, srcPort=${port}, dstPort=40000`,
        ];
  for (const packet of packets) if ((await verdict(packet)) === "deny") return false;
  return true;
}

async function observed(lab: Lab, { from, to, port }: Experiment): Promise<boolean> {
  return port === undefined ? lab.ping(from, to) : lab.tcp(from, to, port);
}

/** Runs all experiments, on the switch or in the interpreter alone; returns the number that differ from the paper. */
async function experiment(lab: Lab | undefined): Promise<number> {
  const header = ["", "who", "to whom", "how", "policy", lab === undefined ? "" : "traffic", ""];
  const rows: string[][] = [header];
  let wrong = 0;
  for (const one of experiments) {
    const allowed = await predicted(one);
    const happened = lab === undefined ? allowed : await observed(lab, one);
    const right = allowed === one.passes && happened === one.passes;
    if (!right) wrong += 1;
    rows.push([
      right ? "✔" : "✘",
      one.from,
      one.to,
      one.port === undefined ? "ping" : `TCP port ${one.port}`,
      allowed ? "allows" : "denies",
      lab === undefined ? "" : happened ? "passed" : "blocked",
      one.because,
    ]);
  }
  say(`${columns(rows, "  ")}\n\n`);
  return wrong;
}

/** The part with a switch: starts it, applies the table, sends real packets. */
async function onSwitch(): Promise<number> {
  const lab = await startLab({ name: "demo" });
  try {
    const hosts = lab.hosts.map(({ name, ip, port }) => `${name} ${ip} on port ${port}`).join(", ");
    say(`A private Open vSwitch (userspace datapath) with ${hosts}.\n\n`);
    const exit = await show("apply", policy, ...at, "--switch", lab.mgmt);
    if (exit !== 0) throw new Error("the table did not reach the switch");
    const wrong = await experiment(lab);
    say("The same network, live: it is asked over a socket, and answers with reasons.\n\n");
    const amiss = await liveOn(lab, glazier, say);
    say("\n");
    return wrong + amiss;
  } finally {
    await lab.down();
  }
}

say(`The paper's example, ${policy}: what is accepted, what is rejected, and why.\n\n`);
await show("check", policy, "--all", ...at);
say("The flow table, in the notation of ovs-ofctl.\n\n");
await show("compile", policy, ...at);
const reason = canRunLab();
if (reason !== undefined) say(`No switch on this machine (${reason}): the table runs in the interpreter.\n\n`);
const wrong = reason === undefined ? await onSwitch() : await experiment(undefined);
say(
  wrong === 0
    ? "Eve is blocked where Alice said so, and nobody else is.\n"
    : `${wrong} did not do what the paper says.\n`,
);
process.exitCode = wrong === 0 ? 0 : 1;
