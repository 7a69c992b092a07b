// SPDX-License-Identifier: GPL-2.0
/*
 * An object of somebody's own, as TELEGEN_BPF_OBJECT names it: it counts packets, and tells as parse errors where in the
 * running kernel's struct net_device the member ifindex is, which only the kernel's BTF can say.
 */
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>
#include "telegen.h"

struct net_device {
	int ifindex;
} __attribute__((preserve_access_index));

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct telegen_counters);
} if_stats_percpu SEC(".maps");

__u32 lane[TELEGEN_LANE_CELLS] SEC(".bss.lane");

SEC("tc")
int telegen_l2(struct __sk_buff *skb)
{
	__u32 slot = lane[skb->ifindex & (TELEGEN_LANE_CELLS - 1)] - 1;
	struct telegen_counters *counters = bpf_map_lookup_elem(&if_stats_percpu, &slot);

	if (counters) {
		counters->sizes[TELEGEN_OTHER][0]++;
		counters->parse_errors = __builtin_preserve_field_info(((struct net_device *)0)->ifindex, 0);
	}
	return -1;
}

char LICENSE[] SEC("license") = "GPL";
