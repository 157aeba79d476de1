/**
 * `npm run mutants -- [COUNT [SEED]]`: so many mutants in this process, without files, and what became of them. One in
 * eight is a whole policy, which goes the whole way to tables and their printing; the others are sentences said to
 * networks that run, which cost a tenth. Ends with 1 where one threw, took over two seconds of processor time, or where less
 * than a third of them reached tables.
 */
import { createHash } from "node:crypto";
import { random } from "../runtime/bench/random.ts";
import { changeToken, mutate, oneOf, SMALL, statements } from "../runtime/cli/testing/mutants.ts";
import { assemble, BORROWED } from "../runtime/cli/testing/parts.ts";
import { RunningNetwork } from "../runtime/cli/testing/running.ts";
import { wholeWay, type Way } from "../runtime/cli/testing/whole-way.ts";

const [count = "10000", seed = "1"] = process.argv.slice(2);
const roll = random(Number(seed));
const others = [...SMALL, ...BORROWED];

/** A request, and the user who says it. */
interface Sentence {
  readonly by: string;
  readonly text: string;
}

/** The requests of a policy, without their labels, which stand already. */
const requestsOf = (policy: string): readonly Sentence[] =>
  statements(policy).flatMap((one) => {
    const said = /^\s*(?:@\w+ )?(?:(\w+): )?((?:allow|deny|limit|reserve|waypoint|avoid)\(.*)$/s.exec(one);
    return said === null ? [] : [{ by: said[1] ?? "root", text: said[2]! }];
  });
/** What root may say in any network. */
const common = BORROWED.flatMap(requestsOf).filter(({ text }) => / on rootShare/.test(text) && !/web| = m /.test(text));
const networks = SMALL.map((text) => ({
  network: new RunningNetwork(text),
  sentences: [...requestsOf(text), ...common],
}));

interface Tally {
  text: number;
  verdicts: number;
  tables: number;
  /** Texts that were mutants before. */
  same: number;
  thrown: number;
  /** Took more than `MOST_SECONDS`. */
  slow: number;
  letters: number;
}
/** Processor time that a mutant may take, by the promise of every refusal. */
const MOST_SECONDS = 2;
/** The most that one took. */
let slowest = 0;
const spent = (): number => process.cpuUsage().user / 1e6;
const policies: Tally = { text: 0, verdicts: 0, tables: 0, same: 0, thrown: 0, slow: 0, letters: 0 };
const said: Tally = { ...policies };
/** Hashes: a million texts would fill the memory that is measured here. */
const seen = new Set<bigint>();
const hashOf = (text: string): bigint => createHash("sha1").update(text).digest().readBigUInt64LE();

/** Goes the way of a mutant; one that there was before is changed up to three times more. */
function go(tally: Tally, mutant: string, way: (text: string) => Way): void {
  let text = mutant;
  let hash = hashOf(text);
  for (let more = 0; more < 3 && seen.has(hash); more++) hash = hashOf((text = changeToken(text, roll)));
  if (seen.has(hash)) tally.same++;
  seen.add(hash);
  const before = spent();
  try {
    const { reached, letters } = way(text);
    tally[reached]++;
    tally.letters += letters;
  } catch (error) {
    tally.thrown++;
    console.log(`${(error as Error).stack}\n${text}\n`);
  }
  const seconds = spent() - before;
  slowest = Math.max(slowest, seconds);
  if (seconds <= MOST_SECONDS) return;
  tally.slow++;
  console.log(`${seconds} s\n${text}\n`);
}

for (let turn = 0; turn < Number(count); turn++) {
  if (turn % 8 === 0) {
    const text = turn % 64 === 0 ? oneOf(SMALL, roll) : assemble(roll);
    let mutant = text;
    for (let i = roll(4) === 0 ? 2 : 1; i > 0; i--) mutant = mutate(mutant, others, roll);
    go(policies, mutant, (fresh) => wholeWay(fresh, text, turn / 8));
  } else {
    const { network, sentences } = oneOf(networks, roll);
    const { by, text } = oneOf(sentences, roll);
    let mutant = roll(4) === 0 ? `@l${roll(99)} ${text}` : text;
    for (let i = 1 + roll(3); i > 0; i--) mutant = changeToken(mutant, roll);
    go(said, mutant, (fresh) => network.say(fresh, by, turn));
  }
}
const { user, system } = process.cpuUsage();
const tables = policies.tables + said.tables;
const share = Math.round((100 * tables) / Number(count));
console.log(
  JSON.stringify({
    seed: Number(seed),
    count: Number(count),
    tables,
    share,
    policies,
    said,
    cpu: (user + system) / 1e6,
    slowest,
    megabytes: Math.round(process.resourceUsage().maxRSS / 1024),
  }),
);
process.exitCode = policies.thrown + said.thrown + policies.slow + said.slow > 0 || tables * 3 < Number(count) ? 1 : 0;
