/** A real switch that refuses single entries or meters: all else is in force, and nothing passes that should not. */
import type { ExecutionContext } from "ava";
import type { FlowModMessage, Message } from "../../openflow/index.ts";
import { proxy } from "../../controller/testing/proxy.ts";
import type { Lab } from "../../lab/lab.ts";
import { switchTest } from "../../lab/test.ts";
import { until } from "../../lab/until.ts";
import { parseTarget, type SwitchTarget } from "../../session/index.ts";
import { replyText } from "../reply.ts";
import { bobHears, serveOn, type Serving } from "../testing/on-switch.ts";

type Refuse = (mod: FlowModMessage) => readonly [type: number, code: number] | undefined;

/** A server whose switch, which it looks at five times a second, refuses some flow-mods and meters. */
async function serving(
  t: ExecutionContext,
  lab: Lab,
  refuse: Refuse,
  refuseMeters: () => readonly [number, number] | undefined = () => undefined,
): Promise<Serving> {
  await lab.ofctl("del-flows");
  const between = await proxy(t, lab.mgmt, {
    refuse: (message: Message) => {
      if (message.type === "meter_mod" && message.command !== "delete") return refuseMeters();
      const mod = message.type === "bundle_add" ? message.message : message;
      return mod.type === "flow_mod" ? refuse(mod) : undefined;
    },
  });
  return serveOn(t, lab, { look: 200, target: parseTarget(between.target) as SwitchTarget });
}

const isTo = (mod: FlowModMessage, port: number): boolean =>
  mod.command !== "delete_strict" && mod.match.some((one) => one.field === "udp_dst" && one.value === BigInt(port));

const deny = (port: number): string =>
  `deny(srcHost=10.0.0.3, dstHost=10.0.0.4, transport=UDP, dstPort=${port}) on alice.`;
const limit = (port: number): string =>
  `limit(srcHost=10.0.0.3, dstHost=10.0.0.4, transport=UDP, dstPort=${port}) = 8Mb on alice.`;

const helpOf = ({ events }: Serving, kind: "lacking"): readonly (string | undefined)[] =>
  events.flatMap((one) => (one.kind === kind ? one.diagnostics.map(({ message, help }) => `${message}: ${help}`) : []));
/** What speakers are told from now on, as it comes. */
function pointsOf({ server }: Serving): readonly string[] {
  const points: string[] = [];
  server.watchTurns((one) => void points.push(`${one.kind} ${one.request} by ${one.by} on ${one.switch}`));
  return points;
}
/** Why it is not ready. */
const LACKING = ["1 of 1 switch: it does not take all of the table, and drops what that would decide"];

const isOver = ({ events }: Serving): boolean => events.some((one) => one.kind === "over" && one.trouble === "lacking");

switchTest(
  "a deny that the switch does not take closes what would let it on, and keeps no other back",
  async (t, start) => {
    const lab = await start();
    // OFPFMFC_BAD_TIMEOUT stands for any error about one entry.
    const serve = await serving(t, lab, (mod) => (isTo(mod, 7) ? [5, 5] : undefined));
    t.true(await serve.held());
    t.true(await bobHears(lab, 7));
    const points = pointsOf(serve);
    t.regex(await serve.say(`@one ${deny(7)}`), /^True/);
    t.true(await until(() => helpOf(serve, "lacking").length > 0));
    const [told] = helpOf(serve, "lacking");
    t.regex(told!, /refuses `Alice:one`/);
    t.regex(told!, /what it holds is dropped there, and so is all that `default` lets on below it;/);
    t.deepEqual(points, ["lack Alice:one by Alice on s1"]);
    t.false(await bobHears(lab, 7), "what is denied does not pass");
    t.regex(await serve.say(`@two ${deny(8)}`), /not wholly in force on s1: it does not take all of the table/);
    t.true(await until(async () => (await lab.dump()).includes("tp_dst=8")), "what is said later is sent");
    const others = async (by: string, text: string): Promise<string> =>
      replyText(await serve.server.service.say({ text, by, via: "unix" }));
    const made = "AddUser Eve. NewShare eve for (dstHost=10.0.0.2) [deny = True] on rootShare. Grant eve to Eve.";
    for (const text of made.split(/(?<=\.) /)) t.regex(await others("root", text), /^True/);
    const eve = "deny(dstHost=10.0.0.2, transport=UDP) on eve.";
    t.is(await others("Eve", eve), "True\n accepted\n id: r1\n\n", "of what Alice lacks Eve hears nothing");
    t.regex(await others("root", "deny(dstHost=10.0.0.2, transport=TCP) on eve."), /not wholly in force on s1/);
    t.true(await serve.held());
    t.is(serve.server.switches.lacking, 1);
    t.is(serve.server.switches.opened, 0);
    t.deepEqual(serve.server.unready, LACKING);
    t.regex(await serve.say("Cancel one."), /^True/);
    t.true(await until(() => isOver(serve)));
    t.true(await until(() => serve.server.unready.length === 0));
    t.true(await bobHears(lab, 7), "nothing is closed any more");
    t.false(await bobHears(lab, 8));
  },
);

switchTest(
  "a limit without a meter drops what it holds and nothing else until the switch has one",
  async (t, start) => {
    const lab = await start();
    let isOut = true;
    // OFPMMFC_OUT_OF_METERS.
    const serve = await serving(
      t,
      lab,
      () => undefined,
      () => (isOut ? [12, 10] : undefined),
    );
    t.true(await serve.held());
    const points = pointsOf(serve);
    t.regex(await serve.say(`@one ${limit(7)}`), /^True/);
    t.true(await until(() => helpOf(serve, "lacking").length > 0));
    t.regex(
      helpOf(serve, "lacking")[0]!,
      /refuses `Alice:one`: it has no meter left.*dropped there, and all else is in force/,
    );
    t.false(await bobHears(lab, 7));
    t.true(await bobHears(lab, 9));
    // It costs nobody but Alice, who is told: she does not decide whether the server is ready.
    t.true(await until(() => serve.server.isHeld));
    t.is(serve.server.switches.lacking, 1);
    t.deepEqual(serve.server.unready, []);
    t.regex(await serve.say(deny(8)), /^True\n accepted\n id: r\d+\n\n$/);
    t.true(await until(async () => !(await bobHears(lab, 8))));
    isOut = false;
    t.true(await until(() => isOver(serve)), "it is tried again by itself");
    t.deepEqual(points, ["lack Alice:one by Alice on s1", "have Alice:one by Alice on s1"]);
    t.true(await bobHears(lab, 7));
    t.regex(await lab.ofctl("dump-meters"), /rate=8000/);
  },
);

switchTest("a limit whose meter's number others use takes another number", async (t, start) => {
  const lab = await start();
  const first = await serving(t, lab, () => undefined);
  t.true(await first.held());
  t.regex(await first.say(`@one ${limit(7)}`), /^True/);
  const meterNow = async (): Promise<string | undefined> =>
    /meter[=:](\d+) kbps[^]*?rate=8000/.exec(await lab.ofctl("dump-meters"))?.[1];
  t.true(await until(async () => (await meterNow()) !== undefined));
  const number = (await meterNow())!;
  await lab.ofctl("add-flow", [`table=200,priority=3,udp,actions=meter:${number},NORMAL`]);
  t.regex(await first.say(`@two ${deny(8)}`), /^True/);
  t.true(await until(async () => !(await bobHears(lab, 8))), "nothing is kept back");
  t.true(await until(async () => /meter[=:]\d+ kbps[^]*meter[=:]\d+ kbps/.test(await lab.ofctl("dump-meters"))));
  t.true(await until(async () => !new RegExp(`cookie=0x67[^\\n]*meter:${number}\\b`).test(await lab.dump())));
  t.true(await bobHears(lab, 7));
  t.true(await first.held());
});

switchTest("a table that is full takes what it has room for, and lets on nothing that is denied", async (t, start) => {
  const lab = await start();
  await lab.ofctl("del-flows");
  const serve = serveOn(t, lab, { look: 200 });
  t.true(await serve.held());
  t.regex(await serve.say(`@one ${deny(7)}`), /^True/);
  t.true(await until(async () => !(await bobHears(lab, 7))));
  const flows = await lab.dump();
  const line = flows.split("\n").find((one) => one.includes("tp_dst=7"))!;
  const table = /table=(\d+)/.exec(line)?.[1] ?? "0";
  const held = flows
    .split("\n")
    .filter((one) => (/table=(\d+)/.exec(one)?.[1] ?? "0") === table && one.includes("actions"));
  await lab.vsctl([
    "--",
    "--id=@full",
    "create",
    "Flow_Table",
    `flow_limit=${held.length}`,
    "overflow_policy=refuse",
    "--",
    "set",
    "Bridge",
    "s1",
    `flow_tables:${table}=@full`,
  ]);
  t.regex(await serve.say(`@two ${deny(8)}`), /^True/);
  t.true(await until(() => helpOf(serve, "lacking").length > 0));
  t.regex(helpOf(serve, "lacking")[0]!, /refuses `Alice:two`: its table is full/);
  t.deepEqual(serve.server.unready, LACKING);
  t.false(await bobHears(lab, 7));
  t.false(await bobHears(lab, 8));
  // Who cancels makes room.
  t.regex(await serve.say("Cancel one."), /^True/);
  t.true(await until(() => isOver(serve)));
  t.true(await until(() => serve.server.unready.length === 0));
  t.true(await until(async () => await bobHears(lab, 7)));
  t.false(await bobHears(lab, 8));
});
