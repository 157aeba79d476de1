/** Operations on a host of a lab. */
import { must } from "../process/command.ts";
import type { LabHost } from "./topology.ts";

interface Interface {
  readonly stats64: { readonly rx: { readonly packets: number }; readonly tx: { readonly packets: number } };
}

/** The packets that a host has received and sent since it was plugged in. */
export async function counters({ namespace }: LabHost): Promise<{ readonly received: number; readonly sent: number }> {
  const text = await must(["ip", "-n", namespace, "-j", "-s", "link", "show", "eth0"]);
  const [eth0] = JSON.parse(text) as readonly [Interface];
  return { received: eth0.stats64.rx.packets, sent: eth0.stats64.tx.packets };
}

/** Makes a host give back, untouched, every unicast frame that is neither to nor from its own address. */
export async function makeMiddlebox({ namespace, mac }: LabHost): Promise<void> {
  const tc = (...args: string[]): Promise<string> => must(["ip", "netns", "exec", namespace, "tc", ...args]);
  // Without it the interface drops frames for other hosts.
  await must(["ip", "-n", namespace, "link", "set", "eth0", "promisc", "on"]);
  await tc("qdisc", "add", "dev", "eth0", "ingress");
  const filter = ["filter", "add", "dev", "eth0", "parent", "ffff:", "protocol", "all"];
  await tc(...filter, "prio", "1", "u32", "match", "ether", "dst", mac, "flowid", ":1");
  await tc(...filter, "prio", "1", "u32", "match", "ether", "src", mac, "flowid", ":1");
  await tc(...filter, "prio", "2", "u32", "match", "u8", "0x01", "0x01", "at", "-14", "flowid", ":1");
  await tc(
    ...filter,
    "prio",
    "3",
    "u32",
    "match",
    "u32",
    "0",
    "0",
    "action",
    "mirred",
    "egress",
    "redirect",
    "dev",
    "eth0",
  );
}
