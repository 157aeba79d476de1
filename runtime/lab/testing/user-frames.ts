/** Frames of users in words, and policies on the switch of a lab, for tests of whose a frame is. */
import { readFileSync } from "node:fs";
import { readRules } from "../../../compiler/admission/read-rules.ts";
import { decide, tablesAt } from "../../../compiler/compile.ts";
import type { TargetName } from "../../../compiler/lowering/index.ts";
import type { Decided } from "../../../compiler/admission/decided.ts";
import type { Table } from "../../../compiler/table/entry.ts";
import { toOvs } from "../../../compiler/table/text.ts";
import { must } from "../../process/command.ts";
import { arp, ethernet, ipv4, udp } from "../frames.ts";
import type { Lab } from "../lab.ts";
import { MARKER_ENTRY } from "./burst.ts";

const pane = new URL("../../../policies/pane.fml", import.meta.url);
const { rules } = readRules({ name: "pane.fml", text: readFileSync(pane, "utf8") });

export function compiled(
  text: string,
  target: TargetName = "ovs",
): { readonly table: Table; readonly decided: Decided } {
  const decided = decide([{ name: "users.pane", text }], { now: 0, load: () => undefined, rules });
  const { tables, diagnostics } = tablesAt(decided, 0, { target });
  const errors = [...decided.diagnostics, ...diagnostics].filter(({ severity }) => severity === "error");
  if (errors.length > 0) throw new Error(`${errors.map(({ message }) => message).join("; ")}\n${text}`);
  return { table: [...tables.values()][0]!, decided };
}

/** Installs a table beside the marker's entry, and forgets what was cached of the one before. */
export async function install(lab: Lab, table: Table): Promise<void> {
  const meters = table.meters ?? [];
  await lab.ofctl("del-meters");
  for (const { meter, rate } of meters)
    await lab.ofctl("add-meter", [`meter=${meter},kbps,band=type=drop,rate=${rate}`]);
  await lab.ofctl("replace-flows", ["-"], { input: `${MARKER_ENTRY}\n${toOvs({ entries: table.entries })}` });
  await must(["ovs-appctl", "-t", `${lab.directory}/ovs-vswitchd.ctl`, "revalidator/purge"]);
}

/** A frame, in words. */
export interface Frame {
  readonly src: string;
  readonly dst: string;
  readonly inPort: number;
  /** What it carries: UDP between two addresses, a question of ARP from an address, or no known protocol. */
  readonly carries: readonly ["udp", string, string] | readonly ["arp", string] | readonly ["other"];
}

export const HOSTS = ["alice", "eve", "bob"];

export function bytesOf({ src, dst, carries }: Frame): readonly number[] {
  const [kind, from, to] = carries;
  if (kind === "other") return [...ethernet({ src, dst }, 0x1234)];
  if (kind === "arp") return [...ethernet({ src, dst }, 0x0806, arp(1, { mac: src, ip: from }, { ip: "10.0.0.99" }))];
  const ports = from === "0.0.0.0" ? udp(68, 67) : udp(7, 7);
  return [...ethernet({ src, dst }, 0x0800, ipv4(from, to, 17, ports))];
}

export const EVES = "00:00:00:00:00:08";
export const OTHER = "00:00:00:00:00:77";
export const ALL = "ff:ff:ff:ff:ff:ff";
export const udpOf = (src: string, from: string, dst = ALL, to = "10.0.0.99"): Frame => {
  return { src, dst, inPort: 2, carries: ["udp", from, to] };
};
