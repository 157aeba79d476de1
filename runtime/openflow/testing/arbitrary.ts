/**
 * Random messages of every type, for tests. Each arbitrary is typed by the message that it makes, so a type without one
 * does not compile. The wire can carry the values, but a switch may not accept them.
 */
import fc from "fast-check";
import type {
  Message,
  MessageOf,
  MultipartReply,
  MultipartRequest,
  Oxm,
  WireAction,
  WireInstruction,
} from "../index.ts";
import { OXM_FIELDS, type OxmFormat } from "../oxm.ts";

const integer = (bits: number) => fc.integer({ min: 0, max: 2 ** bits - 1 });
export const u8 = integer(8);
export const u16 = integer(16);
export const u32 = integer(32);
export const u64 = fc.bigInt({ min: 0n, max: (1n << 64n) - 1n });
const mac = integer(48);
const data = fc.uint8Array({ maxLength: 40 });
/** Data of such a length that the structure around it is a multiple of 8 bytes long. */
const words = fc
  .integer({ min: 0, max: 3 })
  .chain((n) => fc.uint8Array({ minLength: 8 * n + 4, maxLength: 8 * n + 4 }));
const text = (size: number) =>
  fc
    .string({ maxLength: size, unit: fc.constantFrom("a", "b", "Z", "9", "-", " ", "é") })
    .filter((value) => Buffer.byteLength(value) <= size);
const list = <T>(one: fc.Arbitrary<T>) => fc.array(one, { maxLength: 3 });

/** Every shape of object with this `kind`. */
const kind = <const K extends string, R extends object>(name: K, rest: { [P in keyof R]: fc.Arbitrary<R[P]> }) =>
  fc.record({ kind: fc.constant(name), ...rest }) as unknown as fc.Arbitrary<{ readonly kind: K } & R>;

const exactOxm = (format: OxmFormat) => {
  const all = (1n << BigInt(8 * format.bytes)) - 1n;
  return fc.record({ field: fc.constant(format.name), value: fc.bigInt({ min: 0n, max: all }) });
};

const maskedOxm = (format: OxmFormat) => {
  const all = (1n << BigInt(8 * format.bytes)) - 1n;
  const any = fc.bigInt({ min: 0n, max: all });
  return fc.tuple(any, any).map(([value, mask]) => ({ field: format.name, value: value & mask, mask }));
};

/** A TLV of a class that is not in use. */
const unknownOxm: fc.Arbitrary<Oxm> = fc
  .tuple(integer(7), fc.boolean(), fc.uint8Array({ maxLength: 16 }))
  .map(([field, masked, bytes]) => ({
    field: "unknown",
    header: 0x7abc_0000 + field * 0x200 + (masked ? 0x100 : 0) + bytes.length,
    data: bytes,
  }));

export const oxm: fc.Arbitrary<Oxm> = fc.oneof(
  { weight: 9, arbitrary: fc.constantFrom(...OXM_FIELDS).chain((f) => (f.maskable ? maskedOxm(f) : exactOxm(f))) },
  { weight: 3, arbitrary: fc.constantFrom(...OXM_FIELDS).chain(exactOxm) },
  { weight: 1, arbitrary: unknownOxm },
);
const match = fc.array(oxm, { maxLength: 5 });

const nothing = {};
const ttl = { ttl: u8 };
const ethType = { ethType: u16 };

export const action: fc.Arbitrary<WireAction> = fc.oneof(
  kind("output", { port: u32, maxLength: u16 }),
  kind("copy_ttl_out", nothing),
  kind("copy_ttl_in", nothing),
  kind("set_mpls_ttl", ttl),
  kind("dec_mpls_ttl", nothing),
  kind("push_vlan", ethType),
  kind("pop_vlan", nothing),
  kind("push_mpls", ethType),
  kind("pop_mpls", ethType),
  kind("set_queue", { queue: u32 }),
  kind("group", { group: u32 }),
  kind("set_nw_ttl", ttl),
  kind("dec_nw_ttl", nothing),
  kind("set_field", { target: fc.constantFrom(...OXM_FIELDS).chain(exactOxm) }),
  kind("push_pbb", ethType),
  kind("pop_pbb", nothing),
  kind("conjunction", { clause: u8, clauses: u8, id: u32 }),
  kind("ct", {
    flags: u16,
    zone: u32,
    zoneBits: u16,
    table: u8,
    alg: u16,
    actions: fc.constantFrom(new Uint8Array(0), new Uint8Array([0, 24, 0, 8, 0, 0, 0, 0])),
  }),
  kind("unknown", { code: fc.integer({ min: 100, max: 60_000 }), data: words }),
);
const actions = list(action);

export const instruction: fc.Arbitrary<WireInstruction> = fc.oneof(
  kind("goto_table", { table: u8 }),
  kind("write_metadata", { metadata: u64, mask: u64 }),
  kind("write_actions", { actions }),
  kind("apply_actions", { actions }),
  kind("clear_actions", nothing),
  kind("meter", { meter: u32 }),
  kind("unknown", { code: fc.integer({ min: 100, max: 60_000 }), data: words }),
);
const instructions = list(instruction);

const bands = list(
  fc.oneof(
    kind("drop", { rate: u32, burst: u32 }),
    kind("dscp_remark", { rate: u32, burst: u32, precedence: u8 }),
    kind("unknown", { code: fc.integer({ min: 100, max: 60_000 }), data: words }),
  ),
);

const buckets = list(fc.record({ weight: u16, watchPort: u32, watchGroup: u32, actions }));
const counters = { packets: u64, bytes: u64 };
const time = { seconds: u32, nanoseconds: u32 };

const port = fc.record({
  port: u32,
  mac,
  name: text(16),
  config: u32,
  state: u32,
  current: u32,
  advertised: u32,
  supported: u32,
  peer: u32,
  currentSpeed: u32,
  maxSpeed: u32,
});

const selection = { table: u8, outPort: u32, outGroup: u32, cookie: u64, cookieMask: u64, match };
const experimenter = { experimenter: u32, experimenterType: u32, data };

const multipartRequest: fc.Arbitrary<MultipartRequest> = fc.oneof(
  kind("desc", nothing),
  kind("flow", selection),
  kind("aggregate", selection),
  kind("table", nothing),
  kind("port_stats", { port: u32 }),
  kind("queue", { port: u32, queue: u32 }),
  kind("group", { group: u32 }),
  kind("group_desc", nothing),
  kind("group_features", nothing),
  kind("meter", { meter: u32 }),
  kind("meter_config", { meter: u32 }),
  kind("meter_features", nothing),
  kind("port_desc", nothing),
  kind("experimenter", experimenter),
  kind("unknown", { code: fc.integer({ min: 100, max: 60_000 }), data }),
);

const flow = fc.record({
  table: u8,
  ...time,
  priority: u16,
  idleTimeout: u16,
  hardTimeout: u16,
  flags: u16,
  cookie: u64,
  ...counters,
  match,
  instructions,
});

const portStats = fc.record({
  port: u32,
  receivedPackets: u64,
  sentPackets: u64,
  receivedBytes: u64,
  sentBytes: u64,
  receiveDropped: u64,
  sendDropped: u64,
  receiveErrors: u64,
  sendErrors: u64,
  frameErrors: u64,
  overrunErrors: u64,
  crcErrors: u64,
  collisions: u64,
  ...time,
});

const multipartReply: fc.Arbitrary<MultipartReply> = fc.oneof(
  kind("desc", {
    manufacturer: text(256),
    hardware: text(256),
    software: text(256),
    serial: text(32),
    datapath: text(256),
  }),
  kind("flow", { flows: list(flow) }),
  kind("aggregate", { ...counters, flows: u32 }),
  kind("table", { tables: list(fc.record({ table: u8, active: u32, lookups: u64, matches: u64 })) }),
  kind("port_stats", { ports: list(portStats) }),
  kind("queue", { queues: list(fc.record({ port: u32, queue: u32, ...counters, errors: u64, ...time })) }),
  kind("group", {
    groups: list(fc.record({ group: u32, references: u32, ...counters, ...time, buckets: list(fc.record(counters)) })),
  }),
  kind("group_desc", { groups: list(fc.record({ groupType: u8, group: u32, buckets })) }),
  kind("group_features", {
    types: u32,
    capabilities: u32,
    maxAll: u32,
    maxSelect: u32,
    maxIndirect: u32,
    maxFailover: u32,
    actionsAll: u32,
    actionsSelect: u32,
    actionsIndirect: u32,
    actionsFailover: u32,
  }),
  kind("meter", {
    meters: list(fc.record({ meter: u32, flows: u32, ...counters, ...time, bands: list(fc.record(counters)) })),
  }),
  kind("meter_config", { meters: list(fc.record({ flags: u16, meter: u32, bands })) }),
  kind("meter_features", { maxMeters: u32, bandTypes: u32, capabilities: u32, maxBands: u8, maxColours: u8 }),
  kind("port_desc", { ports: list(port) }),
  kind("experimenter", experimenter),
  kind("unknown", { code: fc.integer({ min: 100, max: 60_000 }), data }),
);

const config = { flags: u16, missSendLength: u16 };
const role = { role: fc.constantFrom("nochange", "equal", "master", "slave"), generation: u64 } as const;
const asyncMasks = {
  packetIn: u32,
  packetInSlave: u32,
  portStatus: u32,
  portStatusSlave: u32,
  flowRemoved: u32,
  flowRemovedSlave: u32,
};
const modCommand = fc.constantFrom("add", "modify", "delete");
const properties = list(
  fc.oneof(
    kind("min_rate", { rate: u16 }),
    kind("max_rate", { rate: u16 }),
    kind("unknown", { code: fc.integer({ min: 100, max: 60_000 }), data: words }),
  ),
);

type Body<K extends Message["type"]> = {
  [P in Exclude<keyof MessageOf<K>, "type" | "xid">]: fc.Arbitrary<MessageOf<K>[P]>;
};
type Bundled = "bundle_add";

const bodies: { [K in Exclude<Message["type"], Bundled>]: Body<K> } = {
  hello: {
    version: u8,
    elements: list(
      fc.oneof(
        kind("versions", { bitmaps: list(u32) }),
        kind("unknown", { code: fc.integer({ min: 2, max: 60_000 }), data }),
      ),
    ),
  },
  error: { errorType: integer(8), code: u16, data },
  experimenter_error: { errorType: fc.constant(0xffff), code: u16, experimenter: u32, data },
  echo_request: { data },
  echo_reply: { data },
  experimenter: { ...experimenter, experimenter: integer(24) },
  features_request: nothing,
  features_reply: { datapath: u64, buffers: u32, tables: u8, auxiliary: u8, capabilities: u32, reserved: u32 },
  get_config_request: nothing,
  get_config_reply: config,
  set_config: config,
  packet_in: {
    buffer: u32,
    totalLength: u16,
    reason: fc.constantFrom("no_match", "action", "invalid_ttl"),
    table: u8,
    cookie: u64,
    match,
    data,
  },
  flow_removed: {
    cookie: u64,
    priority: u16,
    reason: fc.constantFrom("idle_timeout", "hard_timeout", "delete", "group_delete"),
    table: u8,
    ...time,
    idleTimeout: u16,
    hardTimeout: u16,
    ...counters,
    match,
  },
  port_status: { reason: fc.constantFrom("add", "delete", "modify"), port },
  packet_out: { buffer: u32, inPort: u32, actions, data },
  flow_mod: {
    cookie: u64,
    cookieMask: u64,
    table: u8,
    command: fc.constantFrom("add", "modify", "modify_strict", "delete", "delete_strict"),
    idleTimeout: u16,
    hardTimeout: u16,
    priority: u16,
    buffer: u32,
    outPort: u32,
    outGroup: u32,
    flags: u16,
    match,
    instructions,
  },
  group_mod: {
    command: modCommand,
    groupType: fc.constantFrom("all", "select", "indirect", "fast_failover"),
    group: u32,
    buckets,
  },
  port_mod: { port: u32, mac, config: u32, mask: u32, advertise: u32 },
  table_mod: { table: u8, config: u32 },
  multipart_request: { part: fc.record({ more: fc.boolean(), body: multipartRequest }) },
  multipart_reply: { part: fc.record({ more: fc.boolean(), body: multipartReply }) },
  barrier_request: nothing,
  barrier_reply: nothing,
  queue_get_config_request: { port: u32 },
  queue_get_config_reply: { port: u32, queues: list(fc.record({ queue: u32, port: u32, properties })) },
  role_request: role,
  role_reply: role,
  get_async_request: nothing,
  get_async_reply: asyncMasks,
  set_async: asyncMasks,
  meter_mod: { command: modCommand, flags: u16, meter: u32, bands },
  bundle_control: {
    bundle: u32,
    control: fc.constantFrom(
      "open_request",
      "open_reply",
      "close_request",
      "close_reply",
      "commit_request",
      "commit_reply",
      "discard_request",
      "discard_reply",
    ),
    flags: u16,
    properties: data,
  },
  unknown: { code: fc.integer({ min: 30, max: 255 }), data },
};

const plain = Object.fromEntries(
  Object.entries(bodies).map(([type, body]) => [
    type,
    fc.record({ type: fc.constant(type), xid: u32, ...(body as Record<string, fc.Arbitrary<unknown>>) }),
  ]),
) as unknown as { [K in Exclude<Message["type"], Bundled>]: fc.Arbitrary<MessageOf<K>> };

const bundleAdd: fc.Arbitrary<MessageOf<Bundled>> = fc
  .tuple(u32, u32, u16, fc.oneof(plain.flow_mod, plain.group_mod, plain.port_mod), fc.uint8Array({ maxLength: 16 }))
  .map(([xid, bundle, flags, message, rest]) => ({
    type: "bundle_add",
    xid,
    bundle,
    flags,
    message: { ...message, xid },
    properties: rest,
  }));

/** Arbitraries by type of message. */
export const byType: { readonly [K in Message["type"]]: fc.Arbitrary<MessageOf<K>> } = {
  ...plain,
  bundle_add: bundleAdd,
};

/** A message of any type. */
export const message: fc.Arbitrary<Message> = fc.oneof(...Object.values(byType)) as fc.Arbitrary<Message>;
