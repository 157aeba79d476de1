/**
 * Independent speakers of OpenFlow agree with our bytes: Open vSwitch prints what they mean, os-ken reports the same
 * values, python-openflow writes them again, Wireshark finds nothing amiss. At least two of them must agree on each
 * message.
 */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import test, { type ExecutionContext } from "ava";
import fc from "fast-check";
import { fromOvs } from "../../compiler/lowering/index.ts";
import type { Entry } from "../../compiler/table/entry.ts";
import { entryKey, sortEntries } from "../../compiler/table/match.ts";
import { command } from "../process/command.ts";
import { testUnless } from "../lab/test.ts";
import { behave, listen, say } from "../session/testing/peer.ts";
import { encode, toEntry, toFlowMod, type FlowModMessage, type Message } from "./index.ts";
import { byType } from "./testing/arbitrary.ts";
import { entry as anyEntry } from "./testing/entry.ts";
import { pcap } from "./testing/pcap.ts";
import { meanings } from "./testing/meanings.ts";
import { ours, theirs } from "./testing/samples.ts";

const script = new URL("testing/speakers.py", import.meta.url).pathname;
const toHex = (message: Message): string => Buffer.from(encode(message)).toString("hex");
const nameOf = (message: Message): string =>
  message.type.startsWith("multipart") && "part" in message
    ? `${message.type} ${message.part.body.kind}`
    : message.type;

/** The interpreter of the distribution first: that is where packages put their modules. */
async function findPython(): Promise<{ readonly path: string; readonly speakers: string } | undefined> {
  for (const path of ["/usr/bin/python3", "python3"]) {
    const { code, stdout } = await command([path, script, "--check"]);
    if (code === 0 && stdout.trim() !== "") return { path, speakers: stdout.trim() };
  }
  return undefined;
}

const installed = async (program: string): Promise<boolean> => (await command([program, "--version"])).code === 0;
const python = await findPython();
const ofctl = await installed("ovs-ofctl");
const tshark = await installed("tshark");
const noOfctl = ofctl ? undefined : "ovs-ofctl is not installed";
const noPython = python ? undefined : "neither os-ken nor python-openflow is installed";
const few =
  (python?.speakers.split(" ").length ?? 0) + Number(ofctl) + Number(tshark) < 2
    ? "fewer than two speakers are installed"
    : undefined;

interface Python {
  readonly osken: { readonly values: unknown; readonly frame?: string } | { readonly error: string } | null;
  /** Hexadecimal, or an object with the error. */
  readonly pyof: unknown;
}

async function askPython(messages: readonly Message[]): Promise<readonly Python[]> {
  if (python === undefined) return messages.map(() => ({ osken: null, pyof: null }));
  const { stdout } = await command([python.path, script], { input: messages.map(toHex).join("\n"), timeout: 100_000 });
  return stdout
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line) as Python);
}

/** All numbers in a value, however deep; big ones as JSON of another language shows them. */
function numbersIn(value: unknown): readonly number[] {
  if (typeof value === "number" || typeof value === "bigint") return [Number(value)];
  if (value instanceof Uint8Array || typeof value !== "object" || value === null) return [];
  return Object.values(value).flatMap(numbersIn);
}

/** A message without the parts that the speakers write in another form. What Open vSwitch prints shows its match. */
function comparable(message: Message): unknown {
  return JSON.parse(
    JSON.stringify({ ...message, xid: undefined }, (key, value: unknown) =>
      ["match", "bitmaps", "mac", "properties", "errorType", "data", "control"].includes(key)
        ? undefined
        : typeof value === "bigint"
          ? Number(value)
          : value,
    ),
  );
}

/** Whether os-ken reads the message, and every number in it is among the values that os-ken gives. */
function oskenAgrees(message: Message, answer: Python["osken"]): boolean {
  if (answer === null || "error" in answer) return false;
  const left = [...numbersIn(answer.values)];
  return numbersIn(comparable(message)).every((number) => {
    const at = left.indexOf(number);
    if (at >= 0) left.splice(at, 1);
    return at >= 0;
  });
}

/** A text with its columns and lines made one line. */
const plain = (text: string): string => text.replaceAll(/\s+/g, " ").trim();

/** The text that Open vSwitch prints for each message. */
async function askOfctl(messages: readonly Message[]): Promise<readonly string[]> {
  if (!ofctl) return messages.map(() => "");
  const texts: string[] = [];
  for (const message of messages) {
    const { stdout, stderr } = await command(["ovs-ofctl", "ofp-print", toHex(message)], { timeout: 10_000 });
    texts.push(plain(stdout + stderr));
  }
  return texts;
}

/** For each frame whether Wireshark dissects it as OpenFlow 1.3 and finds nothing malformed. */
async function askTshark(t: ExecutionContext, messages: readonly Message[]): Promise<readonly boolean[]> {
  if (!tshark) return messages.map(() => false);
  const folder = mkdtempSync(join(tmpdir(), "glazier-pcap-"));
  t.teardown(() => rmSync(folder, { recursive: true }));
  const file = join(folder, "frames.pcap");
  writeFileSync(file, pcap(messages.map(encode)));
  const fields = ["openflow_v4.type", "openflow_v4.xid", "_ws.malformed"].flatMap((field) => ["-e", field]);
  const { stdout } = await command(["tshark", "-r", file, "-T", "fields", ...fields], { timeout: 60_000 });
  const lines = stdout.split("\n");
  return messages.map((message, index) => {
    const [type = "", xid = "", malformed] = (lines[index] ?? "").split("\t");
    return (
      malformed === "" && Number(type.split(",")[0]) === encode(message)[1] && Number(xid.split(",")[0]) === message.xid
    );
  });
}

testUnless(few, "at least two independent speakers agree with every message", async (t) => {
  const messages = [...ours, ...theirs];
  const [texts, dissected, answers] = [
    await askOfctl(messages),
    await askTshark(t, messages),
    await askPython(messages),
  ];
  const agreeing = messages.map((message, index) => ({
    name: nameOf(message),
    speakers: [
      ...(ofctl && !texts[index]!.includes("decode error") && texts[index]!.includes(meanings[nameOf(message)]!)
        ? ["ovs-ofctl"]
        : []),
      ...(dissected[index]! ? ["tshark"] : []),
      ...(oskenAgrees(message, answers[index]!.osken) ? ["os-ken"] : []),
      ...(answers[index]!.pyof === toHex(message) ? ["python-openflow"] : []),
    ],
  }));
  for (const { name, speakers } of agreeing) t.true(speakers.length >= 2, `${name}: ${speakers.join(", ") || "none"}`);
  const count = (speaker: string): number => agreeing.filter(({ speakers }) => speakers.includes(speaker)).length;
  t.log(
    `${messages.length} messages: ${["ovs-ofctl", "tshark", "os-ken", "python-openflow"].map((who) => `${who} ${count(who)}`).join(", ")}`,
  );
});

test("every type of message is among the samples, and each sample has its meaning", (t) => {
  const shown = new Set([...ours, ...theirs].map(({ type }) => type));
  t.deepEqual(
    Object.keys(byType).filter((type) => !shown.has(type as Message["type"])),
    ["experimenter", "unknown"],
  );
  t.deepEqual(
    [...ours, ...theirs].map(nameOf).filter((name) => meanings[name] === undefined),
    [],
  );
});

testUnless(noOfctl, "Open vSwitch prints what our messages mean", async (t) => {
  const messages = [...ours, ...theirs];
  for (const [index, text] of (await askOfctl(messages)).entries()) {
    const name = nameOf(messages[index]!);
    t.true(text.includes(meanings[name]!), `${name}: ${text}`);
    t.false(text.includes("decode error"), `${name}: ${text}`);
  }
});

testUnless(noPython, "random flow-mods come back from os-ken and python-openflow", async (t) => {
  const mods = fc.sample(anyEntry, { numRuns: 400, seed: 29 }).map((one, index) => toFlowMod("add", one, index + 1));
  const answers = await askPython(mods);
  for (const [index, mod] of mods.entries()) {
    const { osken, pyof } = answers[index]!;
    if (osken !== null) t.is("frame" in osken ? osken.frame : JSON.stringify(osken), toHex(mod));
    if (pyof !== null) t.is(pyof, toHex(mod));
  }
});

testUnless(noOfctl, "a flow-mod that ovs-ofctl sends is read as the entry that its text describes", async (t) => {
  const lines = [
    "priority=100,tcp,nw_src=10.0.0.0/8,tp_dst=443,actions=NORMAL",
    "priority=99,udp6,ipv6_dst=2001:db8::/32,udp_src=53,actions=drop",
    "table=2,priority=7,arp,arp_spa=10.0.0.1,arp_op=1,actions=goto_table:3",
    "table=1,priority=5,ip,ip_frag=later,actions=drop",
    "priority=4,conj_id=7,ip,actions=output:3",
    "priority=3,tcp,tp_dst=0x400/0xfc00,actions=conjunction(7,1/2),conjunction(8,2/3)",
    "priority=2,metadata=0x10/0xf0,dl_src=02:00:00:00:00:01,actions=set_queue:2,output:LOCAL",
    "cookie=0x61a2000000000001,hard_timeout=60,idle_timeout=5,in_port=4,dl_vlan=9,actions=CONTROLLER:65535",
  ];
  const mods: FlowModMessage[] = [];
  const where = await listen(
    t,
    behave((message, socket) => {
      if (message.type === "flow_mod") mods.push(message);
      if (message.type === "barrier_request") say(socket, { type: "barrier_reply", xid: message.xid });
    }),
  );
  for (const line of lines) {
    const { code, stderr } = await command(["ovs-ofctl", "-O", "OpenFlow13", "--no-names", "add-flow", where, line], {
      timeout: 10_000,
    });
    t.is(code, 0, stderr);
  }
  const read = mods.map((mod) => toEntry({ ...mod }));
  const table = fromOvs(lines.join("\n"));
  if ("errors" in table) return t.fail(JSON.stringify(table.errors));
  const sorted = sortEntries(read.filter((one): one is Entry => one !== undefined));
  t.deepEqual(sorted.map(entryKey), sortEntries(table.entries).map(entryKey));
  t.deepEqual(sorted, sortEntries(table.entries));
});
