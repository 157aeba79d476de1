/** A lab's switches → arguments of `ovs-vsctl`. Pure. */
import type { LabSwitch } from "./topology.ts";

/** Makes the bridges and their ports in one transaction of the switch's database. */
export function bridgeCommands(switches: readonly LabSwitch[], protocols: readonly string[]): string[] {
  return switches.flatMap((bridge) => [
    ...`-- add-br ${bridge.name} -- set bridge ${bridge.name} datapath_type=netdev`.split(" "),
    // `secure`: the bridge has no flows of its own. `disable-in-band`: it adds no hidden flows for a controller's
    // traffic.
    ...`fail_mode=secure protocols=${protocols.join(",")} other-config:disable-in-band=true`.split(" "),
    `other-config:datapath-id=${bridge.dpid}`,
    `other-config:hwaddr=02:00:00:00:00:${bridge.dpid.slice(-2)}`,
    ...bridge.ports.flatMap((port) =>
      `-- add-port ${bridge.name} ${port.name} -- set interface ${port.name} ofport_request=${port.number}`.split(" "),
    ),
  ]);
}

/** Limits a port to `rate` bit/s by a QoS row that is not ours; `apply` must respect it or take it over. */
export function bottleneckCommands(portName: string, rate: number | undefined): string[] {
  if (rate === undefined) return ["clear", "port", portName, "qos"];
  const create = ["--id=@q", "create", "qos", "type=linux-htb", `other-config:max-rate=${rate}`];
  return ["--", ...create, "--", "set", "port", portName, "qos=@q"];
}
