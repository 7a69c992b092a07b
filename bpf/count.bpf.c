// SPDX-License-Identifier: GPL-2.0
/*
 * Counts what passes a port, and lets it pass: packets by class and size, bytes by class.
 *
 * A tap (one direction of one job) owns a slot of if_stats_percpu. A program can stand only once per device and
 * direction, so jobs that watch the same port are in different lanes: instances of these programs, each with a `lane`
 * map of its own that leads from the device to the slot.
 *
 * Loads from Linux 5.10 on, with and without the kernel's BTF: nothing here is relocated. Indices are masked in place,
 * because verifiers before 6.12 do not carry a comparison over to a register's copy.
 */
#include <linux/bpf.h>
#include <linux/if_ether.h>
#include <bpf/bpf_endian.h>
#include <bpf/bpf_helpers.h>
#include "telegen.h"

/* TC_ACT_UNSPEC and TCX_NEXT: whoever comes after us sees the packet too. */
#define NEXT (-1)

/* IANA, "Assigned Internet Protocol Numbers"; <linux/in.h> wants headers of an architecture. */
enum {
	IPPROTO_HOPOPTS = 0,
	IPPROTO_TCP = 6,
	IPPROTO_UDP = 17,
	IPPROTO_ROUTING = 43,
	IPPROTO_FRAGMENT = 44,
	IPPROTO_AH = 51,
	IPPROTO_ICMPV6 = 58,
	IPPROTO_NONE = 59,
	IPPROTO_DSTOPTS = 60,
	IPPROTO_MH = 135,
	IPPROTO_HIP = 139,
	IPPROTO_SHIM6 = 140,
};

#define VLAN_HLEN 4
#define IPV6_HLEN 40
/* More than RFC 8200 has kinds of. A chain that is longer is a parse error. */
#define MAX_EXTENSIONS 8

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, TELEGEN_CLASSES);
	__type(key, __u32);
	__type(value, struct telegen_total);
} stats_percpu SEC(".maps");

/* The agent sets the number of slots before it loads. */
struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct telegen_counters);
} if_stats_percpu SEC(".maps");

/* ifindex modulo its size -> slot + 1; 0: no tap of this lane is there. */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, TELEGEN_LANE_CELLS);
	__type(key, __u32);
	__type(value, __u32);
} lane SEC(".maps");

/* Bucket of a length, one entry per 64 bytes: every bound but 1518 is a multiple of 64. */
#define R2(b) b, b
#define R4(b) R2(b), R2(b)
#define R8(b) R4(b), R4(b)
#define R16(b) R8(b), R8(b)
#define R32(b) R16(b), R16(b)
#define R64(b) R32(b), R32(b)
#define R128(b) R64(b), R64(b)
#define R256(b) R128(b), R128(b)
static const volatile __u8 buckets[1024] = {
	0, 1, R2(2), R4(3), R8(4),      /* 64, 128, 256, 512, 1024 */
	R4(5),                          /* 1280 */
	R4(6),                          /* 1518: its last entry reaches up to 1536, see bucket_of */
	R8(7), R32(8), R64(9), R16(10), /* 2048, 4096, 8192, 9216 */
	R64(11), R32(11), R16(11),      /* 16384 */
	R256(12), R256(13), R256(13),   /* 32768, 65536 */
};

static __always_inline __u32 bucket_of(__u32 length)
{
	__u32 entry = (length - 1) >> 6;
	__u32 above_1518 = length - 1519 < 18;

	if (length > 65536)
		return 14;
	asm volatile("%0 &= 1023" : "+r"(entry));
	return buckets[entry] + above_1518;
}

static __always_inline int is_vlan(__be16 type)
{
	return type == bpf_htons(ETH_P_8021Q) || type == bpf_htons(ETH_P_8021AD);
}

/* What the headers say of a packet. */
#define CLASS(parsed) ((parsed) & 0xff)
#define MALFORMED 0x100
#define HEADERS(parsed) ((parsed) >> 16) /* bytes up to the payload, without a stripped tag */

/* Where IPv6's chain of next headers ends, and at what; MALFORMED when it leaves the frame. */
static __always_inline __u32 follow_extensions(struct __sk_buff *skb, __u32 *offset, __u8 *next)
{
	__u8 head[4];

	for (int i = 0; i <= MAX_EXTENSIONS; i++) {
		__u32 length;

		if (*next != IPPROTO_HOPOPTS && *next != IPPROTO_ROUTING && *next != IPPROTO_FRAGMENT &&
		    *next != IPPROTO_AH && *next != IPPROTO_DSTOPTS && *next != IPPROTO_MH && *next != IPPROTO_HIP &&
		    *next != IPPROTO_SHIM6)
			return 0;
		if (i == MAX_EXTENSIONS || bpf_skb_load_bytes(skb, *offset, head, sizeof(head)))
			return MALFORMED;
		length = *next == IPPROTO_FRAGMENT ? 8 : *next == IPPROTO_AH ? (head[1] + 2) * 4 : (head[1] + 1) * 8;
		if (*offset + length > skb->len)
			return MALFORMED;
		*offset += length;
		if (*next == IPPROTO_FRAGMENT && (head[2] || head[3] & 0xf8)) {
			/* A later fragment: what follows is payload, whatever its first header was. */
			*next = head[0] == IPPROTO_ICMPV6 ? IPPROTO_ICMPV6 : IPPROTO_NONE;
			return 0;
		}
		*next = head[0];
	}
	return MALFORMED;
}

static __always_inline __u32 transport_length(struct __sk_buff *skb, __u32 offset, __u8 protocol)
{
	__u8 data_offset;

	if (protocol == IPPROTO_UDP)
		return 8;
	if (protocol == IPPROTO_TCP && !bpf_skb_load_bytes(skb, offset + 12, &data_offset, 1))
		return (data_offset >> 4) * 4;
	return 0;
}

/*
 * The whole of the rules, for packets of any shape: headers outside the linear part, options, extension headers,
 * broken ones. The quick path below must agree with it. Not static, so that the verifier reads it once instead of at
 * each call.
 */
__noinline __u32 parse(struct __sk_buff *skb, __u32 ethernet)
{
	__u32 offset = 0, malformed;
	__be16 type = skb->protocol;
	__u8 head[8];

	if (ethernet) {
		__u32 tags = skb->vlan_present ? 1 : 0;

		offset = ETH_HLEN;
		if (bpf_skb_load_bytes(skb, offset - 2, &type, 2))
			return TELEGEN_OTHER | MALFORMED;
		for (int i = 0; i < 3 && is_vlan(type); i++) {
			if (++tags > 2)
				return TELEGEN_OTHER;
			offset += VLAN_HLEN;
			if (bpf_skb_load_bytes(skb, offset - 2, &type, 2))
				return TELEGEN_OTHER | MALFORMED;
		}
	}
	if (type == bpf_htons(ETH_P_IP)) {
		__u32 length;

		if (offset + 20 > skb->len || bpf_skb_load_bytes(skb, offset, head, 1))
			return TELEGEN_IPV4 | MALFORMED;
		length = (head[0] & 0xf) * 4;
		if (head[0] >> 4 != 4 || length < 20 || offset + length > skb->len ||
		    bpf_skb_load_bytes(skb, offset + 9, &head[1], 1))
			return TELEGEN_IPV4 | MALFORMED;
		offset += length;
		return TELEGEN_IPV4 | (offset + transport_length(skb, offset, head[1])) << 16;
	}
	if (type == bpf_htons(ETH_P_IPV6)) {
		if (offset + IPV6_HLEN > skb->len || bpf_skb_load_bytes(skb, offset, head, sizeof(head)) ||
		    head[0] >> 4 != 6)
			return TELEGEN_IPV6 | MALFORMED;
		offset += IPV6_HLEN;
		malformed = follow_extensions(skb, &offset, &head[6]);
		if (malformed)
			return TELEGEN_IPV6 | MALFORMED;
		return (head[6] == IPPROTO_ICMPV6 ? TELEGEN_ICMP6 : TELEGEN_IPV6) |
		       (offset + transport_length(skb, offset, head[6])) << 16;
	}
	return TELEGEN_OTHER | offset << 16;
}

/* The class of a plain packet, from its linear part alone; all else goes to parse(). */
static __always_inline __u32 classify(struct __sk_buff *skb, int ethernet)
{
	void *next = (void *)(long)skb->data, *end = (void *)(long)skb->data_end;
	__be16 type;

	if (ethernet) {
		next += ETH_HLEN;
		if (next + 20 > end)
			return parse(skb, ethernet);
		type = *(__be16 *)(next - 2);
		if (is_vlan(type)) {
			next += VLAN_HLEN;
			if (next + 20 > end)
				return parse(skb, ethernet);
			type = *(__be16 *)(next - 2);
			if (is_vlan(type)) {
				next += VLAN_HLEN;
				if (skb->vlan_present || next + 20 > end)
					return parse(skb, ethernet);
				type = *(__be16 *)(next - 2);
			}
		}
	} else {
		if (next + 20 > end)
			return parse(skb, ethernet);
		type = skb->protocol;
	}
	if (type == bpf_htons(ETH_P_IP))
		return *(__u8 *)next == 0x45 ? TELEGEN_IPV4 : parse(skb, ethernet);
	if (type == bpf_htons(ETH_P_IPV6)) {
		__u8 protocol;

		if (next + IPV6_HLEN > end || *(__u8 *)next >> 4 != 6)
			return parse(skb, ethernet);
		protocol = *(__u8 *)(next + 6);
		if (protocol == IPPROTO_TCP || protocol == IPPROTO_UDP)
			return TELEGEN_IPV6;
		return protocol == IPPROTO_ICMPV6 ? TELEGEN_ICMP6 : parse(skb, ethernet);
	}
	return TELEGEN_OTHER;
}

static __always_inline void add(struct telegen_counters *counters, __u32 class, __u32 length, __u64 packets)
{
	__u32 cell = class * TELEGEN_BUCKETS + bucket_of(length);

	asm volatile("%0 &= 63" : "+r"(cell));
	((__u64 *)counters->sizes)[cell] += packets;
}

/* A GSO packet, as the wire packets that it becomes: full ones and a last one. Answers how many; length: all bytes. */
static __noinline __u32 add_segments(struct __sk_buff *skb, struct telegen_counters *counters, __u32 ethernet,
				     __u32 class, __u32 *length)
{
	__u32 tag = *length - skb->len;
	__u32 headers = HEADERS(parse(skb, ethernet)) + tag;
	__u32 size = skb->gso_size, segments = skb->gso_segs;
	__u32 payload = *length - headers, full;

	if (!size || headers >= *length) {
		add(counters, class, *length, 1);
		return 1;
	}
	/* Frames that a virtual machine or a raw socket made have no gso_segs before they are sent. */
	if (!segments || (__u64)(segments - 1) * size >= payload)
		segments = (payload + size - 1) / size;
	full = segments - 1;
	if (full)
		add(counters, class, headers + size, full);
	add(counters, class, *length - full * size, 1);
	*length += full * headers;
	return segments;
}

static __always_inline int count(struct __sk_buff *skb, int ethernet)
{
	__u32 cell = skb->ifindex & (TELEGEN_LANE_CELLS - 1), slot, class, parsed, length, packets = 1;
	struct telegen_counters *counters;
	struct telegen_total *total;
	__u32 *slot_plus_1;

	slot_plus_1 = bpf_map_lookup_elem(&lane, &cell);
	if (!slot_plus_1)
		return NEXT;
	slot = *slot_plus_1 - 1;
	counters = bpf_map_lookup_elem(&if_stats_percpu, &slot);
	if (!counters)
		return NEXT;

	parsed = classify(skb, ethernet);
	if (parsed & MALFORMED)
		counters->parse_errors++;
	class = CLASS(parsed);
	length = skb->len + (skb->vlan_present ? VLAN_HLEN : 0);
	if (skb->gso_size)
		packets = add_segments(skb, counters, ethernet, class, &length);
	else
		add(counters, class, length, 1);
	asm volatile("%0 &= 3" : "+r"(class));
	counters->bytes[class] += length;

	total = bpf_map_lookup_elem(&stats_percpu, &class);
	if (total) {
		total->packets += packets;
		total->bytes += length;
	}
	return NEXT;
}

SEC("tc")
int telegen_l2(struct __sk_buff *skb)
{
	return count(skb, 1);
}

/* For devices without an Ethernet header (ARPHRD_NONE, tunnels of layer 3). */
SEC("tc")
int telegen_l3(struct __sk_buff *skb)
{
	return count(skb, 0);
}

char LICENSE[] SEC("license") = "GPL";
