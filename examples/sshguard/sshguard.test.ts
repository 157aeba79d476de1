/** SSHGuard, an SSH server and an attacker, each in a namespace of its own, around a real switch that glazier keeps. */
import { execFileSync, spawn } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import type { ExecutionContext } from "ava";
import { folder } from "#runtime/cli/testing.ts";
import { factsOf } from "#runtime/lab/facts.ts";
import { switchTest, testUnless } from "#runtime/lab/test.ts";
import { until } from "#runtime/lab/until.ts";
import { ServeProcess, TextClient } from "#runtime/serve/testing/process.ts";

const here = (name: string): string => fileURLToPath(new URL(name, import.meta.url));
const program = here("../../runtime/bin.js");
const missing = ["/usr/sbin/sshguard", "/usr/sbin/sshd", "/usr/bin/ssh"].find((path) => !existsSync(path));

/** Starts a daemon with its children in a namespace; the test ends them all. */
function daemon(t: ExecutionContext, namespace: string, script: string, env: Readonly<Record<string, string>> = {}) {
  // A mount namespace of its own: what the daemons expect under /run and /etc is laid there, and nowhere else.
  const child = spawn("ip", ["netns", "exec", namespace, "unshare", "--mount", "sh", "-c", script], {
    detached: true,
    stdio: ["ignore", "ignore", "pipe"],
    env: { ...process.env, ...env },
  });
  const said = { text: "" };
  child.stderr.on("data", (text: Buffer) => void (said.text += text.toString()));
  t.teardown(() => {
    try {
      process.kill(-child.pid!, "SIGKILL");
    } catch {
      // It has ended.
    }
  });
  return said;
}

const title = "a brute-force attack over SSH is held off at the switch, and let through again";
if (missing !== undefined) testUnless(`${missing} is missing`, title, (t) => t.fail());
else
  switchTest(title, async (t, start) => {
    t.timeout(300_000);
    const lab = await start();
    const guard = lab.hosts.find(({ name }) => name === "bob")!;
    const shares = readFileSync(here("shares.pane"), "utf8")
      .replace('include "network.fml".', "")
      .replaceAll(/^(?:True|False) <- .*\n/gm, "")
      .replaceAll("dstHost=gate", "dstHost=bob");
    const cwd = folder(t, {
      "net.pane": `default allow.\n${factsOf(lab)}${shares}`,
      "guess.sh": "#!/bin/sh\necho secret\n",
      "glazier.sh": `#!/bin/sh\nexec "${process.execPath}" "${program}" "$@"\n`,
      "sshd.conf": `ListenAddress ${guard.ip}
HostKey @@/key
PidFile none
UsePAM no
PermitRootLogin yes
PasswordAuthentication yes
AuthorizedKeysFile none
`,
      "sshd.log": "",
      "etc/sshguard.conf": `BACKEND=${here("sshg-fw-glazier")}\n`,
    });
    execFileSync("sh", ["-c", `chmod +x *.sh; sed -i "s|@@|$PWD|" sshd.conf; ssh-keygen -q -t ed25519 -N "" -f key`], {
      cwd,
    });
    const socket = join(cwd, "socket");
    const words = ["net.pane", "--switch", lab.mgmt, "--db", lab.db, "--state", "state", "--socket", socket];
    const server = new ServeProcess(t, words, cwd);
    await server.printed(/: \d+ added/);
    const root = await TextClient.login(socket, "root", server.token);
    const token = /glz_\S+/.exec((await root.say("token sshguard."))!)![0];

    daemon(
      t,
      guard.namespace,
      `mount -t tmpfs tmpfs /run && mkdir /run/sshd && exec /usr/sbin/sshd -D -f "${cwd}/sshd.conf" -E "${cwd}/sshd.log"`,
    );
    const said = daemon(
      t,
      guard.namespace,
      // It forgives after six seconds at the earliest, and remembers for a minute.
      `mount --bind "${cwd}/etc" /etc/sshguard && exec sshguard -a 30 -p 6 -s 60 "${cwd}/sshd.log"`,
      {
        GLAZIER: join(cwd, "glazier.sh"),
        GLAZIER_SERVER: `unix:${socket}`,
        GLAZIER_TOKEN: token,
        GLAZIER_PROTECTS: "bob",
      },
    );
    /** Whether the server shows a host its key. */
    const answers = async (from: string): Promise<boolean> =>
      (await lab.run(from, ["ssh-keyscan", "-T", "2", "-t", "ed25519", guard.ip], { timeout: 20_000 })).stdout.includes(
        "ssh-ed25519",
      );
    t.true(await until(() => answers("eve"), { patience: 60_000 }), "the server is reached before the attack");

    const options = [
      "StrictHostKeyChecking=no",
      "UserKnownHostsFile=/dev/null",
      "PreferredAuthentications=password",
      "ConnectTimeout=2",
    ];
    const attack = [
      "env",
      "SSH_ASKPASS_REQUIRE=force",
      `SSH_ASKPASS=${join(cwd, "guess.sh")}`,
      "timeout",
      "5",
      "ssh",
      ...options.flatMap((one) => ["-o", one]),
    ];
    const isHeld = async (): Promise<boolean> =>
      / on gateAC to \+1d\./.test((await root.say("ListRequests on gateAC."))!);
    let guesses = 0;
    while (!(await isHeld()) && guesses < 20) {
      await lab.run("eve", [...attack, `root@${guard.ip}`, "true"], { timeout: 20_000 });
      guesses++;
    }
    t.true(await isHeld(), `after ${guesses} attacks:\n${readFileSync(join(cwd, "sshd.log"), "utf8")}\n${said.text}`);
    const eve = lab.hosts.find(({ name }) => name === "eve")!;
    t.regex(
      (await root.say("ListRequests on gateAC."))!,
      new RegExp(` sshguard:sshguard_${eve.ip.replaceAll(".", "_")}_32\tdeny\t`),
    );
    t.true(await until(async () => (await lab.dump()).includes(`nw_src=${eve.ip},nw_dst=${guard.ip} actions=drop`)));
    if (await isHeld()) {
      const [fromEve, fromAlice] = await Promise.all([answers("eve"), answers("alice")]);
      // SSHGuard may forgive in between; then the switch lets her through, rightly.
      if (await isHeld()) t.false(fromEve, "the attacker is held off");
      t.true(fromAlice, "others are not");
    }
    t.true(await until(async () => !(await isHeld()), { patience: 120_000 }), `SSHGuard forgives\n${said.text}`);
    t.true(await until(() => answers("eve"), { patience: 60_000 }), "who is forgiven is let through");
    root.close();
  });
