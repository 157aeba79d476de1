/** The errors of OpenFlow in words: those that tables of policies run into. */
import { errorName, type ErrorMessage } from "./errors.ts";

/** The words for errors that policies run into. Any other error is reported by its name in OpenFlow. */
const WORDS: Readonly<Record<string, string>> = {
  OFPFMFC_TABLE_FULL: "its table is full",
  OFPFMFC_BAD_TABLE_ID: "it has no such table",
  OFPFMFC_OVERLAP: "another entry of the same priority overlaps",
  OFPFMFC_EPERM: "it does not let us",
  OFPFMFC_BAD_TIMEOUT: "it does not take this timeout",
  OFPBMC_BAD_TYPE: "it does not know this form of match",
  OFPBMC_BAD_FIELD: "it cannot match one of the fields",
  OFPBMC_BAD_VALUE: "a field has a value that it cannot match",
  OFPBMC_BAD_MASK: "it does not take the mask of a field",
  OFPBMC_BAD_WILDCARDS: "a value has bits outside its mask",
  OFPBMC_BAD_PREREQ: "a field is matched without the one that it depends on",
  OFPBMC_DUP_FIELD: "a field is matched twice",
  OFPBMC_BAD_DL_ADDR_MASK: "it does not take the mask of a MAC address",
  OFPBMC_BAD_NW_ADDR_MASK: "it does not take the mask of an address",
  OFPBAC_BAD_OUT_PORT: "it has no such port",
  OFPBAC_BAD_OUT_GROUP: "it has no such group",
  OFPBAC_BAD_QUEUE: "it has no such queue",
  OFPBAC_BAD_TYPE: "it does not know one of the actions",
  OFPBAC_BAD_EXPERIMENTER: "it does not have the Open vSwitch actions",
  OFPBAC_BAD_EXP_TYPE: "it does not have one of the Open vSwitch actions",
  OFPBAC_MATCH_INCONSISTENT: "an action does not go with what is matched",
  OFPBAC_TOO_MANY: "it has too many actions",
  OFPBIC_UNSUP_INST: "it does not take one of the instructions in this table",
  OFPBIC_UNKNOWN_INST: "it does not know one of the instructions",
  OFPBIC_BAD_TABLE_ID: "it cannot go on to that table",
  OFPBIC_UNSUP_METADATA: "it does not write metadata",
  OFPMMFC_UNKNOWN_METER: "it has no such meter",
  OFPMMFC_INVALID_METER: "it has no such meter",
  OFPMMFC_METER_EXISTS: "it has that meter already",
  OFPMMFC_BAD_RATE: "it cannot limit to that rate",
  OFPMMFC_BAD_BURST: "it cannot let so much pass at once",
  OFPMMFC_BAD_FLAGS: "its meters do not count in kbit/s with a burst",
  OFPMMFC_BAD_BAND: "its meters do not drop",
  OFPMMFC_OUT_OF_METERS: "it has no meter left",
  OFPMMFC_OUT_OF_BANDS: "its meters have no band left",
  OFPBRC_BAD_TABLE_ID: "it has no such table",
  OFPBRC_IS_SLAVE: "another controller is its master",
  OFPBRC_EPERM: "it does not let us",
  OFPBRC_BAD_LEN: "the message is not what it expects",
  OFPBFC_MSG_TOO_MANY: "it takes fewer changes in one transaction",
  OFPBFC_MSG_FAILED: "one of the changes failed",
  OFPBFC_TIMEOUT: "the transaction took too long",
  OFPBFC_BAD_ID: "it has given up the transaction",
};

/** The reason in words, with the name that the switch's own log uses. */
export function reasonWords(error: ErrorMessage): string {
  const name = errorName(error);
  const words = WORDS[name];
  return words === undefined ? name : `${words} (${name})`;
}
