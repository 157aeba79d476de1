/** Whatever is said over the wire: whole replies to its speaker, and the same network as ever to the others. */
import test from "ava";
import { random } from "../bench/random.ts";
import { mutate, oneOf, SMALL } from "../cli/testing/mutants.ts";
import { assemble, BORROWED } from "../cli/testing/parts.ts";
import { serverOf, talk } from "./testing/server.ts";

const POLICY = `default deny. host_ip(a, 10.0.0.1). host_ip(b, 10.0.0.2). host_ip(m, 10.0.0.3). user_host("A", a).
AddUser A. NewShare web for (dstHost=10.0.0.2) [allow = True, deny = True] on rootShare. Grant web to A.`;
/** `True`, `False`, or the number of a query's items, then lines that begin with a blank, then an empty one. */
const REPLY = /^(?:True|False|\d+;)\n(?: .*\n)*$/;
const COUNT = Number(process.env["GLAZIER_WIRE"] ?? "400");

test("mutants of policies and sentences get whole replies, and no other connection notices", async (t) => {
  const roll = random(10);
  const { path, journal } = await serverOf(t, POLICY);
  let accepted = 0;
  for (let nth = 0; nth < COUNT; nth += 1) {
    const base = roll(2) === 0 ? assemble(roll) : oneOf([...SMALL, ...BORROWED], roll);
    const mutant = mutate(base, [...SMALL, ...BORROWED], roll);
    const said = `${roll(4) === 0 ? "A" : "root"} x\n${mutant}\n`;
    // A client may send it in any pieces, also within a sign.
    const bytes = Buffer.from(said);
    const cut = roll(bytes.length);
    const reply = await talk(path, bytes.subarray(0, cut), bytes.subarray(cut));
    const [login, ...rest] = reply.split("logged in\n");
    t.is(login, "Login: ", mutant);
    for (const one of rest.join("logged in\n").split("\n\n").slice(0, -1))
      t.regex(`${one}\n`, REPLY, `${mutant}\n\n${reply}`);
    t.true(reply.endsWith("logged in\n") || reply.endsWith("\n\n"), `${mutant}\n\n${reply}`);
    accepted += reply.split("\nTrue\n").length - 1;
    if (nth % 20 === 0) t.regex(await talk(path, "A x\nListShares.\n"), /\n rootShare\t.*\n\n$/s, mutant);
  }
  t.true(accepted > COUNT / 4, `${accepted} statements were accepted, so the mutants reach the network`);
  t.true(journal.records.length > 0);
});
