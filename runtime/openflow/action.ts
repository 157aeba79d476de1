/** Actions and instructions (OpenFlow 1.3.5, sections 7.2.4 and 7.2.5), with those of Open vSwitch that tables use. */
import { gap, listOf, rest, sized, skip, struct, u16, u32, u64, u8, type Codec, type Gap, type Of } from "./codec.ts";
import { oxm } from "./oxm.ts";
import { nicira, tlv } from "./tlv.ts";

/** The zeros at the end of an action up to a multiple of 8 bytes. The writer adds them by itself. */
const filling: Gap = { gap: 7, read: (from) => skip(from, Math.min(7, from.remaining)), write: () => undefined };

export const action = tlv(
  {
    output: [0, { port: u32, maxLength: u16, pad: gap(6) }],
    copy_ttl_out: [11, { pad: gap(4) }],
    copy_ttl_in: [12, { pad: gap(4) }],
    set_mpls_ttl: [15, { ttl: u8, pad: gap(3) }],
    dec_mpls_ttl: [16, { pad: gap(4) }],
    push_vlan: [17, { ethType: u16, pad: gap(2) }],
    pop_vlan: [18, { pad: gap(4) }],
    push_mpls: [19, { ethType: u16, pad: gap(2) }],
    pop_mpls: [20, { ethType: u16, pad: gap(2) }],
    set_queue: [21, { queue: u32 }],
    group: [22, { group: u32 }],
    set_nw_ttl: [23, { ttl: u8, pad: gap(3) }],
    dec_nw_ttl: [24, { pad: gap(4) }],
    set_field: [25, { target: oxm, pad: filling }],
    push_pbb: [26, { ethType: u16, pad: gap(2) }],
    pop_pbb: [27, { pad: gap(4) }],
    // On the wire the first clause is 0; in text and in our tables it is 1.
    conjunction: [nicira(34), { clause: u8, clauses: u8, id: u32 }],
    ct: [
      nicira(35),
      // `zone` 0: `zoneBits` is the number of the zone, else the bits of a field. Table 255: the packet goes on in this table. Executed actions stay as bytes.
      { flags: u16, zone: u32, zoneBits: u16, table: u8, pad: gap(3), alg: u16, actions: rest },
    ],
  },
  { multiple: true },
);

/** An action on the wire. */
export type WireAction = Of<typeof action>;

export const actions: Codec<readonly WireAction[]> = listOf(action);

export const instruction = tlv(
  {
    goto_table: [1, { table: u8, pad: gap(3) }],
    write_metadata: [2, { pad: gap(4), metadata: u64, mask: u64 }],
    write_actions: [3, { pad: gap(4), actions }],
    apply_actions: [4, { pad: gap(4), actions }],
    clear_actions: [5, { pad: gap(4) }],
    meter: [6, { meter: u32 }],
  },
  { multiple: true },
);

/** An instruction on the wire. */
export type WireInstruction = Of<typeof instruction>;

export const instructions: Codec<readonly WireInstruction[]> = listOf(instruction);

/** A bucket of a group (section 7.3.4.2). */
export const bucket = sized(struct({ weight: u16, watchPort: u32, watchGroup: u32, pad: gap(4), actions }));
