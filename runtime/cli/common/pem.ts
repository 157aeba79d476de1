/**
 * An option that names a certificate or a key → the bytes of its file. What cannot be read, and what is none, is said
 * before anything is begun, in words that name the option: neither the operating system nor a library of TLS does so.
 */
import { createPrivateKey, X509Certificate } from "node:crypto";
import { resolve } from "node:path";
import { createSecureContext } from "node:tls";
import { printable } from "#compiler/diagnostics/text.ts";
import type { Arguments } from "./command.ts";
import { exit, Failure, wrongUsage, type Io } from "./io.ts";
import { readRegular } from "../../process/regular-file.ts";
import { systemReason } from "./read.ts";

/** The certificate of an option, or the first of several in one file; undefined: the option is not given. */
export function certificateFile(args: Arguments, option: string, io: Io): Buffer | undefined {
  return pemFile(args, option, io, "certificate", (bytes) => new X509Certificate(bytes));
}

/** The two files of a pair of options, which are given together; undefined: neither is. */
export function keyPair(
  args: Arguments,
  [ofCert, ofKey]: readonly [string, string],
  io: Io,
): { readonly cert: Buffer; readonly key: Buffer } | undefined {
  if ((args.value(ofCert) === undefined) !== (args.value(ofKey) === undefined))
    throw wrongUsage("a certificate and its key belong together", `give --${ofCert} and --${ofKey}`);
  const cert = certificateFile(args, ofCert, io);
  if (cert === undefined) return undefined;
  const key = pemFile(args, ofKey, io, "private key", (bytes) => {
    const secret = createPrivateKey(bytes);
    if (!new X509Certificate(cert).checkPrivateKey(secret)) throw new OtherKey();
  });
  return { cert, key: key! };
}

/** Before so many milliseconds of its end a certificate is told of. */
const ENDS_SOON = 14 * 86_400_000;

/** What whoever checks a certificate will have against its times, as a sentence; undefined: nothing for some days. Times are the machine's. */
export function timesFault(option: string, path: string, cert: Buffer, now = Date.now()): string | undefined {
  const { validFrom, validTo } = new X509Certificate(cert);
  const [from, to] = [new Date(validFrom), new Date(validTo)];
  const isSo = (words: string, at: Date): string =>
    `--${option}: ${path} ${words} ${at.toISOString().replace(".000Z", "Z")}`;
  const refused = ": whoever checks it refuses it";
  if (now < from.getTime()) return `${isSo("is not valid before", from)}${refused}`;
  if (now >= to.getTime()) return `${isSo("has expired at", to)}${refused}`;
  return now >= to.getTime() - ENDS_SOON ? isSo("expires at", to) : undefined;
}

/** Warns of the times of the certificates of these options, where they are given. */
export function warnOfTimes(args: Arguments, options: readonly string[], io: Io): void {
  for (const option of options) {
    const cert = certificateFile(args, option, io);
    const fault = cert && timesFault(option, args.value(option)!, cert);
    if (fault !== undefined) io.err(`warning: ${printable(fault)}\n`);
  }
}

/** The list of those certificates that their authority has revoked; undefined: the option is not given. */
export function revokedFile(args: Arguments, option: string, io: Io): Buffer | undefined {
  return pemFile(args, option, io, "list of revoked certificates", (crl) => createSecureContext({ crl }));
}

/** A private key that is not that of the certificate beside it. */
class OtherKey extends Error {}

function pemFile(
  args: Arguments,
  option: string,
  io: Io,
  what: string,
  check: (bytes: Buffer) => unknown,
): Buffer | undefined {
  const path = args.value(option);
  if (path === undefined) return undefined;
  let bytes: Buffer;
  try {
    bytes = readRegular(resolve(io.cwd, path));
  } catch (error) {
    throw new Failure(exit.world, `--${option}: cannot read ${path}: ${systemReason(error)}`, `name a ${what} in PEM`);
  }
  try {
    check(bytes);
  } catch (error) {
    const { fault, help } = error instanceof OtherKey ? OTHER_KEY : faultOf(bytes.toString("latin1"), what);
    throw new Failure(exit.world, `--${option}: ${path} ${fault}`, help);
  }
  return bytes;
}

const OTHER_KEY: NoPem = { fault: "is the key of another certificate" };

/** What is wrong with a file, as a clause behind its name, and what to do. */
interface NoPem {
  readonly fault: string;
  readonly help?: string;
}

/** What is in the file instead, where it shows. */
function faultOf(text: string, what: string): NoPem {
  const begins = /-----BEGIN ([A-Z0-9 ]+)-----/.exec(text)?.[1];
  if (what === "private key" && begins?.endsWith("PRIVATE KEY") && text.includes("ENCRYPTED"))
    return {
      fault: "is locked with a passphrase",
      help: "`openssl pkey -in FILE -out OPENED` makes a key without one",
    };
  const fault = `holds no ${what} in PEM`;
  if (text.trim() === "") return { fault, help: "it is empty" };
  if (begins === undefined) return { fault, help: `a ${what} in PEM begins with a line of -----BEGIN …-----` };
  const isOther = what === "certificate" ? begins.endsWith("PRIVATE KEY") : begins.endsWith("CERTIFICATE");
  return isOther ? { fault, help: `it holds a ${begins.toLowerCase()}` } : { fault };
}
