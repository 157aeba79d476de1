/** Whether this machine can hold a lab, and if not, the reason in words: what a skipped test prints. */
import { spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { searchPath } from "../process/command.ts";

/** The schema that the switch's database is made from. */
export const schema = "/usr/share/openvswitch/vswitch.ovsschema";

const programs: Readonly<Record<string, string>> = {
  ip: "iproute2",
  "ovsdb-tool": "openvswitch-switch",
  "ovsdb-server": "openvswitch-switch",
  "ovs-vswitchd": "openvswitch-switch",
  "ovs-vsctl": "openvswitch-switch",
  "ovs-ofctl": "openvswitch-switch",
  ethtool: "ethtool",
  ping: "iputils-ping",
  python3: "python3",
};

/** Whether a program is on the path. */
export function installed(program: string): boolean {
  return searchPath.split(":").some((folder) => folder !== "" && existsSync(join(folder, program)));
}

/** Namespaces need more than being root: a container may forbid them. Trying is the only way to know. */
function namespacesFail(): string | undefined {
  const probe = `glazier-probe-${process.pid}-${Math.random().toString(36).slice(2)}`;
  const env = { ...process.env, PATH: searchPath };
  const made = spawnSync("ip", ["netns", "add", probe], { env, encoding: "utf8" });
  spawnSync("ip", ["netns", "del", probe], { env });
  return made.status === 0 ? undefined : made.stderr.trim() || "ip netns add failed";
}

function reason(): string | undefined {
  if (process.platform !== "linux") return `network namespaces need Linux (this is ${process.platform})`;
  if (process.getuid?.() !== 0) return "network namespaces need root";
  for (const [program, packaged] of Object.entries(programs))
    if (!installed(program)) return `${program} is not installed (Debian package ${packaged})`;
  if (!existsSync(schema)) return `${schema} is missing (Debian package openvswitch-switch)`;
  const failure = namespacesFail();
  return failure === undefined ? undefined : `network namespaces cannot be made here: ${failure}`;
}

let known: { readonly reason: string | undefined } | undefined;

/** Why a lab cannot run on this machine; `undefined` where it can. Tried once per process. */
export function canRunLab(): string | undefined {
  known ??= { reason: reason() };
  return known.reason;
}
