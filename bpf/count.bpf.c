// SPDX-License-Identifier: GPL-2.0
/*
 * Counts what passes a port, and lets it pass.
 *
 * One inline body, count(), from which a family of programs is made by compile-time flags, so that a job pays only for
 * what it uses. A tap (one direction of one job) owns a slot of if_stats_percpu. A program can stand only once per
 * device and direction, so jobs that watch the same port need instances of their own:
 *
 * - Taps that ask for nothing more than the default share instances of telegen_l2 and telegen_l3, the lanes: an
 *   instance finds the slot by the device, in a table of its own.
 * - Every other tap has an instance of its own of one of telegen_t…, tailored by `operands`. They are constant, so the
 *   verifier removes what they rule out: sampling, the fields of the filter, the layer.
 *
 * Loads from Linux 5.10 on, with and without the kernel's BTF: nothing here is relocated. Indices are masked in place,
 * because verifiers before 6.12 do not carry a comparison over to a register's copy.
 */
#include <linux/bpf.h>
#include <linux/if_ether.h>
#include <bpf/bpf_endian.h>
#include <bpf/bpf_helpers.h>
#include "telegen.h"
#include "packet.h"
#include "tables.h"

/* TC_ACT_UNSPEC and TCX_NEXT: whoever comes after us sees the packet too. */
#define NEXT (-1)

/* What a program of the family does beyond the default. */
enum {
	QOS = TELEGEN_QOS,
	FLOWS = TELEGEN_FLOWS,
	BURSTS = TELEGEN_BURSTS,
	FILTER = 1 << 3,
	TAILORED = 1 << 4,
	COPIES = 1 << 6, /* of what passes the filter and the sampling; what else it does is up to `operands` */
	NETWORK = 1 << 5, /* the device has no Ethernet header; a tailored program knows by `operands` */
	SINK = 1 << 7,    /* counts what is in copies that arrive in a tunnel, and nothing else; likewise up to `operands` */
};

/* The agent sets the number of slots before it loads. */
struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct telegen_counters);
} if_stats_percpu SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct telegen_qos);
} qos SEC(".maps");

/* The agent sets the number of cells before it loads. */
struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct telegen_flow);
} flows SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct telegen_windows);
} bursts SEC(".maps");

/* ifindex modulo its size -> slot + 1; 0: no tap of this lane is there. The agent writes it. */
__u32 lane[TELEGEN_LANE_CELLS] SEC(".bss.lane");

const volatile struct telegen_operands operands SEC(".rodata.operands");

#include "copy.h"
#include "sink.h"

/* Whether a program measures a detail. What a copy takes is many times that, so one program serves for all of them. */
static __always_inline int measures(const int program, const int detail)
{
	return program & detail && (!(program & (COPIES | SINK)) || operands.details & detail);
}

static __always_inline int is_ethernet(const int program)
{
	return program & TAILORED ? !operands.is_network : !(program & NETWORK);
}

/* As it is on the wire: a tag that the kernel has taken out belongs to it. */
static __always_inline __u32 length_of(struct __sk_buff *skb)
{
	return skb->len + skb->vlan_present * VLAN_HLEN;
}

static __always_inline void add(struct telegen_counters *counters, __u32 class, __u32 length, __u64 packets)
{
	counters->sizes[class & 3][bucket_of(length)] += packets;
}

/*
 * How many wire packets a GSO packet becomes; below them, in 16 bits each, the bytes that none of them has and the bytes of
 * headers that each repeats.
 */
static __noinline __u64 cut(struct __sk_buff *skb, __u32 ethernet)
{
	__u64 parsed = parse(skb, ethernet);
	__u32 headers = header_length(skb, parsed), removed = jumbo_header(skb, parsed);
	__u32 size = skb->gso_size, segments = skb->gso_segs, payload;

	if (!size || headers >= skb->len)
		return 1ULL << 32;
	payload = skb->len - headers;
	/* Frames that a virtual machine or a raw socket made have no gso_segs before they are sent. */
	if (!segments || (__u64)(segments - 1) * size >= payload)
		segments = (payload + size - 1) / size;
	headers -= removed;
	if (skb->vlan_present)
		headers += VLAN_HLEN;
	return (__u64)segments << 32 | removed << 16 | (headers & 0xffff);
}

/* Counts the wire packets of a GSO packet: full ones and a last one. Answers how many and, in the low half, all bytes. */
static __noinline __u64 add_segments(struct __sk_buff *skb, struct telegen_counters *counters, __u32 ethernet,
				     __u32 class, __u32 weight)
{
	__u64 segments = cut(skb, ethernet);
	__u32 headers = segments & 0xffff, full = (segments >> 32) - 1, size = skb->gso_size;
	__u32 length = length_of(skb) - (segments >> 16 & 0xffff);

	if (full)
		add(counters, class, headers + size, (__u64)full * weight);
	add(counters, class, length - full * size, weight);
	return segments >> 32 << 32 | (length + full * headers);
}

/* A number in 0..<below, by SplitMix64. */
static __always_inline __u32 draw(struct telegen_counters *counters, __u32 below)
{
	__u64 z = counters->random += 0x9e3779b97f4a7c15;

	z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9;
	z = (z ^ z >> 27) * 0x94d049bb133111eb;
	return (z >> 32) * below >> 32;
}

/*
 * Skips are uniform in 0..2N-2, so that one packet in N is sampled. The first one is what is left of such a span to who
 * comes at any moment of it, and so the smaller of two draws.
 */
static __always_inline int is_skipped(struct telegen_counters *counters)
{
	const __u32 rate = operands.sample_rate;

	if (counters->rate != rate) {
		__u32 one, other;

		counters->rate = rate;
		if (!counters->random)
			counters->random = operands.seed + ((__u64)bpf_get_smp_processor_id() << 32);
		one = draw(counters, 2 * rate - 1);
		other = draw(counters, 2 * rate);
		counters->skip = one < other ? one : other;
	}
	if (counters->skip) {
		counters->skip--;
		return 1;
	}
	counters->skip = draw(counters, 2 * rate - 1);
	return 0;
}

static __always_inline int has_bit(const volatile __u64 *bits, __u32 words, __u32 number)
{
	return bits[number >> 6 & (words - 1)] >> (number & 63) & 1;
}

/*
 * Whether one of the rising ranges holds the port: by halves. `last`: how many there are, less one; behind it the last one
 * is repeated, so that no index is compared, of which kernels before 6.17 would remember nothing on a mispredicted way.
 */
static __always_inline int is_listed(const volatile struct telegen_ports *ranges, __u32 last, __u32 number)
{
	__u32 at = blur(number);

	if (!last)
		return ranges[0].first <= number && number <= ranges[0].last;
#pragma unroll
	for (__u32 step = TELEGEN_LIST / 2; step; step >>= 1) {
		__u32 next = at + step;

		asm volatile("%0 &= 63" : "+r"(next));
		if (ranges[next].first <= number)
			at = next;
	}
	asm volatile("%0 &= 63" : "+r"(at));
	return ranges[at].first <= number && number <= ranges[at].last;
}

/*
 * Whether the filter looks at a field. As `operands` are constant the verifier knows and removes the jump, with all that
 * it leads to; a condition of C would leave its arithmetic behind.
 */
#define LOOKS_AT(fields, field)                                                  \
	({                                                                       \
		__label__ is_set, end;                                           \
		int looks_ = 0;                                                  \
		asm goto("if %0 & %1 goto %l2" : : "r"(fields), "i"(field) : : is_set); \
		goto end;                                                        \
	is_set:                                                                  \
		looks_ = 1;                                                      \
	end:                                                                     \
		looks_;                                                          \
	})

static __always_inline int is_wanted(const struct packet *p, __u32 zero)
{
	const __u64 fields = operands.fields;

	if (LOOKS_AT(fields, TELEGEN_BY_VLAN) && !has_bit(operands.vlans, 64, p->vlan + zero))
		return 0;
	if (LOOKS_AT(fields, TELEGEN_BY_IP) && !p->is_ip)
		return 0;
	if (LOOKS_AT(fields, TELEGEN_BY_PROTOCOL) && !has_bit(operands.protocols, 4, PROTOCOL(p) + zero))
		return 0;
	if (LOOKS_AT(fields, TELEGEN_BY_DSCP) && !(operands.dscp >> (p->tos >> 2 & 63) & 1))
		return 0;
	if (LOOKS_AT(fields, TELEGEN_BY_SOURCE_PORT) &&
	    !(p->has_ports && is_listed(operands.source_port, operands.source_ports, bpf_ntohs((__u16)PORTS(p)))))
		return 0;
	if (LOOKS_AT(fields, TELEGEN_BY_DESTINATION_PORT) &&
	    !(p->has_ports &&
	      is_listed(operands.destination_port, operands.destination_ports, bpf_ntohs((__u16)(PORTS(p) >> 16)))))
		return 0;
	if (LOOKS_AT(fields, TELEGEN_BY_IPV4) &&
	    (p->class != TELEGEN_IPV4 || (p->key[0] ^ operands.address[0]) & operands.mask[0]))
		return 0;
	if (LOOKS_AT(fields, TELEGEN_BY_IPV6)) {
		__u64 difference = p->class == TELEGEN_IPV4;

		for (int i = 0; i < 4; i++)
			difference |= (p->key[i] ^ operands.address[i]) & operands.mask[i];
		return !difference;
	}
	return 1;
}

static __always_inline void count_qos(const struct packet *p, __u32 weight, __u64 packets)
{
	__u32 first = 0;
	__u64 control = p->control, tos = p->tos, flags = p->tcp_flags;
	struct telegen_qos *q = bpf_map_lookup_elem(&qos, &first);

	if (!q)
		return;
	asm volatile("%0 &= 31" : "+r"(control));
	q->control[control] += packets;
	if (!p->is_ip)
		return;
	asm volatile("%0 &= 255" : "+r"(tos));
	q->tos[tos] += packets;
	/* Of a GSO packet the last one alone has FIN and RST, and none has SYN. */
	q->tcp_flags[flags & 15] += weight;
	if (p->is_fragment)
		q->fragments += packets;
}

static __always_inline __u64 hash(const struct packet *p)
{
	const volatile __u64 *secret = operands.flow_keys;
	__u64 h = p->key[0] * secret[0] + p->key[4] * secret[4];

	if (p->class != TELEGEN_IPV4)
		h += p->key[1] * secret[1] + p->key[2] * secret[2] + p->key[3] * secret[3];
	h ^= h >> 29;
	h *= 0xbf58476d1ce4e5b9;
	return h >> 32;
}

static __always_inline int is_owner(const struct telegen_flow *flow, const struct packet *p)
{
	const __u64 *key = (const __u64 *)&flow->key;

	if ((key[0] ^ p->key[0]) | (key[4] ^ p->key[4]))
		return 0;
	return p->class == TELEGEN_IPV4 || !((key[1] ^ p->key[1]) | (key[2] ^ p->key[2]) | (key[3] ^ p->key[3]));
}

/* So many sampled packets keep a cell for a flow that has ended, at most. */
#define MOST_CREDIT 4096ULL

static __always_inline void count_flow(const struct packet *p, __u64 packets, __u64 bytes)
{
	__u32 cell = hash(p) & operands.flow_mask;
	struct telegen_flow *flow = bpf_map_lookup_elem(&flows, &cell);
	__u64 now;

	if (!flow)
		return;
	if (is_owner(flow, p)) {
		flow->packets += packets;
		flow->bytes += bytes;
		return;
	}
	now = bpf_jiffies64();
	if (now - flow->since > operands.flow_interval) {
		__u64 credit = (flow->packets - flow->spent) / 2, most = MOST_CREDIT * operands.sample_rate;

		flow->spent = flow->packets - (credit < most ? credit : most);
		flow->since = now;
		flow->turned_away = 0;
	}
	flow->turned_away += packets;
	if (flow->turned_away <= flow->packets - flow->spent) {
		flow->other_packets += packets;
		flow->other_bytes += bytes;
		return;
	}
	*(volatile __u32 *)&flow->next_version = flow->version + 1;
	barrier();
	flow->missed_packets = flow->other_packets;
	flow->missed_bytes = flow->other_bytes;
	flow->other_packets += flow->packets;
	flow->other_bytes += flow->bytes;
	for (int i = 0; i < 5; i++)
		((__u64 *)&flow->key)[i] = p->key[i];
	flow->packets = packets;
	flow->bytes = bytes;
	flow->since = now;
	flow->spent = 0;
	flow->turned_away = 0;
	barrier();
	*(volatile __u32 *)&flow->version = flow->next_version;
}

static __always_inline void count_burst(__u64 bytes)
{
	__u64 zero = 0; /* 4 bytes might share a stack slot with a spilled register: refused without CAP_PERFMON */
	__u64 now = bpf_jiffies64(), at = now & (TELEGEN_WINDOWS - 1);
	struct telegen_windows *ring = bpf_map_lookup_elem(&bursts, &zero);

	if (!ring)
		return;
	if (ring->windows[at].jiffy != now) {
		ring->windows[at].jiffy = now;
		ring->windows[at].bytes = 0;
	}
	ring->windows[at].bytes += bytes;
}

/* What is counted beside the packet itself. */
static __always_inline void account_details(const struct packet *p, __u32 weight, __u64 packets, __u64 bytes,
					    const int program)
{
	if (measures(program, QOS) && !p->is_malformed)
		count_qos(p, weight, packets);
	if (measures(program, FLOWS) && p->is_ip)
		count_flow(p, packets, bytes);
	if (measures(program, BURSTS))
		count_burst(bytes);
}

/* Counts a packet, or all that become of it, in everything that the program is for. A copy that arrived is one. */
static __always_inline int account(struct __sk_buff *skb, struct telegen_counters *counters, const struct packet *p,
				   __u32 length, const int program)
{
	const __u32 weight = program & TAILORED ? operands.sample_rate : 1;
	const int may_be_many = !(program & SINK);
	__u32 segments = 1;
	__u64 packets = weight, class = p->class;

	if (program & FILTER && !is_wanted(p, blur(skb->len))) {
		counters->filtered += may_be_many && skb->gso_size ? (cut(skb, is_ethernet(program)) >> 32) * weight : weight;
		return NEXT;
	}
	if (p->is_malformed)
		counters->parse_errors += weight;
	if (may_be_many && skb->gso_size) {
		packets = add_segments(skb, counters, is_ethernet(program), class, weight);
		length = packets;
		segments = packets >> 32;
		packets = (__u64)segments * weight;
	} else {
		add(counters, class, length, weight);
	}
	asm volatile("%0 &= 3" : "+r"(class));
	counters->bytes[class] += (__u64)length * weight;
	account_details(p, weight, packets, (__u64)length * weight, program);
	if (program & COPIES)
		copy(skb, segments);
	return NEXT;
}

/* For packets whose headers are not plain. One for all programs: `program` is constant to the verifier at each call. */
static __noinline int account_odd(struct __sk_buff *skb, struct telegen_counters *counters, int program)
{
	const struct packet *packet;
	__u32 first = 0;

	explain(skb, is_ethernet(program));
	packet = bpf_map_lookup_elem(&odd, &first);
	return packet ? account(skb, counters, packet, length_of(skb), program) : NEXT;
}

/* The same for programs that ask for nothing but the class. */
static __noinline int account_parsed(struct __sk_buff *skb, struct telegen_counters *counters, int program)
{
	__u64 parsed = parse(skb, is_ethernet(program));
	struct packet packet = { .class = P_CLASS(parsed), .is_malformed = !!(parsed & P_MALFORMED) };

	return account(skb, counters, &packet, length_of(skb), program & (TAILORED | NETWORK | BURSTS));
}

static __always_inline int account_rest(struct __sk_buff *skb, struct telegen_counters *counters, const int program)
{
	return program & (FILTER | QOS | FLOWS) ? account_odd(skb, counters, program) :
						  account_parsed(skb, counters, program);
}

/*
 * The same as account() for a packet whose class is known at compile time, which is what makes it cheap: `kind` is
 * another number at each place, so that the compiler does not make one of them all. Every call stands at an end, where
 * nothing has to be kept over it. `tag`: 1 when the kernel has taken a tag out; a whole word, because without CAP_PERFMON
 * half a word may not be kept where a pointer was.
 */
static __always_inline int account_plain(struct __sk_buff *skb, struct telegen_counters *counters,
					 const struct packet *p, __u64 tag, const int program, const int kind)
{
	const __u32 weight = program & TAILORED ? operands.sample_rate : 1;
	__u32 length;

	if (skb->gso_size)
		return account_rest(skb, counters, program);
	if (program & FILTER && !is_wanted(p, 0)) {
		counters->filtered += weight;
		return NEXT;
	}
	length = skb->len + tag * VLAN_HLEN;
	if (p->is_malformed)
		counters->parse_errors += weight;
	add(counters, p->class, length, weight);
	counters->bytes[p->class] += (__u64)length * weight;
	account_details(p, weight, weight, (__u64)length * weight, program);
	if (program & COPIES)
		copy(skb, 1);
	asm volatile("" : : "i"(kind));
	return NEXT;
}

/* Asked once: it takes the kernel four instructions each time. */
static __always_inline __u64 stripped_tag(struct __sk_buff *skb)
{
	__u64 tag = skb->vlan_present;

	asm volatile("" : "+r"(tag));
	return tag;
}

/* A packet of which only the class is asked; as parse() has it, from the linear part. */
static __always_inline int count_class(struct __sk_buff *skb, struct telegen_counters *counters, const int program)
{
	void *data = (void *)(long)skb->data, *end = (void *)(long)skb->data_end, *next = data;
	struct packet packet = {};
	__u64 tag = stripped_tag(skb);
	__u32 first, protocol, offset = 0;
	__be16 type;

#define REST account_rest(skb, counters, program)
#define PLAIN(c, malformed)                                                           \
	({                                                                            \
		packet.class = (c);                                                   \
		packet.is_malformed = (malformed);                                    \
		account_plain(skb, counters, &packet, tag, program, (c) * 2 + (malformed)); \
	})
	if (is_ethernet(program)) {
		next += ETH_HLEN;
		offset = ETH_HLEN;
		if (next > end)
			return REST;
		type = *(__be16 *)(next - 2);
		if (is_vlan(type)) {
			next += VLAN_HLEN;
			offset += VLAN_HLEN;
			if (next > end)
				return skb->len < ETH_HLEN + VLAN_HLEN ? PLAIN(TELEGEN_OTHER, 1) : REST;
			type = *(__be16 *)(next - 2);
			if (is_vlan(type)) {
				next += VLAN_HLEN;
				offset += VLAN_HLEN;
				if (tag || next > end)
					return REST;
				type = *(__be16 *)(next - 2);
			}
		}
	} else {
		type = skb->protocol;
	}
	if (type == bpf_htons(ETH_P_IP)) {
		if (next + IPV4_HLEN > end)
			return offset + IPV4_HLEN > skb->len ? PLAIN(TELEGEN_IPV4, 1) : REST;
		first = *(__u8 *)next;
		if (first == 0x45)
			return PLAIN(TELEGEN_IPV4, 0);
		if (first >> 4 != 4 || (first & 0xf) < 5)
			return PLAIN(TELEGEN_IPV4, 1);
		return next + 60 > end ? REST : PLAIN(TELEGEN_IPV4, 0);
	}
	if (type != bpf_htons(ETH_P_IPV6))
		return PLAIN(TELEGEN_OTHER, 0);
	if (next + IPV6_HLEN > end)
		return offset + IPV6_HLEN > skb->len ? PLAIN(TELEGEN_IPV6, 1) : REST;
	if (*(__u8 *)next >> 4 != 6)
		return PLAIN(TELEGEN_IPV6, 1);
	protocol = *(__u8 *)(next + 6);
	if (protocol == IPPROTO_HOPOPTS) {
		/* One, of the usual length, as multicast listener reports have it. */
		if (next + IPV6_HLEN + 8 > end || *(__u8 *)(next + IPV6_HLEN + 1))
			return REST;
		protocol = *(__u8 *)(next + IPV6_HLEN);
	}
	if (protocol == IPPROTO_TCP || protocol == IPPROTO_UDP)
		return PLAIN(TELEGEN_IPV6, 0);
	if (protocol == IPPROTO_ICMPV6)
		return PLAIN(TELEGEN_ICMP6, 0);
	return extension_of(protocol) ? REST : PLAIN(TELEGEN_IPV6, 0);
#undef PLAIN
}

/* What is behind plain IP. */
static __always_inline int count_transport(struct __sk_buff *skb, struct telegen_counters *counters, const int program,
					   void *next, void *end, __u32 protocol, const __u64 family, struct packet *p)
{
#define PLAIN(kind) account_plain(skb, counters, p, stripped_tag(skb), program, family * 4 + (kind))
	if (protocol == IPPROTO_TCP)
		return plain_tcp(next, end, family, p) ? PLAIN(0) : REST;
	if (protocol == IPPROTO_UDP)
		return plain_udp(next, end, family, p) ? PLAIN(1) : REST;
	if (family == 6 && protocol == IPPROTO_ICMPV6)
		return plain_icmp6(next, end, p) ? PLAIN(2) : REST;
	protocol += blur(skb->len);
	return plain_other(protocol, family, p) ? PLAIN(3) : REST;
#undef PLAIN
}

/* A packet of which more is asked. */
static __always_inline int count_headers(struct __sk_buff *skb, struct telegen_counters *counters, const int program)
{
	void *next = (void *)(long)skb->data, *end = (void *)(long)skb->data_end;
	struct packet packet = { .class = TELEGEN_OTHER, .tcp_flags = TELEGEN_NO_TCP };
	__be16 type = skb->protocol;

	if (program & FILTER && LOOKS_AT(operands.fields, TELEGEN_BY_VLAN))
		packet.vlan = outer_vlan(skb, is_ethernet(program)) + blur(skb->len);
	if (is_ethernet(program)) {
		next += ETH_HLEN;
		if (next > end)
			return REST;
		type = *(__be16 *)(next - 2);
		if (is_vlan(type)) {
			next += VLAN_HLEN;
			if (next > end)
				return REST;
			type = *(__be16 *)(next - 2);
			if (is_vlan(type)) {
				next += VLAN_HLEN;
				if (skb->vlan_present || next > end)
					return REST;
				type = *(__be16 *)(next - 2);
			}
		}
	}
	if (type == bpf_htons(ETH_P_IP)) {
		if (!plain_ipv4(next, end, &packet))
			return REST;
		return count_transport(
			skb, counters, program, next + IPV4_HLEN, end, *(__u8 *)(next + 9), 4, &packet);
	}
	if (type == bpf_htons(ETH_P_IPV6)) {
		if (!plain_ipv6(next, end, &packet))
			return REST;
		return count_transport(
			skb, counters, program, next + IPV6_HLEN, end, *(__u8 *)(next + 6), 6, &packet);
	}
	if (next + 1 > end)
		return REST;
	packet.control = control_of_type(type, *(__u8 *)next) + blur(skb->len);
	return account_plain(skb, counters, &packet, stripped_tag(skb), program, TELEGEN_OTHER);
}
#undef REST

static __always_inline int count(struct __sk_buff *skb, const int program)
{
	struct telegen_counters *counters;
	__u32 slot;

	slot = program & TAILORED ? operands.slot : lane[skb->ifindex & (TELEGEN_LANE_CELLS - 1)] - 1;
	counters = bpf_map_lookup_elem(&if_stats_percpu, &slot);
	if (!counters)
		return NEXT;
	if (program & TAILORED && operands.sample_rate > 1 && is_skipped(counters))
		return NEXT;
	return program & (FILTER | QOS | FLOWS) ? count_headers(skb, counters, program) :
						  count_class(skb, counters, program);
}

/* A packet that is counted when it is a copy that the job waits for, by what is in it. */
static __always_inline int terminate(struct __sk_buff *skb, const int program)
{
	void *data = (void *)(long)skb->data, *end = (void *)(long)skb->data_end;
	__u32 slot = operands.slot, first = 0, length;
	struct telegen_counters *counters;
	struct packet *packet;
	__u64 arrival;

	/* The rest of what the port receives, which may be most of it, is seen at a glance. */
	if (!operands.is_network && data + ETH_HLEN + IPV4_HLEN <= end) {
		__be16 type = *(__be16 *)(data + ETH_HLEN - 2);

		if (type == bpf_htons(ETH_P_IP) ? *(__u8 *)(data + ETH_HLEN + 9) != IPPROTO_GRE : !is_vlan(type))
			return NEXT;
	}
	arrival = arrive(skb);
	counters = bpf_map_lookup_elem(&if_stats_percpu, &slot);
	if (!arrival || !counters || (operands.sample_rate > 1 && is_skipped(counters)))
		return NEXT;
	explain(skb, A_WHERE(arrival));
	packet = bpf_map_lookup_elem(&odd, &first);
	if (!packet)
		return NEXT;
	length = A_LENGTH(arrival);
	if (A_VLAN(arrival)) {
		packet->vlan = A_VLAN(arrival);
		length += VLAN_HLEN;
	}
	return account(skb, counters, packet, length, program);
}

#define PROGRAM(name, program)                           \
	SEC("tc") int telegen_##name(struct __sk_buff *skb) \
	{                                                \
		return count(skb, program);              \
	}

PROGRAM(l2, 0)
PROGRAM(l3, NETWORK)
PROGRAM(t, TAILORED)
PROGRAM(t_f, TAILORED | FILTER)
PROGRAM(t_q, TAILORED | QOS)
PROGRAM(t_fq, TAILORED | FILTER | QOS)
PROGRAM(t_t, TAILORED | FLOWS)
PROGRAM(t_ft, TAILORED | FILTER | FLOWS)
PROGRAM(t_qt, TAILORED | QOS | FLOWS)
PROGRAM(t_fqt, TAILORED | FILTER | QOS | FLOWS)
PROGRAM(t_b, TAILORED | BURSTS)
PROGRAM(t_fb, TAILORED | FILTER | BURSTS)
PROGRAM(t_qb, TAILORED | QOS | BURSTS)
PROGRAM(t_fqb, TAILORED | FILTER | QOS | BURSTS)
PROGRAM(t_tb, TAILORED | FLOWS | BURSTS)
PROGRAM(t_ftb, TAILORED | FILTER | FLOWS | BURSTS)
PROGRAM(t_qtb, TAILORED | QOS | FLOWS | BURSTS)
PROGRAM(t_fqtb, TAILORED | FILTER | QOS | FLOWS | BURSTS)
PROGRAM(copying, TAILORED | FILTER | QOS | FLOWS | BURSTS | COPIES)

SEC("tc") int telegen_terminating(struct __sk_buff *skb)
{
	return terminate(skb, TAILORED | FILTER | QOS | FLOWS | BURSTS | SINK);
}

char LICENSE[] SEC("license") = "GPL";
