/** Whether a log can live in a folder: not on a network's file system, where locks and `fsync` are not what they say. */
import { statfsSync } from "node:fs";
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
