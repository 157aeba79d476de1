/** `glazier audit`: the log of a live server, checked record by record, and who said what. */
import { resolve } from "node:path";
import { visibleJson } from "#compiler/diagnostics/text.ts";
import { suggest } from "#compiler/diagnostics/suggest.ts";
import type { AuditRow } from "../../log/chain.ts";
import type { Command } from "../common/command.ts";
import { exit, Failure, wrongUsage } from "../common/io.ts";

/** So many names are compared with one that said nothing. */
const MOST_SPEAKERS = 1_000;

export const audit: Command = {
  name: "audit",
  summary: "the log of a server: whether it is whole, and who said what",
  synopsis: ["audit DIR [--by NAME] [--head HASH]"],
  description: [
    "Reads the log in DIR (the --state of `serve`), also while a server writes it, and checks each record: its number, its " +
      "time, its term and the hash of the record before. A log that was altered, cut or put together otherwise is refused with " +
      "the record's number, and nothing of it is printed.",
    "It prints a line for each record: its number, when, who, which way it came in, what it came to, and what was said. The " +
      "last line holds the hash of the last record. Who keeps that hash elsewhere can give it back as --head: then the log must " +
      "still hold that record, unaltered, and so all before it.",
    "A thief of the whole folder who writes a new chain is found only so: the log's own hashes cannot tell.",
  ],
  options: {
    by: { value: "NAME", help: "only what this one said" },
    head: { value: "HASH", help: "the hash of a record that an earlier audit printed" },
  },
  examples: [
    ["glazier audit /var/lib/glazier", "all that was said"],
    ["glazier audit /var/lib/glazier --by Alice --json", "what Alice said, for programs"],
  ],
  async run(args, io) {
    const [folder, ...more] = args.positionals;
    if (folder === undefined || more.length > 0) throw wrongUsage("`audit` needs one folder", "the --state of `serve`");
    const [by, head] = [args.value("by"), args.value("head")];
    if (head !== undefined && !/^[0-9a-f]{64}$/.test(head))
      throw wrongUsage("--head: a hash has 64 hexadecimal digits");
    const { LogError } = await import("../../log/log.ts");
    const { openSqliteLog } = await import("../../log/sqlite/sqlite-log.ts");
    const { auditRows, checkChain } = await import("../../log/chain.ts");
    const notice = (sentence: string): void => io.err(`warning: ${sentence}\n`);
    try {
      const log = await openSqliteLog(resolve(io.cwd, folder), { existing: true, notice });
      try {
        const chain = await checkChain(log, head);
        if (!chain.holds) {
          const gone = chain.first === 0 ? "" : `, or the record is one of those before ${chain.first}, which are gone`;
          const message = `no record of this log has the hash ${head}: it was written anew, or is another one${gone}`;
          throw new Failure(exit.fault, message, "restore it from a backup or a replica that has that record");
        }
        // Nothing is printed before all of it was found whole; then each record as it is read once more.
        const checked = chain.end - chain.first;
        const speakers = new Set<string>();
        let found = 0;
        const shown = (row: AuditRow): boolean => {
          if (by === undefined) return true;
          if (row.by !== null && speakers.size < MOST_SPEAKERS) speakers.add(row.by);
          if (row.by === by) found++;
          return row.by === by;
        };
        if (args.json) {
          let isFirst = true;
          io.raw.out('{\n  "ok": true,\n  "records": [');
          for await (const rows of auditRows(log, chain))
            for (const row of rows.filter(shown)) {
              io.raw.out(
                `${isFirst ? "" : ","}\n    ${visibleJson(JSON.stringify(row, null, 2).replaceAll("\n", "\n    "))}`,
              );
              isFirst = false;
            }
          io.raw.out(`${isFirst ? "" : "\n  "}],\n  "checked": ${checked},\n  "head": "${chain.hash}"\n}\n`);
        } else {
          if (chain.first > 0)
            io.out(
              `# the records before ${chain.first} are gone: the log keeps the state that they came to, and a backup them\n`,
            );
          for await (const rows of auditRows(log, chain))
            for (const { record, at, kind, by: who, via, verdict, text } of rows.filter(shown))
              io.out(
                `${[record, at, kind, who, via, verdict, text]
                  .map((one) => one ?? "-")
                  .join("\t")
                  .replaceAll("\n", " ")}\n`,
              );
          io.out(`# ${checked} records, each in its place; the last has the hash ${chain.hash}\n`);
        }
        if (by !== undefined && found === 0) {
          const { list } = await import("#compiler/certificates/text.ts");
          const meant = suggest(by, speakers);
          const others = meant === undefined ? `who did: ${list([...speakers].sort())}` : `did you mean \`${meant}\`?`;
          io.err(`note: \`${by}\` said nothing that this log holds${speakers.size === 0 ? "" : `; ${others}`}\n`);
        }
        return exit.good;
      } finally {
        await log.close();
      }
    } catch (error) {
      if (!(error instanceof LogError)) throw error;
      const isDamaged = error.fault.kind === "damaged";
      throw new Failure(isDamaged ? exit.fault : exit.world, error.message, error.fault.help);
    }
  },
};
