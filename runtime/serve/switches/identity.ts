/** What tells a server from all others on its switches: a number that lies with its state, so that a restart has the same. */
import { randomBytes } from "node:crypto";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { LogError } from "../../log/log.ts";
import { NoRegularFile, readRegular } from "../../process/regular-file.ts";

const FILE = "server.id";

/**
 * The number of a state, made at its first start. Only who leads the log of the state may call it.
 *
 * @throws {LogError} What has its name is no regular file.
 */
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
    const [, digits] = /^([0-9a-f]{16})\n$/.exec(readRegular(path).toString()) ?? [];
    return digits === undefined ? undefined : BigInt(`0x${digits}`);
  } catch (error) {
    if (!(error instanceof NoRegularFile)) return undefined;
    const message = `${path} cannot be used: ${error.message}`;
    throw new LogError({ kind: "unsuitable", message, help: "move it away: the server makes a file there" });
  }
}
