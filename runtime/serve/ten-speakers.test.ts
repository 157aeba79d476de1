/**
 * Ten speakers at once over sockets of their own, five hosts on a real switch: each decides of what her share holds, and
 * connections of the hosts themselves are the judge.
 */
import { join } from "node:path";
import { folder } from "../cli/testing.ts";
import { factsOf } from "../lab/lab.ts";
import { switchTest } from "../lab/test.ts";
import { until } from "../lab/until.ts";
import { holdingWords, ServeProcess, TextClient } from "./testing/process.ts";

const HOSTS = ["h1", "h2", "h3", "h4", "h5"];
const addressOf = (host: number): string => `10.0.0.${host + 1}`;

/** Speaker i speaks for one port of one host, and denies it to the host behind that one. */
const SPEAKERS = Array.from({ length: 10 }, (_, i) => ({
  name: `u${i}`,
  to: i % 5,
  from: ((i % 5) + 1 + (i % 2)) % 5,
  port: 2_000 + i,
}));

switchTest(
  "ten speakers at once decide of their own shares and of no others', on a switch with five hosts",
  async (t, start) => {
    t.timeout(300_000);
    const lab = await start({ hosts: HOSTS.map((name, i) => ({ name, ip: addressOf(i) })) });
    const shares = SPEAKERS.map(
      ({ name, to, port }) =>
        `AddUser ${name}. NewShare ${name}s for (dstHost=${addressOf(to)}, transport=TCP, dstPort=${port}) [deny = True] on rootShare. Grant ${name}s to ${name}.`,
    );
    const cwd = folder(t, { "net.pane": ["default allow.", factsOf(lab), ...shares].join("\n") });
    const socket = join(cwd, "socket");
    const words = holdingWords(lab, "net.pane", socket);
    const server = new ServeProcess(t, words, cwd);
    await server.printed(/serving at/);
    await server.printed(/: \d+ added/);
    const root = await TextClient.login(socket, "root", server.token);
    const clients: TextClient[] = [];
    for (const { name } of SPEAKERS) {
      const token = /glz_\S+/.exec((await root.say(`token ${name}.`))!)![0];
      clients.push(await TextClient.login(socket, name, token));
    }
    const said = await Promise.all(
      SPEAKERS.map(async ({ to, from, port }, i) => {
        const deny = (of: number): string =>
          `deny(srcHost=${addressOf(from)}, dstHost=${addressOf(to)}, transport=TCP, dstPort=${port}) on u${of}s.`;
        const [own, anothers] = [clients[i]!.say(`@own ${deny(i)}`), clients[i]!.say(deny((i + 1) % 10))];
        return [await own, await anothers] as const;
      }),
    );
    for (const [own, anothers] of said) {
      t.regex(own!, /^True\n accepted/);
      t.regex(anothers!, /^False\n/);
    }
    const connects = (from: number, to: number, port: number): Promise<boolean> =>
      lab.tcp(HOSTS[from]!, HOSTS[to]!, port, { timeout: 1_000 });
    const isDenied = async ({ from, to, port }: (typeof SPEAKERS)[number]): Promise<boolean> =>
      !(await connects(from, to, port));
    for (const one of SPEAKERS) {
      t.true(await until(() => isDenied(one)), `${one.name} denied it`);
      t.true(await until(() => connects(one.from, one.to, one.port + 100)), "no other port is");
    }
    const [first, ...others] = SPEAKERS;
    t.regex((await clients[0]!.say("Cancel own."))!, /^True/);
    t.true(await until(() => connects(first!.from, first!.to, first!.port)));
    for (const one of others.slice(0, 2)) t.true(await isDenied(one));
    for (const one of [root, ...clients]) one.close();
  },
);
