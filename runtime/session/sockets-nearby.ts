/** A path where no socket is → where was looked, and which sockets of the same kind are near. */
import { readdirSync } from "node:fs";
import { basename, dirname, join, resolve } from "node:path";

/** Where Open vSwitch puts its sockets, unless it is told otherwise. */
const USUAL = "/var/run/openvswitch";
const MOST_NAMED = 3;

/** Help for a socket that is missing, of a database (`db.sock`) or of a bridge (`BRIDGE.mgmt`), or may not be opened. */
export function socketHelp(path: string, code: string | undefined, ofDatabase = false): string | undefined {
  if (code === "EACCES") return "who may write to that file may open it: root may, with `sudo` in front of the command";
  if (code !== "ENOENT") return undefined;
  const looked = resolve(path);
  const isDatabase = ofDatabase || basename(looked) === "db.sock";
  const isAlike = (name: string): boolean => (isDatabase ? name === "db.sock" : name.endsWith(".mgmt"));
  const near = [...new Set([dirname(looked), USUAL])].flatMap((folder) =>
    namesIn(folder)
      .filter(isAlike)
      .map((name) => `unix:${join(folder, name)}`),
  );
  const [named, more] = [near.slice(0, MOST_NAMED), near.length - MOST_NAMED];
  if (named.length === 0)
    return `it looked at ${looked}; Open vSwitch has ${isDatabase ? "its database at" : "that of a bridge at"} ${USUAL}/${isDatabase ? "db.sock" : "BRIDGE.mgmt"}`;
  return `it looked at ${looked}; ${named.join(", ")}${more > 0 ? ` and ${more} more` : ""} ${near.length === 1 ? "is" : "are"} there`;
}

function namesIn(folder: string): readonly string[] {
  try {
    return readdirSync(folder).toSorted();
  } catch {
    return [];
  }
}
