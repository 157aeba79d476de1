/** The lab does what it says: real traffic, several at once, several switches, and nothing left behind. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, readdirSync } from "node:fs";
import { fileURLToPath } from "node:url";
import test from "ava";
import { command } from "../process/command.ts";
import { remove } from "./estate.ts";
import { switchTest, testUnless } from "./test.ts";
import { canRunLab } from "./requirements.ts";
import { plan } from "./topology.ts";

const namespaces = (): string[] => (existsSync("/run/netns") ? readdirSync("/run/netns") : []);

switchTest("a secure switch without entries passes nothing", async (t, start) => {
  const lab = await start();
  t.is(await lab.dump(), "");
  t.false(await lab.ping("alice", "bob", { timeout: 1_000 }));
});

switchTest("echo and TCP pass where entries allow and are silent where one denies", async (t, start) => {
  const lab = await start();
  await lab.ofctl("add-flows", ["-"], {
    input: "priority=1,actions=NORMAL\npriority=9,tcp,nw_src=10.0.0.3,tp_dst=8080,actions=drop\n",
  });
  t.true(await lab.ping("alice", "bob"));
  t.true(await lab.ping("eve", "10.0.0.4"));
  t.true(await lab.tcp("alice", "bob", 8080));
  t.true(await lab.tcp("eve", "bob", 8081));
  t.false(await lab.tcp("eve", "bob", 8080, { timeout: 500 }));
});

switchTest("a failed echo does not outlive the deny that caused it", async (t, start) => {
  const lab = await start();
  t.false(await lab.ping("alice", "bob", { timeout: 1_000 }));
  await lab.ofctl("add-flow", ["actions=NORMAL"]);
  await lab.flushNeighbours();
  t.true(await lab.ping("alice", "bob"));
});

switchTest("the trace of a packet has the ports by which it leaves, or drop", async (t, start) => {
  const lab = await start();
  await lab.ofctl("add-flow", ["in_port=1,actions=output:3"]);
  const bob = lab.hosts.find((host) => host.name === "bob")!;
  t.is((await lab.trace("in_port=1,icmp")).actions, bob.portName);
  t.is((await lab.trace("in_port=2,icmp")).actions, "drop");
});

switchTest("two labs of one name run side by side", async (t, start) => {
  const [one, two] = await Promise.all([start({ name: "twin" }), start({ name: "twin" })]);
  t.not(one.directory, two.directory);
  await one.ofctl("add-flow", ["actions=NORMAL"]);
  t.true(await one.ping("alice", "bob"));
  t.false(await two.ping("alice", "bob", { timeout: 1_000 }));
});

switchTest("three switches in a chain carry traffic end to end", async (t, start) => {
  const lab = await start({
    switches: ["s1", "s2", "s3"],
    hosts: [
      { name: "alice", ip: "10.0.0.2", switch: "s1" },
      { name: "bob", ip: "10.0.0.4", switch: "s3" },
    ],
  });
  for (const { name } of lab.switches) await lab.ofctl("add-flow", ["actions=NORMAL"], { switch: name });
  t.true(await lab.tcp("alice", "bob", 80));
  await lab.ofctl("add-flow", ["priority=40000,tcp,actions=drop"], { switch: "s2" });
  t.false(await lab.tcp("alice", "bob", 80, { timeout: 500 }));
});

switchTest("a lab taken down leaves no namespace, directory or process", async (t, start) => {
  const lab = await start({ name: "gone" });
  const pids = await command(["ip", "netns", "pids", lab.namespace]);
  t.is(pids.stdout.trim().split("\n").length, 2);
  await lab.down();
  await lab.down();
  t.false(existsSync(lab.directory));
  t.deepEqual(
    namespaces().filter((name) => lab.hosts.some((host) => host.namespace === name) || name === lab.namespace),
    [],
  );
});

switchTest("a lab whose start fails leaves nothing", async (t, start) => {
  const hosts = [{ name: "alice", ip: "10.0.999.2" }];
  await t.throwsAsync(start({ name: "broken", hosts }), { message: /10\.0\.999\.2/ });
  t.deepEqual(
    namespaces().filter((name) => name.startsWith("glazier-broken-")),
    [],
  );
});

/** Starts another process with a lab of this name and waits until it runs. */
async function otherProcess(name: string) {
  const code = `import { startLab } from ${JSON.stringify(new URL("lab.ts", import.meta.url).href)};
    const lab = await startLab({ name: ${JSON.stringify(name)} });
    process.stdout.write(lab.directory + "\\n");
    setInterval(() => undefined, 1_000);`;
  const child = spawn(process.execPath, ["--input-type=module", "--eval", code], {
    cwd: fileURLToPath(new URL(".", import.meta.url)),
    stdio: ["ignore", "pipe", "inherit"],
  });
  const [line] = (await once(child.stdout, "data")) as [Buffer];
  return { child, directory: line.toString().trim(), exit: once(child, "exit") };
}

switchTest("a process that gets SIGTERM removes its lab", async (t) => {
  const { child, directory, exit } = await otherProcess("polite");
  t.true(existsSync(directory));
  child.kill("SIGTERM");
  const [, signal] = (await exit) as [unknown, string];
  t.is(signal, "SIGTERM");
  t.false(existsSync(directory));
});

switchTest("the next lab removes what a killed process left", async (t, start) => {
  const { child, directory, exit } = await otherProcess("killed");
  child.kill("SIGKILL");
  await exit;
  t.true(existsSync(directory));
  await start();
  t.false(existsSync(directory));
  t.deepEqual(
    namespaces().filter((name) => name.startsWith("glazier-killed-")),
    [],
  );
});

testUnless(canRunLab(), "the removal of a lab that is not there does nothing", (t) => {
  t.notThrows(() => remove("glazier-never-1-1-1"));
});

test("ports are numbered hosts first, then links, and a socket path that is too long is an error", (t) => {
  const { hosts, links, switches } = plan("id", "/tmp/lab", { switches: ["s1", "s2"] });
  t.deepEqual(
    hosts.map((host) => [host.name, host.ip, host.mac, host.port]),
    [
      ["alice", "10.0.0.2", "00:00:00:00:00:02", 1],
      ["eve", "10.0.0.3", "00:00:00:00:00:03", 2],
      ["bob", "10.0.0.4", "00:00:00:00:00:04", 3],
    ],
  );
  t.like(links, [{ from: "s1", fromPort: 4, to: "s2", toPort: 1 }]);
  t.is(switches[1]!.dpid, "0000000000000002");
  t.throws(() => plan("id", `/tmp/${"x".repeat(120)}`, {}), { message: /choose a shorter TMPDIR/ });
});
