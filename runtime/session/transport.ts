/** A target → an open byte stream within a given time, or the reason in words why there is none. */
import { connect as connectTcp, type Socket } from "node:net";
import { connect as connectTls } from "node:tls";
import type { Diagnostic } from "../../compiler/diagnostics/diagnostic.ts";
import { unreachable } from "../../compiler/diagnostics/codes/runtime.ts";
import { failureReason } from "./failure-reason.ts";
import { socketHelp } from "./sockets-nearby.ts";
import { SessionFault } from "./fault.ts";
import { printTarget, type SwitchTarget } from "./target.ts";

/** Keys of a TLS connection, in PEM. */
export interface TlsKeys {
  /** The authority that signs the switch's certificate. Absent: Node's own are trusted, and the name must match. */
  readonly ca?: string | Uint8Array;
  /** Our own certificate and key, for switches that require them, as Open vSwitch does. */
  readonly cert?: string | Uint8Array;
  readonly key?: string | Uint8Array;
  /** The name that the switch's certificate must have. */
  readonly serverName?: string;
}

function start(target: SwitchTarget, keys: TlsKeys): Socket {
  if (target.kind === "unix") return connectTcp({ path: target.path });
  const { host, port } = target;
  if (target.kind === "tcp") return connectTcp({ host, port, noDelay: true });
  const { serverName, ...pem } = keys;
  // A switch's certificate names the switch and not its address (ovs-pki). With the user's own authority only the chain
  // is checked, and the name if one is given.
  const byChain = keys.ca !== undefined && serverName === undefined;
  return connectTls({
    host,
    port,
    minVersion: "TLSv1.2",
    ...(pem.ca !== undefined && { ca: toPem(pem.ca) }),
    ...(pem.cert !== undefined && { cert: toPem(pem.cert) }),
    ...(pem.key !== undefined && { key: toPem(pem.key) }),
    ...(serverName !== undefined && { servername: serverName }),
    ...(byChain && { checkServerIdentity: () => undefined }),
  });
}

const toPem = (pem: string | Uint8Array): string | Buffer => (typeof pem === "string" ? pem : Buffer.from(pem));

/**
 * Opens the stream. Rejects with a `SessionFault` whose diagnostic `refusal` makes. The time includes name resolution
 * and TLS handshake.
 */
export function open(
  target: SwitchTarget,
  keys: TlsKeys,
  milliseconds: number,
  refusal: (words: { readonly target: string; readonly reason: string }) => Diagnostic = unreachable,
): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const refuse = (reason: string, help?: string): void => {
      clearTimeout(timer);
      const said = refusal({ target: printTarget(target), reason });
      reject(new SessionFault(help === undefined ? said : { ...said, help }));
    };
    let socket: Socket;
    const timer = setTimeout(() => {
      socket.destroy();
      refuse(`no connection within ${milliseconds / 1000} s`);
    }, milliseconds);
    try {
      socket = start(target, keys);
    } catch (error) {
      // Keys that are not PEM are refused at once.
      refuse(failureReason(error as Error));
      return;
    }
    socket.once("error", (error: Error & { readonly code?: string }) => {
      const ofDatabase = refusal !== unreachable;
      refuse(
        failureReason(error),
        target.kind === "unix" ? socketHelp(target.path, error.code, ofDatabase) : undefined,
      );
    });
    socket.once(target.kind === "tls" ? "secureConnect" : "connect", () => {
      clearTimeout(timer);
      socket.removeAllListeners("error");
      resolve(socket);
    });
  });
}
