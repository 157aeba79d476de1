/** For tests only: a network with a log in memory and snapshots in a folder, which lives, dies at any step, and starts again. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { ExecutionContext } from "ava";
import { decide } from "#compiler/decide.ts";
import { digestOf } from "#compiler/admission/snapshot/write.ts";
import type { TargetName } from "#compiler/lowering/index.ts";
import type { OpenLog } from "../../log/log.ts";
import { recordHash } from "../../log/record.ts";
import type { MemoryStore } from "../../log/testing/memory.ts";
import { replyText } from "../reply.ts";
import { Service } from "../service.ts";
import { SnapshotKeeper, type SnapshotKeeping } from "../snapshot/keeping.ts";
import { startNetwork, type Started } from "../start.ts";
import { NOW, RULES } from "./server.ts";

export function snapshotFolder(t: ExecutionContext): string {
  const folder = mkdtempSync(join(tmpdir(), "glazier-snapshot-"));
  t.teardown(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

/** A network of a log, as one process has it. */
export interface Life {
  readonly started: Started;
  readonly log: OpenLog;
  readonly service: Service;
  readonly notices: readonly string[];
  /** Why snapshots were not written. */
  readonly failures: readonly string[];
  /** Unix seconds; the test moves it. */
  now: number;
  readonly keeper: SnapshotKeeper;
  say(text: string, by?: string): Promise<string>;
  /** Lets go of the log. */
  end(): Promise<void>;
  /** The digest of the state at an instant that it is brought to (Unix seconds). */
  digestAt(now: number): string;
}

/** The life that a log had last: it ends when the next one begins. */
const lastOf = new WeakMap<MemoryStore, OpenLog>();

/** Starts from a log, and from the folder of its snapshots if there is one; rejects if the policy is faulty. */
export async function live(
  t: ExecutionContext,
  store: MemoryStore,
  policy: string,
  folder: string | undefined,
  more: { readonly now?: number; readonly target?: TargetName } & Partial<
    Pick<SnapshotKeeping, "disk" | "every" | "retention">
  > = {},
): Promise<Life> {
  await lastOf.get(store)?.close();
  const log = store.open();
  lastOf.set(store, log);
  t.teardown(() => log.close());
  const notices: string[] = [];
  const failures: string[] = [];
  const clock = (): number => life.now * 1000;
  const life = { now: more.now ?? NOW } as { -readonly [K in keyof Life]: Life[K] };
  const started = await startNetwork(
    async (now) => ({
      decided: decide([{ name: "net.pane", text: policy }], { now, load: () => undefined, rules: RULES }),
      hash: recordHash(policy),
      rules: RULES,
    }),
    log,
    { target: more.target ?? "ovs" },
    clock,
    folder === undefined ? undefined : { folder, notice: (sentence) => void notices.push(sentence) },
  );
  if ("faults" in started) throw new Error(started.faults.map(({ message }) => message).join());
  const { network, journal, kept } = started;
  const service = new Service(network, journal, {
    clock: () => Math.max(started.since, clock()),
    changed: () => undefined,
    rebuild: started.rebuild,
  });
  const keeper = new SnapshotKeeper({
    folder: folder ?? "/nowhere",
    log,
    kept,
    next: () => journal.next,
    capture: () => service.atRest(started.capture),
    note: (draft) => service.note(draft),
    failed: (reason) => void failures.push(reason),
    ...more,
  });
  return Object.assign(life, {
    started,
    log,
    service,
    notices,
    failures,
    keeper,
    end: () => log.close(),
    say: async (text: string, by = "root") => replyText(await service.say({ text, by, via: "unix" })),
    digestAt(now: number) {
      network.admission.advance(now);
      return digestOf(started.capture().network, recordHash);
    },
  });
}
