/**
 * Users of this machine who need no token: each has a socket that the system lets that user alone open, beside the one of
 * all. Node cannot ask a socket who is at its other end; the mode of a file says it before.
 */
import { command } from "../../process/command.ts";

/** A user of this machine, and the user of the network that it stands for. */
export interface UnixUser {
  /** The name, or the number, as it was given: its socket is called so. */
  readonly name: string;
  readonly uid: number;
  readonly user: string;
}

/** `alice=Alice` → both names; undefined: it is none. A user of a machine has no stroke in its name, and no dot before it. */
export function readUnixUser(text: string): Omit<UnixUser, "uid"> | undefined {
  const [, name, user] = /^(\w[\w.-]*)=([^=]+)$/.exec(text) ?? [];
  return name === undefined ? undefined : { name, user: user! };
}

/** The number of a user of this machine, as the system knows it; undefined: there is none. */
export async function uidOf(name: string): Promise<number | undefined> {
  if (/^\d{1,10}$/.test(name)) return Number(name);
  const { code, stdout } = await command(["id", "-u", "--", name]);
  return code === 0 ? Number(stdout) : undefined;
}

/** The socket of such a user, beside the one of all. */
export const socketOf = (path: string, { name }: UnixUser): string => `${path}.${name}`;
