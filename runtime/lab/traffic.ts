/** Real traffic between namespaces: whether an echo comes back, and whether TCP carries payload in both directions. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import { command, searchPath } from "../process/command.ts";

const peer = fileURLToPath(new URL("peer.ts", import.meta.url));

/** `timeout`: milliseconds of silence after which traffic counts as blocked. */
export interface Patience {
  readonly timeout?: number;
}

const patience = 2_000;

/**
 * Whether one of several echo requests is answered. The first one may be lost to address resolution.
 */
export async function ping(namespace: string, address: string, options: Patience = {}): Promise<boolean> {
  const milliseconds = options.timeout ?? patience;
  const deadline = String(Math.max(1, Math.ceil(milliseconds / 1000)));
  const output = await command(
    ["ip", "netns", "exec", namespace, "ping", "-n", "-q", "-c1", "-i0.2", "-w", deadline, address],
    { timeout: milliseconds + 60_000 },
  );
  return output.code === 0;
}

/** Whether `from` can open a TCP connection to a server at `to`, and both read what the other sent. */
export async function tcp(
  from: string,
  to: { readonly namespace: string; readonly ip: string },
  port: number,
  options: Patience = {},
): Promise<boolean> {
  const server = spawn("ip", ["netns", "exec", to.namespace, process.execPath, peer, "listen", to.ip, String(port)], {
    stdio: ["pipe", "pipe", "pipe"],
    env: { ...process.env, PATH: searchPath },
  });
  const ended = once(server, "close");
  try {
    let faults = "";
    server.stderr.setEncoding("utf8").on("data", (text: string) => (faults += text));
    server.stdin.on("error", () => undefined);
    // The server listens, or it ends with the reason.
    await Promise.race([
      once(server.stdout, "data"),
      ended.then(() => Promise.reject(new Error(`no server at ${to.ip}:${port}: ${faults.trim()}`))),
    ]);
    const milliseconds = options.timeout ?? patience;
    const words = [peer, "connect", to.ip, String(port), String(milliseconds)];
    // The start of the client is no silence of the network.
    const output = await command(["ip", "netns", "exec", from, process.execPath, ...words], {
      timeout: milliseconds + 60_000,
    });
    return output.code === 0;
  } finally {
    server.stdin.end();
    server.kill();
    await ended;
  }
}
