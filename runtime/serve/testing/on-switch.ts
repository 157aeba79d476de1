/** For tests only: a server in this process that holds a lab's switch, and Alice, who speaks to it. */
import type { ExecutionContext } from "ava";
import type { TargetName } from "#compiler/lowering/index.ts";
import { ethernet, ipv4, udp } from "../../lab/frames.ts";
import { factsOf, type Lab } from "../../lab/lab.ts";
import { until } from "../../lab/until.ts";
import { parseTarget, type SwitchTarget } from "../../session/index.ts";
import type { KeeperEvent } from "../switches/events.ts";
import type { HeldSwitch, Holder } from "../switches/options.ts";
import { replyText } from "../reply.ts";
import type { RunningNetwork } from "../network.ts";
import { Server } from "../server.ts";
import { Tokens } from "../tokens.ts";
import { MemoryJournal, networkOf } from "./server.ts";

/** The policy before the facts of the lab. */
export const SHARES = `default allow.
AddUser Alice.
NewShare alice for (dstHost=10.0.0.4) [deny = True, limit <= 1Gb] on rootShare.
Grant alice to Alice.
`;

export interface Serving {
  /** What Alice says, and what she is answered. */
  readonly say: (text: string) => Promise<string>;
  readonly server: Server;
  readonly network: RunningNetwork;
  readonly events: readonly KeeperEvent[];
  /** Whether the switch comes to hold all that was accepted. */
  readonly held: () => Promise<boolean>;
}

/** A server that holds the lab's switch; the test ends it. `policy` stands behind the shares; absent: the lab's facts. */
export function serveOn(
  t: ExecutionContext,
  lab: Lab,
  more: Partial<HeldSwitch> = {},
  clock: () => number = () => Date.now(),
  policy = factsOf(lab),
  holder?: Holder,
  target?: TargetName,
): Serving {
  const events: KeeperEvent[] = [];
  const at = parseTarget(lab.mgmt) as SwitchTarget;
  const network = networkOf(SHARES + policy, Math.floor(Date.now() / 1000), target);
  const server = new Server({
    network,
    journal: new MemoryJournal(),
    tokens: new Tokens(),
    switches: [{ name: lab.switches[0]!.name, target: at, apply: { database: lab.db }, ...more }],
    clock,
    passed: () => performance.now(),
    report: (_, event) => void events.push(event),
    faulty: (faults) => t.fail(faults.map(({ message }) => message).join()),
  });
  server.start(holder);
  t.teardown(() => server.stop());
  const { service } = server;
  const say = async (text: string): Promise<string> => replyText(await service.say({ text, by: "Alice", via: "unix" }));
  return { say, server, network, events, held: () => until(() => server.isHeld) };
}

/** A datagram from Eve to a port of Bob. */
export const datagramOfEve = (port: number): Uint8Array =>
  ethernet(
    { src: "00:00:00:00:00:03", dst: "00:00:00:00:00:04" },
    0x0800,
    ipv4("10.0.0.3", "10.0.0.4", 17, udp(7, port)),
  );

/** Whether such a datagram arrives. */
export const bobHears = async (lab: Lab, port: number): Promise<boolean> =>
  (await lab.frame("eve", datagramOfEve(port))).includes("bob");
