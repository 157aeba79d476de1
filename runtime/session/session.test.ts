/** Sessions with good and bad peers. Whatever the peer does, every request ends, and a failure says why. */
import test, { type ExecutionContext } from "ava";
import type { Diagnostic } from "../../compiler/diagnostics/diagnostic.ts";
import type { Message, MultipartReply } from "../openflow/index.ts";
import { encode } from "../openflow/index.ts";
import { RequestRefused, Session, SessionFault, parseTarget, type SessionOptions, type SwitchTarget } from "./index.ts";
import { behave, FEATURES, listen, say, type Behaviour } from "./testing/peer.ts";

/** Times that are short enough for a test. The outcome does not depend on their length. */
const HASTY: SessionOptions = { connectSeconds: 0.3, answerSeconds: 0.3, wholeAnswerSeconds: 0.6, echoSeconds: 30 };
/** For what a busy machine must still finish before the time ends. */
const STEADY: SessionOptions = { ...HASTY, connectSeconds: 5, answerSeconds: 5, wholeAnswerSeconds: 6 };
const PATIENT: SessionOptions = { connectSeconds: 30, answerSeconds: 30, wholeAnswerSeconds: 60, echoSeconds: 30 };

async function open(t: ExecutionContext, behaviour: Behaviour, options = PATIENT): Promise<Session> {
  const session = await Session.connect(parseTarget(await listen(t, behaviour)) as SwitchTarget, options);
  t.teardown(() => session.close());
  return session;
}

/** The diagnostic of a promise that must fail. */
async function faultOf(t: ExecutionContext, promise: Promise<unknown>): Promise<Diagnostic> {
  const fault = await t.throwsAsync(promise, { instanceOf: SessionFault });
  return (fault as SessionFault).diagnostic;
}

const refusedAs = async (t: ExecutionContext, behaviour: Behaviour, options = PATIENT): Promise<readonly string[]> => {
  const { code, message } = await faultOf(t, open(t, behaviour, options));
  return [code, message.replaceAll(/`unix:[^`]*`/g, "SWITCH")];
};

const empty = new Uint8Array(0);
const echo: Message = { type: "echo_request", xid: 1, data: empty };
const anyFlow = {
  kind: "flow",
  table: 255,
  outPort: 0xffff_ffff,
  outGroup: 0xffff_ffff,
  cookie: 0n,
  cookieMask: 0n,
  match: [],
} as const;

test("a session shakes hands and knows the switch's features", async (t) => {
  const session = await open(
    t,
    behave(() => undefined),
  );
  const { type, xid, ...features } = session.features;
  t.is(type, "features_reply");
  t.true(xid > 0);
  t.deepEqual(features, FEATURES);
});

test("a switch that is not there is E951", async (t) => {
  const fault = await faultOf(t, Session.connect({ kind: "unix", path: "/nowhere/switch.sock" }));
  t.is(fault.code, "E951");
  t.is(fault.message, "the switch `unix:/nowhere/switch.sock` cannot be reached: there is no such socket");
});

test("a switch of another version is refused on both sides", async (t) => {
  let sent: string | undefined;
  const behaviour: Behaviour = (socket) => {
    const elements = [{ kind: "versions", bitmaps: [(1 << 1) | (1 << 5)] }] as const;
    say(socket, { type: "hello", xid: 1, version: 5, elements });
    socket.on("data", (chunk: Uint8Array) => (sent = Buffer.from(chunk).toString("hex")));
  };
  const { code, message, help } = await faultOf(t, open(t, behaviour));
  t.is(code, "E952");
  t.regex(message, /speaks OpenFlow 1\.0 and 1\.4, and we speak 1\.3$/);
  t.regex(help ?? "", /protocols=OpenFlow13/);
  t.is(sent?.slice(-24), "0401000c0000000100000000", "the last words: hello failed, incompatible");
});

test("a hello without bitmap offers all versions up to its own", async (t) => {
  const greet =
    (version: number): Behaviour =>
    (socket) =>
      say(socket, { type: "hello", xid: 1, version, elements: [] });
  t.deepEqual(await refusedAs(t, greet(1)), ["E952", "the switch SWITCH speaks OpenFlow 1.0, and we speak 1.3"]);
  t.deepEqual(await refusedAs(t, greet(6), STEADY), [
    "E954",
    "the switch SWITCH did not answer within 5 s: its features in OpenFlow 1.3; it greets in 1.5, and may speak no earlier one",
  ]);
});

test("a peer that sends nothing, or no whole hello, is E954, which asks whether it is a switch", async (t) => {
  for (const peer of [() => undefined, (socket) => void socket.write("Login: ")] satisfies Behaviour[]) {
    const { code, message, help } = await faultOf(t, open(t, peer, HASTY));
    t.regex(`${code} ${message} ${help!}`, /^E954 .* within 0.3 s: the hello is it the socket of a switch\?/);
  }
});

test("a peer that speaks another protocol is E953", async (t) => {
  const http: Behaviour = (socket) => void socket.write("HTTP/1.1 400 Bad Request\r\n\r\n".padEnd(30_000, "x"));
  t.deepEqual(await refusedAs(t, http), [
    "E953",
    "what SWITCH sends is not OpenFlow: version 72 where 4 was agreed at byte 8",
  ]);
});

test("a message shorter than a header is E953", async (t) => {
  const broken: Behaviour = (socket) => void socket.write(Uint8Array.from([4, 0, 0, 3, 0, 0, 0, 1]));
  t.deepEqual(await refusedAs(t, broken), [
    "E953",
    "what SWITCH sends is not OpenFlow: a message claims a length of 3 bytes, less than its header has",
  ]);
});

test("a peer that begins with another message than hello is E953", async (t) => {
  t.deepEqual(await refusedAs(t, (socket) => say(socket, echo)), [
    "E953",
    "what SWITCH sends is not OpenFlow: it begins with echo_request instead of hello",
  ]);
});

test("a peer that ends the connection in the middle of its hello is E955", async (t) => {
  const half: Behaviour = (socket) => socket.end(Uint8Array.from([4, 0, 0, 16, 0, 0]));
  t.deepEqual(await refusedAs(t, half), [
    "E955",
    "the switch SWITCH ended the connection: closed, while we waited for the hello",
  ]);
});

test("a switch that ends connections before the handshake is over is asked again, eight times", async (t) => {
  for (const half of [[], [4, 0, 0, 8, 0, 0, 0, 0]]) {
    let opened = 0;
    const good = behave(() => undefined);
    const late =
      (ended: number): Behaviour =>
      (socket) => {
        if (opened++ < ended) socket.end(Uint8Array.from(half));
        else good(socket);
      };
    const session = await open(t, late(7));
    t.is(session.features.datapath, FEATURES.datapath);
    t.is(opened, 8);
    opened = 0;
    t.deepEqual((await refusedAs(t, late(Infinity)))[0], "E955");
    t.is(opened, 8);
  }
});

test("a peer that ends the connection while a request waits is E955, and so is every later request", async (t) => {
  const session = await open(
    t,
    behave((_, socket) => socket.destroy()),
  );
  const { code, message } = await faultOf(t, session.barrier());
  t.is(code, "E955");
  t.regex(message, /while we waited for the barrier$/);
  t.is((await faultOf(t, session.barrier())).code, "E955", "a later request");
});

test("an unanswered request ends after its time, and the session continues", async (t) => {
  let deaf = true;
  const answer = behave((message, socket) => {
    if (message.type === "echo_request") say(socket, { ...message, type: "echo_reply" });
    else if (!deaf && message.type === "barrier_request") say(socket, { type: "barrier_reply", xid: message.xid });
  });
  const session = await open(t, answer, { ...PATIENT, answerSeconds: 0.3 });
  const { code, message } = await faultOf(t, session.barrier());
  t.is(code, "E954");
  t.regex(message, /within 0\.3 s: the barrier$/);
  deaf = false;
  await t.notThrowsAsync(session.barrier());
});

test("a silent peer is asked for an echo, and one that does not answer it is given up", async (t) => {
  let echoes = 0;
  const listening = behave((message, socket) => {
    if (message.type !== "echo_request") return;
    echoes++;
    say(socket, { ...message, type: "echo_reply" });
  });
  const session = await open(t, listening, { ...PATIENT, echoSeconds: 0.02 });
  while (echoes < 5) await new Promise((resolve) => setTimeout(resolve, 5));
  t.is(session.fault, undefined);

  const silent = await open(
    t,
    behave(() => undefined),
    { ...PATIENT, echoSeconds: 0.02 },
  );
  const { code, message } = await faultOf(t, silent.barrier());
  t.is(code, "E954");
  t.regex(message, /no sign of life$/);
});

test("an echo is answered with its data", async (t) => {
  const reply = new Promise<Message | { type: "malformed" }>((resolve) => {
    const behaviour: Behaviour = (socket) => {
      behave((message) => resolve(message))(socket);
      socket.once("data", () => say(socket, { ...echo, data: Uint8Array.of(1, 2, 3) }));
    };
    void open(t, behaviour);
  });
  t.deepEqual(await reply, { type: "echo_reply", xid: 1, data: Uint8Array.of(1, 2, 3) });
});

test("a peer that asks for echoes and does not read them is given up", async (t) => {
  const frame = encode({ ...echo, data: new Uint8Array(60_000) });
  const greedy: Behaviour = (socket) => {
    behave(() => undefined)(socket);
    socket.once("data", () => {
      socket.pause();
      const more = (): void => {
        while (!socket.destroyed && socket.write(frame));
      };
      socket.on("drain", more);
      more();
    });
  };
  const { code } = await faultOf(
    t,
    open(t, greedy).then((session) => session.barrier()),
  );
  t.is(code, "E953");
});

/** A part of a flow answer, with more to come or not. */
const part = (xid: number, more: boolean, body: MultipartReply = { kind: "flow", flows: [] }): Message => ({
  type: "multipart_reply",
  xid,
  part: { more, body },
});

test("an answer of several parts is put together in order", async (t) => {
  const session = await open(
    t,
    behave((message, socket) => {
      for (let i = 0; i < 5; i++) say(socket, part(message.xid, i < 4, { kind: "table", tables: [tableStats(i)] }));
    }),
  );
  const tables: number[] = [];
  await session.collect({ kind: "table" }, (body) => {
    if (body.kind === "table") for (const { table } of body.tables) tables.push(table);
  });
  t.deepEqual(tables, [0, 1, 2, 3, 4]);
});

const tableStats = (table: number) => ({ table, active: 1, lookups: 2n, matches: 3n });

test("an answer without end is E953 at its bound", async (t) => {
  const endless = behave((message, socket) => {
    const chunk = encode(
      part(message.xid, true, { kind: "table", tables: Array.from({ length: 2000 }, (_, i) => tableStats(i % 255)) }),
    );
    const more = (): void => {
      while (!socket.destroyed && socket.write(chunk));
    };
    socket.on("drain", more);
    more();
  });
  const session = await open(t, endless, { ...PATIENT, answerBytes: 2 ** 20 });
  const { code, message } = await faultOf(
    t,
    session.collect({ kind: "table" }, () => undefined),
  );
  t.is(code, "E953");
  t.regex(message, /an answer of more than 1048576 bytes$/);
  t.truthy(session.fault, "the session with such a peer ends");
});

test("an answer that trickles for ever is E954 after the time of a whole answer", async (t) => {
  const trickle = behave((message, socket) => {
    const timer = setInterval(() => say(socket, part(message.xid, true)), 20);
    socket.on("close", () => clearInterval(timer));
  });
  const session = await open(t, trickle, { ...PATIENT, wholeAnswerSeconds: 0.2 });
  t.is(
    (
      await faultOf(
        t,
        session.collect(anyFlow, () => undefined),
      )
    ).code,
    "E954",
  );
});

test("an answer that stops in the middle of a message is E954 after its time", async (t) => {
  const half = behave((message, socket) => {
    say(socket, part(message.xid, true));
    socket.write(encode(part(message.xid, false)).subarray(0, 11));
  });
  const session = await open(t, half, { ...PATIENT, answerSeconds: 0.2 });
  const { code, message } = await faultOf(
    t,
    session.collect(anyFlow, () => undefined),
  );
  t.is(code, "E954");
  t.regex(message, /the answer to multipart flow$/);
});

test("an answer of another type than the request's fails the request", async (t) => {
  const wrong = behave((message, socket) => say(socket, { type: "barrier_reply", xid: message.xid }));
  const session = await open(t, wrong);
  const { message } = await faultOf(
    t,
    session.collect(anyFlow, () => undefined),
  );
  t.regex(message, /barrier_reply answers multipart flow$/);
});

test("a malformed answer fails its request alone, and a stream out of step ends the session", async (t) => {
  let version = 4;
  const malformed = behave((message, socket) => {
    if (message.type !== "barrier_request") return;
    const reply = encode({ type: "unknown", xid: message.xid, code: 21, data: Uint8Array.of(1) });
    reply[0] = version;
    socket.write(reply);
  });
  const session = await open(t, malformed);
  t.regex((await faultOf(t, session.barrier())).message, /1 bytes too many/);
  t.is(session.fault, undefined);
  version = 1;
  t.regex((await faultOf(t, session.barrier())).message, /version 1 where 4 was agreed/);
  t.truthy(session.fault);
});

test("an error of the switch fails its request, and the session continues", async (t) => {
  const refusing = behave((message, socket) =>
    say(socket, { type: "error", xid: message.xid, errorType: 1, code: 5, data: empty }),
  );
  const session = await open(t, refusing);
  const fault = await t.throwsAsync(session.barrier(), { instanceOf: RequestRefused });
  t.regex((fault as RequestRefused).diagnostic.message, /refuses the change: OFPBRC_EPERM$/);
  t.is(session.fault, undefined);
});

test("a message that answers no request goes to the listeners", async (t) => {
  const errors = { type: "error", errorType: 5, code: 1, data: empty } as const;
  const talking = behave((message, socket) => {
    say(socket, { ...errors, xid: 77 });
    say(socket, { type: "barrier_reply", xid: message.xid });
  });
  const session = await open(t, talking);
  const heard: unknown[] = [];
  const deafen = session.listen((message) => heard.push(message));
  await session.barrier();
  deafen();
  await session.barrier();
  t.deepEqual(heard, [{ ...errors, xid: 77 }]);
});

test("a peer that does not read what we send is E954", async (t) => {
  const deaf: Behaviour = (socket) => {
    behave((message, own) => {
      if (message.type === "echo_request") own.pause();
    })(socket);
  };
  const session = await open(t, deaf, { ...PATIENT, answerSeconds: 0.3 });
  const flood = function* (): Generator<Message> {
    for (;;) yield { ...echo, data: new Uint8Array(60_000) };
  };
  const { code, message } = await faultOf(t, session.send(flood()));
  t.is(code, "E954");
  t.regex(message, /it does not read what is sent$/);
});

test("a message that the wire cannot carry is refused before any byte of it is sent", async (t) => {
  const session = await open(
    t,
    behave((message, socket) => say(socket, { type: "barrier_reply", xid: message.xid })),
  );
  await t.throwsAsync(session.send([{ ...echo, xid: -1 }]), { instanceOf: RangeError });
  await t.notThrowsAsync(session.barrier(), "the stream is still in step");
});

test("closing fails the requests that wait, and may be done twice", async (t) => {
  const session = await open(
    t,
    behave(() => undefined),
  );
  const waiting = faultOf(t, session.barrier());
  await session.close();
  await session.close();
  t.regex((await waiting).message, /we closed it, while we waited for the barrier$/);
});

test("with a peer that sends noise, a session ends with a fault, and with no other exception", async (t) => {
  const seeds = Array.from({ length: 30 }, (_, seed) => seed + 1);
  const codes = seeds.map(async (seed) => {
    let state = seed;
    const noise = Uint8Array.from({ length: 3000 }, () => (state = (state * 1_103_515_245 + 12_345) >>> 0) >>> 24);
    const behaviour: Behaviour = (socket) => {
      if (seed % 2 === 0) behave(() => socket.write(noise))(socket);
      else socket.write(noise);
    };
    return (
      await faultOf(
        t,
        open(t, behaviour, HASTY).then((session) => session.barrier()),
      )
    ).code;
  });
  for (const code of await Promise.all(codes)) t.regex(code, /^E95[345]$/);
});
