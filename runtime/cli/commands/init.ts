/** `glazier init`: a first policy to learn from, ready to be checked. */
import { mkdir, writeFile } from "node:fs/promises";
import { posix, resolve } from "node:path";
import type { Command } from "../common/command.ts";
import { exit, Failure, misuse } from "../common/io.ts";
import { printJson } from "../common/report.ts";
import { starter } from "../common/starter.ts";

const file = "policy.pane";

export const init: Command = {
  name: "init",
  summary: "write a first policy, with the baseline included",
  synopsis: ["init [FOLDER]"],
  description: [
    "Writes `policy.pane` into the folder (made if it is missing; default: the current one): three hosts, a share that " +
      "Alice speaks for, and a request of hers, each with a comment that says what it does. It includes the baseline " +
      "(ARP, neighbour discovery, DHCP, ICMP errors), without which no network lives under `default deny`.",
    "A file that is there already is never overwritten.",
  ],
  options: {},
  examples: [
    ["glazier init", "writes policy.pane here; then try `glazier check`"],
    ["glazier init network && glazier compile network", "a first table"],
  ],
  async run(args, io) {
    if (args.positionals.length > 1) throw misuse("`init` takes one folder", "`glazier help init` shows how");
    const folder = args.positionals[0] ?? ".";
    const name = posix.join(folder, file);
    await mkdir(resolve(io.cwd, folder), { recursive: true }).catch((error: Error) => {
      throw new Failure(exit.world, `cannot make the folder ${folder}: ${error.message}`);
    });
    await writeFile(resolve(io.cwd, name), starter, { flag: "wx" }).catch((error: NodeJS.ErrnoException) => {
      if (error.code === "EEXIST") throw new Failure(exit.world, `${name} is there already`, "nothing was changed");
      throw new Failure(exit.world, `cannot write ${name}: ${error.message}`);
    });
    if (args.json) printJson(io, { ok: true, written: [name] });
    else {
      const at = folder === "." ? "" : ` ${folder}`;
      io.out(
        `wrote ${name}\n\nNext:\n  glazier check${at}      what is accepted, and why\n  glazier compile${at}    the table\n`,
      );
    }
    return exit.good;
  },
};
