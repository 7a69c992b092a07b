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
#define SPLIT 0x80 /* the entry from 1473 to 1536, of which 1518 is the bound */
static const volatile __u8 buckets[2048] = {
	0, 1, R2(2), R4(3), R8(4),      /* 64, 128, 256, 512, 1024 */
	R4(5),                          /* 1280 */
	6, 6, 6, SPLIT | 6,             /* 1518 */
	R8(7), R32(8), R64(9), R16(10), /* 2048, 4096, 8192, 9216 */
	R64(11), R32(11), R16(11),      /* 16384 */
	R256(12), R256(13), R256(13),   /* 32768, 65536 */
	R1024(14),
};

/* Always below TELEGEN_BUCKETS. Of 64 bits, as all that is masked: a shorter number would be extended afterwards. */
static __always_inline __u64 bucket_of(__u32 length)
{
	__u64 entry = (length - 1) >> 6, bucket;

	asm volatile("%0 &= 2047" : "+r"(entry));
	bucket = buckets[entry];
	/* Keeps it a branch, that is seldom taken. */
	asm volatile("" : "+r"(bucket));
	if (bucket >= SPLIT) {
		asm volatile("" : "+r"(bucket));
		if (length > 1518)
			bucket++;
	}
	asm volatile("%0 &= 15" : "+r"(bucket));
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

/* enum telegen_control by the port that is well known: TCP's, UDP's destination and UDP's source. */
#define CONTROL_PORTS 8192
#define TCP_TABLE 0
#define UDP_TABLE CONTROL_PORTS
#define UDP_SOURCE_TABLE (2 * CONTROL_PORTS)
#define UDP_PORT(port, control) [UDP_TABLE + (port)] = (control), [UDP_SOURCE_TABLE + (port)] = (control)
static const volatile __u8 port_control[3 * CONTROL_PORTS] = {
	[TCP_TABLE + 22] = TELEGEN_SSH, [TCP_TABLE + 23] = TELEGEN_TELNET, [TCP_TABLE + 49] = TELEGEN_TACACS,
	[TCP_TABLE + 53] = TELEGEN_DNS, [TCP_TABLE + 179] = TELEGEN_BGP, [TCP_TABLE + 514] = TELEGEN_SYSLOG,
	UDP_PORT(53, TELEGEN_DNS), UDP_PORT(67, TELEGEN_DHCP), UDP_PORT(68, TELEGEN_DHCP), UDP_PORT(123, TELEGEN_NTP),
	UDP_PORT(161, TELEGEN_SNMP), UDP_PORT(162, TELEGEN_SNMP), UDP_PORT(319, TELEGEN_PTP), UDP_PORT(320, TELEGEN_PTP),
	UDP_PORT(514, TELEGEN_SYSLOG), UDP_PORT(546, TELEGEN_DHCPV6), UDP_PORT(547, TELEGEN_DHCPV6),
	UDP_PORT(1812, TELEGEN_RADIUS), UDP_PORT(1813, TELEGEN_RADIUS),
	/* Only as the destination's. */
	[UDP_TABLE + 3784] = TELEGEN_BFD, [UDP_TABLE + 3785] = TELEGEN_BFD, [UDP_TABLE + 4784] = TELEGEN_BFD,
	[UDP_TABLE + 4791] = TELEGEN_ROCEV2,
};

/* All ones when `a` is less than `b`, else zero, and no branch, of which the compiler would make one. */
static __always_inline __u64 below(__u64 a, __u64 b)
{
	__u64 difference = a - b;

	asm volatile("%0 s>>= 63" : "+r"(difference));
	return difference;
}

static __always_inline __u64 control_of_port(__u32 table, __u64 port)
{
	__u64 entry = port;

	asm volatile("%0 &= 8191" : "+r"(entry));
	return port_control[table + entry] & below(port, CONTROL_PORTS);
}

/* Ports as they are in the packet. Branches would multiply what the verifier has to walk. */
static __always_inline __u64 control_of_ports(__u32 table, __u32 from_table, __u32 ports)
{
	__u64 to = control_of_port(table, bpf_ntohs((__u16)(ports >> 16)));
	__u64 from = control_of_port(from_table, bpf_ntohs((__u16)ports));

	return to | (from & below(to, 1));
}

static __always_inline __u64 control_of_tcp(__u32 ports)
{
	return control_of_ports(TCP_TABLE, TCP_TABLE, ports);
}

/* `first`: the byte behind UDP's header. */
static __always_inline __u64 control_of_udp(__u32 ports, const __u8 *first)
{
	__u64 control = control_of_ports(UDP_TABLE, UDP_SOURCE_TABLE, ports);

	if (control == TELEGEN_ROCEV2) {
		control += blur(ports);
		if (*first == 0x81)
			control++;
	}
	return control;
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
#define GOES_ON 0x80 /* ports or an extension header follow */
static const volatile __u8 ipv4_control[256] = {
	[6] = GOES_ON, [17] = GOES_ON, [33] = GOES_ON, [132] = GOES_ON, [136] = GOES_ON,
	[1] = TELEGEN_ICMP, [2] = TELEGEN_IGMP, [89] = TELEGEN_OSPF, [103] = TELEGEN_PIM, [112] = TELEGEN_VRRP,
};
static const volatile __u8 ipv6_control[256] = {
	[6] = GOES_ON, [17] = GOES_ON, [33] = GOES_ON, [132] = GOES_ON, [136] = GOES_ON,
	[0] = GOES_ON, [43] = GOES_ON, [44] = GOES_ON, [51] = GOES_ON, [60] = GOES_ON, [135] = GOES_ON, [139] = GOES_ON,
	[140] = GOES_ON,
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
