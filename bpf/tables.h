/* SPDX-License-Identifier: GPL-2.0 */
/* Look-up tables: one load where comparisons would be many. Powers of two, so that a masked index is always inside. */
#pragma once
#include <linux/bpf.h>
#include <linux/if_ether.h>
#include <bpf/bpf_endian.h>
#include "telegen.h"

/* Bucket of a length, one entry per 64 bytes: every bound but 1518 is a multiple of 64. */
#define R2(b) b, b
#define R4(b) R2(b), R2(b)
#define R8(b) R4(b), R4(b)
#define R16(b) R8(b), R8(b)
#define R32(b) R16(b), R16(b)
#define R64(b) R32(b), R32(b)
#define R256(b) R64(b), R64(b), R64(b), R64(b)
#define R1024(b) R256(b), R256(b), R256(b), R256(b)
static const volatile __u8 buckets[2048] = {
	0, 1, R2(2), R4(3), R8(4),      /* 64, 128, 256, 512, 1024 */
	R4(5),                          /* 1280 */
	R4(6),                          /* 1518: its last entry reaches up to 1536, see bucket_of */
	R8(7), R32(8), R64(9), R16(10), /* 2048, 4096, 8192, 9216 */
	R64(11), R32(11), R16(11),      /* 16384 */
	R256(12), R256(13), R256(13),   /* 32768, 65536 */
	R1024(14),
};

static __always_inline __u32 bucket_of(__u32 length)
{
	__u32 entry = (length - 1) >> 6, bucket;

	asm volatile("%0 &= 2047" : "+r"(entry));
	bucket = buckets[entry];
	if (length - 1519 < 18)
		bucket++;
	return bucket;
}

/* enum telegen_control by the port that is well known. */
#define CONTROL_PORTS 8192
#define AS_DESTINATION 0x80 /* only when it is the destination's */
static const volatile __u8 tcp_control[CONTROL_PORTS] = {
	[22] = TELEGEN_SSH, [23] = TELEGEN_TELNET, [49] = TELEGEN_TACACS, [53] = TELEGEN_DNS, [179] = TELEGEN_BGP,
	[514] = TELEGEN_SYSLOG,
};
static const volatile __u8 udp_control[CONTROL_PORTS] = {
	[53] = TELEGEN_DNS, [67] = TELEGEN_DHCP, [68] = TELEGEN_DHCP, [123] = TELEGEN_NTP, [161] = TELEGEN_SNMP,
	[162] = TELEGEN_SNMP, [319] = TELEGEN_PTP, [320] = TELEGEN_PTP, [514] = TELEGEN_SYSLOG,
	[546] = TELEGEN_DHCPV6, [547] = TELEGEN_DHCPV6, [1812] = TELEGEN_RADIUS, [1813] = TELEGEN_RADIUS,
	[3784] = TELEGEN_BFD | AS_DESTINATION, [3785] = TELEGEN_BFD | AS_DESTINATION,
	[4784] = TELEGEN_BFD | AS_DESTINATION, [4791] = TELEGEN_ROCEV2 | AS_DESTINATION,
};

/* Without branches, which would multiply what the verifier has to walk. Ports as they are in the packet. */
static __always_inline __u32 control_of_ports(const volatile __u8 *table, __u32 ports)
{
	__u32 to = bpf_ntohs((__u16)(ports >> 16)), from = bpf_ntohs((__u16)ports);

	to &= (int)(to - CONTROL_PORTS) >> 31;
	from &= (int)(from - CONTROL_PORTS) >> 31;
	asm volatile("%0 &= 8191" : "+r"(to));
	asm volatile("%0 &= 8191" : "+r"(from));
	to = table[to] & ~AS_DESTINATION;
	from = table[from];
	from &= (from >> 7) - 1;
	return to | (from & ((int)(to - 1) >> 31));
}

/* `first`: the byte behind UDP's header. */
static __always_inline __u32 control_of_udp(__u32 ports, __u8 first)
{
	__u32 control = control_of_ports(udp_control, ports);

	return control == TELEGEN_ROCEV2 && first == 0x81 ? TELEGEN_ROCEV2_CNP : control;
}

/* By ICMPv6's type: neighbour discovery, and multicast listeners, IPv6's IGMP. */
static const volatile __u8 icmp6_control[256] = {
	[0 ... 129] = TELEGEN_ICMP, [130 ... 132] = TELEGEN_IGMP, [133 ... 137] = TELEGEN_ND, [138 ... 142] = TELEGEN_ICMP,
	[143] = TELEGEN_IGMP, [144 ... 255] = TELEGEN_ICMP,
};

/* By protocol number, for those without ports. */
static const volatile __u8 ipv4_control[256] = {
	[1] = TELEGEN_ICMP, [2] = TELEGEN_IGMP, [89] = TELEGEN_OSPF, [103] = TELEGEN_PIM, [112] = TELEGEN_VRRP,
};
static const volatile __u8 ipv6_control[256] = {
	[89] = TELEGEN_OSPF, [103] = TELEGEN_PIM, [112] = TELEGEN_VRRP,
};

/* `first`: the byte behind the type, or 802.2's DSAP. */
static __always_inline __u32 control_of_type(__be16 type, __u8 first)
{
	switch (type) {
	case bpf_htons(ETH_P_ARP): return TELEGEN_ARP;
	case bpf_htons(ETH_P_LLDP): return TELEGEN_LLDP;
	case bpf_htons(ETH_P_SLOW): return TELEGEN_LACP;
	case bpf_htons(ETH_P_PAE): return TELEGEN_EAPOL;
	case bpf_htons(ETH_P_1588): return TELEGEN_PTP;
	}
	return bpf_ntohs(type) < 1536 && first == 0x42 ? TELEGEN_STP : TELEGEN_NO_CONTROL;
}
