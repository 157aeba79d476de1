/** For tests only: snapshots of networks without a policy, as bytes and back. */
import { createHash } from "node:crypto";
import type { Admission } from "../admission.ts";
import { readSnapshot } from "../snapshot/read.ts";
import type { LoadedPolicy } from "../snapshot/snapshot.ts";
import { digestOf, writeSnapshot } from "../snapshot/write.ts";
import { admissionFor, modelOf, NOW } from "./networks.ts";

export const sha256 = (bytes: Uint8Array): string => createHash("sha256").update(bytes).digest("hex");

export const NO_POLICY: LoadedPolicy = { hash: "none", model: modelOf("") };

/** The snapshot of a network as bytes. */
export function bytesOf(admission: Admission, policy = NO_POLICY): Buffer {
  const written = writeSnapshot(admission.snapshot(policy), sha256);
  if (typeof written === "string") throw new Error(written);
  return Buffer.from(written.bytes);
}

/** The digest of the state of a network. */
export const digestNow = (admission: Admission): string => digestOf(admission.snapshot(NO_POLICY), sha256);

/** The network of a snapshot; a fault fails the test. */
export function restored(bytes: Uint8Array, admission = admissionFor(undefined, NOW), policy = NO_POLICY): Admission {
  const read = readSnapshot(bytes, sha256);
  if (typeof read === "string") throw new Error(read);
  const fault = admission.restore(read.snapshot, policy);
  if (fault !== undefined) throw new Error(fault);
  return admission;
}
