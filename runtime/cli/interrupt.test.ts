/** An `apply` that a signal ends reports what is known of the switch, and a remedy. On a real switch. */
import { spawn } from "node:child_process";
import { proxy } from "../controller/testing/proxy.ts";
import { switchTest } from "../lab/test.ts";
import type { Message } from "../openflow/index.ts";
import { folder } from "./testing.ts";

const PROGRAM = new URL("../bin.js", import.meta.url).pathname;
const POLICY = "default allow.\n@lim limit(srcHost=10.0.0.3) = 10Mb on rootShare.\n";

const isRead = (message: Message): boolean => message.type === "multipart_request";
const isOpen = (message: Message): boolean => message.type === "bundle_control" && message.control === "open_request";
const isCommit = (message: Message): boolean =>
  message.type === "bundle_control" && message.control === "commit_request";

for (const [signal, code, what, hold, words, state] of [
  ["SIGINT", 130, "reads", isRead, /^SIGINT: unix:\S+: nothing was changed\n$/m, "unchanged"],
  [
    "SIGTERM",
    143,
    "opens a bundle",
    isOpen,
    /none of its entries was changed, but .*; apply again: it reads/,
    "changed",
  ],
  ["SIGINT", 130, "commits", isCommit, /whether it changed is not known; apply again: it reads/, "unknown"],
] as const) {
  switchTest(`an apply that ${signal} ends while it ${what} says what is known of the switch`, async (t, start) => {
    const lab = await start();
    const cwd = folder(t, { "net.pane": POLICY });
    const slow = await proxy(t, lab.mgmt, { hold });
    const child = spawn(
      process.execPath,
      [PROGRAM, "apply", "net.pane", "--switch", slow.target, "--take-over", "--json"],
      { cwd },
    );
    let [out, err] = ["", ""];
    child.stdout.on("data", (chunk) => (out += String(chunk)));
    child.stderr.on("data", (chunk) => (err += String(chunk)));
    const ended = new Promise<number | null>((resolve) => child.once("close", resolve));
    t.teardown(() => child.kill("SIGKILL"));
    await slow.held;
    child.kill(signal);
    t.is(await ended, code, err);
    t.regex(err, words);
    t.like(JSON.parse(out), { ok: false, outcome: "interrupted", state });
  });
}
