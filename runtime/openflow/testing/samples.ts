/**
 * One message or more of every type. The values make sense to a switch and differ from each other, so that a test sees
 * two fields that change places.
 */
import type { Message, MultipartReply, MultipartRequest } from "../index.ts";

const data = Uint8Array.of(0xde, 0xad, 0xbe, 0xef, 1, 2, 3, 4);
const ANY = 0xffff_ffff;

const match = [
  { field: "eth_type", value: 0x800n },
  { field: "ip_proto", value: 6n },
  { field: "ipv4_src", value: 0x0a00_0000n, mask: 0xff00_0000n },
  { field: "tcp_dst", value: 443n },
] as const;
const inPort = [{ field: "in_port", value: 7n }] as const;
const output = { kind: "output", port: 3, maxLength: 128 } as const;
const instructions = [
  { kind: "meter", meter: 4 },
  { kind: "apply_actions", actions: [{ kind: "set_queue", queue: 2 }, output] },
  { kind: "write_metadata", metadata: 0x1100n, mask: 0xff00n },
  { kind: "goto_table", table: 9 },
] as const;
const port = {
  port: 5,
  mac: 0x0200_0000_0001,
  name: "s1-eth5",
  config: 1,
  state: 4,
  current: 0x802,
  advertised: 0x803,
  supported: 0x804,
  peer: 0x805,
  currentSpeed: 10_000,
  maxSpeed: 20_000,
};
const time = { seconds: 11, nanoseconds: 12 } as const;
const counters = { packets: 13n, bytes: 14n } as const;
const flow = {
  table: 1,
  ...time,
  priority: 15,
  idleTimeout: 16,
  hardTimeout: 17,
  flags: 1,
  cookie: 0x61a2_0000_0000_0012n,
  ...counters,
  match,
  instructions,
} as const;
const bands = [
  { kind: "drop", rate: 1000, burst: 200 },
  { kind: "dscp_remark", rate: 3000, burst: 400, precedence: 1 },
] as const;
const buckets = [{ weight: 0, watchPort: ANY, watchGroup: ANY, actions: [output] }] as const;
const select = { table: 3, outPort: ANY, outGroup: ANY, cookie: 0x51n, cookieMask: 0xffn, match } as const;

const requests: readonly MultipartRequest[] = [
  { kind: "desc" },
  { kind: "flow", ...select },
  { kind: "aggregate", ...select },
  { kind: "table" },
  { kind: "port_stats", port: 5 },
  { kind: "queue", port: 5, queue: 6 },
  { kind: "group", group: 7 },
  { kind: "group_desc" },
  { kind: "group_features" },
  { kind: "meter", meter: 8 },
  { kind: "meter_config", meter: 8 },
  { kind: "meter_features" },
  { kind: "port_desc" },
];

const replies: readonly MultipartReply[] = [
  { kind: "desc", manufacturer: "m", hardware: "h", software: "s", serial: "n", datapath: "d" },
  { kind: "flow", flows: [flow, { ...flow, table: 2, match: inPort, instructions: [] }] },
  { kind: "aggregate", ...counters, flows: 21 },
  { kind: "table", tables: [{ table: 1, active: 22, lookups: 23n, matches: 24n }] },
  {
    kind: "port_stats",
    ports: [
      {
        port: 5,
        receivedPackets: 31n,
        sentPackets: 32n,
        receivedBytes: 33n,
        sentBytes: 34n,
        receiveDropped: 35n,
        sendDropped: 36n,
        receiveErrors: 37n,
        sendErrors: 38n,
        frameErrors: 39n,
        overrunErrors: 40n,
        crcErrors: 41n,
        collisions: 42n,
        ...time,
      },
    ],
  },
  { kind: "queue", queues: [{ port: 5, queue: 6, ...counters, errors: 51n, ...time }] },
  { kind: "group", groups: [{ group: 7, references: 8, ...counters, ...time, buckets: [counters] }] },
  { kind: "group_desc", groups: [{ groupType: 1, group: 7, buckets }] },
  {
    kind: "group_features",
    types: 15,
    capabilities: 3,
    maxAll: 61,
    maxSelect: 62,
    maxIndirect: 63,
    maxFailover: 64,
    actionsAll: 65,
    actionsSelect: 66,
    actionsIndirect: 67,
    actionsFailover: 68,
  },
  { kind: "meter", meters: [{ meter: 8, flows: 71, ...counters, ...time, bands: [counters, counters] }] },
  { kind: "meter_config", meters: [{ flags: 5, meter: 8, bands: [bands[0]] }] },
  { kind: "meter_features", maxMeters: 81, bandTypes: 2, capabilities: 15, maxBands: 82, maxColours: 83 },
  { kind: "port_desc", ports: [port] },
];

const flowMod = {
  type: "flow_mod",
  xid: 101,
  cookie: 0x61a2_0000_0000_0001n,
  cookieMask: 0n,
  table: 4,
  command: "add",
  idleTimeout: 91,
  hardTimeout: 92,
  priority: 93,
  buffer: ANY,
  outPort: ANY,
  outGroup: ANY,
  flags: 1,
  match,
  instructions,
} as const satisfies Message;

const masks = {
  packetIn: 3,
  packetInSlave: 1,
  portStatus: 7,
  portStatusSlave: 2,
  flowRemoved: 15,
  flowRemovedSlave: 4,
};
const role = { role: "master", generation: 77n } as const;
const config = { flags: 0, missSendLength: 128 };
const bundle = { bundle: 5, flags: 3, properties: new Uint8Array(0) } as const;

/** The messages that we send. */
export const ours: readonly Message[] = [
  { type: "hello", xid: 1, version: 4, elements: [{ kind: "versions", bitmaps: [0x10] }] },
  { type: "echo_request", xid: 2, data },
  { type: "echo_reply", xid: 3, data },
  { type: "features_request", xid: 4 },
  { type: "get_config_request", xid: 5 },
  { type: "set_config", xid: 6, ...config },
  { type: "packet_out", xid: 7, buffer: ANY, inPort: 0xffff_fffd, actions: [output], data },
  flowMod,
  { ...flowMod, command: "delete_strict", instructions: [] },
  { type: "group_mod", xid: 9, command: "add", groupType: "all", group: 7, buckets },
  { type: "port_mod", xid: 10, port: 5, mac: 0x0200_0000_0001, config: 1, mask: 1, advertise: 0 },
  { type: "table_mod", xid: 11, table: 3, config: 0 },
  ...requests.map((body, index): Message => ({
    type: "multipart_request",
    xid: 20 + index,
    part: { more: false, body },
  })),
  { type: "barrier_request", xid: 12 },
  { type: "queue_get_config_request", xid: 13, port: 5 },
  { type: "role_request", xid: 14, ...role },
  { type: "get_async_request", xid: 15 },
  { type: "set_async", xid: 16, ...masks },
  { type: "meter_mod", xid: 17, command: "add", flags: 5, meter: 8, bands: [bands[0]] },
  { type: "bundle_control", xid: 18, control: "open_request", ...bundle },
  { type: "bundle_control", xid: 19, control: "commit_request", ...bundle },
  { type: "bundle_add", xid: 101, ...bundle, message: flowMod },
];

/** The messages that a switch sends. */
export const theirs: readonly Message[] = [
  { type: "error", xid: 1, errorType: 5, code: 1, data },
  { type: "experimenter_error", xid: 2, errorType: 0xffff, code: 2313, experimenter: 0x4f4e_4600, data },
  {
    type: "features_reply",
    xid: 3,
    datapath: 0x1234n,
    buffers: 256,
    tables: 254,
    auxiliary: 0,
    capabilities: 0x4f,
    reserved: 0,
  },
  { type: "get_config_reply", xid: 4, ...config },
  {
    type: "packet_in",
    xid: 5,
    buffer: ANY,
    totalLength: 8,
    reason: "action",
    table: 2,
    cookie: 0x55n,
    match: inPort,
    data,
  },
  {
    type: "flow_removed",
    xid: 6,
    cookie: 0x56n,
    priority: 57,
    reason: "hard_timeout",
    table: 3,
    ...time,
    idleTimeout: 58,
    hardTimeout: 59,
    ...counters,
    match,
  },
  { type: "port_status", xid: 7, reason: "modify", port },
  ...replies.map((body, index): Message => ({ type: "multipart_reply", xid: 30 + index, part: { more: false, body } })),
  { type: "barrier_reply", xid: 8 },
  {
    type: "queue_get_config_reply",
    xid: 9,
    port: 5,
    queues: [
      {
        queue: 6,
        port: 5,
        properties: [
          { kind: "min_rate", rate: 100 },
          { kind: "max_rate", rate: 200 },
        ],
      },
    ],
  },
  { type: "role_reply", xid: 10, ...role },
  { type: "get_async_reply", xid: 11, ...masks },
  { type: "bundle_control", xid: 12, control: "commit_reply", ...bundle },
];
