/**
 * The live part of the demo: Alice, Bob and Eve ask a running network, packets are the proof, and the server is killed and
 * comes back.
 */
import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import type { Lab } from "../lab/lab.ts";

const program = fileURLToPath(new URL("../bin.js", import.meta.url));

/** The seed's shares (section 4.2), and nothing that was asked for yet. */
const SHARES = `default allow.
AddUser Alice. AddUser Bob. AddUser Eve.
NewShare aliceAC for (dstHost=10.0.0.2) [deny = True] on rootShare.
Grant aliceAC to Alice.
`;

/** Runs `glazier WORDS…` with a token in its environment, printing to `write`; returns its exit code. */
export type Glazier = (words: readonly string[], write: (text: string) => void, token: string) => Promise<number>;

/** Runs it all; returns how many steps did not go as the paper says. */
export async function liveOn(lab: Lab, glazier: Glazier, write: (text: string) => void): Promise<number> {
  const folder = mkdtempSync(join(tmpdir(), "glazier-demo-"));
  let server: ChildProcess | undefined;
  let wrong = 0;
  const tokens = new Map<string, string>();
  const socket = join(folder, "socket");
  writeFileSync(join(folder, "shares.pane"), SHARES);
  const words = ["shares.pane", "--switch", lab.mgmt, "--db", lab.db, "--state", "state", "--socket", socket];
  const serve = async (): Promise<void> => {
    server = spawn(process.execPath, [program, "serve", ...words], {
      cwd: folder,
      stdio: ["ignore", "pipe", "ignore"],
    });
    for await (const line of createInterface(server.stdout!)) {
      const [token] = /glz_\S+/.exec(line) ?? [];
      if (token !== undefined) tokens.set("root", token);
      if (line.startsWith("serving at")) return;
    }
    throw new Error("the server ended");
  };
  const ask = async (by: string, text: string): Promise<string> => {
    let answer = "";
    const server = ["--server", `unix:${socket}`, "--as", by];
    await glazier(["say", text, ...server], (part) => (answer += part), tokens.get(by)!);
    return answer;
  };
  /** Says a statement, prints the answer, and compares it with the one that the paper gives. */
  const say = async (by: string, text: string, expected: boolean): Promise<void> => {
    const answer = await ask(by, text);
    const isRight = answer.startsWith(expected ? "True\n" : "False\n");
    if (!isRight) wrong++;
    write(`${isRight ? "✔" : "✘"} ${by}: ${text}\n  ${answer.trimEnd().split("\n").slice(0, 2).join("\n  ")}\n`);
  };
  /** Pings Alice, and compares with what was answered. */
  const reaches = async (from: string, expected: boolean, because: string): Promise<void> => {
    await lab.flushNeighbours();
    let passed = !expected;
    // What was answered is in force a moment later.
    for (let tries = 0; tries < 10 && passed !== expected; tries++) passed = await lab.ping(from, "alice");
    if (passed !== expected) wrong++;
    write(`${passed === expected ? "✔" : "✘"} ${from} → alice: ${passed ? "passes" : "is blocked"} (${because})\n`);
  };
  try {
    await serve();
    for (const name of ["Alice", "Eve"])
      tokens.set(name, /glz_\S+/.exec(await ask("root", `token ${name}.`))?.[0] ?? "");
    await reaches("eve", true, "nobody denies it yet");
    await say("Eve", "deny(dstHost=10.0.0.2) on aliceAC.", false);
    await say("Alice", "@eve deny(dstHost=10.0.0.2, srcHost=10.0.0.3) on aliceAC to +5min.", true);
    await reaches("eve", false, "Alice was answered True");
    await reaches("bob", true, "she denied Eve's host alone");
    server!.kill("SIGKILL");
    await once(server!, "close");
    write("  the server was killed\n");
    await reaches("eve", false, "the switch keeps what was answered");
    await serve();
    write("  the server is back: nothing that it answered is lost\n");
    await say("Alice", "Cancel eve.", true);
    await reaches("eve", true, "Alice took it back");
  } finally {
    server?.kill("SIGKILL");
    rmSync(folder, { recursive: true, force: true });
  }
  return wrong;
}
