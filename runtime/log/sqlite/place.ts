/**
 * Whether a log can live in a folder: not on a network's file system, where locks and `fsync` are not what they say, nor
 * beside pipes and devices that have the names of its files, which whoever reads them would wait for.
 */
import { readdirSync, statfsSync, statSync } from "node:fs";
import { join } from "node:path";
import { LogError } from "../log.ts";

/** What Linux says in `statfs`, for file systems that are not this machine's alone. */
const NETWORKED: ReadonlyMap<number, string> = new Map([
  [0x6969, "NFS"],
  [0xff534d42, "CIFS"],
  [0xfe534d42, "SMB"],
  [0x517b, "SMB"],
  [0x01021997, "9P"],
  [0x65735546, "FUSE, behind which a network may be"],
  [0x00c36400, "Ceph"],
  [0x5346414f, "AFS"],
  [0x6b414653, "AFS"],
  [0x73757245, "Coda"],
  [0x0bd00bd0, "Lustre"],
  [0x47504653, "GPFS"],
  [0x19830326, "BeeGFS"],
  [0x01161970, "GFS2"],
  [0x7461636f, "OCFS2"],
  [0x786f4256, "a folder shared by VirtualBox"],
  [0xbacbacbc, "a folder shared by VMware"],
]);

/** Throws `unsuitable`. */
export function refuseNetworks(folder: string): void {
  const kind = NETWORKED.get(Number(statfsSync(folder).type) >>> 0);
  if (kind === undefined) return;
  throw new LogError({
    kind: "unsuitable",
    message: `${folder} lies on a network's file system (${kind}), where locks and fsync are not reliable`,
    help: "choose a folder on a disk of this machine",
  });
}

/** The names of what a server keeps beside its log, and of the log itself. */
const OWN = /^(?:log\.|snapshot|server\.id$)/;

/** Throws `unsuitable` where a name of ours is that of a pipe, a socket or a device. */
export function refusePipes(folder: string): void {
  for (const name of readdirSync(folder).filter((one) => OWN.test(one))) {
    const path = join(folder, name);
    const found = statSync(path, { throwIfNoEntry: false });
    if (found === undefined || found.isFile() || found.isDirectory()) continue;
    throw new LogError({
      kind: "unsuitable",
      message: `${path} is no regular file`,
      help: "take it away, and put the file of that name back from a backup if it was there",
    });
  }
}
