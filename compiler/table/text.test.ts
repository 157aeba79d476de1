/** `ovs-ofctl` notation: our text is read back, the switch's abbreviations are understood, and faults are reported. */
import test from "ava";
import fc from "fast-check";
import { claims, directory, rules } from "../semantics/arbitrary-rules.ts";
import { fromOvs, lower, toOvs } from "../lowering/index.ts";

const reprinted = (text: string): string => {
  const table = fromOvs(text);
  return "errors" in table ? JSON.stringify(table.errors) : toOvs(table).trimEnd();
};

test("a printed table is read back as the same table", (t) => {
  fc.assert(
    fc.property(fc.array(rules, { maxLength: 5 }), fc.constantFrom("ovs" as const, "of13" as const), (some, target) => {
      const { tables } = lower(some, { directory, defaults: { verdict: "deny", fragments: "deny" }, target, now: 0 });
      t.deepEqual(fromOvs(toOvs(tables.get("")!)), tables.get("")!);
    }),
    { numRuns: 100 },
  );
});

test("meters and queues are printed as comments above the entries, and read back", (t) => {
  const law = fc.property(fc.array(claims, { maxLength: 5 }), (some) => {
    const { tables } = lower(some, {
      directory,
      defaults: { verdict: "deny", fragments: "deny" },
      target: "ovs",
      now: 0,
    });
    t.deepEqual(fromOvs(toOvs(tables.get("")!)), tables.get("")!);
  });
  fc.assert(law, { numRuns: 50 });
  const line = '# queue: port=3,queue=7,min-rate=5000 "a call"';
  t.is(reprinted(line), line);
});

test("the switch's abbreviations are read as full matches", (t) => {
  t.is(
    reprinted(
      " cookie=0x1, duration=3.2s, table=2, n_packets=0, n_bytes=0, idle_age=3, priority=5,tcp6,tp_dst=80 actions=drop",
    ),
    "cookie=0x1,table=2,priority=5,dl_type=0x86dd,nw_proto=6,tcp_dst=80 actions=drop",
  );
  t.is(
    reprinted("priority=5,icmp6,icmp_type=135,icmp_code=0,nd_target=fe80::1 actions=NORMAL"),
    "cookie=0x0,table=0,priority=5,dl_type=0x86dd,nw_proto=58,icmpv6_type=135,icmpv6_code=0,nd_target=fe80::1 actions=NORMAL",
  );
  t.is(
    reprinted("ip,nw_tos=184 actions=output:3"),
    "cookie=0x0,table=0,priority=32768,dl_type=0x800,ip_dscp=46 actions=output:3",
  );
  t.is(
    reprinted("vlan_tci=0x1000/0x1000 actions=drop"),
    "cookie=0x0,table=0,priority=32768,vlan_vid=0x1000/0x1000 actions=drop",
  );
  t.is(reprinted("dl_vlan=5 actions=drop"), "cookie=0x0,table=0,priority=32768,vlan_vid=0x1005 actions=drop");
});

test("every instruction is read back", (t) => {
  const line =
    "cookie=0x0,table=0,idle_timeout=5,hard_timeout=9,priority=1 actions=meter:3,set_queue:2,set_field:10->ip_dscp,group:4,ct(commit,table=2),output:1,CONTROLLER,write_metadata:0x1/0xff,goto_table:4";
  t.is(reprinted(line), line);
  t.is(
    reprinted("priority=1 actions=goto_table:1,NORMAL"),
    "cookie=0x0,table=0,priority=1 actions=NORMAL,goto_table:1",
  );
});

test("a line that is no entry is reported with its number", (t) => {
  t.deepEqual(
    fromOvs("# ours\n\npriority=1,frob=2 actions=drop\npriority=1 drop\nip,nw_src=10.1 actions=drop\nactions=fly"),
    {
      errors: [
        { line: 3, reason: "unknown field `frob`" },
        { line: 4, reason: "an entry needs `actions=`" },
        { line: 5, reason: "`10.1` is not a value of nw_src" },
        { line: 6, reason: "unknown action `fly`" },
      ],
    },
  );
});
