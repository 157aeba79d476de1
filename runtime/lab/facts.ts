/** A lab → the facts of a policy about its network (LANGUAGE, "The directory and the network"). */
import type { LabHost, LabLink, LabSwitch } from "./topology.ts";

export interface LabNetwork {
  readonly switches: readonly LabSwitch[];
  readonly links: readonly LabLink[];
  readonly hosts: readonly LabHost[];
}

export interface FactOptions {
  /** The rate of every cable between switches as a policy writes it, such as `20Mb`; 1 Gb/s if absent. */
  readonly rate?: string;
  /** The rates of single ports, such as `[["s3", 1, "20Mb"]]`. */
  readonly portRates?: readonly (readonly [name: string, port: number, rate: string])[];
}

/** The text of the facts, one a line. */
export function factsOf(
  { switches, links, hosts }: LabNetwork,
  { rate = "1Gb", portRates = [] }: FactOptions = {},
): string {
  const lines = [
    ...switches.map(({ name, dpid }) => `switch(${name}, ${Number.parseInt(dpid, 16)}).`),
    ...hosts.flatMap(({ name, ip, mac, switch: at, port }) => [
      `host_ip(${name}, ${ip}).`,
      `host_mac(${name}, ${mac}).`,
      `host_at(${name}, ${at}, ${port}).`,
    ]),
    ...links.map(({ from, fromPort, to, toPort }) => `link(${from}, ${fromPort}, ${to}, ${toPort}, ${rate}).`),
    ...portRates.map(([name, port, limit]) => `port_rate(${name}, ${port}, ${limit}).`),
  ];
  return `${lines.join("\n")}\n`;
}
