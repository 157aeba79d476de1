/**
 * The table of layouts that the codec runs on: all messages but the bundle's envelope (OpenFlow 1.3.5, section 7).
 */
import { actions, bucket, instructions, type WireAction } from "./action.ts";
import { gap, listOf, oneOf, rest, u16, u32, u64, u8, mac, type Codec, type WireLayout } from "./codec.ts";
import { meterBands } from "./meter.ts";
import { multipartReply, multipartRequest, port } from "./multipart.ts";
import { match } from "./oxm.ts";
import { tlv } from "./tlv.ts";

/**
 * Experimenter messages and errors have codes beyond the type in the header. Such codes are written
 * here as numbers above 8 bits: 0x1ffff for errors of type 0xffff, and 0x20000 + type for the ONF's messages.
 */
export const EXPERIMENTER_ERROR = 0x1ffff;
export const onf = (type: number): number => 0x20000 + type;
export const ONF = 0x4f4e_4600;

const nothing = {};
const config = { flags: u16, missSendLength: u16 };
const role = { role: oneOf(u32, ["nochange", "equal", "master", "slave"]), pad: gap(4), generation: u64 };

/** Pairs of masks: the first is for the roles master and equal, the second for slave. */
const asyncMasks = {
  packetIn: u32,
  packetInSlave: u32,
  portStatus: u32,
  portStatusSlave: u32,
  flowRemoved: u32,
  flowRemovedSlave: u32,
};

/** Hello elements; `versions` holds bitmaps of 32 versions each, the lowest bit of the first being version 0. */
const helloElements = listOf(tlv({ versions: [1, { bitmaps: listOf(u32) }] }, { padded: true }));

/** The number of bytes of actions, then the actions; the data of the packet follows. */
const countedActions: Codec<readonly WireAction[]> = {
  read(from) {
    const length = from.u16();
    from.skip(6);
    const outer = from.enter(length);
    const value = actions.read(from);
    from.leave(outer);
    return value;
  },
  write(to, value) {
    const start = to.at;
    to.zeros(8);
    actions.write(to, value);
    to.patch(start, to.at - start - 8);
  },
};

const rate = { pad: gap(4), rate: u16, pad2: gap(6) };
const queueProperties = listOf(tlv({ min_rate: [1, rate], max_rate: [2, rate] }));

/** A queue, whose length includes the 8 bytes before it. */
const queue: Codec<Queue> = {
  read(from) {
    const queueId = from.u32();
    const queuePort = from.u32();
    const outer = from.enter(from.u16() - 10);
    from.skip(6);
    const properties = queueProperties.read(from);
    from.leave(outer);
    return { queue: queueId, port: queuePort, properties };
  },
  write(to, value) {
    const start = to.at;
    to.u32(value.queue);
    to.u32(value.port);
    to.zeros(8);
    queueProperties.write(to, value.properties);
    to.patch(start + 8, to.at - start);
  },
};

interface Queue {
  readonly queue: number;
  readonly port: number;
  readonly properties: ReturnType<typeof queueProperties.read>;
}

export const layouts = {
  hello: [0, { elements: helloElements }],
  error: [1, { errorType: u16, code: u16, data: rest }],
  experimenter_error: [EXPERIMENTER_ERROR, { errorType: u16, code: u16, experimenter: u32, data: rest }],
  echo_request: [2, { data: rest }],
  echo_reply: [3, { data: rest }],
  experimenter: [4, { experimenter: u32, experimenterType: u32, data: rest }],
  features_request: [5, nothing],
  features_reply: [
    6,
    { datapath: u64, buffers: u32, tables: u8, auxiliary: u8, pad: gap(2), capabilities: u32, reserved: u32 },
  ],
  get_config_request: [7, nothing],
  get_config_reply: [8, config],
  set_config: [9, config],
  packet_in: [
    10,
    {
      buffer: u32,
      totalLength: u16,
      reason: oneOf(u8, ["no_match", "action", "invalid_ttl"]),
      table: u8,
      cookie: u64,
      match,
      pad: gap(2),
      data: rest,
    },
  ],
  flow_removed: [
    11,
    {
      cookie: u64,
      priority: u16,
      reason: oneOf(u8, ["idle_timeout", "hard_timeout", "delete", "group_delete"]),
      table: u8,
      seconds: u32,
      nanoseconds: u32,
      idleTimeout: u16,
      hardTimeout: u16,
      packets: u64,
      bytes: u64,
      match,
    },
  ],
  port_status: [12, { reason: oneOf(u8, ["add", "delete", "modify"]), pad: gap(7), port }],
  packet_out: [13, { buffer: u32, inPort: u32, actions: countedActions, data: rest }],
  flow_mod: [
    14,
    {
      cookie: u64,
      cookieMask: u64,
      table: u8,
      command: oneOf(u8, ["add", "modify", "modify_strict", "delete", "delete_strict"]),
      idleTimeout: u16,
      hardTimeout: u16,
      priority: u16,
      buffer: u32,
      outPort: u32,
      outGroup: u32,
      flags: u16,
      pad: gap(2),
      match,
      instructions,
    },
  ],
  group_mod: [
    15,
    {
      command: oneOf(u16, ["add", "modify", "delete"]),
      groupType: oneOf(u8, ["all", "select", "indirect", "fast_failover"]),
      pad: gap(1),
      group: u32,
      buckets: listOf(bucket),
    },
  ],
  port_mod: [16, { port: u32, pad: gap(4), mac, pad2: gap(2), config: u32, mask: u32, advertise: u32, pad3: gap(4) }],
  table_mod: [17, { table: u8, pad: gap(3), config: u32 }],
  multipart_request: [18, { part: multipartRequest }],
  multipart_reply: [19, { part: multipartReply }],
  barrier_request: [20, nothing],
  barrier_reply: [21, nothing],
  queue_get_config_request: [22, { port: u32, pad: gap(4) }],
  queue_get_config_reply: [23, { port: u32, pad: gap(4), queues: listOf(queue) }],
  role_request: [24, role],
  role_reply: [25, role],
  get_async_request: [26, nothing],
  get_async_reply: [27, asyncMasks],
  set_async: [28, asyncMasks],
  meter_mod: [29, { command: oneOf(u16, ["add", "modify", "delete"]), flags: u16, meter: u32, bands: meterBands }],
  // The ONF's bundle extension (EXT-230); its second message, `bundle_add`, holds a message and stands in `message.ts`.
  bundle_control: [
    onf(2300),
    {
      bundle: u32,
      control: oneOf(u16, [
        "open_request",
        "open_reply",
        "close_request",
        "close_reply",
        "commit_request",
        "commit_reply",
        "discard_request",
        "discard_reply",
      ]),
      flags: u16,
      properties: rest,
    },
  ],
} as const satisfies Readonly<Record<string, readonly [number, WireLayout]>>;
