/** A server that did not answer as it was asked → the words with which it would: TLS or none, and whom to trust. */
import { connect } from "node:tls";
import { failureReason, NO_TLS } from "../../session/failure-reason.ts";

/** Where a server is, and what the same address is called with TLS and without it. */
export interface Reached {
  readonly host: string;
  readonly port: number;
  readonly isTls: boolean;
  readonly protocol: "text" | "http";
}

/** What to write instead; undefined: no other words are known to help. `error`: what the connection ended with, if anything. */
export async function otherWords(reached: Reached, error: Error | undefined): Promise<string | undefined> {
  const { host, port, isTls, protocol } = reached;
  const code = (error as NodeJS.ErrnoException | undefined)?.code ?? "";
  if (UNTRUSTED.has(code)) return TRUST;
  if (code === "ERR_TLS_CERT_ALTNAME_INVALID") return "write a name of the host that stands in its certificate";
  const at = `${host.includes(":") ? `[${host}]` : host}:${port}`;
  if (isTls) {
    const { isLoopback } = await import("../../serve/address.ts");
    if (error === undefined || failureReason(error) !== NO_TLS || !isLoopback(host)) return undefined;
    return `write --server ${protocol === "text" ? `tcp:${at}` : `http://${at}`}, or start \`serve\` with --tls-cert`;
  }
  if ((await spokenOverTls(host, port)) !== protocol) return undefined;
  return `it speaks TLS there: write --server ${protocol === "text" ? `tls:${at}` : `https://${at}`}`;
}

const UNTRUSTED = new Set([
  "DEPTH_ZERO_SELF_SIGNED_CERT",
  "SELF_SIGNED_CERT_IN_CHAIN",
  "UNABLE_TO_GET_ISSUER_CERT",
  "UNABLE_TO_GET_ISSUER_CERT_LOCALLY",
  "UNABLE_TO_VERIFY_LEAF_SIGNATURE",
]);

const TRUST =
  "write --tls-ca FILE, with the certificate of the authority that signed it; of one that signs itself that is the FILE of `serve`'s --tls-cert";

/** How long a server has for a handshake, in milliseconds. */
const PATIENCE = 3_000;

/** What a server speaks over TLS; undefined: it does not speak TLS. Nothing is said to it. */
function spokenOverTls(host: string, port: number): Promise<Reached["protocol"] | undefined> {
  return new Promise((resolve) => {
    // Whom it is has no part in what it speaks.
    const socket = connect({ host, port, rejectUnauthorized: false, ALPNProtocols: ["http/1.1"], timeout: PATIENCE });
    const end = (spoken: Reached["protocol"] | undefined): void => {
      socket.destroy();
      resolve(spoken);
    };
    // A server of HTTP says so in the handshake.
    socket.once("secureConnect", () => end(socket.alpnProtocol === "http/1.1" ? "http" : "text"));
    for (const over of ["error", "timeout", "close"]) socket.once(over, () => end(undefined));
    socket.on("error", () => undefined);
  });
}
