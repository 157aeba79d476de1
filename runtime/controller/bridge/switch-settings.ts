/**
 * What a switch itself tells of its settings, so that it is known without a database, too: what it does with fragments, and
 * at which ports it passes nothing whatever its table says (NETWORK, "Settings of a bridge").
 */
import { fragmentsHandled, portsClosed } from "../../../compiler/diagnostics/codes/runtime.ts";
import type { Diagnostic } from "../../../compiler/diagnostics/diagnostic.ts";
import type { Bridge } from "../../ovsdb/index.ts";
import type { Session } from "../../session/index.ts";

type OfBridge = (bridge: Bridge | undefined) => readonly Diagnostic[];

/** What is asked here is known once the switch has answered something that was asked later. */
export const askSettings = (session: Session): { readonly faults: OfBridge; readonly warnings: OfBridge } => ({
  faults: askFragmentHandling(session),
  warnings: askClosedPorts(session),
});

/** The bits of a switch's configuration that say what it does with fragments (OpenFlow 1.3.5, section 7.3.2). */
const FRAGMENT_BITS = 3;
const HANDLING = ["", "drops all fragments", "puts fragments together", "shows ports in first fragments"] as const;
/** Open vSwitch's names for these (`ovs-ofctl get-frags`). */
const MODES = ["normal", "drop", "reassemble", "nx-match"] as const;

/** Nothing is known of a switch that does not tell. */
function askFragmentHandling(session: Session): OfBridge {
  let handling = 0;
  void session.request({ type: "get_config_request", xid: session.xids() }).then(
    (answer) => {
      if (answer.type === "get_config_reply") handling = answer.flags & FRAGMENT_BITS;
    },
    () => undefined,
  );
  return (bridge) => {
    if (handling === 0) return [];
    const name = bridge?.name ?? "BRIDGE";
    const help =
      `\`ovs-ofctl -O OpenFlow13 set-frags ${name} normal\`, then apply again` +
      (MODES[handling] === "drop" ? "; no allow lets a fragment pass that it does not hold" : "");
    return [fragmentsHandled({ target: session.target, handling: HANDLING[handling]! }, { help })];
  };
}

/** Bits of a port's configuration (OpenFlow 1.3.5, section 7.2.1): how `ovs-ofctl` sets each, and takes it back. */
const CLOSING = [
  { bit: 1 << 0, set: "down", back: "up" },
  { bit: 1 << 2, set: "no-receive", back: "receive" },
  { bit: 1 << 5, set: "no-forward", back: "forward" },
] as const;
/** Numbers above it are no ports that are plugged in, as that of the bridge itself, which may well be down. */
const MOST_PORTS = 0xfeff;
const MOST_NAMED = 4;

function askClosedPorts(session: Session): OfBridge {
  const closed: { readonly port: number; readonly how: readonly (typeof CLOSING)[number][] }[] = [];
  const asked = session.collect({ kind: "port_desc" }, (part) => {
    if (part.kind !== "port_desc") return;
    for (const { port, config } of part.ports) {
      const how = CLOSING.filter(({ bit }) => (config & bit) !== 0);
      if (port <= MOST_PORTS && how.length > 0) closed.push({ port, how });
    }
  });
  void asked.catch(() => undefined);
  return (bridge) => {
    if (closed.length === 0) return [];
    const sorted = closed.toSorted((a, b) => a.port - b.port);
    const shown = sorted.slice(0, MOST_NAMED);
    const more = sorted.length > shown.length ? ` and ${sorted.length - shown.length} more` : "";
    const ports = shown.map(({ port, how }) => `${port} (${how.map(({ set }) => set).join(", ")})`).join(", ") + more;
    const name = bridge?.name ?? "BRIDGE";
    const commands = shown.flatMap(({ port, how }) =>
      how.map(({ back }) => `\`ovs-ofctl -O OpenFlow13 mod-port ${name} ${port} ${back}\``),
    );
    return [portsClosed({ target: session.target, ports }, { help: `${commands.join(", ")} ends it` })];
  };
}
