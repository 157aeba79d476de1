/**
 * What comes in at a port of which no fact says who stands there, on real bridges by real frames (NETWORK, "Forward"): it passes its
 * waypoint or is dropped, and what others send is not led along.
 */
import { decide, tablesAt } from "../../compiler/compile.ts";
import { RULES } from "../../compiler/admission/testing/networks.ts";
import { ethernet, ipv4, udp } from "../lab/frames.ts";
import { factsOf, type LabOptions } from "../lab/lab.ts";
import { switchTest } from "../lab/test.ts";
import { apply } from "./index.ts";

/** A row of switches: the guest `x`, whom no fact knows, stands beside `a` and the box `w` at the first. */
const options: LabOptions = {
  switches: ["s1", "s2", "s3"],
  hosts: [
    { name: "x", ip: "10.0.0.9", switch: "s1" },
    { name: "a", ip: "10.0.0.1", switch: "s1" },
    { name: "w", ip: "10.0.0.3", switch: "s1" },
    { name: "m", ip: "10.0.0.4", switch: "s2" },
    { name: "b", ip: "10.0.0.2", switch: "s3" },
  ],
  links: [
    ["s1", "s2"],
    ["s2", "s3"],
  ],
};

switchTest(
  "a guest whom no fact knows is led by her port, and a deny at the port of her box holds",
  async (t, start) => {
    const lab = await start(options);
    const [x, a, w, m, b] = ["x", "a", "w", "m", "b"].map((name) => lab.hosts.find((host) => host.name === name)!);
    const at = ({ switch: name, port }: (typeof lab.hosts)[number]): string => `${name}:${port}`;
    const facts = factsOf(lab).replaceAll(/host_\w+\(x,[^)]*\)\.\n/g, "");
    t.false(facts.includes(x!.mac));
    const put = async (statements: string): Promise<readonly string[]> => {
      const files = [{ name: "guest.pane", text: `default allow.\n${facts}${statements}` }];
      const decided = decide(files, { now: 0, rules: RULES, load: () => undefined });
      const { tables, diagnostics } = tablesAt(decided, 0, { target: "ovs" });
      for (const { name, mgmt } of lab.switches)
        t.is((await apply(mgmt, tables.get(name)!, { runFilter: lab.onSwitch })).outcome, "applied");
      return diagnostics.map(({ code }) => code);
    };
    type Host = (typeof lab.hosts)[number];
    const sends = async (from: Host, to: Host | "all", source = from): Promise<readonly string[]> => {
      const mac = to === "all" ? "ff:ff:ff:ff:ff:ff" : to.mac;
      // Nobody answers what is for an address that no host has.
      const packet = ipv4(source.ip, "10.0.0.99", 17, udp(7, 7));
      return lab.frame(from.name, ethernet({ src: source.mac, dst: mac }, 0x0800, packet));
    };
    // On her way: the switch next to hers floods, and no host before it gets her broadcast.
    await put(`@q waypoint(srcAP=${at(x!)}) = s2 on rootShare.`);
    t.deepEqual(await sends(x!, b!), ["b"]);
    t.deepEqual((await sends(x!, "all")).toSorted(), ["b", "m"]);
    t.deepEqual((await sends(a!, "all")).toSorted(), ["b", "m", "w", "x"]);
    // To the end of the row and back: at the last switch only her packets for `a` turn; `m` lies on the way of all others.
    t.true((await put(`@q waypoint(srcAP=${at(x!)}) = s3 on rootShare.`)).includes("W821"));
    t.deepEqual(await sends(x!, a!), ["a"]);
    t.deepEqual(await sends(x!, b!), ["b"]);
    t.deepEqual(await sends(x!, m!), []);
    t.deepEqual(await sends(x!, "all"), []);
    for (const [from, to] of [
      [a!, m!],
      [a!, b!],
      [b!, a!],
      [m!, a!],
    ] as const)
      t.deepEqual(await sends(from, to), [to.name]);
    // Through a box at her switch. With the MAC or the address of another the box gives nothing back.
    await put(`@q waypoint(srcAP=${at(x!)}) = w on rootShare.`);
    t.deepEqual(await sends(x!, b!), ["w"]);
    t.deepEqual(await sends(w!, b!, x), ["b"]);
    t.deepEqual(await sends(w!, b!, a), []);
    t.deepEqual(await sends(w!, b!, { ...x!, mac: m!.mac }), []);
    t.deepEqual(await sends(w!, "all", x), []);
    // What her box sends is denied by its port, as without the waypoint.
    await put(
      `@q waypoint(srcAP=${at(x!)}) = w on rootShare.\n@d deny(srcAP=${at(w!)}, dstEth=${b!.mac}) on rootShare.`,
    );
    t.deepEqual(await sends(w!, b!), []);
    t.deepEqual(await sends(w!, a!), ["a"]);
  },
);
