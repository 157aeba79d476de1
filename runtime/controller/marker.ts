/**
 * The marker of a server on a switch that it holds (NETWORK, "Two writers"). It names the server's state, its process,
 * and where it listens. It ends by itself unless the server renews it, so that a server that died locks no switch for
 * ever.
 */
import { isServerMarker, SERVER } from "../../compiler/table/bookkeeping.ts";
import { parseIpv4, printIp } from "../../compiler/net/index.ts";
import type { Entry, FieldMatch } from "../../compiler/table/entry.ts";
import { exact } from "../../compiler/table/match.ts";
import { ALL_TABLES, type FlowStats } from "../openflow/index.ts";
import type { Session } from "../session/index.ts";
import type { FlowChange } from "./flow-mods.ts";
import { secondsLeft } from "./installed.ts";
import type { ServerClaim, ServerMark } from "./result.ts";
import { sendStages, type Sent } from "./send.ts";
import { readCookie } from "./writers/token.ts";

/** Seconds after which a marker ends that is not renewed, and after which it is. */
const LEASE = 30;
export const RENEWAL = 10;

function markEntry({ features }: Pick<Session, "features">, { id, process, at }: ServerMark): Entry {
  const address = parseIpv4(at?.host ?? "");
  const match: FieldMatch[] = [
    exact("metadata", id),
    exact("eth_src", process),
    exact("eth_type", 0x0800),
    exact("ip_proto", 6),
    exact("ipv4_dst", address.ok ? address.value : 0),
    exact("tcp_dst", at?.port ?? 0),
  ];
  return { table: features.tables - 1, ...SERVER, match, instructions: [], hardTimeout: LEASE, idleTimeout: 0 };
}

type Marker = Pick<FlowStats, "match">;

function value({ match }: Marker | Entry, name: string): bigint | undefined {
  for (const one of match) if (one.field === name && "value" in one) return one.value;
  return undefined;
}

/** The marker of another server, if one stands there. */
export const othersMarker = (markers: readonly FlowStats[], mark: ServerMark | undefined): FlowStats | undefined =>
  markers.find((one) => mark === undefined || value(one, "metadata") !== mark.id);

/** Where the server of a marker listens, and which process it is. */
export function markerText(marker: Marker): string {
  const [v4, v6] = [value(marker, "ipv4_dst"), value(marker, "ipv6_dst")];
  const port = value(marker, "tcp_dst");
  const pid = value(marker, "eth_src");
  const isLocal = port === 0n;
  const places = [
    isLocal ? "a socket of its machine" : undefined,
    isLocal || v4 === undefined ? undefined : `${printIp({ family: 4, value: Number(v4) })}:${port}`,
    v6 === undefined ? undefined : `[${printIp({ family: 6, value: v6 })}]:${port}`,
    pid === undefined ? undefined : `process ${pid}`,
  ];
  return places.filter((one) => one !== undefined).join(", ");
}

/** What to do about a server that holds a switch, for one that is none and for another server. */
export function heldHelp(marker: FlowStats, claim: ServerClaim | undefined): string {
  const ends = marker.hardTimeout > 0 ? `within ${secondsLeft(marker)} s after it has ended` : "once it has ended";
  return claim === undefined
    ? `tell that server what is to change: it keeps this switch as it decides, and would take the change back; it lets go ${ends}`
    : `this server stands by, and takes the switch ${ends}; with --take it takes it at once`;
}

/** The changes that leave the server's own marker alone on the switch, with most of its time. */
export function markChanges(
  session: Pick<Session, "features">,
  markers: readonly FlowStats[],
  { mark }: ServerClaim,
): readonly FlowChange[] {
  const entry = markEntry(session, mark);
  const isSame = (one: FlowStats): boolean => entry.match.every(({ field, value: own }) => value(one, field) === own);
  const gone = markers.filter((one) => !isSame(one));
  const stands = markers.some((one) => isSame(one) && secondsLeft(one) > LEASE - RENEWAL);
  return [
    ...gone.map((flow): FlowChange => ({ command: "delete_strict", flow })),
    ...(stands ? [] : [{ command: "add", entry } as const]),
  ];
}

/** The markers on a switch. */
export const readMarkers = async (session: Session): Promise<readonly FlowStats[]> =>
  (await readCookie(session, ALL_TABLES, SERVER.cookie)).filter(isServerMarker);

/** Renews the marker, or takes it away for good. */
export const sendMark = (session: Session, mark: ServerMark, isOver = false): Promise<Sent> => {
  const entry = markEntry(session, mark);
  return sendStages(session, [[{ command: isOver ? "delete_strict" : "add", entry }]], () => 0);
};
