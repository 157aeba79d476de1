/** The policy that `glazier init` writes: small, whole, accepted, and explained line by line. */

export const starter = `// A first policy: try \`glazier check\`, \`glazier compile\`, and
// \`glazier trace "srcHost=10.0.0.3, dstHost=10.0.0.2, transport=TCP, dstPort=22"\`.

include "baseline.fml". // ARP, neighbour discovery, DHCP, ICMP errors: what every network needs to live
default deny. // what a flow gets that nothing decides

// Who is where. In a rule a bare capitalised word is a variable, so a name like Alice stands in quotes.
host_ip(alice_pc, 10.0.0.2).
host_ip(eve_pc, 10.0.0.3).
host_ip(bob_pc, 10.0.0.4).
user_host("Alice", alice_pc).

// Standing rules, of the operator. Inside a policy order means nothing, and deny overrides allow.
server(bob_pc).
policy lan on share rootShare {
  @local allow <= srcHost in 10.0.0.0/24, dstHost in 10.0.0.0/24.
  @telnet deny <= dstHost(H), server(H), transport(tcp), dstPort in {23}.
}

// A share hands a part of the network on: Alice may deny traffic to her own computer, and nothing else.
NewShare aliceAC for (dstHost=10.0.0.2) [deny = True] on rootShare.
Grant aliceAC to Alice.

// Requests: each is accepted, or rejected with the reason. The second asks for too much; remove its // to see the answer.
@noEve Alice: deny(dstHost=10.0.0.2, srcHost=10.0.0.3) on aliceAC.
// Alice: deny(srcHost=10.0.0.3) on aliceAC.
`;
