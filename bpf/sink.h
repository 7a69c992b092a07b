/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Copies that arrive in a tunnel: ERSPAN types I, II (GRE protocol 0x88be) and III (0x22eb) over IPv4, as
 * draft-foschiano-erspan-03 has them, with GRE's checksum, key and sequence number or without (RFC 2784, RFC 2890).
 */
#pragma once
#include <linux/bpf.h>
#include <linux/if_ether.h>
#include <bpf/bpf_endian.h>
#include <bpf/bpf_helpers.h>
#include "copy.h"
#include "packet.h"
#include "telegen.h"

enum { IPPROTO_GRE = 47 };

#define GRE_CHECKSUM 0x8000
#define GRE_KEY 0x2000
#define GRE_SEQUENCE 0x1000
#define GRE_ERSPAN 0x88be /* types I and II: the latter has a sequence number */
#define GRE_ERSPAN3 0x22eb
#define ERSPAN_SESSION 0x3ff
#define ERSPAN_TRUNCATED 0x400
#define ERSPAN3_SUBHEADER 1

/* What a sender has numbered. Cells, by its address; two that meet there take turns, and no gap is seen at their turn. */
struct sender {
	struct bpf_spin_lock lock;
	__u32 address;
	__u32 next;
	__u32 is_known;
};

#define SENDERS 64

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, SENDERS);
	__type(key, __u32);
	__type(value, struct sender);
} senders SEC(".maps");

/* A number that is so far behind is a late one; further away, on either side, the sender has begun anew. */
#define MOST_LATE 1024
#define MOST_LOST (1 << 24)

static __always_inline void follow(struct telegen_copies *counters, __u32 address, __u32 number)
{
	__u64 cell = (address * 0x9e3779b1u) >> 26;
	struct sender *sender;
	__s32 ahead = 0;

	asm volatile("%0 &= 63" : "+r"(cell));
	sender = bpf_map_lookup_elem(&senders, &cell);
	if (!sender)
		return;
	bpf_spin_lock(&sender->lock);
	if (sender->is_known && sender->address == address)
		ahead = number - sender->next;
	if (ahead >= 0 || ahead < -MOST_LATE) {
		sender->is_known = 1;
		sender->address = address;
		sender->next = number + 1;
	}
	bpf_spin_unlock(&sender->lock);
	if (ahead > 0 && ahead < MOST_LOST)
		counters->lost += ahead;
	if (ahead < 0 && ahead >= -MOST_LATE)
		counters->late++;
}

#define SEQUENCED 1
#define TRUNCATED 2
#define FRAGMENT 4 /* a first one: what is inside is not whole */

/* Counts what became of the mirror itself; whether the copy can be looked into. Static, as what follows: see copy(). */
static __noinline int watch(__u32 address, __u32 number, __u32 state)
{
	__u64 zero = 0; /* as in count_burst() */
	struct telegen_copies *counters = bpf_map_lookup_elem(&copies, &zero);

	if (!counters)
		return 0;
	if (state & SEQUENCED)
		follow(counters, address, number);
	if (state & TRUNCATED)
		counters->truncated++;
	if (!(state & FRAGMENT))
		return 1;
	counters->fragmented++;
	return 0;
}

/* arrive()'s answer in one number. */
#define A_WHERE(a) ((__u32)(a) & 0xffff) /* of the copy, as parse() wants it */
#define A_LENGTH(a) ((__u32)(a) >> 16)

/* Looks into the tunnel. 0: there is nothing in it that the job is for. */
static __noinline __u32 arrive(struct __sk_buff *skb)
{
	__u32 at = 0, header, inner, length, flags, protocol, state = 0;
	__u64 word, sequence = 0;
	__be16 type = skb->protocol;

	if (!operands.is_network) {
		at = ETH_HLEN;
		type = bpf_htons(load4(skb, ETH_HLEN - 4));
		for (int i = 0; i < 2 && is_vlan(type); i++) {
			type = bpf_htons(load4(skb, at));
			at += VLAN_HLEN;
		}
	}
	word = load4(skb, at);
	header = (BYTE(word, 0) & 0xf) * 4;
	length = word & 0xffff;
	if (type != bpf_htons(ETH_P_IP) || word == ABSENT || BYTE(word, 0) >> 4 != 4 || header < IPV4_HLEN)
		return 0;
	word = load4(skb, at + 4);
	if (word & 0x1fff || BYTE(load4(skb, at + 8), 1) != IPPROTO_GRE)
		return 0;
	if (word & 0x2000)
		state |= FRAGMENT;
	if (operands.sink_remote && load4(skb, at + 12) != operands.sink_remote)
		return 0;
	if (operands.sink_local && load4(skb, at + 16) != operands.sink_local)
		return 0;

	inner = at + header;
	word = load4(skb, inner);
	flags = word >> 16 & 0xffff;
	protocol = word & 0xffff;
	if (word == ABSENT || flags & ~(GRE_CHECKSUM | GRE_KEY | GRE_SEQUENCE))
		return 0;
	inner += 4 + !!(flags & GRE_CHECKSUM) * 4 + !!(flags & GRE_KEY) * 4;
	if (flags & GRE_SEQUENCE) {
		sequence = load4(skb, inner);
		state |= SEQUENCED;
		inner += 4;
	}
	word = load4(skb, inner);
	if (word == ABSENT)
		return 0;
	if (protocol == GRE_ERSPAN3 || (protocol == GRE_ERSPAN && flags & GRE_SEQUENCE)) {
		__u32 version = protocol == GRE_ERSPAN3 ? 2 : 1;

		if (word >> 28 != version || (word & ERSPAN_SESSION) != operands.sink_session)
			return 0;
		if (word & ERSPAN_TRUNCATED)
			state |= TRUNCATED;
		if (version == 2)
			inner += load4(skb, inner + 8) & ERSPAN3_SUBHEADER ? 20 : 12;
		else
			inner += 8;
	} else if (protocol != operands.sink_type) {
		return 0;
	}
	/* What the link has put behind the tunnel's packet is no part of it. */
	length += at;
	if (length > skb->len)
		length = skb->len;
	if (length <= inner)
		return 0;
	if (!watch(load4(skb, at + 12), sequence, state))
		return 0;
	return (inner + 1) | (length - inner) << 16;
}

