/**
 * Sets of addresses that are more than metadata has bits: what is in a set is then told by a class, and a set of several
 * classes is a clause of a conjunction beside those of ports (NETWORK, "The pipeline"). Real frames show that it holds
 * what the statements say.
 */
import { switchTest } from "./test.ts";
import { Burst } from "./testing/burst.ts";
import { ethernet, ipv4, udp } from "./frames.ts";
import { ALL, compiled, install, OTHER } from "./testing/user-frames.ts";

/** Statement i: within its own window of ports, all hosts but one as the source and all but one as the destination. */
const COUNT = 60;
const low = (i: number): number => 200 * i + 3;
const high = (i: number): number => 200 * i + 141;
const denies = Array.from(
  { length: COUNT },
  (_, i) =>
    `deny(transport=UDP, srcPort=${low(i)}-${high(i)}, dstPort=${low(i)}-${high(i)}, srcHost!=10.0.0.${i + 1}, dstHost!=10.0.1.${i + 1}) on rootShare.`,
).join("\n");

/** What the statements say of a packet, without the compiler. */
const isDenied = ([a, b, source, destination]: readonly number[]): boolean =>
  Array.from({ length: COUNT }, (_, i) => i).some(
    (i) => [source!, destination!].every((port) => port >= low(i) && port <= high(i)) && a !== i + 1 && b !== i + 1,
  );

switchTest(
  "sixty sets of sources beside sixty of destinations cost a sum of entries, and deny what they say",
  async (t, start) => {
    const { table } = compiled(`default allow.\n${denies}`);
    // As a product they were more than 100,000.
    t.true(table.entries.length < 4_000, `${table.entries.length} entries`);
    const packets = [0, 1, 7, 30, 31, 32, 58, 59].flatMap((i) =>
      [i + 1, ((i + 1) % COUNT) + 1, 99].flatMap((a) =>
        [i + 1, ((i + 31) % COUNT) + 1, 99].flatMap((b) => [
          [a, b, low(i), high(i)],
          [a, b, low(i) + 77, low(i) + 60],
          [a, b, low(i) - 1, high(i)],
          [a, b, low(i), high(i) + 1],
        ]),
      ),
    );
    const lab = await start({ name: "classes" });
    const burst = new Burst(lab.hosts);
    t.teardown(() => burst.close());
    await lab.vsctl(["set", "bridge", "s1", "flood_vlans=0"]);
    await install(lab, table);
    const heard = await burst.send(
      packets.map(([a, b, source, destination]) => ({
        from: "eve",
        bytes: [
          ...ethernet(
            { src: OTHER, dst: ALL },
            0x0800,
            ipv4(`10.0.0.${a}`, `10.0.1.${b}`, 17, udp(source!, destination!)),
          ),
        ],
      })),
    );
    t.deepEqual(
      packets.filter((_, i) => heard[i]!.length === 0),
      packets.filter(isDenied),
    );
    t.true(packets.some(isDenied) && packets.some((one) => !isDenied(one)));
  },
);
