/** A running server over HTTP as a command reaches it, and its refusals as the command's own. */
import { isLoopback } from "../../serve/address.ts";
import { GlazierClient, ServerRefusal } from "../../client/index.ts";
import type { Arguments } from "./command.ts";
import { exit, Failure, wrongUsage, type Exit, type Io } from "./io.ts";
import { authorityOf, certificateOf } from "./server.ts";
import { otherWords } from "./other-words.ts";
import { failureReason } from "../../session/failure-reason.ts";

const RUNNING = "is `glazier serve` running, and is that the address of its --http?";
const NO_TOKEN =
  "GLAZIER_TOKEN in the environment has to be a token of this server: the first `serve` prints root's, and `glazier token new NAME` makes others";

/** The client of `--server`, with the token of GLAZIER_TOKEN or the certificate of `--cert`. */
export async function openClient(args: Arguments, io: Io): Promise<GlazierClient> {
  const server = args.value("server");
  if (server === undefined) throw wrongUsage("--server is missing", "write --server http://127.0.0.1:8080");
  const url = URL.canParse(server) ? new URL(server) : undefined;
  if (url === undefined || !/^https?:$/.test(url.protocol))
    throw wrongUsage(
      `--server: ${server} is no address of HTTP`,
      `write http://127.0.0.1:8080, as \`serve\` has it behind --http${/^(?:unix|tcp|tls):/.test(server) ? ": `say` alone speaks the text protocol" : ""}`,
    );
  if (url.protocol === "http:" && !isLoopback(url.hostname.replace(/^\[|\]$/g, "")))
    throw wrongUsage(
      `--server: without TLS, a token that is sent to ${url.hostname} could be read on the way`,
      "write https://HOST:PORT",
    );
  const ca = authorityOf(args, io);
  const shown = certificateOf(args, url.protocol === "https:", io);
  if (shown !== undefined) return new GlazierClient({ url: server, certificate: { ...shown, ca }, patience: 5_000 });
  if (ca !== undefined) {
    // Node's own fetch takes authorities from here alone.
    const tls = await import("node:tls");
    tls.setDefaultCACertificates([ca.toString()]);
  }
  const token = io.env["GLAZIER_TOKEN"];
  if (token === undefined || !/^[\w.~+/-]+=*$/.test(token))
    throw wrongUsage("a token is missing", "put it into the environment, as GLAZIER_TOKEN, or show a --cert");
  return new GlazierClient({ url: server, token, patience: 5_000 });
}

/** Runs a question to `--server`; what the server refuses is the command's failure. */
export async function asking(args: Arguments, ask: () => Promise<Exit>): Promise<Exit> {
  try {
    return await ask();
  } catch (error) {
    if (error instanceof ServerRefusal) {
      const isOurs = error.status === 422 || error.status === 404 || error.status === 409 || error.status === 403;
      const help = error.help ?? (error.status === 401 ? NO_TOKEN : undefined);
      throw new Failure(isOurs ? exit.fault : exit.world, error.message, help);
    }
    // What `fetch` throws where there is no answer, or where one breaks off, has the reason as its cause.
    if (error instanceof TypeError && error.cause instanceof Error)
      throw new Failure(
        exit.world,
        `the server does not answer: ${failureReason(error.cause)}`,
        (await instead(args.value("server")!, error.cause)) ?? RUNNING,
      );
    throw error;
  }
}

/** The words with which the server would have answered. */
async function instead(server: string, fault: Error): Promise<string | undefined> {
  const { protocol, hostname, port } = new URL(server);
  const isTls = protocol === "https:";
  const host = hostname.replace(/^\[|\]$/g, "");
  return otherWords({ host, port: Number(port || (isTls ? 443 : 80)), isTls, protocol: "http" }, fault);
}
