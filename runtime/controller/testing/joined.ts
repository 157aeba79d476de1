/** A lab of two bridges without a cable. */
import type { Lab, LabOptions } from "../../lab/lab.ts";

/** Two bridges of one datapath that are joined by patch ports, with Bob on the second one. */
export async function joined(start: (options: LabOptions) => Promise<Lab>): Promise<Lab> {
  const hosts = [
    { name: "alice", ip: "10.0.0.2", switch: "s1" },
    { name: "eve", ip: "10.0.0.3", switch: "s1" },
    { name: "bob", ip: "10.0.0.4", switch: "s2" },
  ];
  const lab = await start({ switches: ["s1", "s2"], links: [], hosts });
  const patch = (own: string, port: string, peer: string): readonly string[] =>
    `-- add-port ${own} ${port} -- set interface ${port} type=patch options:peer=${peer} ofport_request=20`.split(" ");
  await lab.vsctl([...patch("s1", "p1", "p2"), ...patch("s2", "p2", "p1")]);
  return lab;
}
