/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What the headers of a packet say. plain() reads the usual shapes from the linear part and calls nothing; all others
 * (options, extension headers, fragments, tag stacks, headers outside the linear part, broken ones) go to parse(), which
 * holds the whole of the rules and with which plain() must agree.
 */
#pragma once
#include <linux/bpf.h>
#include <linux/if_ether.h>
#include <bpf/bpf_endian.h>
#include <bpf/bpf_helpers.h>
#include "tables.h"
#include "telegen.h"

/* IANA, "Assigned Internet Protocol Numbers"; <linux/in.h> wants headers of an architecture. */
enum {
	IPPROTO_HOPOPTS = 0,
	IPPROTO_TCP = 6,
	IPPROTO_UDP = 17,
	IPPROTO_DCCP = 33,
	IPPROTO_ICMPV6 = 58,
	IPPROTO_NONE = 59,
	IPPROTO_SCTP = 132,
	IPPROTO_UDPLITE = 136,
};

#define VLAN_HLEN 4
#define IPV4_HLEN 20
#define IPV6_HLEN 40

/*
 * Everything that programs of the family ask of a packet; what a program does not use costs it nothing. What a packet
 * does not have is 0.
 */
struct packet {
	__u32 class;
	__u32 is_malformed;
	__u32 vlan;  /* id of the outermost tag */
	__u32 is_ip; /* with a header that is whole */
	__u64 tos;
	__u32 is_fragment;
	__u32 has_ports;
	__u64 tcp_flags; /* enum telegen_tcp_flag */
	__u64 control;   /* enum telegen_control */
	/* struct telegen_flow_key, in words: bytes that were stored one by one are slow to load as a word. */
	__u64 key[5];
};
#define PORTS(p) ((__u32)(p)->key[4]) /* source and destination as they are in the packet */
#define PROTOCOL(p) ((__u32)((p)->key[4] >> 32) & 0xff)

static __always_inline __u64 key_end(__u32 ports, __u32 protocol, __u64 family)
{
	return ports | (__u64)protocol << 32 | family << 40;
}

/* parse()'s answer, in one number: programs of old kernels cannot be handed a place to put it. */
#define P_CLASS(p) ((p) & 3)
#define P_MALFORMED (1 << 2)
#define P_IP (1 << 3)
#define P_FRAGMENT (1 << 4)
#define P_LATER (1 << 5) /* not the first fragment: no transport header */
#define P_PROTOCOL(p) ((p) >> 8 & 0xff)
#define P_TOS(p) ((p) >> 16 & 0xff)
#define P_NETWORK(p) ((p) >> 24 & 0xff)      /* offset of the IP header, or of what is behind the EtherType */
#define P_TRANSPORT(p) ((p) >> 32 & 0xffff)  /* of what is behind IP */

static __always_inline int is_vlan(__be16 type)
{
	return type == bpf_htons(ETH_P_8021Q) || type == bpf_htons(ETH_P_8021AD);
}

/*
 * Four bytes as a number, or ABSENT. By the helper alone: an offset that is not constant is refused in packet pointers
 * without CAP_PERFMON. Not static, so that the verifier reads it once instead of at each call; nor is parse().
 */
#define ABSENT (1ULL << 32)
__noinline __u64 load4(struct __sk_buff *skb, __u32 offset)
{
	__be32 word;

	return bpf_skb_load_bytes(skb, offset, &word, sizeof(word)) ? ABSENT : bpf_ntohl(word);
}

#define BYTE(word, n) ((__u8)((word) >> (24 - 8 * (n))))

/*
 * The way along IPv6's chain of next headers: a header's number (low byte), its offset (above it), and what was met.
 */
#define CHAIN(next, offset) ((__u64)(next) | (__u64)(offset) << 8)
#define CHAIN_FRAGMENT (1ULL << 40)
#define CHAIN_LATER (1ULL << 41) /* the end: what follows is payload, whatever its first header was */
#define CHAIN_BROKEN (1ULL << 42)
#define CHAIN_END (1ULL << 43)

/* One step. Not static for the verifier's sake, like load4(): what it meets does not multiply in the loop. */
__noinline __u64 step(struct __sk_buff *skb, __u64 chain)
{
	__u32 kind = extension_of(chain), offset = chain >> 8 & 0xffff, length, next;
	__u64 head;

	if (kind == NO_EXTENSION)
		return chain | CHAIN_END;
	head = load4(skb, offset);
	if (head == ABSENT)
		return CHAIN_BROKEN | CHAIN_END;
	length = kind == FRAGMENT_HEADER       ? 8 :
		 kind == AUTHENTICATION_HEADER ? (BYTE(head, 1) + 2) * 4 :
						 (BYTE(head, 1) + 1) * 8;
	if (offset + length > skb->len)
		return CHAIN_BROKEN | CHAIN_END;
	next = BYTE(head, 0);
	chain = (chain & CHAIN_FRAGMENT) | CHAIN(next, offset + length);
	if (kind != FRAGMENT_HEADER)
		return chain;
	if (!(head & 0xfff8))
		return chain | CHAIN_FRAGMENT;
	if (extension_of(next))
		chain += IPPROTO_NONE - next;
	return chain | CHAIN_FRAGMENT | CHAIN_LATER | CHAIN_END;
}

/* Where the chain ends, and at what. */
static __always_inline __u64 follow_extensions(struct __sk_buff *skb, __u64 chain, __u64 parsed)
{
	/* More than RFC 8200 has kinds of headers. No loop, which without CAP_PERFMON is endless to the verifier. */
#define STEP if (!(chain & CHAIN_END)) chain = step(skb, chain)
	STEP; STEP; STEP; STEP; STEP; STEP; STEP; STEP;
#undef STEP
	if (chain & CHAIN_BROKEN || (!(chain & CHAIN_END) && extension_of(chain)))
		return parsed | P_MALFORMED;
	if (chain & CHAIN_FRAGMENT)
		parsed |= P_FRAGMENT;
	if (chain & CHAIN_LATER)
		parsed |= P_LATER;
	return parsed | P_IP | (chain & 0xff) << 8 | (chain >> 8 & 0xffff) << 32;
}

/* Where a packet begins: 0: the device has no Ethernet header; else the offset of that, plus one. */
#define OUTERMOST 1

__noinline __u64 parse(struct __sk_buff *skb, __u32 where)
{
	__u32 offset = 0;
	__be16 type = skb->protocol;
	__u64 parsed, word;

	if (where) {
		__u32 tags = where == OUTERMOST && skb->vlan_present ? 1 : 0;

		offset = where - OUTERMOST + ETH_HLEN;
		word = load4(skb, offset - 4);
		if (word == ABSENT)
			return TELEGEN_OTHER | P_MALFORMED;
		type = bpf_htons(word);
		for (int i = 0; i < 3 && is_vlan(type); i++) {
			if (++tags > 2)
				return TELEGEN_OTHER | (__u64)offset << 24;
			word = load4(skb, offset);
			if (word == ABSENT)
				return TELEGEN_OTHER | P_MALFORMED | (__u64)offset << 24;
			offset += VLAN_HLEN;
			type = bpf_htons(word);
		}
	}
	parsed = (__u64)offset << 24;
	if (type == bpf_htons(ETH_P_IP)) {
		__u32 length;

		parsed |= TELEGEN_IPV4;
		word = load4(skb, offset);
		length = (BYTE(word, 0) & 0xf) * 4;
		if (word == ABSENT || BYTE(word, 0) >> 4 != 4 || length < IPV4_HLEN || offset + length > skb->len)
			return parsed | P_MALFORMED;
		parsed |= P_IP | BYTE(word, 1) << 16 | (__u64)(offset + length) << 32;
		word = load4(skb, offset + 4);
		if (word & 0x3fff)
			parsed |= P_FRAGMENT;
		if (word & 0x1fff)
			parsed |= P_LATER;
		return parsed | BYTE(load4(skb, offset + 8), 1) << 8;
	}
	if (type == bpf_htons(ETH_P_IPV6)) {
		parsed |= TELEGEN_IPV6;
		word = load4(skb, offset);
		if (word >> 28 != 6 || offset + IPV6_HLEN > skb->len)
			return parsed | P_MALFORMED;
		parsed |= (word >> 20 & 0xff) << 16;
		parsed = follow_extensions(skb, CHAIN(BYTE(load4(skb, offset + 4), 2), offset + IPV6_HLEN), parsed);
		if (!(parsed & P_MALFORMED) && P_PROTOCOL(parsed) == IPPROTO_ICMPV6)
			parsed = (parsed & ~3ULL) | TELEGEN_ICMP6;
		return parsed;
	}
	return parsed | TELEGEN_OTHER;
}

/* Bytes up to the payload of TCP or UDP, without a stripped tag. */
static __noinline __u32 header_length(struct __sk_buff *skb, __u64 parsed)
{
	__u32 offset = P_TRANSPORT(parsed);

	if (P_PROTOCOL(parsed) == IPPROTO_UDP)
		return offset + 8;
	if (P_PROTOCOL(parsed) == IPPROTO_TCP)
		return offset + (BYTE(load4(skb, offset + 12), 0) >> 4) * 4;
	return offset ? offset : P_NETWORK(parsed);
}

/*
 * Bytes of the hop-by-hop header that tells the length of TCP over IPv6 of more than 64 KB, within the kernel alone: whoever
 * cuts such a packet takes it out (BIG TCP, Linux 5.19; RFC 2675 has the option).
 */
static __noinline __u32 jumbo_header(struct __sk_buff *skb, __u64 parsed)
{
	__u32 at = P_NETWORK(parsed), is_jumbo;

	if (skb->len <= 65536 || P_CLASS(parsed) != TELEGEN_IPV6)
		return 0;
	is_jumbo = BYTE(load4(skb, at + 4), 2) == IPPROTO_HOPOPTS &&
		   load4(skb, at + IPV6_HLEN) == (IPPROTO_TCP << 24 | 0xc2 << 8 | 4);
	return is_jumbo ? 8 : 0;
}

static __always_inline int is_with_ports(__u32 protocol)
{
	return protocol == IPPROTO_TCP || protocol == IPPROTO_UDP || protocol == IPPROTO_SCTP ||
	       protocol == IPPROTO_DCCP || protocol == IPPROTO_UDPLITE;
}

/* Eight bytes as they are in the packet. */
static __always_inline __u64 load8(struct __sk_buff *skb, __u32 offset)
{
	return bpf_htonl(load4(skb, offset)) | (__u64)bpf_htonl(load4(skb, offset + 4)) << 32;
}

/* What is behind IP, of a packet of any shape. */
static __always_inline void explain_transport(struct __sk_buff *skb, __u32 at, __u32 protocol, struct packet *p)
{
	__u64 word = is_with_ports(protocol) ? load4(skb, at) : ABSENT;
	__u32 ports = bpf_htonl(word) + blur(skb->len);
	__u8 byte;

	if (word != ABSENT) {
		p->has_ports = 1;
		p->key[4] |= ports;
	}
	/* The byte that is wanted is the last of each four, so that nothing behind it has to be there. */
	if (protocol == IPPROTO_TCP) {
		if (p->has_ports)
			p->control = control_of_tcp(ports);
		word = load4(skb, at + 10);
		p->tcp_flags = word == ABSENT ? TELEGEN_NO_TCP : word & 7;
	} else if (protocol == IPPROTO_UDP) {
		byte = load4(skb, at + 5);
		if (p->has_ports)
			p->control = control_of_udp(ports, &byte);
	} else if (p->class == TELEGEN_ICMP6) {
		byte = load4(skb, at - 3);
		p->control = icmp6_control[byte];
	}
}

/*
 * Where explain() puts what it has found: in memory of which the verifier knows nothing, so that the many ways to it are
 * not walked again with all that follows.
 */
struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct packet);
} odd SEC(".maps");

/* All that `struct packet` asks, of a packet of any shape. */
__noinline int explain(struct __sk_buff *skb, __u32 where)
{
	__u64 parsed = parse(skb, where);
	__u32 behind = where - OUTERMOST + ETH_HLEN;
	__u32 at = P_NETWORK(parsed), protocol = P_PROTOCOL(parsed), first = 0;
	struct packet *p = bpf_map_lookup_elem(&odd, &first);

	if (!p)
		return 0;
	__builtin_memset(p, 0, sizeof(*p));
	p->class = P_CLASS(parsed);
	p->is_malformed = !!(parsed & P_MALFORMED);
	p->tcp_flags = TELEGEN_NO_TCP;
	if (where <= OUTERMOST && skb->vlan_present)
		p->vlan = skb->vlan_tci & 0xfff;
	else if (where && is_vlan(bpf_htons(load4(skb, behind - 4))))
		p->vlan = load4(skb, behind - 2) & 0xfff;
	if (!(parsed & P_IP)) {
		if (where && !p->is_malformed)
			p->control = control_of_type(bpf_htons(load4(skb, at - 4)), load4(skb, at - 3));
		return 0;
	}
	p->is_ip = 1;
	p->tos = P_TOS(parsed);
	p->is_fragment = !!(parsed & P_FRAGMENT);
	if (p->class == TELEGEN_IPV4) {
		p->key[0] = load8(skb, at + 12);
		p->key[4] = key_end(0, protocol, 4);
		p->control = ipv4_control[protocol] & ~GOES_ON;
	} else {
		for (int i = 0; i < 4; i++)
			p->key[i] = load8(skb, at + 8 + 8 * i);
		p->key[4] = key_end(0, protocol, 6);
		p->control = p->class == TELEGEN_ICMP6 ? TELEGEN_ICMP : ipv6_control[protocol] & ~GOES_ON;
	}
	if (!(parsed & P_LATER))
		explain_transport(skb, P_TRANSPORT(parsed), protocol, p);
	return 0;
}

/*
 * The same from plain headers, in parts that a program joins with what it does, so that the compiler knows at each what
 * the others are about. They answer 0 for a packet of another shape, which explain() is to be asked about.
 */
static __always_inline __u32 outer_vlan(struct __sk_buff *skb, int ethernet)
{
	void *data = (void *)(long)skb->data, *end = (void *)(long)skb->data_end;

	if (skb->vlan_present)
		return skb->vlan_tci & 0xfff;
	if (!ethernet || data + ETH_HLEN + VLAN_HLEN > end || !is_vlan(*(__be16 *)(data + ETH_HLEN - 2)))
		return 0;
	return bpf_ntohs(*(__be16 *)(data + ETH_HLEN)) & 0xfff;
}

static __always_inline int plain_ipv4(void *next, void *end, struct packet *p)
{
	if (next + IPV4_HLEN > end || *(__u8 *)next != 0x45 || *(__be16 *)(next + 6) & bpf_htons(0x3fff))
		return 0;
	p->class = TELEGEN_IPV4;
	p->is_ip = 1;
	p->tos = *(__u8 *)(next + 1);
	p->key[0] = *(__u64 *)(next + 12);
	return 1;
}

static __always_inline int plain_ipv6(void *next, void *end, struct packet *p)
{
	if (next + IPV6_HLEN > end || *(__u8 *)next >> 4 != 6)
		return 0;
	p->class = TELEGEN_IPV6;
	p->is_ip = 1;
	p->tos = bpf_ntohs(*(__be16 *)next) >> 4 & 0xff;
	for (int i = 0; i < 4; i++)
		p->key[i] = *(__u64 *)(next + 8 + 8 * i);
	return 1;
}

static __always_inline int plain_tcp(void *next, void *end, __u64 family, struct packet *p)
{
	if (next + 14 > end)
		return 0;
	p->has_ports = 1;
	p->tcp_flags = *(__u8 *)(next + 13) & 7;
	p->control = control_of_tcp(*(__u32 *)next);
	p->key[4] = key_end(*(__u32 *)next, IPPROTO_TCP, family);
	return 1;
}

static __always_inline int plain_udp(void *next, void *end, __u64 family, struct packet *p)
{
	if (next + 9 > end)
		return 0;
	p->has_ports = 1;
	p->control = control_of_udp(*(__u32 *)next, next + 8);
	p->key[4] = key_end(*(__u32 *)next, IPPROTO_UDP, family);
	return 1;
}

static __always_inline int plain_icmp6(void *next, void *end, struct packet *p)
{
	if (next + 1 > end)
		return 0;
	p->class = TELEGEN_ICMP6;
	p->control = icmp6_control[*(__u8 *)next];
	p->key[4] = key_end(0, IPPROTO_ICMPV6, 6);
	return 1;
}

/* Other protocols; not of those whose headers go on. */
static __always_inline int plain_other(__u64 protocol, __u64 family, struct packet *p)
{
	asm volatile("%0 &= 255" : "+r"(protocol));
	p->control = family == 4 ? ipv4_control[protocol] : ipv6_control[protocol];
	p->key[4] = key_end(0, protocol, family);
	return p->control < GOES_ON;
}
