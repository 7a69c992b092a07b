// SPDX-License-Identifier: GPL-2.0
/*
 * What the family of programs is measured beside: nothing at all, the least that counting can be, and counting as it is
 * commonly done, in a table of totals and a hash table that is asked for interface and protocol at every packet.
 */
#include <linux/bpf.h>
#include <linux/if_ether.h>
#include <bpf/bpf_endian.h>
#include <bpf/bpf_helpers.h>

#define NEXT (-1)

struct sum {
	__u64 packets;
	__u64 bytes;
};

struct port_protocol {
	__u32 ifindex;
	__u32 protocol;
};

enum { IPV4, IPV6, OTHER, PROTOCOLS };

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, PROTOCOLS);
	__type(key, __u32);
	__type(value, struct sum);
} totals SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_HASH);
	__uint(max_entries, 4096);
	__type(key, struct port_protocol);
	__type(value, struct sum);
} by_port SEC(".maps");

static __always_inline void add(struct sum *sum, struct __sk_buff *skb)
{
	if (!sum)
		return;
	sum->packets++;
	sum->bytes += skb->len;
}

SEC("tc") int empty(struct __sk_buff *skb __attribute__((unused)))
{
	return NEXT;
}

SEC("tc") int cell(struct __sk_buff *skb)
{
	__u32 first = 0;

	add(bpf_map_lookup_elem(&totals, &first), skb);
	return NEXT;
}

SEC("tc") int hash(struct __sk_buff *skb)
{
	struct port_protocol key = { .ifindex = skb->ifindex, .protocol = OTHER };
	const struct sum nothing = {};
	struct sum *sum;

	if (skb->protocol == bpf_htons(ETH_P_IP))
		key.protocol = IPV4;
	else if (skb->protocol == bpf_htons(ETH_P_IPV6))
		key.protocol = IPV6;
	add(bpf_map_lookup_elem(&totals, &key.protocol), skb);
	sum = bpf_map_lookup_elem(&by_port, &key);
	if (!sum) {
		bpf_map_update_elem(&by_port, &key, &nothing, BPF_NOEXIST);
		sum = bpf_map_lookup_elem(&by_port, &key);
	}
	add(sum, skb);
	return NEXT;
}

char LICENSE[] SEC("license") = "GPL";
