/** The OpenFlow 1.3 codec: pure functions between bytes and messages. */
export { decode, encode, write, HEADER, VERSION } from "./message.ts";
export type { BundleAdd, MalformedFrame, Message, MessageOf, UnknownMessage } from "./message.ts";
export { Writer } from "./buffer.ts";
export { Framer } from "./framer.ts";
export { formatOf, OXM_FIELDS, normaliseMasks } from "./oxm.ts";
export type { Oxm, OxmField, OxmFormat, UnknownOxm } from "./oxm.ts";
export type { WireAction, WireInstruction } from "./action.ts";
export type { FlowStats, MultipartReply, MultipartRequest } from "./multipart.ts";
export { ALL_TABLES, ANY, fromStats, readablePart, toEntry, toFlowMod, toInstructions, toMatch } from "./flow.ts";
export type { FlowModMessage } from "./flow.ts";
export { errorName } from "./errors.ts";
export { reasonWords } from "./error-words.ts";
export type { ErrorMessage } from "./errors.ts";
