/** Meter bands (OpenFlow 1.3.5, section 7.3.4.4): what happens to packets above a rate. */
import { gap, listOf, u32, u8 } from "./codec.ts";
import { tlv } from "./tlv.ts";

export const meterBands = listOf(
  tlv({
    drop: [1, { rate: u32, burst: u32, pad: gap(4) }],
    dscp_remark: [2, { rate: u32, burst: u32, precedence: u8, pad: gap(3) }],
  }),
);
