/**
 * A served switch that does not answer, though its connection stands, and one that answers as another datapath: nobody is
 * told that what he was answered is in force there.
 */
import { readFileSync } from "node:fs";
import type { Diagnostic } from "#compiler/diagnostics/diagnostic.ts";
import type { Lab } from "../../lab/lab.ts";
import { switchTest } from "../../lab/test.ts";
import { until } from "../../lab/until.ts";
import { apply } from "../../controller/index.ts";
import { must } from "../../process/command.ts";
import { bobHears, serveOn } from "../testing/on-switch.ts";

/** Kills the switch's database server; the function that is returned starts another. */
function killDatabase({ directory, namespace }: Lab): () => Promise<void> {
  process.kill(Number(readFileSync(`${directory}/ovsdb-server.pid`, "utf8")), "SIGKILL");
  const files = [
    `--pidfile=${directory}/ovsdb-server.pid`,
    `--unixctl=${directory}/again.ctl`,
    "--no-chdir",
    "--detach",
  ];
  const remote = `--remote=punix:${directory}/db.sock`;
  return async () =>
    void (await must(["ip", "netns", "exec", namespace, "ovsdb-server", `${directory}/conf.db`, remote, ...files]));
}

switchTest("a switch whose database server is killed answers nobody, and answers say so", async (t, start) => {
  const lab = await start();
  await lab.ofctl("del-flows");
  const { say, held, server, events } = serveOn(t, lab, { silent: 200, apply: { database: lab.db } });
  t.true(await held());
  const deny = (port: number): Promise<string> =>
    say(`deny(srcHost=10.0.0.3, dstHost=10.0.0.4, transport=UDP, dstPort=${port}) on alice.`);
  t.regex(await deny(70), /^True\n accepted\n id: r\d+\n\n$/);
  t.true(await held());
  const startAgain = killDatabase(lab);
  let port = 70;
  let reply = "";
  t.true(await until(async () => (reply = await deny(++port)).includes("not yet"), { interval: 100 }));
  t.regex(reply, /^True\n accepted\n id: r\d+\n not yet in force on s1: it does not answer\n\n$/);
  t.false(server.isHeld);
  // A one-shot apply ends as well, and says what to look at.
  const result = await apply(lab.mgmt, { entries: [] }, { session: { connectSeconds: 1 } });
  t.deepEqual([result.outcome, ...result.diagnostics.map(({ code }) => code)], ["failed", "E954"]);
  t.regex(result.diagnostics[0]!.help ?? "", /`ovsdb-server`/);
  await startAgain();
  t.true(await held());
  t.true(await until(async () => !(await bobHears(lab, port))));
  t.true(await bobHears(lab, port + 1));
  t.regex(await deny(port + 1), /^True\n accepted\n id: r\d+\n\n$/);
  t.false(events.some(({ kind }) => kind === "refused"));
});

switchTest(
  "a switch whose database server is killed is not ready, though nobody asks for a change",
  async (t, start) => {
    const lab = await start();
    await lab.ofctl("del-flows");
    const mark = { id: 1n, process: process.pid, at: undefined };
    for (const holder of [undefined, { claim: { mark }, generation: 1n }]) {
      const { held, server, events } = serveOn(
        t,
        lab,
        { silent: 400, apply: { database: lab.db } },
        undefined,
        undefined,
        holder,
      );
      t.true(await held());
      t.deepEqual(server.unready, []);
      const startAgain = killDatabase(lab);
      t.true(await until(() => server.unready.length > 0));
      t.deepEqual(server.unready, ["1 of 1 switch: it does not answer"]);
      t.is(server.switches.held, 0);
      const told = (): readonly Diagnostic[] => events.flatMap((one) => (one.kind === "silent" ? one.diagnostics : []));
      t.true(await until(() => told().length > 0));
      t.deepEqual(
        told().map(({ code, message }) => `${code} ${message.replace(/`.*`/, "it")}`),
        ["E954 the switch it did not answer within 0.4 s: what it was sent last"],
        "it is said once",
      );
      t.regex(told()[0]!.help!, /`ovsdb-server`/);
      await startAgain();
      t.true(await until(() => server.unready.length === 0));
      t.true(await until(() => events.some((one) => one.kind === "over" && one.trouble === "silent")));
      t.true(await bobHears(lab, 9));
      await server.stop();
    }
  },
);

switchTest("a bridge that has another datapath id is reached and not ours, until it is again", async (t, start) => {
  const lab = await start();
  await lab.ofctl("del-flows");
  const [{ dpid }] = lab.switches as [Lab["switches"][0]];
  const switches = new Map([["s1", { name: "s1", dpid, span: undefined! }]]);
  const intended = { name: "s1", switches };
  const { say, held, events } = serveOn(t, lab, { apply: { database: lab.db, intended } });
  t.true(await held());
  const become = (id: string): Promise<string> => lab.vsctl(["set", "bridge", "s1", `other-config:datapath-id=${id}`]);
  await become("00000000000000ff");
  t.true(await until(() => events.some(({ kind }) => kind === "refused")));
  t.true(await until(() => events.some((event) => event.kind === "over" && event.trouble === "away")));
  const deny = "deny(srcHost=10.0.0.3, dstHost=10.0.0.4, transport=UDP, dstPort=7) on alice.";
  t.is(await say(deny), "True\n accepted\n id: r1\n not yet in force on s1: it does not take the table\n\n");
  await become(dpid);
  t.true(await held());
  t.true(await until(async () => !(await bobHears(lab, 7))));
  const codes = events.flatMap((event) => (event.kind === "refused" ? event.diagnostics : [])).map(({ code }) => code);
  t.deepEqual(codes, ["E980"]);
});
