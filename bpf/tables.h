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
	/* Only now: a comparison before the load would make the index a constant on one of two ways, see blur(). */
	asm volatile("" : "+r"(length), "+r"(bucket));
	if (length - 1519 < 18)
		bucket++;
	return bucket;
}

/*
 * A zero that the verifier does not know. Without CAP_PERFMON it allows no index into a map that is a constant on one way
 * and another, or none, on another way; an index that this is added to is none on all. `any`: a number not known.
 */
static __always_inline __u32 blur(__u64 any)
{
	__u64 zero = any;

	asm volatile("%0 ^= %1" : "+&r"(zero) : "r"(any));
	return zero;
}

/* enum telegen_control by the port that is well known: TCP's, then UDP's. */
#define CONTROL_PORTS 8192
#define TCP_TABLE 0
#define UDP_TABLE CONTROL_PORTS
#define AS_DESTINATION 0x80 /* only when it is the destination's */
static const volatile __u8 port_control[2 * CONTROL_PORTS] = {
	[TCP_TABLE + 22] = TELEGEN_SSH, [TCP_TABLE + 23] = TELEGEN_TELNET, [TCP_TABLE + 49] = TELEGEN_TACACS,
	[TCP_TABLE + 53] = TELEGEN_DNS, [TCP_TABLE + 179] = TELEGEN_BGP, [TCP_TABLE + 514] = TELEGEN_SYSLOG,
	[UDP_TABLE + 53] = TELEGEN_DNS, [UDP_TABLE + 67] = TELEGEN_DHCP, [UDP_TABLE + 68] = TELEGEN_DHCP,
	[UDP_TABLE + 123] = TELEGEN_NTP, [UDP_TABLE + 161] = TELEGEN_SNMP, [UDP_TABLE + 162] = TELEGEN_SNMP,
	[UDP_TABLE + 319] = TELEGEN_PTP, [UDP_TABLE + 320] = TELEGEN_PTP, [UDP_TABLE + 514] = TELEGEN_SYSLOG,
	[UDP_TABLE + 546] = TELEGEN_DHCPV6, [UDP_TABLE + 547] = TELEGEN_DHCPV6, [UDP_TABLE + 1812] = TELEGEN_RADIUS,
	[UDP_TABLE + 1813] = TELEGEN_RADIUS, [UDP_TABLE + 3784] = TELEGEN_BFD | AS_DESTINATION,
	[UDP_TABLE + 3785] = TELEGEN_BFD | AS_DESTINATION, [UDP_TABLE + 4784] = TELEGEN_BFD | AS_DESTINATION,
	[UDP_TABLE + 4791] = TELEGEN_ROCEV2 | AS_DESTINATION,
};

/* All ones when `a` is less than `b`, else zero, and no branch, of which the compiler would make one. */
static __always_inline __u32 below(__u32 a, __u32 b)
{
	__u64 difference = (__u64)a - b;

	asm volatile("%0 s>>= 63" : "+r"(difference));
	return difference;
}

/* Ports as they are in the packet. Branches would multiply what the verifier has to walk. */
static __always_inline __u32 control_of_ports(__u32 table, __u32 ports)
{
	__u32 to = bpf_ntohs((__u16)(ports >> 16)), from = bpf_ntohs((__u16)ports);

	to = (to & below(to, CONTROL_PORTS)) + table;
	from = (from & below(from, CONTROL_PORTS)) + table;
	asm volatile("%0 &= 16383" : "+r"(to));
	asm volatile("%0 &= 16383" : "+r"(from));
	to = port_control[to] & ~AS_DESTINATION;
	from = port_control[from];
	return to | (from & below(from, AS_DESTINATION) & below(to, 1));
}

/* `first`: the byte behind UDP's header. */
static __always_inline __u32 control_of_udp(__u32 ports, __u8 first)
{
	__u32 control = control_of_ports(UDP_TABLE, ports);

	return control == TELEGEN_ROCEV2 && first == 0x81 ? TELEGEN_ROCEV2_CNP : control;
}

/* IPv6's extension headers by their number. */
enum { NO_EXTENSION, EXTENSION, FRAGMENT_HEADER, AUTHENTICATION_HEADER };
static const volatile __u8 extensions[256] = {
	[0] = EXTENSION,              /* hop-by-hop options */
	[43] = EXTENSION,             /* routing */
	[44] = FRAGMENT_HEADER,
	[51] = AUTHENTICATION_HEADER,
	[60] = EXTENSION,             /* destination options */
	[135] = EXTENSION,            /* mobility */
	[139] = EXTENSION,            /* host identity */
	[140] = EXTENSION,            /* shim6 */
};

static __always_inline __u32 extension_of(__u32 protocol)
{
	asm volatile("%0 &= 255" : "+r"(protocol));
	return extensions[protocol];
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
