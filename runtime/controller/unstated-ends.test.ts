/**
 * Waypoints and avoids of what is for hosts of which no fact states the MAC, on real bridges by real frames (NETWORK, "Forward"):
 * what shows an address of the host takes the way, and what shows nothing is told.
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

/** Applies a policy to all bridges, with the lab's facts but those that begin so; returns what its diagnostics say. */
async function put(lab: Lab, left: readonly string[], statements: string): Promise<readonly string[]> {
  const facts = factsOf(lab).split("\n");
  const stated = facts.filter((fact) => !left.some((words) => fact.startsWith(words))).join("\n");
  const text = `default allow.\n${stated}\n${statements}\n`;
  const decided = decide([{ name: "ends.pane", text }], { now: 0, rules: RULES, load: () => undefined });
  const { tables, diagnostics } = tablesAt(decided, 0, { target: "ovs" });
  for (const { name, mgmt } of lab.switches) {
    const result = await apply(mgmt, tables.get(name)!, { runFilter: lab.onSwitch });
    if (result.outcome === "failed") throw new Error(result.diagnostics.map(({ message }) => message).join("; "));
  }
  // Cached flows of the datapath outlive their entries.
  await must(["ovs-appctl", "-t", `${lab.directory}/ovs-vswitchd.ctl`, "revalidator/purge"]);
  return diagnostics.map(({ code, message }) => `${code} ${message}`);
}

/** Sends a frame; returns the ports of hosts where it went out, in order, once nothing more is seen of it. */
async function arrives(
  lab: Lab,
  watch: Capture,
  from: LabHost,
  frame: (mark: Uint8Array) => Uint8Array,
): Promise<readonly string[]> {
  const ports = new Set(lab.hosts.map((host) => at(host as LabHost)));
  const seen = await sighted(watch, from.name, frame);
  return seen.flatMap((one) => (one.isIn || !ports.has(one.at) ? [] : [one.at]));
}

const at = ({ switch: name, port }: LabHost): string => `${name}:${port}`;
const answers =
  (from: LabHost, to: LabHost) =>
  (mark: Uint8Array): Uint8Array =>
    ethernet({ src: from.mac, dst: to.mac }, 0x0806, [...arp(2, from, to), ...mark]);
const sends =
  (from: LabHost, to: LabHost) =>
  (mark: Uint8Array): Uint8Array =>
    ethernet(
      { src: from.mac, dst: to.mac },
      0x0800,
      ipv4(from.ip, to.ip, 17, [...udp(7, 7).slice(0, 4), 0, 16, 0, 0, ...mark]),
    );
const other =
  (from: LabHost, to: LabHost) =>
  (mark: Uint8Array): Uint8Array =>
    ethernet({ src: from.mac, dst: to.mac }, 0x88b5, mark);

const row: LabOptions = {
  switches: ["s1", "s2", "s3"],
  hosts: [
    { name: "a", ip: "10.0.0.1", switch: "s2" },
    { name: "w", ip: "10.0.0.4", switch: "s2" },
    { name: "b", ip: "10.0.0.2", switch: "s3" },
  ],
  links: [
    ["s1", "s2"],
    ["s2", "s3"],
  ],
};

switchTest(
  "ARP for a host without a stated MAC takes the way of its port, and what shows nothing is told",
  async (t, start) => {
    const lab = await start(row);
    await lab.middlebox("w");
    const watch = await capture(lab);
    t.teardown(() => watch.stop());
    const [a, w, b] = lab.hosts as unknown as readonly [LabHost, LabHost, LabHost];
    const ways = `@p waypoint(*) = s3 on rootShare. @q waypoint(dstAP=${at(b)}) = w, s2 on rootShare.`;
    const said = (all: readonly string[]): readonly string[] => all.filter((one) => one.startsWith("W852"));
    t.regex(said(await put(lab, ["host_mac(b,"], ways)).join(), /^W852 what is for `b` .* `q` by/);
    for (const frame of [sends(a, b), answers(a, b)]) t.deepEqual(await arrives(lab, watch, a, frame), [at(w), at(b)]);
    // That is so of a host of which only the place is stated; with its MAC all of it is led, and a frame of another type ends at the box.
    t.is(said(await put(lab, ["host_mac(b,", "host_ip(b,"], ways)).length, 1);
    t.true((await arrives(lab, watch, a, sends(a, b))).includes(at(b)));
    t.deepEqual(said(await put(lab, ["host_ip(b,"], ways)), []);
    for (const frame of [sends(a, b), answers(a, b)]) t.deepEqual(await arrives(lab, watch, a, frame), [at(w), at(b)]);
    t.deepEqual(await arrives(lab, watch, a, other(a, b)), [at(w)]);
  },
);

switchTest("ARP for a host without a stated MAC crosses no avoided switch", async (t, start) => {
  const lab = await start({ ...row, links: [...row.links!, ["s3", "s1"]] });
  const watch = await capture(lab);
  t.teardown(() => watch.stop());
  const [a, w, b] = lab.hosts as unknown as readonly [LabHost, LabHost, LabHost];
  await put(lab, ["host_mac(b,", "host_mac(a,"], `@q avoid(srcAP=${at(a)}) = s3 on rootShare.`);
  for (const frame of [sends(a, b), answers(a, b), other(a, b)])
    t.false((await arrives(lab, watch, a, frame)).includes(at(b)));
  t.false(watch.sightings.some((one) => one.at.startsWith("s3:")));
  t.deepEqual(await arrives(lab, watch, a, answers(a, w)), [at(w)]);
  t.deepEqual(await arrives(lab, watch, w, answers(w, b)), [at(b)]);
  // At one port a known user's host and nobody's: its MAC tells hers, from an address that no fact states, too.
  const n = { ...a, name: "n", mac: "02:00:00:00:00:77", ip: "10.0.0.77" };
  const beside = `host_at(n, s2, ${a.port}). host_mac(n, ${n.mac}). host_ip(n, ${n.ip}). user_host("ann", a). host_ip(a, 2001:db8::1).`;
  await put(lab, ["host_ip(a,"], `${beside} @q avoid(user=unknown) = s3 on rootShare.`);
  for (const frame of [sends(a, b), answers(a, b), other(a, b)])
    t.deepEqual(await arrives(lab, watch, a, frame), [at(b)]);
  for (const frame of [sends, answers, other]) {
    t.deepEqual(await arrives(lab, watch, a, frame(n, b)), []);
    t.deepEqual(await arrives(lab, watch, a, frame(n, w)), [at(w)]);
  }
});
