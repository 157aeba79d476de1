/** The options of `glazier serve` that open a network beside its socket: text and HTTP on ports, and by whom. */
import type { ListenAddress } from "../../serve/address.ts";
import { resolve } from "node:path";
import { printable } from "#compiler/diagnostics/text.ts";
import type { RevokedList } from "../../serve/certificates/revoked-list.ts";
import type { ClientNames } from "../../serve/client-certificates.ts";
import type { UnixUser } from "../../serve/listening/unix-users.ts";
import type { HttpFront } from "../../serve/http/front.ts";
import type { Arguments } from "./command.ts";
import { exit, Failure, wrongUsage, type Io } from "./io.ts";
import { certificateFile, keyPair, revokedFile, warnOfTimes } from "./pem.ts";

/** How the network may be reached beside its socket, and by whom. */
interface Openings {
  /** Loaded only where it is wanted; undefined: it is not. */
  readonly front: HttpFront | undefined;
  readonly text: ListenAddress | undefined;
  readonly mode: number;
  readonly anonymous: string | undefined;
  readonly unixUsers: readonly UnixUser[];
  /** Whom options say who speaks: `--client CN:x=` and the user. */
  readonly named: readonly (readonly [string, string])[];
  /** Undefined: there is none, or certificates of clients stand for nobody. */
  readonly revoked: RevokedList | undefined;
}

/** Reads them; what HTTP needs is loaded only where it is wanted. */
export async function openingsOf(args: Arguments, io: Io): Promise<Openings> {
  const { BadAddress, readAddress, isLoopback } = await import("../../serve/address.ts");
  const keys = keyPair(args, ["tls-cert", "tls-key"], io);
  const clients = await clientsOf(args, io);
  const addressOf = (option: string): ListenAddress | undefined => {
    const given = args.value(option);
    try {
      return given === undefined ? undefined : readAddress(given, keys && { ...keys, clients });
    } catch (error) {
      if (!(error instanceof BadAddress)) throw error;
      throw wrongUsage(`--${option}: ${error.message}`, error.help);
    }
  };
  const [http, text] = [addressOf("http"), addressOf("text")];
  if (keys !== undefined && (http ?? text) === undefined)
    throw wrongUsage("--tls-cert and --tls-key are for --http and --text");
  const anonymous = args.value("anonymous");
  if (anonymous === "root")
    throw wrongUsage("--anonymous: root speaks with a token alone", "name a user of the policy");
  if (anonymous !== undefined && text !== undefined && !isLoopback(text.host))
    throw wrongUsage(
      `--anonymous: other machines reach ${args.value("text")}`,
      "listen at 127.0.0.1 or [::1], or leave --anonymous out",
    );
  const digits = args.value("socket-mode") ?? "660";
  if (!/^0?[0-7]{3}$/.test(digits)) throw wrongUsage(`--socket-mode: ${digits} is no mode`, "write 600, 660 or 666");
  const mode = Number.parseInt(digits, 8);
  const unixUsers = await unixUsersOf(args);
  const named = [
    ...(clients?.users ?? []).map(({ kind, name, user }) => [`--client ${kind}:${name}=${user}`, user] as const),
    ...unixUsers.map(({ name, user }) => [`--unix-user ${name}=${user}`, user] as const),
    ...(anonymous === undefined ? [] : [[`--anonymous ${anonymous}`, anonymous] as const]),
  ];
  const opened = { text, mode, anonymous, unixUsers, named, revoked: clients?.revoked };
  warnOfTimes(args, ["tls-cert", "client-ca", "switch-cert", "switch-ca"], io);
  if (http === undefined) return { front: undefined, ...opened };
  const { HttpFront } = await import("../../serve/http/front.ts");
  return { front: new HttpFront(http, io.err), ...opened };
}

/** Users of this machine who have a socket of their own. */
async function unixUsersOf(args: Arguments): Promise<readonly UnixUser[]> {
  const texts = args.values("unix-user");
  if (texts.length === 0) return [];
  const { readUnixUser, uidOf } = await import("../../serve/listening/unix-users.ts");
  const users: UnixUser[] = [];
  for (const text of texts) {
    const one = readUnixUser(text);
    if (one === undefined)
      throw wrongUsage(
        `--unix-user: ${text} does not say which user of this machine is which one of the network`,
        "write alice=Alice",
      );
    const uid = await uidOf(one.name);
    if (uid === undefined)
      throw wrongUsage(`--unix-user: this machine has no user ${one.name}`, "`getent passwd` lists them");
    if (users.some(({ name }) => name === one.name))
      throw wrongUsage(`--unix-user: ${one.name} is given twice`, "one user of this machine is one of the network");
    users.push({ ...one, uid });
  }
  return users;
}

/** Whom certificates of clients stand for; undefined: for nobody. */
async function clientsOf(args: Arguments, io: Io): Promise<ClientNames | undefined> {
  const { readClientName } = await import("../../serve/client-certificates.ts");
  const [path, texts, list] = [args.value("client-ca"), args.values("client"), args.value("client-crl")];
  if (list !== undefined && path === undefined) throw wrongUsage("--client-crl is of the authority of --client-ca");
  if (path === undefined && texts.length === 0) return undefined;
  if (path === undefined || texts.length === 0)
    throw wrongUsage("--client-ca and --client belong together", "write --client-ca FILE --client CN:alice=Alice");
  const users = texts.map((text) => {
    const one = readClientName(text);
    if (one === undefined)
      throw wrongUsage(
        `--client: ${text} does not say which name stands for which user`,
        "write CN:NAME=USER, DNS:NAME=USER or email:ADDRESS=USER",
      );
    return one;
  });
  // Of DNS and in mail letters are the same in both cases.
  const names = users.map(({ kind, name }) => `${kind}:${kind === "CN" ? name : name.toLowerCase()}`);
  const twice = names.find((name, i) => names.indexOf(name) !== i);
  if (twice !== undefined) throw wrongUsage(`--client: ${twice} is given twice`, "one name stands for one user");
  if (args.value("tls-cert") === undefined)
    throw wrongUsage("--client-ca: clients show certificates over TLS alone", "give --tls-cert and --tls-key");
  const ca = certificateFile(args, "client-ca", io)!;
  return { ca, revoked: await revokedOf(args, ca, io), users };
}

/** The list of --client-crl; undefined: it is not given. */
async function revokedOf(args: Arguments, ca: Buffer, io: Io): Promise<RevokedList | undefined> {
  const bytes = revokedFile(args, "client-crl", io);
  if (bytes === undefined) return undefined;
  const { NoRevokedList, RevokedList } = await import("../../serve/certificates/revoked-list.ts");
  const given = args.value("client-crl")!;
  const notice = (sentence: string): void => io.err(`warning: ${printable(sentence)}\n`);
  try {
    return new RevokedList({ path: resolve(io.cwd, given), bytes, ca, notice });
  } catch (error) {
    if (!(error instanceof NoRevokedList)) throw error;
    throw new Failure(
      exit.world,
      `--client-crl: ${given} ${error.message}`,
      "name the list that this authority has made",
    );
  }
}
