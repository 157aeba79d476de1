/** Steered frames never circle: one broadcast frame on real bridges in a ring, and its copies that cross cables. */
import type { ExecutionContext } from "ava";
import { decide, tablesAt } from "../../compiler/compile.ts";
import { RULES } from "../../compiler/admission/testing/networks.ts";
import { factsOf, type Lab, type LabOptions } from "../lab/lab.ts";
import { switchTest } from "../lab/test.ts";
import { apply } from "./index.ts";

/** Compiles a policy for the lab's network, and applies it to every switch. */
async function enforce(t: ExecutionContext, lab: Lab, policy: string): Promise<void> {
  const now = Math.floor(Date.now() / 1000);
  const files = [
    { name: "net.fml", text: `default allow.\n${factsOf(lab)}` },
    { name: "by.pane", text: policy },
  ];
  const decided = decide(files, { now, rules: RULES, load: () => undefined });
  const lowered = tablesAt(decided, now, { target: "ovs-userspace" });
  const all = [...decided.diagnostics, ...lowered.diagnostics];
  t.deepEqual(
    all.filter(({ severity }) => severity === "error").map(({ message }) => message),
    [],
  );
  t.true(
    all.some(({ code }) => code === "W831"),
    "a warning says that broadcasts end at the waypoint",
  );
  for (const { name, mgmt } of lab.switches) {
    const result = await apply(mgmt, lowered.tables.get(name)!, { runFilter: lab.onSwitch });
    t.is(result.outcome, "applied", result.diagnostics.map(({ message }) => message).join("; "));
  }
}

/** Frames that came in by cables between switches, all together. */
async function crossings(lab: Lab): Promise<number> {
  let sum = 0;
  for (const { name } of lab.switches) {
    const ports = lab.links.flatMap(({ from, fromPort, to, toPort }) =>
      from === name ? [fromPort] : to === name ? [toPort] : [],
    );
    const dump = await lab.ofctl("dump-ports", ["--no-names"], { switch: name });
    for (const [, port, count] of dump.matchAll(/port\s+(\d+): rx pkts=(\d+)/g))
      if (ports.includes(Number(port))) sum += Number(count);
  }
  return sum;
}

/** Sends one frame to all hosts, and then echoes for a second; returns how many frames crossed cables. */
async function broadcast(lab: Lab, from: string, to: string): Promise<number> {
  const before = await crossings(lab);
  await lab.run(from, ["ping", "-b", "-c", "1", "-W", "1", "10.0.0.255"]).catch(() => undefined);
  await lab.run(from, ["ping", "-c", "6", "-i", "0.2", lab.hosts.find(({ name }) => name === to)!.ip]);
  return (await crossings(lab)) - before;
}

/** The path from h1 to s4 is by s3, which is outside the tree of floods; from s4 it goes on by s1. */
const ring: LabOptions = {
  switches: ["s1", "s2", "s3", "s4"],
  hosts: [
    { name: "h1", ip: "10.0.0.1", switch: "s2" },
    { name: "h2", ip: "10.0.0.2", switch: "s1" },
  ],
  links: [
    ["s3", "s4"],
    ["s2", "s3"],
    ["s4", "s1"],
    ["s1", "s2"],
  ],
};

switchTest(
  "in a ring of four a broadcast that is steered to a switch ends there, and a known host is reached",
  async (t, start) => {
    const lab = await start(ring);
    await enforce(t, lab, "@x waypoint(srcHost=h1) = s4 on rootShare.");
    t.true(await lab.ping("h1", "h2"));
    const crossed = await broadcast(lab, "h1", "h2");
    t.log(`${crossed} frames crossed cables`);
    // Six echoes take three cables there and one back; a frame that circled crossed 1,600 times a second.
    t.true(crossed >= 24 && crossed < 80, `${crossed} frames crossed cables`);
  },
);

const line: LabOptions = {
  switches: ["s1", "s2"],
  hosts: [
    { name: "a", ip: "10.0.0.1", switch: "s1" },
    { name: "b", ip: "10.0.0.2", switch: "s1" },
    { name: "w", ip: "10.0.0.3", switch: "s2" },
    { name: "v", ip: "10.0.0.4", switch: "s1" },
  ],
  links: [["s1", "s2"]],
};

switchTest(
  "with two middleboxes at two switches, frames that these give back go to their end and no further",
  async (t, start) => {
    const lab = await start(line);
    for (const box of ["w", "v"]) await lab.middlebox(box);
    await enforce(t, lab, "@x waypoint(srcHost=a) = w, v on rootShare.");
    t.true(await lab.ping("a", "b"));
    const crossed = await broadcast(lab, "a", "b");
    t.log(`${crossed} frames crossed cables`);
    t.true(crossed >= 12 && crossed < 80, `${crossed} frames crossed cables`);
  },
);
