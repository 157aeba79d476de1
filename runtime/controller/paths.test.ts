/** Waypoints and avoided nodes, shown by traffic: what passes a middlebox, and what never crosses a switch. */
import type { ExecutionContext } from "ava";
import { decide, tablesAt } from "../../compiler/compile.ts";
import { RULES } from "../../compiler/admission/testing/networks.ts";
import { factsOf, triangle, type LabHost, type Lab, type LabOptions } from "../lab/lab.ts";
import { ethernet, ipv6, udp } from "../lab/frames.ts";
import { switchTest } from "../lab/test.ts";
import { apply } from "./index.ts";

/** Eve is a guest; the rest of the network trusts its hosts. */
const house = `default allow.
user_host("Eve", eve).
guest("Eve").
web <= transport(tcp), dstPort in 80.
`;

/** Compiles a policy for the lab's network, and applies it to every switch. */
async function enforce(t: ExecutionContext, lab: Lab, policy = ""): Promise<void> {
  const now = Math.floor(Date.now() / 1000);
  const files = [{ name: "net.fml", text: house + factsOf(lab) + policy }];
  const decided = decide(files, { now, rules: RULES, load: () => undefined });
  t.deepEqual(
    // A policy that never uses the fact of guests gets W258, and without the predicate of the web N277.
    decided.diagnostics.flatMap(({ code, message }) => (["W258", "N277"].includes(code) ? [] : [message])),
    [],
  );
  const lowered = tablesAt(decided, now, { target: "ovs-userspace" });
  t.deepEqual(
    lowered.diagnostics.flatMap(({ severity, message }) => (severity === "error" ? [message] : [])),
    [],
  );
  for (const { name, mgmt } of lab.switches) {
    const result = await apply(mgmt, lowered.tables.get(name)!, { runFilter: lab.onSwitch });
    t.is(result.outcome, "applied", result.diagnostics.map(({ message }) => message).join("; "));
  }
}

/** The numbers of packets that a host receives and sends while something goes on. */
async function at(lab: Lab, host: string, doing: () => Promise<unknown>): Promise<readonly [number, number]> {
  const before = await lab.counters(host);
  await doing();
  const after = await lab.counters(host);
  return [after.received - before.received, after.sent - before.sent];
}

/** Packets that crossed the cables between switches, as the switch at their beginning counts them. */
async function crossings(lab: Lab, name: string, doing: () => Promise<unknown>): Promise<number> {
  const ports = lab.links.flatMap(({ from, fromPort, to, toPort }) =>
    from === name ? [fromPort] : to === name ? [toPort] : [],
  );
  const count = async (): Promise<number> => {
    const dump = await lab.ofctl("dump-ports", ["--no-names"], { switch: name });
    const received = [...dump.matchAll(/port\s+(\d+): rx pkts=(\d+)/g)];
    return received
      .filter(([, port]) => ports.includes(Number(port)))
      .reduce((sum, [, , pkts]) => sum + Number(pkts), 0);
  };
  const before = await count();
  await doing();
  return (await count()) - before;
}

/** Gives two hosts each other's MAC: address resolution would be flooded, and so seen everywhere. */
async function acquaint(lab: Lab, one: string, other: string): Promise<void> {
  const [a, b] = [one, other].map((name) => lab.hosts.find((host) => host.name === name)!) as [LabHost, LabHost];
  for (const [here, there] of [
    [a, b],
    [b, a],
  ] as const)
    await lab.run(here.name, [
      "ip",
      "neigh",
      "replace",
      there.ip,
      "lladdr",
      there.mac,
      "dev",
      "eth0",
      "nud",
      "permanent",
    ]);
}

/** A greeting and an answer over TCP take at least this many packets from the client: SYN, ACK, payload, FIN. */
const CONVERSATION = 4;

switchTest("a guest's web traffic passes the inspection host, and nothing else does", async (t, start) => {
  const lab = await start(triangle);
  await lab.middlebox("ids");
  const tcp = async (from: string, port: number): Promise<void> =>
    void t.true(await lab.tcp(from, "bob", port), `${from} reaches ${port}`);

  await enforce(t, lab);
  for (const guest of ["alice", "eve"]) await acquaint(lab, guest, "bob");
  t.deepEqual(await at(lab, "ids", () => tcp("eve", 80)), [0, 0], "the shortest path without the statement");

  await enforce(t, lab, "policy inspect { @inspect waypoint(ids) <= srcUser(U), guest(U), web. }\n");
  const [received, sent] = await at(lab, "ids", () => tcp("eve", 80));
  t.true(received >= CONVERSATION, `the ids saw ${received}`);
  t.is(sent, received, "and gave back what it saw");
  t.deepEqual(
    await at(lab, "ids", () => tcp("alice", 80)),
    [0, 0],
    "the traffic of a host that is no guest goes straight",
  );
  t.deepEqual(await at(lab, "ids", () => tcp("eve", 22)), [0, 0], "traffic that is no web too");
});

switchTest("datagrams in fragments pass a waypoint by port, though a fragment shows no port", async (t, start) => {
  const lab = await start(triangle);
  await lab.middlebox("ids");
  await acquaint(lab, "eve", "bob");
  await enforce(
    t,
    lab,
    "policy calls { @calls waypoint(ids) <= srcUser(U), guest(U), transport(udp), dstPort(5001). }\n",
  );
  const stream = { from: "eve", to: "bob", port: 5001, protocol: "udp", rate: 2_000_000, size: 8_000 } as const;
  let arrived = 0;
  const [received, sent] = await at(lab, "ids", async () => {
    [arrived = 0] = await lab.measure([stream]);
  });
  t.true(arrived > 1, `Mb that arrive: ${arrived}`);
  // Six fragments each, for two seconds and more.
  t.true(received > 2 * 6 * (2_000_000 / 8 / 8_000), `the ids saw ${received}`);
  t.is(sent, received);
});

/** Two paths of one length from eve to bob: by s2, which is the one that is taken, and by s4. */
const ring: LabOptions = {
  switches: ["s1", "s2", "s3", "s4"],
  hosts: [
    { name: "eve", ip: "10.0.0.3", switch: "s1" },
    { name: "bob", ip: "10.0.0.4", switch: "s3" },
  ],
  links: [
    ["s1", "s2"],
    ["s2", "s3"],
    ["s1", "s4"],
    ["s4", "s3"],
  ],
};

switchTest("an avoided switch is never crossed, and traffic takes the other path", async (t, start) => {
  const lab = await start(ring);
  await acquaint(lab, "eve", "bob");
  const web = async (): Promise<void> => void t.true(await lab.tcp("eve", "bob", 80), "eve reads the web");

  await enforce(t, lab);
  t.true((await crossings(lab, "s2", web)) >= 2 * CONVERSATION, "without the statement both directions cross s2");
  t.is(await crossings(lab, "s4", web), 0);

  await enforce(
    t,
    lab,
    `policy away {
      @there avoid(s2) <= srcUser(U), guest(U).
      @back  avoid(s2) <= dstUser(U), guest(U).
    }
    `,
  );
  t.is(await crossings(lab, "s2", web), 0, "never by s2");
  t.true((await crossings(lab, "s4", web)) >= 2 * CONVERSATION, "all of it by s4");
});

switchTest(
  "an avoided switch gets no packet to an unknown host or to the MAC of a host behind it",
  async (t, start) => {
    const lab = await start(triangle);
    const [bob, ids] = ["bob", "ids"].map((name) => lab.hosts.find((host) => host.name === name)!) as [
      LabHost,
      LabHost,
    ];
    const neighbour = (ip: string, lladdr: string): Promise<unknown> =>
      lab.run("alice", ["ip", "neigh", "replace", ip, "lladdr", lladdr, "dev", "eth0", "nud", "permanent"]);
    await neighbour("10.0.0.77", "02:00:00:00:00:77");
    await neighbour(bob.ip, ids.mac);
    const send = (to: string) => async (): Promise<void> => {
      const script = `for i in $(seq 100); do echo . > /dev/udp/${to}/9; done`;
      await lab.run("alice", ["bash", "-c", script]);
    };
    await enforce(t, lab);
    t.true((await crossings(lab, "s2", send("10.0.0.77"))) >= 100, "without the statement it is flooded there");
    await enforce(t, lab, "policy away { @away avoid(s2) <= srcHost(alice), transport(udp). }\n");
    for (const to of ["10.0.0.77", bob.ip]) t.is(await crossings(lab, "s2", send(to)), 0, to);
  },
);

switchTest("of two guests' paths between three switches one passes s2, and the other never does", async (t, start) => {
  const lab = await start(triangle);
  for (const guest of ["alice", "eve"]) await acquaint(lab, guest, "bob");
  const ssh = (from: string) => async (): Promise<void> =>
    void t.true(await lab.tcp(from, "bob", 22), `${from} reaches bob`);
  await enforce(
    t,
    lab,
    `policy ways {
      @by   waypoint(s2) <= srcHost(alice), transport(tcp).
      @away avoid(s2)    <= srcHost(eve), dstHost(bob).
    }
    `,
  );
  t.true((await crossings(lab, "s2", ssh("alice"))) >= CONVERSATION);
  t.is(await crossings(lab, "s2", ssh("eve")), 0);
});

switchTest("IPv6 of a host that states only an IPv4 address goes to the waypoint and not past it", async (t, start) => {
  const lab = await start({
    switches: ["s1", "s2"],
    hosts: [
      { name: "eve", ip: "10.0.0.1", switch: "s1" },
      { name: "box", ip: "10.0.0.2", switch: "s2" },
      { name: "srv", ip: "10.0.0.3", switch: "s2" },
    ],
    links: [["s1", "s2"]],
  });
  const [eve, , srv] = lab.hosts.map(({ mac }) => mac);
  const sent = ethernet({ src: eve!, dst: srv! }, 0x86dd, ipv6(1, 3, 17, udp(4000, 53)));
  await enforce(t, lab);
  t.deepEqual(await lab.frame("eve", sent), ["srv"]);
  await enforce(t, lab, '@w waypoint(user="Eve", transport=UDP) = box on rootShare.');
  t.deepEqual(await lab.frame("eve", sent), ["box"]);
  await lab.middlebox("box");
  t.deepEqual((await lab.frame("eve", sent)).toSorted(), ["box", "srv"]);
});
