/**
 * Paths of what hosts send of which no fact states the MAC, on real bridges (NETWORK, "Spoof" and "Forward"): each frame
 * is seen at every port that it comes to.
 */
import { decide, tablesAt } from "../../compiler/compile.ts";
import { RULES } from "../../compiler/admission/testing/networks.ts";
import { capture, type Capture } from "../lab/capture.ts";
import { arp, ethernet, ipv4, udp } from "../lab/frames.ts";
import { factsOf, type Lab, type LabOptions } from "../lab/lab.ts";
import { switchTest } from "../lab/test.ts";
import type { LabHost } from "../lab/topology.ts";
import { must } from "../process/command.ts";
import { apply } from "./index.ts";
import { sighted } from "./testing/sighted.ts";

const ALL = "ff:ff:ff:ff:ff:ff";

/** The lab's facts without those about the MACs of some hosts. */
function factsWithout(lab: Lab, macs: readonly string[]): string {
  const isLeft = (line: string): boolean => !macs.some((name) => line.startsWith(`host_mac(${name},`));
  return factsOf(lab).split("\n").filter(isLeft).join("\n");
}

/** Applies a policy to all bridges; returns the codes of its diagnostics, with what helps against `W821`. */
async function put(lab: Lab, text: string): Promise<readonly string[]> {
  const decided = decide([{ name: "bare.pane", text: `default allow.\n${text}\n` }], {
    now: 0,
    rules: RULES,
    load: () => undefined,
  });
  const { tables, diagnostics } = tablesAt(decided, 0, { target: "ovs" });
  for (const { name, mgmt } of lab.switches) {
    const result = await apply(mgmt, tables.get(name)!, { runFilter: lab.onSwitch });
    if (result.outcome === "failed") throw new Error(result.diagnostics.map(({ message }) => message).join("; "));
  }
  // Cached flows of the datapath outlive their entries.
  await must(["ovs-appctl", "-t", `${lab.directory}/ovs-vswitchd.ctl`, "revalidator/purge"]);
  return [...decided.diagnostics, ...diagnostics].flatMap(({ code, severity, help }) =>
    code === "W821" ? [help ?? code] : severity === "error" ? [code] : [],
  );
}

/** Sends a frame; returns where it came into switches and went out, once nothing more is seen of it. */
async function pathOf(
  watch: Capture,
  from: string,
  frame: (mark: Uint8Array) => Uint8Array,
): Promise<readonly string[]> {
  return (await sighted(watch, from, frame)).map((one) => `${one.at} ${one.isIn ? "in" : "out"}`);
}

const askFrom =
  (mac: string, ip: string, target: string, dst = ALL) =>
  (mark: Uint8Array): Uint8Array =>
    ethernet({ src: mac, dst }, 0x0806, [...arp(1, { mac, ip }, { ip: target }), ...mark]);
const otherFrom =
  (src: string, dst: string) =>
  (mark: Uint8Array): Uint8Array =>
    ethernet({ src, dst }, 0x88b5, mark);

const line: LabOptions = {
  switches: ["s1", "s2"],
  hosts: [
    { name: "a", ip: "10.0.0.1", switch: "s1" },
    { name: "b", ip: "10.0.0.2", switch: "s2" },
    { name: "c", ip: "10.0.0.3", switch: "s2" },
  ],
  links: [["s1", "s2"]],
};

switchTest("what a host without a stated MAC sends crosses no switch that its user avoids", async (t, start) => {
  const lab = await start({
    switches: ["s1", "s2", "s3"],
    hosts: [
      { name: "a", ip: "10.0.0.1", switch: "s1" },
      { name: "b", ip: "10.0.0.2", switch: "s2" },
      { name: "c", ip: "10.0.0.3", switch: "s3" },
      { name: "d", ip: "10.0.0.4", switch: "s1" },
    ],
    links: [
      ["s1", "s2"],
      ["s2", "s3"],
      ["s3", "s1"],
    ],
  });
  const watch = await capture(lab);
  t.teardown(() => watch.stop());
  const [a, b, c, d] = lab.hosts as unknown as readonly [LabHost, LabHost, LabHost, LabHost];
  const facts = factsWithout(lab, ["a"]);
  const said = await put(lab, `${facts}\nuser_host("Ann", a). AddUser Ann.\n@q avoid(user="Ann") = s3 on rootShare.`);
  t.true(
    said.some((help) => help.includes("host_mac(a, MAC)")),
    said.join(),
  );
  const crossed = (path: readonly string[]): readonly string[] => path.filter((one) => one.startsWith("s3:"));
  const to = (host: LabHost): string => `${host.switch}:${host.port} out`;
  for (const frame of [askFrom(a.mac, a.ip, b.ip), otherFrom(a.mac, ALL), otherFrom(a.mac, c.mac)]) {
    const path = await pathOf(watch, "a", frame);
    t.deepEqual(crossed(path), [], path.join(", "));
  }
  // A broadcast reaches the hosts of its own switch, and what goes to a MAC arrives where the way there is safe.
  t.true((await pathOf(watch, "a", askFrom(a.mac, a.ip, b.ip))).includes(to(d)));
  const other = await pathOf(watch, "a", otherFrom(a.mac, b.mac));
  t.deepEqual([other.includes(to(b)), crossed(other)], [true, []]);
  // IP from its address is recognized by every switch.
  const four =
    (dst: string, ip: string) =>
    (mark: Uint8Array): Uint8Array =>
      ethernet({ src: a.mac, dst }, 0x0800, ipv4(a.ip, ip, 17, [...udp(7, 7).slice(0, 4), 0, 16, 0, 0, ...mark]));
  const led = await pathOf(watch, "a", four(b.mac, b.ip));
  t.deepEqual([led.includes(to(b)), crossed(led)], [true, []]);
  const all = await pathOf(watch, "a", four(ALL, "10.0.0.255"));
  t.deepEqual([all.includes(to(b)), crossed(all)], [true, []]);
});

switchTest("a statement by the port of a box leaves alone what the box gives back of others", async (t, start) => {
  const lab = await start({
    switches: ["s1", "s2"],
    hosts: [
      { name: "a", ip: "10.0.0.1", switch: "s1" },
      { name: "v", ip: "10.0.0.2", switch: "s1" },
      { name: "w", ip: "10.0.0.3", switch: "s2" },
      { name: "b", ip: "10.0.0.4", switch: "s2" },
    ],
    links: [["s1", "s2"]],
  });
  for (const box of ["v", "w"]) await lab.middlebox(box);
  const watch = await capture(lab);
  t.teardown(() => watch.stop());
  const [a, v, w, b] = lab.hosts as unknown as readonly [LabHost, LabHost, LabHost, LabHost];
  const at = (one: LabHost): string => `${one.switch}:${one.port}`;
  const four =
    (from: LabHost) =>
    (mark: Uint8Array): Uint8Array =>
      ethernet(
        { src: from.mac, dst: b.mac },
        0x0800,
        ipv4(from.ip, b.ip, 17, [...udp(7, 7).slice(0, 4), 0, 16, 0, 0, ...mark]),
      );
  const passed = async (from: LabHost): Promise<readonly boolean[]> => {
    const path = await pathOf(watch, from.name, four(from));
    return [v, w, b].map((one) => path.includes(`${at(one)} out`));
  };
  const by = `@p waypoint(srcHost=a) = v on rootShare.\n@q waypoint(srcAP=${at(v)}) = w on rootShare.`;
  await put(lab, `${factsOf(lab)}\n${by}`);
  t.deepEqual(await passed(a), [true, false, true]);
  t.deepEqual(await passed(v), [false, true, true]);
});

switchTest(
  "users at one port without stated MACs: what shows no address is dropped, her address is led",
  async (t, start) => {
    const near = { name: "e", ip: "10.0.0.4", switch: "s1" };
    const lab = await start({ ...line, hosts: [...line.hosts!, near] });
    const watch = await capture(lab);
    t.teardown(() => watch.stop());
    const [a, , , e] = lab.hosts as unknown as readonly [LabHost, LabHost, LabHost, LabHost];
    const said = await put(
      lab,
      `${factsWithout(lab, ["a"])}
     host_ip(x, 10.0.0.77). host_at(x, s1, ${a.port}). user_host("Ann", a). user_host("Xan", x).
     @q waypoint(user="Ann") = s2 on rootShare.`,
    );
    t.true(
      said.some((help) => help.includes("host_mac(a, MAC)")),
      said.join(),
    );
    const from =
      (ip: string) =>
      (mark: Uint8Array): Uint8Array =>
        ethernet(
          { src: a.mac, dst: e.mac },
          0x0800,
          ipv4(ip, e.ip, 17, [...udp(7, 7).slice(0, 4), 0, 16, 0, 0, ...mark]),
        );
    const crosses = (path: readonly string[]): boolean => path.some((one) => one.startsWith("s2:"));
    const hers = await pathOf(watch, "a", from(a.ip));
    t.deepEqual([crosses(hers), hers.at(-1)], [true, `s1:${e.port} out`]);
    const others = await pathOf(watch, "a", from("10.0.0.77"));
    t.deepEqual([crosses(others), others.at(-1)], [false, `s1:${e.port} out`]);
    for (const to of [e.mac, ALL]) t.deepEqual(await pathOf(watch, "a", otherFrom(a.mac, to)), [`s1:${a.port} in`]);
  },
);
