/**
 * The names of OpenFlow's errors (1.3.5, section 7.4.4, and the ONF's bundle extension), as logs of switches print
 * them.
 */
import type { MessageOf } from "./message.ts";

/** An error message in either form. */
export type ErrorMessage = MessageOf<"error"> | MessageOf<"experimenter_error">;

const NAMES: Readonly<Record<number, readonly [type: string, prefix: string, codes: readonly string[]]>> = {
  0: ["HELLO_FAILED", "OFPHFC", ["INCOMPATIBLE", "EPERM"]],
  1: [
    "BAD_REQUEST",
    "OFPBRC",
    [
      "BAD_VERSION",
      "BAD_TYPE",
      "BAD_MULTIPART",
      "BAD_EXPERIMENTER",
      "BAD_EXP_TYPE",
      "EPERM",
      "BAD_LEN",
      "BUFFER_EMPTY",
      "BUFFER_UNKNOWN",
      "BAD_TABLE_ID",
      "IS_SLAVE",
      "BAD_PORT",
      "BAD_PACKET",
      "MULTIPART_BUFFER_OVERFLOW",
    ],
  ],
  2: [
    "BAD_ACTION",
    "OFPBAC",
    [
      "BAD_TYPE",
      "BAD_LEN",
      "BAD_EXPERIMENTER",
      "BAD_EXP_TYPE",
      "BAD_OUT_PORT",
      "BAD_ARGUMENT",
      "EPERM",
      "TOO_MANY",
      "BAD_QUEUE",
      "BAD_OUT_GROUP",
      "MATCH_INCONSISTENT",
      "UNSUPPORTED_ORDER",
      "BAD_TAG",
      "BAD_SET_TYPE",
      "BAD_SET_LEN",
      "BAD_SET_ARGUMENT",
    ],
  ],
  3: [
    "BAD_INSTRUCTION",
    "OFPBIC",
    [
      "UNKNOWN_INST",
      "UNSUP_INST",
      "BAD_TABLE_ID",
      "UNSUP_METADATA",
      "UNSUP_METADATA_MASK",
      "BAD_EXPERIMENTER",
      "BAD_EXP_TYPE",
      "BAD_LEN",
      "EPERM",
    ],
  ],
  4: [
    "BAD_MATCH",
    "OFPBMC",
    [
      "BAD_TYPE",
      "BAD_LEN",
      "BAD_TAG",
      "BAD_DL_ADDR_MASK",
      "BAD_NW_ADDR_MASK",
      "BAD_WILDCARDS",
      "BAD_FIELD",
      "BAD_VALUE",
      "BAD_MASK",
      "BAD_PREREQ",
      "DUP_FIELD",
      "EPERM",
    ],
  ],
  5: [
    "FLOW_MOD_FAILED",
    "OFPFMFC",
    ["UNKNOWN", "TABLE_FULL", "BAD_TABLE_ID", "OVERLAP", "EPERM", "BAD_TIMEOUT", "BAD_COMMAND", "BAD_FLAGS"],
  ],
  6: [
    "GROUP_MOD_FAILED",
    "OFPGMFC",
    [
      "GROUP_EXISTS",
      "INVALID_GROUP",
      "WEIGHT_UNSUPPORTED",
      "OUT_OF_GROUPS",
      "OUT_OF_BUCKETS",
      "CHAINING_UNSUPPORTED",
      "WATCH_UNSUPPORTED",
      "LOOP",
      "UNKNOWN_GROUP",
      "CHAINED_GROUP",
      "BAD_TYPE",
      "BAD_COMMAND",
      "BAD_BUCKET",
      "BAD_WATCH",
      "EPERM",
    ],
  ],
  7: ["PORT_MOD_FAILED", "OFPPMFC", ["BAD_PORT", "BAD_HW_ADDR", "BAD_CONFIG", "BAD_ADVERTISE", "EPERM"]],
  8: ["TABLE_MOD_FAILED", "OFPTMFC", ["BAD_TABLE", "BAD_CONFIG", "EPERM"]],
  9: ["QUEUE_OP_FAILED", "OFPQOFC", ["BAD_PORT", "BAD_QUEUE", "EPERM"]],
  10: ["SWITCH_CONFIG_FAILED", "OFPSCFC", ["BAD_FLAGS", "BAD_LEN", "EPERM"]],
  11: ["ROLE_REQUEST_FAILED", "OFPRRFC", ["STALE", "UNSUP", "BAD_ROLE"]],
  12: [
    "METER_MOD_FAILED",
    "OFPMMFC",
    [
      "UNKNOWN",
      "METER_EXISTS",
      "INVALID_METER",
      "UNKNOWN_METER",
      "BAD_COMMAND",
      "BAD_FLAGS",
      "BAD_RATE",
      "BAD_BURST",
      "BAD_BAND",
      "BAD_BAND_VALUE",
      "OUT_OF_METERS",
      "OUT_OF_BANDS",
    ],
  ],
  13: [
    "TABLE_FEATURES_FAILED",
    "OFPTFFC",
    ["BAD_TABLE", "BAD_METADATA", "BAD_TYPE", "BAD_LEN", "BAD_ARGUMENT", "EPERM"],
  ],
};

/** Errors of bundles: codes 2300 and up of the ONF's experimenter errors. */
const BUNDLE = [
  "UNKNOWN",
  "EPERM",
  "BAD_ID",
  "BUNDLE_EXIST",
  "BUNDLE_CLOSED",
  "OUT_OF_BUNDLES",
  "BAD_TYPE",
  "BAD_FLAGS",
  "MSG_BAD_LEN",
  "MSG_BAD_XID",
  "MSG_UNSUP",
  "MSG_CONFLICT",
  "MSG_TOO_MANY",
  "MSG_FAILED",
  "TIMEOUT",
  "BUNDLE_IN_PROGRESS",
];

/** The name of an error, such as `OFPFMFC_TABLE_FULL`, or its numbers if it has none. */
export function errorName(error: ErrorMessage): string {
  if (error.type === "experimenter_error") {
    const bundle = BUNDLE[error.code - 2300];
    return bundle ? `OFPBFC_${bundle}` : `experimenter error 0x${error.experimenter.toString(16)}/${error.code}`;
  }
  const [type, prefix, codes] = NAMES[error.errorType] ?? [];
  const code = codes?.[error.code];
  return code ? `${prefix}_${code}` : type ? `${type} code ${error.code}` : `error ${error.errorType}/${error.code}`;
}
