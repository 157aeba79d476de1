/**
 * Multipart messages (OpenFlow 1.3.5, section 7.3.5): requests for the state of a switch, and answers in several
 * messages, of which all but the last announce another.
 */
import { bucket, instructions } from "./action.ts";
import { gap, listOf, mac, rest, sized, struct, text, u16, u32, u64, u8, type Codec, type Of } from "./codec.ts";
import { meterBands } from "./meter.ts";
import { match } from "./oxm.ts";
import { dispatch, type Cases, type Union, type Unknown } from "./tlv.ts";

/** A port (section 7.2.1). */
export const port = struct({
  port: u32,
  pad: gap(4),
  mac,
  pad2: gap(2),
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

const selection = {
  table: u8,
  pad: gap(3),
  outPort: u32,
  outGroup: u32,
  pad2: gap(4),
  cookie: u64,
  cookieMask: u64,
  match,
};

const onePort = { port: u32, pad: gap(4) };
const oneGroup = { group: u32, pad: gap(4) };
const oneMeter = { meter: u32, pad: gap(4) };
const nothing = {};
const experimenter = { experimenter: u32, experimenterType: u32, data: rest };

const flowStats = sized(
  struct({
    table: u8,
    pad: gap(1),
    seconds: u32,
    nanoseconds: u32,
    priority: u16,
    idleTimeout: u16,
    hardTimeout: u16,
    flags: u16,
    pad2: gap(4),
    cookie: u64,
    packets: u64,
    bytes: u64,
    match,
    instructions,
  }),
);

/** A flow entry as a switch reports it. */
export type FlowStats = Of<typeof flowStats>;

const tableStats = struct({ table: u8, pad: gap(3), active: u32, lookups: u64, matches: u64 });

const portStats = struct({
  port: u32,
  pad: gap(4),
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
  seconds: u32,
  nanoseconds: u32,
});

const queueStats = struct({
  port: u32,
  queue: u32,
  bytes: u64,
  packets: u64,
  errors: u64,
  seconds: u32,
  nanoseconds: u32,
});

const groupStats = sized(
  struct({
    pad: gap(2),
    group: u32,
    references: u32,
    pad2: gap(4),
    packets: u64,
    bytes: u64,
    seconds: u32,
    nanoseconds: u32,
    buckets: listOf(struct({ packets: u64, bytes: u64 })),
  }),
);

const groupDesc = sized(struct({ groupType: u8, pad: gap(1), group: u32, buckets: listOf(bucket) }));

/** Statistics of a meter, whose length follows the number of the meter. */
const meterStats: Codec<MeterStats> = {
  read(from) {
    const meter = from.u32();
    const outer = from.enter(from.u16() - 6);
    const body = meterStatsBody.read(from);
    from.leave(outer);
    return { meter, ...body };
  },
  write(to, value) {
    const start = to.at;
    to.u32(value.meter);
    to.u16(0);
    meterStatsBody.write(to, value);
    to.patch(start + 4, to.at - start);
  },
};

const meterStatsBody = struct({
  pad: gap(6),
  flows: u32,
  packets: u64,
  bytes: u64,
  seconds: u32,
  nanoseconds: u32,
  bands: listOf(struct({ packets: u64, bytes: u64 })),
});

type MeterStats = { readonly meter: number } & Of<typeof meterStatsBody>;

const meterConfig = sized(struct({ flags: u16, meter: u32, bands: meterBands }));

const requests = {
  desc: [0, nothing],
  flow: [1, selection],
  aggregate: [2, selection],
  table: [3, nothing],
  port_stats: [4, onePort],
  queue: [5, { port: u32, queue: u32 }],
  group: [6, oneGroup],
  group_desc: [7, nothing],
  group_features: [8, nothing],
  meter: [9, oneMeter],
  meter_config: [10, oneMeter],
  meter_features: [11, nothing],
  port_desc: [13, nothing],
  experimenter: [0xffff, experimenter],
} as const satisfies Cases;

const replies = {
  desc: [
    0,
    { manufacturer: text(256), hardware: text(256), software: text(256), serial: text(32), datapath: text(256) },
  ],
  flow: [1, { flows: listOf(flowStats) }],
  aggregate: [2, { packets: u64, bytes: u64, flows: u32, pad: gap(4) }],
  table: [3, { tables: listOf(tableStats) }],
  port_stats: [4, { ports: listOf(portStats) }],
  queue: [5, { queues: listOf(queueStats) }],
  group: [6, { groups: listOf(groupStats) }],
  group_desc: [7, { groups: listOf(groupDesc) }],
  group_features: [
    8,
    {
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
    },
  ],
  meter: [9, { meters: listOf(meterStats) }],
  meter_config: [10, { meters: listOf(meterConfig) }],
  meter_features: [
    11,
    { maxMeters: u32, bandTypes: u32, capabilities: u32, maxBands: u8, maxColours: u8, pad: gap(2) },
  ],
  port_desc: [13, { ports: listOf(port) }],
  experimenter: [0xffff, experimenter],
} as const satisfies Cases;

/** The body of a multipart message: `kind`, with the fields of that kind. */
export type MultipartRequest = Union<typeof requests>;
export type MultipartReply = Union<typeof replies>;

/** A multipart message without its header. */
export interface Multipart<Body> {
  /** Whether more messages with this xid follow. */
  readonly more: boolean;
  readonly body: Body;
}

/** Type, flags, four zeros, then the body of that type, to the end of the message. */
function multipart<Body extends { readonly kind: string }>(cases: Cases): Codec<Multipart<Body>> {
  const { byCode, byKind } = dispatch(cases);
  return {
    read(from) {
      const code = from.u16();
      const more = (from.u16() & 1) > 0;
      from.skip(4);
      const known = byCode.get(code);
      const body = known ? known.read(from) : { kind: "unknown", code, data: from.take(from.remaining) };
      return { more, body: body as unknown as Body };
    },
    write(to, { more, body }) {
      const known = byKind.get(body.kind);
      to.u16(known ? known.code : (body as unknown as Unknown).code);
      to.u16(more ? 1 : 0);
      to.zeros(4);
      if (known) known.codec.write(to, body);
      else to.put((body as unknown as Unknown).data);
    },
  };
}

export const multipartRequest: Codec<Multipart<MultipartRequest>> = multipart(requests);
export const multipartReply: Codec<Multipart<MultipartReply>> = multipart(replies);
