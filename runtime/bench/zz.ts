import { apply } from "../controller/index.ts";
import { startLab } from "../lab/lab.ts";
import { cookieOf } from "../../compiler/table/index.ts";
import { exact, sortEntries } from "../../compiler/table/match.ts";
const entryOf = (i: number, e: number): any => ({ table: 0, priority: 100, match: [exact("eth_type", 0x800), exact("ip_proto", 6), exact("ipv4_src", 0x0a000000n + BigInt(i)), exact("tcp_dst", i % 100 === 0 && e === 2 ? 8443 : 443)], instructions: i % 2 ? [] : [{ kind: "apply", actions: [{ kind: "output", port: "NORMAL" }] }], cookie: cookieOf(`s ${i}`), hardTimeout: 0, idleTimeout: 0 });
const t = [1, 2].map((e) => ({ entries: sortEntries(Array.from({ length: 100_000 }, (_, i) => entryOf(i, e))) }));
const lab = await startLab({ name: "zz" });
try {
  for (let k = 0; k < 6; k++) {
    const c = process.cpuUsage();
    const r = await apply(lab.mgmt, t[k % 2]!);
    const d = process.cpuUsage(c);
    console.log(k, r.outcome, Object.fromEntries(Object.entries(r.durations).map(([a, b]) => [a, Math.round(b as number)])), "cpu", Math.round((d.user + d.system) / 1000));
  }
} finally { await lab.down(); }
