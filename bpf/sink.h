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
#define GRE_REFUSED 0x4c07 /* RFC 2784: bits 1, 4 and 5 and the version have to be 0; others that it reserves do not matter */
#define GRE_ERSPAN 0x88be /* types I and II: the latter has a sequence number */
#define GRE_ERSPAN3 0x22eb
#define ERSPAN_SESSION 0x3ff
#define ERSPAN_TRUNCATED 0x400
#define ERSPAN2_TAG_OUT(word) (((word) >> 11 & 3) == 2) /* the tag is in the header alone */
#define ERSPAN_VLAN(word) ((word) >> 16 & 0xfff)
#define ERSPAN3_SUBHEADER 1
#define ERSPAN3_FRAME_TYPE(word) ((word) >> 10 & 0x1f)

/* What a stream of copies has numbered: those of one sender, to one place, of one type and with one GRE key. */
struct stream {
	__u64 identity; /* a hash of these; 0: none */
	__u64 seen_at;  /* jiffies */
	__u32 next;
	__u32 pad;
};

#define STREAMS 4

/* Where streams are whose identities lead there. When there are more, the one that was silent longest gives way. */
struct streams {
	struct bpf_spin_lock lock;
	__u32 pad;
	struct stream streams[STREAMS];
};

#define STREAM_SETS 32

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, STREAM_SETS);
	__type(key, __u32);
	__type(value, struct streams);
} streams SEC(".maps");

/* A number that is so far behind is a late one; further away, on either side, the sender has begun anew. */
#define MOST_LATE 128
#define MOST_LOST (1 << 24)

static __always_inline __u64 mix(__u64 z, __u64 more)
{
	z = (z ^ more) * 0xbf58476d1ce4e5b9;
	return z ^ z >> 29;
}

static __always_inline void follow(struct telegen_copies *counters, __u64 identity, __u32 number)
{
	__u64 at = identity >> 40 & (STREAM_SETS - 1), now = bpf_jiffies64();
	struct stream *stream;
	struct streams *set;
	__s32 ahead = 0;

	set = bpf_map_lookup_elem(&streams, &at);
	if (!set)
		return;
	bpf_spin_lock(&set->lock);
	stream = &set->streams[0];
#pragma unroll
	for (int i = 1; i < STREAMS; i++) {
		struct stream *other = &set->streams[i];

		if (other->identity == identity || (stream->identity != identity && other->seen_at < stream->seen_at))
			stream = other;
	}
	if (stream->identity == identity)
		ahead = number - stream->next;
	if (ahead >= 0 || ahead < -MOST_LATE)
		stream->next = number + 1;
	stream->identity = identity;
	stream->seen_at = now;
	bpf_spin_unlock(&set->lock);
	if (ahead > 0 && ahead < MOST_LOST)
		counters->lost += ahead;
	if (ahead < 0 && ahead >= -MOST_LATE)
		counters->late++;
}

#define SEQUENCED 1
#define TRUNCATED 2
#define UNPARSED 4 /* the first fragment of a copy, or no Ethernet frame */

/* Counts what became of the mirror itself; whether the copy can be looked into. Static, as what follows: see copy(). */
static __noinline int watch(__u64 identity, __u32 number, __u32 state)
{
	__u64 zero = 0; /* as in count_burst() */
	struct telegen_copies *counters = bpf_map_lookup_elem(&copies, &zero);

	if (!counters)
		return 0;
	if (state & SEQUENCED)
		follow(counters, identity, number);
	if (state & TRUNCATED)
		counters->truncated++;
	if (!(state & UNPARSED))
		return 1;
	counters->unparsed++;
	return 0;
}

/* arrive()'s answer in one number. */
#define A_WHERE(a) ((__u32)(a) & 0xffff) /* of the copy, as parse() wants it */
#define A_LENGTH(a) ((__u32)(a) >> 16)
#define A_VLAN(a) ((__u32)((a) >> 32)) /* that the sender has taken out of the frame; 0: none */

/* Looks into the tunnel. 0: there is nothing in it that the job is for. */
static __noinline __u64 arrive(struct __sk_buff *skb)
{
	__u32 at = 0, header, inner, length, flags, protocol, state = 0;
	__u64 word, sequence = 0, identity, vlan = 0;
	__be16 type = skb->protocol;

	if (!operands.is_network) {
		at = ETH_HLEN;
		type = bpf_htons(load4(skb, ETH_HLEN - 4));
		for (int tags = !!skb->vlan_present; tags < 2 && is_vlan(type); tags++) {
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
		state |= UNPARSED;
	if (operands.sink_remote && load4(skb, at + 12) != operands.sink_remote)
		return 0;
	if (operands.sink_local && load4(skb, at + 16) != operands.sink_local)
		return 0;

	inner = at + header;
	word = load4(skb, inner);
	flags = word >> 16 & 0xffff;
	protocol = word & 0xffff;
	if (word == ABSENT || flags & GRE_REFUSED)
		return 0;
	identity = mix(mix(load4(skb, at + 12) << 32 | load4(skb, at + 16), protocol), 0x9e3779b97f4a7c15);
	inner += 4 + !!(flags & GRE_CHECKSUM) * 4;
	if (flags & GRE_KEY) {
		identity = mix(identity, load4(skb, inner));
		inner += 4;
	}
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
		if (version == 2) {
			word = load4(skb, inner + 8);
			inner += word & ERSPAN3_SUBHEADER ? 20 : 12;
			if (ERSPAN3_FRAME_TYPE(word))
				state |= UNPARSED;
		} else {
			vlan = ERSPAN2_TAG_OUT(word) ? ERSPAN_VLAN(word) : 0;
			inner += 8;
		}
	} else if (protocol != operands.sink_type) {
		return 0;
	}
	/* What the link has put behind the tunnel's packet is no part of it. */
	length += at;
	if (length > skb->len)
		length = skb->len;
	if (length <= inner)
		return 0;
	if (!watch(identity, sequence, state))
		return 0;
	return (inner + 1) | (__u64)(length - inner) << 16 | vlan << 32;
}

