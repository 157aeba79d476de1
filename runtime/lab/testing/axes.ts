/**
 * The rows of the matrix. For each field of the language they have the values that frames carry (the least, the
 * greatest and some between, or none in a framing that cannot carry them) and the policies about these values.
 */
import type { Field } from "#compiler/flowgroup/fields.ts";
import type { Values } from "./framings.ts";

/** One field: frames that differ in it, and policies about it. */
export interface Axis {
  readonly field: Field;
  /** Name of a value in the matrix → what the frames carry. */
  readonly carried: Readonly<Record<string, Partial<Values>>>;
  /** Facts that the policies need. */
  readonly facts?: string;
  /** Flows that are denied under `default allow`. */
  readonly denied: readonly string[];
  /** Flows that are allowed under `default deny`. */
  readonly allowed: readonly string[];
}

/** The values of a numeric field as frames carry them. */
const numbers = (field: keyof Values, ...values: readonly number[]): Axis["carried"] =>
  Object.fromEntries(values.map((value) => [`${value}`, { [field]: value }]));
const hex = (value: number): string => `0x${value.toString(16).padStart(4, "0")}`;

const mac = (field: "srcEth" | "dstEth", least: string): Axis => ({
  field,
  carried: Object.fromEntries(
    ["00:00:00:00:00:00", "ff:ff:ff:ff:ff:ff", least, "00:00:00:00:00:08"].map((value) => [value, { [field]: value }]),
  ),
  denied: [
    `(${field}=00:00:00:00:00:00)`,
    `(${field}=ff:ff:ff:ff:ff:ff)`,
    `(${field}=${least})`,
    `(${field}!=${least})`,
    `(${field}=00:00:00:00:00:00-00:00:00:00:00:02)`,
    `((*) except (${field}=00:00:00:00:00:00-ff:ff:ff:ff:ff:ff))`,
  ],
  allowed: [`(${field}=${least})`, `(${field}!=${least})`],
});

const host = (field: "srcHost" | "dstHost", four: "src4" | "dst4", six: "src6" | "dst6"): Axis => ({
  field,
  carried: {
    least: { [four]: "0.0.0.0", [six]: "::" },
    greatest: { [four]: "255.255.255.255", [six]: "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff" },
    ".2": { [four]: "10.0.0.2", [six]: "2001:db8::2" },
    ".3": { [four]: "10.0.0.3", [six]: "2001:db8::3" },
  },
  denied: [
    `(${field}=0.0.0.0)`,
    `(${field}=255.255.255.255)`,
    `(${field}=10.0.0.2)`,
    `(${field}!=10.0.0.2)`,
    `(${field}=10.0.0.3-10.0.0.9)`,
    `(${field}=0.0.0.0/0)`,
    `(${field}=::)`,
    `(${field}=ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff)`,
    `(${field}=2001:db8::2)`,
    `(${field}!=2001:db8::2)`,
    `(${field}=::/0)`,
    `(${field}=2001:db8::3-2001:db8::9)`,
    `((*) except (${field}={0.0.0.0/0, ::/0}))`,
  ],
  allowed: [`(${field}=10.0.0.2)`, `(${field}!=10.0.0.2)`, `(${field}=2001:db8::2)`],
});

const port = (field: "srcPort" | "dstPort"): Axis => ({
  field,
  carried: numbers(field, 0, 65_535, 80, 81),
  denied: [
    `(${field}=0)`,
    `(${field}=65535)`,
    `(${field}=80)`,
    `(${field}!=80)`,
    `(${field}=81-65535)`,
    `(${field}=0-65535)`,
    `(transport=UDP, ${field}=80)`,
    `(transport=TCP, ${field}=0)`,
    `(transport=SCTP, ethType=IPv6, ${field}=65535)`,
    `((*) except (${field}=0-65535))`,
  ],
  allowed: [`(${field}=0)`, `(${field}=80)`, `(${field}!=80)`, `(${field}=0-79)`],
});

const byte = (field: "icmpType" | "icmpCode", some: number, other: number): Axis => ({
  field,
  carried: numbers(field, 0, 255, some, other),
  denied: [
    `(${field}=0)`,
    `(${field}=255)`,
    `(${field}=${some})`,
    `(${field}!=${some})`,
    `(${field}=${some}, ethType=IPv4)`,
    `(${field}=${field === "icmpType" ? 128 : some}, ethType=IPv6)`,
    `(${field}=${other}-254)`,
    `(${field}=0-255)`,
    `((*) except (${field}=0-255))`,
  ],
  allowed: [`(${field}=0)`, `(${field}=${some})`, `(${field}!=${some})`, `(${field}=0-${some})`],
});

/** Alice and Bob are known by addresses, Eve by a MAC; the printer has no user. */
const DIRECTORY = `host_ip(pc, 10.0.0.2). host_ip(pc, 2001:db8::2). host_ip(desk, 10.0.0.3). host_ip(desk, 2001:db8::3).
host_mac(laptop, 00:00:00:00:00:08). host_ip(printer, 10.0.0.4).
user_host("Alice", pc). user_host("Bob", desk). user_host("Eve", laptop).`;

const user = (field: "user" | "dstUser", at: "src" | "dst"): Axis => ({
  field,
  facts: DIRECTORY,
  carried: {
    Alice: { [`${at}4`]: "10.0.0.2", [`${at}6`]: "2001:db8::2" },
    Bob: { [`${at}4`]: "10.0.0.3", [`${at}6`]: "2001:db8::3" },
    Eve: { [`${at}4`]: "10.0.0.8", [`${at}6`]: "2001:db8::8", [`${at}Eth`]: "00:00:00:00:00:08" },
    nobody: { [`${at}4`]: "10.0.0.7", [`${at}6`]: "2001:db8::7" },
  },
  denied: [
    `(${field}=Alice)`,
    `(${field}=Eve)`,
    `(${field}!=Alice)`,
    `(${field}=unknown)`,
    `((*) except (${field}=Alice))`,
  ],
  allowed: [`(${field}=Alice)`, `(${field}!=Alice)`, `(${field}=Eve)`],
});

const SENDERS: Axis["carried"] = { "1": { from: "alice" }, "2": { from: "eve" } };
const SWITCH = "switch(s1, 1).";

export const AXES: readonly Axis[] = [
  user("user", "src"),
  user("dstUser", "dst"),
  host("srcHost", "src4", "src6"),
  host("dstHost", "dst4", "dst6"),
  mac("srcEth", "00:00:00:00:00:02"),
  mac("dstEth", "00:00:00:00:00:09"),
  {
    field: "vlan",
    carried: numbers("vlan", 0, 4095, 1, 4094, 10, 11),
    denied: [
      "(vlan=0)",
      "(vlan=4095)",
      "(vlan=10)",
      "(vlan!=10)",
      "(vlan=none)",
      "(vlan={none, 10})",
      "(vlan=0-4095)",
      "(vlan=1-4094)",
      "((*) except (vlan=10))",
      "(vlan=10, ethType=IPv4)",
    ],
    allowed: ["(vlan=10)", "(vlan=none)", "(vlan!=10)"],
  },
  {
    field: "ethType",
    carried: Object.fromEntries([0x0600, 0xffff, 0x88b5, 0x88b6].map((type) => [hex(type), { ethType: type }])),
    denied: [
      "(ethType=0x0000)",
      "(ethType=0x05fe)",
      "(ethType=0x05ff)",
      "(ethType=0x0600)",
      "(ethType=0x88b4-0x88b5)",
      "(ethType=0xffff)",
      "(ethType=0x88b5)",
      "(ethType!=0x88b5)",
      "(ethType=IPv4)",
      "(ethType=IPv6)",
      "(ethType=ARP)",
      "(ethType=0x8035)",
      "(ethType=0x8100)",
      "(ethType=0x88a8)",
      "(vlan=0-4095, ethType=0x8100)",
      "(vlan=0-4095, ethType=0x88a8)",
      "(ethType=0x8847)",
      "((*) except (ethType={IPv4, IPv6, ARP}))",
      "((*) except (ethType=0-65535))",
    ],
    allowed: ["(ethType=IPv4)", "(ethType=0x88b5)", "(ethType!=IPv4)"],
  },
  {
    field: "dscp",
    carried: numbers("dscp", 0, 63, 9, 10, 45, 46),
    denied: ["(dscp=0)", "(dscp=63)", "(dscp=46)", "(dscp!=46)", "(dscp=10-45)", "((*) except (dscp=0-63))"],
    allowed: ["(dscp=46)", "(dscp!=46)"],
  },
  {
    field: "transport",
    carried: numbers("transport", 0, 255, 39, 40, 61, 6, 17, 1, 58, 132, 43, 44, 50, 60, 253),
    denied: [
      "(transport=0)",
      "(transport=255)",
      "(transport=TCP)",
      "(transport=UDP)",
      "(transport=SCTP)",
      "(transport=ICMP)",
      "(transport=58)",
      "(transport=43)",
      "(transport=44)",
      "(transport=50)",
      "(transport=51)",
      "(transport=60)",
      "(transport=60, ethType=IPv6)",
      "(transport!=UDP)",
      "(transport=0-255)",
      "((*) except (transport=0-255))",
    ],
    allowed: ["(transport=UDP)", "(transport!=UDP)", "(transport=44)", "(transport=40-60)"],
  },
  port("srcPort"),
  port("dstPort"),
  byte("icmpType", 8, 9),
  byte("icmpCode", 1, 2),
  {
    field: "srcAP",
    facts: SWITCH,
    carried: SENDERS,
    denied: ["(srcAP=s1:1)", "(srcAP=s1:2)", "(srcAP!=s1:1)", '(srcAP=s1:"4294967295")'],
    allowed: ["(srcAP=s1:2)"],
  },
  { field: "dstAP", facts: SWITCH, carried: SENDERS, denied: ["(dstAP=s1:1)"], allowed: ["(dstAP=s1:1)"] },
  {
    field: "switch",
    facts: SWITCH,
    carried: SENDERS,
    denied: ["(switch=s1)", "(switch!=s1)", "((*) except (switch=s1))"],
    allowed: ["(switch=s1)"],
  },
  {
    field: "inPort",
    carried: SENDERS,
    denied: [
      "(inPort=0)",
      "(inPort=4294967295)",
      "(inPort=1)",
      "(inPort!=1)",
      "(inPort=2-9)",
      "((*) except (inPort=1))",
      "((*) except (inPort=0-4294967295))",
    ],
    allowed: ["(inPort=2)", "(inPort!=2)"],
  },
  {
    field: "direction",
    // Each frame is the first of its connection. Answers are sent in `tracking.test.ts`.
    carried: { opens: {} },
    denied: [
      "(direction=request)",
      "(direction=response)",
      "(direction!=request)",
      "(direction={request, response})",
      "((*) except (direction={request, response}))",
    ],
    allowed: ["(direction=request)", "(direction=response)", "(direction={request, response})"],
  },
];
