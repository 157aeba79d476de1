/**
 * Inputs that went wrong once, said to a running server: over the text protocol, statement by statement and in one
 * breath, and whole over HTTP. Each gets a verdict or a refusal that says why, in bounded processor time, and the server
 * goes on.
 */
import { readdirSync, readFileSync, statSync } from "node:fs";
import { connect } from "node:net";
import { join } from "node:path";
import test from "ava";
import { folder } from "../cli/testing.ts";
import { ServeProcess, TextClient } from "./testing/process.ts";

const faults = new URL("testing/faults/", import.meta.url);
const files = readdirSync(faults, { recursive: true, encoding: "utf8" })
  .filter((name) => statSync(new URL(name, faults)).isFile())
  .toSorted();

/** Processor seconds that a file may cost, over either way. */
const MOST_SECONDS = 10;

const POLICY = `default allow.
AddUser Alice. AddUser Bob.
NewShare alice for (*) [deny = True, allow = True, reserve <= 100Mb, limit <= 1Gb] on rootShare.
Grant alice to Alice.
`;

/** What is said behind each file, so that its end is seen. */
const END = "ListUsers.";

test("every input that went wrong once gets a verdict or a clear refusal, and the server lives", async (t) => {
  t.timeout(300_000);
  t.true(files.length >= 60);
  const cwd = folder(t, { "net.pane": POLICY });
  const socket = join(cwd, "socket");
  const words = ["net.pane", "--state", "state", "--socket", socket, "--http", "127.0.0.1:0"];
  const server = new ServeProcess(t, words, cwd);
  await server.printed(/serving at/);
  const url = `http://127.0.0.1:${/^HTTP at port (\d+)$/m.exec(server.out)![1]!}/v1/statements`;
  const headers = { authorization: `Bearer ${server.token}`, "content-type": "application/json" };
  const alive = await TextClient.login(socket, "root", server.token);
  let verdicts = 0;
  let refusals = 0;
  let worst = 0;
  for (const name of files) {
    const text = readFileSync(new URL(name, faults), "utf8");
    const before = server.cpuSeconds();
    const all = await converse(socket, `root ${server.token}\n${text}\n${END}\n`);
    for (const reply of all
      .replace(/^Login: logged in\n/, "")
      .split("\n\n")
      .slice(0, -1)) {
      t.regex(reply, /^(?:True|False|\d+;)(?:\n [^\n]+)*$/, `${name}: ${reply}`);
      if (reply.startsWith("True")) verdicts++;
      if (!reply.startsWith("False")) continue;
      refusals++;
      t.regex(reply, /^False\n (?:rejected: .+|.*[EW]\d{3}.*)/, `${name}: ${reply}`);
    }
    const response = await fetch(url, { method: "POST", headers, body: JSON.stringify({ text }) });
    const body = (await response.json()) as Answer;
    if (response.status === 200) t.true(body.statements!.length > 0, name);
    else {
      t.is(response.status, 422, `${name}: ${JSON.stringify(body)}`);
      t.true(
        body.error!.diagnostics!.some(({ code, message }) => /^E\d{3}$/.test(code) && message !== ""),
        name,
      );
    }
    const seconds = server.cpuSeconds() - before;
    worst = Math.max(worst, seconds);
    t.true(seconds < MOST_SECONDS, `${name} cost ${seconds} s`);
    t.regex((await alive.say(END)) ?? "", /^\d+;/, `after ${name} the server answers`);
  }
  t.true(verdicts > 10 && refusals > 100, `${verdicts} ${refusals}`);
  t.notRegex(server.err, /fault of glazier/);
  t.log(`${files.length} files: ${verdicts} accepted statements, ${refusals} refused; at most ${worst} CPU s`);
});

interface Answer {
  readonly statements?: readonly unknown[];
  readonly error?: { readonly diagnostics?: readonly { readonly code: string; readonly message: string }[] };
}

/** All that a connection is answered that says this and no more. */
function converse(path: string, said: string): Promise<string> {
  const client = connect({ path, allowHalfOpen: true }).setEncoding("utf8");
  let all = "";
  return new Promise((resolve, reject) => {
    client.on("data", (piece: string) => void (all += piece));
    client
      .on("error", reject)
      .on("close", () => resolve(all))
      .on("end", () => client.end());
    client.end(said);
  });
}
