/** Whether this machine can run a lab, and if not, the reason in words, which a skipped test prints. */
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

/** Why namespaces cannot be made; undefined if they can. A container may forbid them even to root, so this tries it. */
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

/** Why a lab cannot run on this machine; `undefined` if it can. It is tried once in each process. */
export function canRunLab(): string | undefined {
  known ??= { reason: reason() };
  return known.reason;
}
