/** What tells a server from all others on its switches: a number that lies with its state, so that a restart has the same. */
import { randomBytes } from "node:crypto";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";

const FILE = "server.id";

/** The number of a state, made at its first start. Only who leads the log of the state may call it. */
export function stateId(folder: string): bigint {
  const path = join(folder, FILE);
  const known = read(path);
  if (known !== undefined) return known;
  const id = randomBytes(8);
  writeFileSync(path, `${id.toString("hex")}\n`, { mode: 0o600 });
  return id.readBigUInt64BE();
}

/** A file that is not as it was written counts as none: the switches are another server's then, for as long as they say. */
function read(path: string): bigint | undefined {
  try {
    const [, digits] = /^([0-9a-f]{16})\n$/.exec(readFileSync(path, "utf8")) ?? [];
    return digits === undefined ? undefined : BigInt(`0x${digits}`);
  } catch {
    return undefined;
  }
}
