/** Frames → a capture file as Wireshark reads it: each frame a TCP segment of its own connection to port 6653. */

const LINK_ETHERNET = 1;
const HEADERS = 14 + 20 + 20;

/** The bytes of a pcap file. */
export function pcap(frames: readonly Uint8Array[]): Uint8Array {
  const head = Buffer.alloc(24);
  head.writeUInt32BE(0xa1b2c3d4, 0);
  head.writeUInt16BE(2, 4);
  head.writeUInt16BE(4, 6);
  head.writeUInt32BE(0x4_0000, 16);
  head.writeUInt32BE(LINK_ETHERNET, 20);
  return Buffer.concat([head, ...frames.flatMap(packet)]);
}

function packet(frame: Uint8Array, index: number): Uint8Array[] {
  const record = Buffer.alloc(16);
  record.writeUInt32BE(index, 0);
  record.writeUInt32BE(HEADERS + frame.length, 8);
  record.writeUInt32BE(HEADERS + frame.length, 12);
  const headers = Buffer.alloc(HEADERS);
  headers.writeUInt16BE(0x0800, 12);
  headers.writeUInt16BE(0x4500, 14);
  headers.writeUInt16BE(40 + frame.length, 16);
  headers.writeUInt16BE(0x4006, 22);
  headers.writeUInt32BE(0x0a00_0001, 26);
  headers.writeUInt32BE(0x0a00_0002, 30);
  headers.writeUInt16BE(20_000 + index, 34);
  headers.writeUInt16BE(6653, 36);
  headers.writeUInt32BE(1, 38);
  headers.writeUInt16BE(0x5018, 46);
  return [record, headers, frame];
}
