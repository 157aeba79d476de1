/** What is said of limits that never take effect, and of the facts that a reservation lacks. */
import test from "ava";
import fc from "fast-check";
import { decide } from "../decide.ts";
import { explainStatement, statementText } from "../explain/statement.ts";
import { renderLine } from "../diagnostics/index.ts";
import { NOW, RULES } from "./testing/networks.ts";

const decided = (text: string): ReturnType<typeof decide> =>
  decide([{ name: "p.pane", text: `default allow.\n${text}` }], { now: NOW, load: () => undefined, rules: RULES });
const told = (text: string): readonly string[] =>
  decided(text).diagnostics.map(
    (one) => renderLine(one).replace(/^[^:]*:/, "") + (one.help === undefined ? "" : ` | ${one.help}`),
  );

test("N753: a limit beside a tighter one of all its flows, all its time", (t) => {
  const all = "@all limit(*) = 5Mb on rootShare.\n";
  const note =
    "3:1: note[N753]: never takes effect: `all` limits all of these flows to 5Mb already | take it out, or limit to less";
  t.deepEqual(told(`${all}@loose limit(*) = 6Mb on rootShare.`), [note]);
  t.deepEqual(told(`${all}@part limit(dstPort=80) = 5Mb on rootShare from +1min to +5min.`), [note]);
  t.deepEqual(told(`${all}policy p {\n@rule limit(9Mb) <= dstPort = 80.\n}`), [note.replace("3:1", "4:1")]);
  t.deepEqual(told(`${all}@tight limit(dstPort=80) = 4Mb on rootShare.`), []);
  t.deepEqual(told("@brief limit(*) = 5Mb on rootShare to +5min.\n@long limit(*) = 6Mb on rootShare."), []);
  t.deepEqual(told("@a limit(dstPort=1-5) = 5Mb on rootShare.\n@b limit(dstPort=5-9) = 6Mb on rootShare."), []);
});

/** A limit of ports low-high for some minutes of the next ten, in Mb. */
const arbitraryLimit = fc
  .record({
    low: fc.nat(4),
    wide: fc.nat(3),
    from: fc.nat(3),
    long: fc.integer({ min: 1, max: 4 }),
    rate: fc.integer({ min: 1, max: 3 }),
  })
  .map(({ low, wide, from, long, rate }) => ({ low, high: low + wide, from, to: from + long, rate }));

test("N753: as a search through all ports and minutes says, on random limits", (t) => {
  let found = 0;
  fc.assert(
    fc.property(fc.array(arbitraryLimit, { minLength: 2, maxLength: 5 }), (limits) => {
      const text = limits
        .map(
          ({ low, high, from, to, rate }, i) =>
            `@l${i} limit(dstPort=${low}-${high}) = ${rate}Mb on rootShare from +${from}min to +${to}min.`,
        )
        .join("\n");
      const lines = decided(text).diagnostics.flatMap(({ code, span }) =>
        code === "N753" ? [/@l(\d)/.exec(span!.source.text.slice(span!.start, span!.end))![1]!] : [],
      );
      const loose = limits.flatMap((one, i) => {
        const isAlways = limits.some((other, j) => {
          if (i === j || other.rate > one.rate || (other.rate === one.rate && j > i)) return false;
          for (let port = one.low; port <= one.high; port++)
            for (let minute = one.from; minute < one.to; minute++)
              if (port < other.low || port > other.high || minute < other.from || minute >= other.to) return false;
          return true;
        });
        return isAlways ? [String(i)] : [];
      });
      found += loose.length;
      t.deepEqual(lines, loose, text);
    }),
    { numRuns: 150 },
  );
  t.true(found > 20, String(found));
});

const HOSTS = `host_ip(a, 10.0.0.1). host_ip(b, 10.0.0.2).\n`;
const PLACES = "switch(s1, 1). host_at(a, s1, 1). host_at(b, s1, 2).\n";

test("N754: the fact that a reservation lacks is named, and stating it makes the promise", (t) => {
  const reserve = "@r reserve(srcHost=a, dstHost=b) = 1Mb on rootShare.\n";
  const rates = "port_rate(s1, 1, 1Gb). port_rate(s1, 2, 1Gb).\n";
  const promiseOf = (text: string): unknown =>
    decided(text).outcomes.flatMap(({ verdict }) => (verdict.kind === "accepted" ? (verdict.promise ?? []) : []))[0];
  const nowhere =
    "3:1: note[N754]: not guaranteed, because no fact says what switches there are: `r` | facts say it: `switch`, `host_at` and `port_rate`";
  t.deepEqual(told(HOSTS + reserve), [nowhere]);
  const places =
    "4:1: note[N754]: not guaranteed, because no fact says where its flows enter or leave: `r` | facts say it: `host_at(HOST, SWITCH, PORT).`";
  t.deepEqual(told(`${HOSTS}switch(s1, 1).\n${reserve}`), [places]);
  const unrated =
    "4:1: note[N754]: not guaranteed, because no fact says the rate of these ports: `s1:1` and `s1:2`: `r` | facts say it: `port_rate(s1, 1, RATE).` `port_rate(s1, 2, RATE).`";
  t.deepEqual(told(HOSTS + PLACES + reserve), [unrated]);
  t.is(promiseOf(HOSTS + PLACES + reserve), "admitted, not guaranteed");
  // What is advised is what helps: the facts as they stand in the help, each with a rate.
  const [line] = told(HOSTS + PLACES + reserve);
  const stated = [...line!.matchAll(/`(port_rate\([^`]*\)\.)`/g)]
    .map(([, fact]) => fact!.replace("RATE", "1Gb"))
    .join(" ");
  t.is(promiseOf(`${HOSTS}${PLACES}${reserve}${stated}`), "guaranteed");
  t.deepEqual(told(HOSTS + PLACES + rates + reserve), []);
  t.deepEqual(told(`${HOSTS}${reserve}@s reserve(srcHost=b, dstHost=a) = 1Mb on rootShare.`), [
    nowhere.replace("`r` |", "`r` and `s` |"),
  ]);
});

test("N754: of what a host sends to itself no fact is missing, and none is advised; for another host one is", (t) => {
  const self = "@r reserve(srcHost=a, dstHost=a) = 1Mb on rootShare.\n";
  t.deepEqual(told(HOSTS + PLACES + self), [
    "4:23: note[N291]: this holds only what `a` sends to itself, which no network sees | see whether source and destination are the ones that are meant",
    "4:1: note[N754]: not guaranteed, because its flows enter and leave at one port, where no switch forwards them: `r` | no fact changes it: name a source and a destination at different ports, or take it out",
  ]);
  t.regex(told(HOSTS + PLACES + self.replace("dstHost=a", "dstHost=b")).join(), /`port_rate\(s1, 1, RATE\)/);
  // Where its place is not stated, that is what is missing first.
  t.regex(told(`${HOSTS}switch(s1, 1).\n${self}`).join(), /facts say it: `host_at\(/);
});

test("explain says of a reservation which fact is missing", (t) => {
  const { admission } = decided(`${HOSTS}${PLACES}@r reserve(srcHost=a) = 1Mb on rootShare.`);
  t.regex(
    statementText(explainStatement(admission, "r", NOW)!),
    /\n {2}not guaranteed: no fact says the rate of the port `s1:1`$/m,
  );
});
