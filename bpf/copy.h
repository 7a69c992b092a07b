/* SPDX-License-Identifier: GPL-2.0 */
/* Copies of packets, sent through the device of a tunnel. */
#pragma once
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>
#include "telegen.h"

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct telegen_copies);
} copies SEC(".maps");

/* The cap's, of all CPUs and of both directions of a job. */
struct bucket {
	struct bpf_spin_lock lock;
	__u32 pad;
	__u64 filled_at; /* jiffies */
	__s64 tokens;    /* a packet that becomes many may leave less than none */
};

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct bucket);
} bucket SEC(".maps");

/* Far more than any depth takes to fill. */
#define LONGEST_FILL 1024

/* Whether the cap lets so many copies go. */
static __always_inline int take(struct bucket *b, __u32 packets)
{
	__u64 now = bpf_jiffies64(), depth = operands.copy_depth, price = (__u64)operands.copy_price * packets;
	__s64 elapsed, least = price < depth ? price : depth;
	int may;

	bpf_spin_lock(&b->lock);
	elapsed = now - b->filled_at;
	if (elapsed > 0) {
		b->filled_at = now;
		b->tokens += (elapsed < LONGEST_FILL ? elapsed : LONGEST_FILL) * operands.copy_refill;
		if (b->tokens > (__s64)depth)
			b->tokens = depth;
	}
	may = b->tokens >= least;
	if (may)
		b->tokens -= price;
	bpf_spin_unlock(&b->lock);
	return may;
}

/*
 * Sends a copy of a packet that is as many on the wire. Nothing may look at the packet's bytes afterwards. Static: before
 * Linux 6.8 the verifier reads a global function also in programs that never come to it, and whose agent made no such maps.
 */
static __noinline int copy(struct __sk_buff *skb, __u32 packets)
{
	__u64 zero = 0; /* as in count_burst() */
	__u32 mark = skb->mark;
	struct telegen_copies *counters = bpf_map_lookup_elem(&copies, &zero);
	struct bucket *b = bpf_map_lookup_elem(&bucket, &zero);

	if (!counters || !b || mark == TELEGEN_COPY_MARK)
		return 0;
	if (!take(b, packets)) {
		counters->suppressed += packets;
		return 0;
	}
	skb->mark = TELEGEN_COPY_MARK;
	if (bpf_clone_redirect(skb, operands.copy_to, 0))
		counters->failed += packets;
	else
		counters->sent += packets;
	skb->mark = mark;
	return 0;
}
