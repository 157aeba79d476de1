/**
 * What it costs a server to stand again where its log ended: from all records, and from its last snapshot; then until its
 * tables are made, and until a real switch that held them all the time was read back and compared. The start from a snapshot
 * is one of a process of its own, as a restart is: so its memory is that of a server alone.
 */
import { execFile } from "node:child_process";
import { argv, execPath } from "node:process";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { decide } from "#compiler/decide.ts";
import { applyTo } from "../controller/index.ts";
import { canRunLab, startLab } from "../lab/lab.ts";
import { boundYoungGeneration } from "../process/young-generation.ts";
import { openSqliteLog } from "../log/sqlite/sqlite-log.ts";
import { recordHash, seal, type RecordDraft } from "../log/record.ts";
import { SnapshotKeeper } from "../serve/snapshot/keeping.ts";
import { startNetwork, type Started } from "../serve/start.ts";
import { parseTarget, Session, type SwitchTarget } from "../session/index.ts";
import type { Report } from "./report.ts";
import { rules } from "./requests.ts";

const POLICY = `default allow.
NewShare s for (*) [deny = True, requests <= 1000000, entries <= 10000000] on rootShare.
`;

/** 2026-12-01T09:00:00Z. */
const NOW = 1_796_115_600;

/** Writes n requests that were accepted into an empty log, as a server does. */
async function writeRecords(folder: string, n: number): Promise<void> {
  const log = await openSqliteLog(folder);
  const { term } = await log.lead(new AbortController().signal);
  let end = await log.end();
  let records: Uint8Array[] = [];
  const write = async (draft: RecordDraft): Promise<void> => {
    const sealed = seal(end, term, NOW * 1000, draft);
    end = sealed.end;
    records.push(sealed.bytes);
    if (records.length < 1_000 && end.at < n + 2) return;
    await log.append(end.at - records.length, term, records);
    records = [];
  };
  await write({ kind: "policy", hash: recordHash(POLICY), now: NOW });
  await write({ kind: "token", name: "root", digest: recordHash("root") });
  for (let i = 0; i < n; i++)
    await write({
      kind: "say",
      by: "root",
      via: "unix",
      text: `deny(srcHost=10.${100 + (i >> 16)}.${(i >> 8) & 255}.${i & 255}, transport=TCP, dstPort=443) on s.`,
      accepted: true,
      answers: [{ kind: "accepted", id: `r${end.at}` }],
    });
  await log.close();
}

interface Begun {
  /** Milliseconds of processor time of all threads, the check of the chain included. */
  readonly cpu: number;
  readonly kept: number;
  /** The same until the tables are made, and until the switch was compared; undefined: there is none. */
  readonly made: number;
  readonly compared: number | undefined;
}

/** The same of a process of its own, with the most memory that it had, in MB. */
interface BegunAlone extends Begun {
  readonly memory: number;
}

const OWN = fileURLToPath(import.meta.url);

async function beginAlone(folder: string, n: number, management: string | undefined): Promise<BegunAlone> {
  const words = [OWN, folder, `${n}`, ...(management === undefined ? [] : [management])];
  const { stdout } = await promisify(execFile)(execPath, words);
  return JSON.parse(stdout) as BegunAlone;
}

/** Starts, brings the switch to its table, and leaves a snapshot if there is none. */
async function begin(folder: string, n: number, target: SwitchTarget | undefined): Promise<Begun> {
  const spent = process.cpuUsage();
  const log = await openSqliteLog(folder);
  const started = (await startNetwork(
    async (now) => ({
      decided: decide([{ name: "net.pane", text: POLICY }], { now, load: () => undefined, rules }),
      hash: recordHash(POLICY),
      rules,
    }),
    log,
    { target: "ovs" },
    () => NOW * 1000,
    { folder, notice: (sentence) => console.error(sentence) },
  )) as Started;
  const soFar = (): number => {
    const { user, system } = process.cpuUsage(spent);
    return (user + system) / 1000;
  };
  const cpu = soFar();
  const { network } = started;
  const { accepted } = network.admission.state;
  if (accepted.size !== n) throw new Error(`${accepted.size} of ${n} requests`);
  network.makeTables(() => true);
  const made = soFar();
  const isAgain = started.kept > 0;
  if (target !== undefined) await compare(network, target, isAgain);
  const compared = target && soFar();
  if (started.kept === 0) await takeSnapshot(folder, started, log);
  await log.close();
  return { cpu, made, compared, kept: started.kept };
}

/** Reads a switch back and sends the difference, of which there is none where it has had the table before. */
async function compare(network: Started["network"], target: SwitchTarget, isAgain: boolean): Promise<void> {
  const table = network.tables.tables(NOW).get("")!;
  // A table that holds too much is none (E848), and would cost nothing.
  if (table.entries.length < network.admission.state.accepted.size) throw new Error("the table is not whole");
  const session = await Session.connect(target);
  try {
    const result = await applyTo(session, table, { takeOver: !isAgain });
    if (result.outcome === "failed") throw new Error(result.diagnostics.map(({ message }) => message).join("; "));
    const { added, replaced, deleted } = result;
    if (isAgain && added + replaced + deleted > 0) throw new Error("a restart has changed the switch");
  } finally {
    await session.close();
  }
}

function takeSnapshot(folder: string, started: Started, log: Awaited<ReturnType<typeof openSqliteLog>>): Promise<void> {
  const { journal, kept, capture } = started;
  return new SnapshotKeeper({
    folder,
    log,
    kept,
    next: () => journal.next,
    capture: () => Promise.resolve(capture()),
    note: (draft) => journal.note(NOW * 1000, draft),
    failed: (reason) => console.error(reason),
  }).take();
}

/** Reports both starts of a log of n requests. */
export async function restarts(folder: string, n: number, report: Report): Promise<void> {
  await writeRecords(folder, n);
  const lab = canRunLab() === undefined ? await startLab({ name: "bench" }) : undefined;
  let slow: Begun;
  let quick: BegunAlone;
  try {
    slow = await begin(folder, n, targetOf(lab?.mgmt));
    quick = await beginAlone(folder, n, lab?.mgmt);
  } finally {
    await lab?.down();
  }
  if (quick.kept === 0) throw new Error("the snapshot was not used");
  report({ case: "restart from n records", n, figure: slow.cpu, unit: "ms CPU" });
  report({
    case: "restart from a snapshot of n requests",
    n,
    figure: quick.cpu,
    unit: "ms CPU",
    bound: 5_000,
    peer: { name: "from its records", figure: slow.cpu },
  });
  report({ case: "the same, until its tables are made", n, figure: quick.made, unit: "ms CPU" });
  if (quick.compared !== undefined)
    report({ case: "and a switch is compared", n, figure: quick.compared, unit: "ms CPU", bound: 8_000 });
  report({ case: "the most memory of that server", n, figure: quick.memory, unit: "MB" });
}

const targetOf = (management: string | undefined): SwitchTarget | undefined =>
  management === undefined ? undefined : (parseTarget(management) as SwitchTarget);

// The process of a start alone: FOLDER N [TARGET].
if (argv[1] === OWN) {
  boundYoungGeneration();
  const begun = await begin(argv[2]!, Number(argv[3]), targetOf(argv[4]));
  process.stdout.write(JSON.stringify({ ...begun, memory: process.resourceUsage().maxRSS / 1024 }));
}
