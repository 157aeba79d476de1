/**
 * Connections that are open while policies of a direction come and go (NETWORK, "Track"), by real frames: what counts as
 * opened by whom, and what ends it.
 */
import type { Diagnostic } from "../../compiler/diagnostics/diagnostic.ts";
import { toOvs } from "../../compiler/table/text.ts";
import { trackingNotes } from "../controller/bridge/tracking.ts";
import { must } from "../process/command.ts";
import { ethernet, icmp4, ipv4, TCP_FLAGS, tcp4, udp } from "./frames.ts";
import { switchTest } from "./test.ts";
import { Burst, MARKER_ENTRY } from "./testing/burst.ts";
import { compiled } from "./testing/compiled.ts";

const [inner, outer] = ["10.0.0.2", "10.0.0.9"];
const [innerMac, outerMac] = ["00:00:00:00:00:02", "00:00:00:00:00:09"];
const out = (packet: Uint8Array): Uint8Array => ethernet({ src: innerMac, dst: outerMac }, 0x0800, packet);
const back = (packet: Uint8Array): Uint8Array => ethernet({ src: outerMac, dst: innerMac }, 0x0800, packet);
const { syn, ack } = TCP_FLAGS;
/** Segments of a connection that `outer` opens to the port 80 of `inner`. */
const tcpOut = (port: number, flags: number): Uint8Array => out(tcp4(inner, outer, [80, port], flags));
const tcpBack = (port: number, flags: number): Uint8Array => back(tcp4(outer, inner, [port, 80], flags));
/** An ICMP error about a datagram. */
const unreachable = (from: string, to: string, ports: readonly [number, number]): Uint8Array =>
  icmp4(from, to, 3, 3, [0, 0, 0, 0, ...ipv4(to, from, 17, udp(...ports))]);

switchTest(
  "a connection counts as opened by who sends first once tracking sees it, and goes on as such",
  async (t, start) => {
    const lab = await start({ name: "open" });
    const burst = new Burst(lab.hosts);
    t.teardown(() => burst.close());
    const put = async (text: string): Promise<void> => {
      await lab.ofctl("replace-flows", ["-"], { input: `${MARKER_ENTRY}\n${toOvs(compiled(text))}` });
      await must(["ovs-appctl", "-t", `${lab.directory}/ovs-vswitchd.ctl`, "revalidator/purge"]);
    };
    /** Whether each frame reaches the other host; those of `alice` are of `inner`, those of `bob` of `outer`. */
    const pass = async (...frames: readonly Uint8Array[]): Promise<readonly boolean[]> => {
      const ways = frames.map((frame) => (frame[5] === 9 ? ["alice", "bob"] : ["bob", "alice"]) as [string, string]);
      const heard = await burst.send(frames.map((bytes, i) => ({ from: ways[i]![0], bytes: [...bytes] })));
      return heard.map((by, i) => by.includes(ways[i]![1]));
    };
    const opened = (port: number): readonly Uint8Array[] => [
      tcpBack(port, syn),
      tcpOut(port, syn | ack),
      tcpBack(port, ack),
    ];
    const deny = `default allow.\n@d deny(dstHost=${inner}, direction=request) on rootShare.`;

    await put("default allow.");
    t.deepEqual(await pass(...opened(1001)), [true, true, true]);
    // What the tracker has not seen opened: the inner host sends next, and has opened it since.
    await put(deny);
    t.deepEqual(await pass(tcpBack(1001, ack), tcpOut(1001, ack), tcpBack(1001, ack)), [false, true, true]);
    t.deepEqual(await pass(tcpBack(1002, syn)), [false]);
    // What it has seen: a deny of requests ends it, whoever sends.
    await put(`default allow.\n@d deny(dstHost=10.0.0.77, direction=request) on rootShare.`);
    t.deepEqual(await pass(...opened(1003)), [true, true, true]);
    await put(deny);
    t.deepEqual(await pass(tcpBack(1003, ack), tcpOut(1003, ack), tcpBack(1003, ack)), [false, true, false]);
    await put(`${deny}\n@both deny(srcHost=${inner}, dstHost=${outer}) both ways on rootShare.`);
    t.deepEqual(await pass(tcpBack(1001, ack), tcpOut(1001, ack)), [false, false]);

    // An answer stays one after the allow of what it answers.
    const responses = `@in allow(dstHost=${inner}, direction=response) on rootShare.`;
    const ask = out(ipv4(inner, outer, 17, udp(3000, 53)));
    const answer = back(ipv4(outer, inner, 17, udp(53, 3000)));
    const about = [back(unreachable(outer, inner, [3000, 53])), out(unreachable(inner, outer, [53, 3000]))];
    await put(`default deny.\n@out allow(srcHost=${inner}, direction=request) on rootShare.\n${responses}`);
    t.deepEqual(await pass(answer, ask, answer), [false, true, true]);
    t.deepEqual(await pass(...about), [true, true]);
    await put(`default deny.\n${responses}`);
    t.deepEqual(await pass(ask, answer, ...about), [false, true, true, false]);

    // What went on while tracking saw nothing is invalid to it, until its memory is emptied.
    const tracked = `default deny.
@out allow(srcHost=${outer}, direction=request) on rootShare.
@in allow(srcHost=${inner}, direction=response) on rootShare.`;
    const far = back(tcp4(outer, inner, [1004, 80], ack, false, { sequence: 0x400_0000, data: [1, 2, 3, 4] }));
    await put(tracked);
    t.deepEqual(await pass(...opened(1004), tcpBack(1004, ack)), [true, true, true, true]);
    await put("default allow.");
    t.deepEqual(await pass(far), [true]);
    for (const policy of [tracked, "default allow.\n@d deny(direction=response) on rootShare."]) {
      await put(policy);
      t.deepEqual(await pass(far), [false], policy);
    }
    const [{ help }] = trackingNotes("s1", [], compiled(tracked)) as [Diagnostic];
    const [, advised] = /`ovs-appctl ([^`]*)`/.exec(help!)!;
    await must(["ovs-appctl", "-t", `${lab.directory}/ovs-vswitchd.ctl`, ...advised!.split(" ")]);
    t.deepEqual(await pass(far), [true]);
  },
);
