/** `glazier init`: a first policy to learn from, ready to be checked. */
import { rm, writeFile } from "node:fs/promises";
import { posix, resolve } from "node:path";
import type { Command } from "../common/command.ts";
import { exit, Failure, wrongUsage } from "../common/io.ts";
import { policiesIn } from "../common/files.ts";
import { systemReason } from "../common/read.ts";
import { printJson } from "../common/output.ts";

const FILE = "policy.pane";

/** The policy that `init` writes: small, complete, accepted, and explained line by line. */
const STARTER = `// A first policy: try \`glazier check\`, \`glazier compile\`, and
// \`glazier trace "srcHost=10.0.0.3, dstHost=10.0.0.2, transport=TCP, dstPort=22"\`.

include "baseline.fml". // ARP, neighbour discovery, DHCP, ICMP errors: what every network needs to live
default deny. // what a flow gets that nothing decides

// Who is where. In a rule a bare capitalised word is a variable, so a name like Alice stands in quotes.
host_ip(alice_pc, 10.0.0.2).
host_ip(eve_pc, 10.0.0.3).
host_ip(bob_pc, 10.0.0.4).
user_host("Alice", alice_pc).

// Standing rules, of the operator. Inside a policy order means nothing, and deny overrides allow.
server(bob_pc).
policy lan on share rootShare {
  @local allow <= srcHost in 10.0.0.0/24, dstHost in 10.0.0.0/24.
  @telnet deny <= dstHost(H), server(H), transport(tcp), dstPort in {23}.
}

// A share hands a part of the network on: Alice may deny traffic to her own computer, and nothing else.
NewShare aliceAC for (dstHost=10.0.0.2) [deny = True] on rootShare.
Grant aliceAC to Alice.

// Requests: each is accepted, or rejected with the reason. The second asks for too much; remove its // to see the answer.
@noEve Alice: deny(dstHost=10.0.0.2, srcHost=10.0.0.3) on aliceAC.
// Alice: deny(srcHost=10.0.0.3) on aliceAC.
`;

export const init: Command = {
  name: "init",
  summary: "write a first policy, with the baseline included",
  synopsis: ["init [FOLDER]"],
  description: [
    "Writes `policy.pane` into the folder (made if it is missing; default: the current one): three hosts, a share that " +
      "Alice speaks for, and a request of hers, each with a comment that says what it does. It includes the baseline " +
      "(ARP, neighbour discovery, DHCP, ICMP errors), without which no network lives under `default deny`.",
    "A file that is there already is never overwritten, and nothing is written beside another policy: the files of a " +
      "folder are one policy.",
  ],
  options: {},
  examples: [
    ["glazier init", "writes policy.pane here; then try `glazier check`"],
    ["glazier init network && glazier compile network", "a first table"],
  ],
  async run(args, io) {
    if (args.positionals.length > 1) throw wrongUsage("`init` takes one folder", "`glazier help init` shows how");
    const folder = args.positionals[0] ?? ".";
    if (folder === "") throw wrongUsage("the folder is an empty path", "the current folder is written `.`");
    const name = posix.join(folder, FILE);
    const { makeFolders } = await import("../../process/folders.ts");
    try {
      makeFolders(resolve(io.cwd, folder));
    } catch (error) {
      throw new Failure(exit.world, `cannot make the folder ${folder}: ${systemReason(error as Error)}`);
    }
    // The files of a folder are one policy, so what this one allows would be allowed in theirs.
    const others = (await policiesIn(folder, io)).filter((one) => one !== name);
    if (others.length > 0) {
      const [first, ...more] = others;
      const known = more.length === 0 ? `${first} is` : `${first} and ${more.length} more are`;
      throw new Failure(
        exit.world,
        `${folder === "." ? "this folder" : folder} holds a policy already: ${known} there`,
        "nothing was changed; `glazier init FOLDER` writes into a folder of its own",
      );
    }
    await writeFile(resolve(io.cwd, name), STARTER, { flag: "wx" }).catch(async (error: NodeJS.ErrnoException) => {
      if (error.code === "EEXIST") throw new Failure(exit.world, `${name} is there already`, "nothing was changed");
      // On a full disk a part of it may be there.
      if (error.code === "ENOSPC" || error.code === "EDQUOT") await rm(resolve(io.cwd, name), { force: true });
      throw new Failure(exit.world, `cannot write ${name}: ${systemReason(error)}`);
    });
    if (args.json) printJson(io, { ok: true, written: [name] });
    else {
      const at = folder === "." ? "" : ` ${asShellWord(folder)}`;
      io.out(
        `wrote ${name}\n\nNext:\n  glazier check${at}      what is accepted, and why\n  glazier compile${at}    the table\n`,
      );
    }
    return exit.good;
  },
};

/** A path as a shell reads it back as one word. */
function asShellWord(path: string): string {
  return /^[\w./@%+=:,-]+$/.test(path) ? path : `'${path.replaceAll("'", "'\\''")}'`;
}
