/*
 * The records that the kernel's side and the agent share. Append only: a change of what is here raises
 * TELEGEN_LAYOUT, because pinned maps outlive the program that made them.
 */
#pragma once
#include <linux/types.h>

#define TELEGEN_LAYOUT 1

/* The rows of every table by class; every packet is in exactly one. */
enum telegen_class {
	TELEGEN_IPV4 = 0,
	TELEGEN_IPV6 = 1,
	TELEGEN_ICMP6 = 2,
	TELEGEN_OTHER = 3,
	TELEGEN_CLASSES = 4,
};

/* A power of two, so that a masked index is always inside; the last one stays empty. */
#define TELEGEN_BUCKETS 16

/* Value of stats_percpu: one class over all jobs, on one CPU. */
struct telegen_total {
	__u64 packets;
	__u64 bytes; /* frames on the wire, VLAN tags included, without FCS and preamble */
};

/*
 * Value of if_stats_percpu: what one tap (a job's direction) has counted on one CPU. Groups of 64 bytes, a cache line:
 * a packet touches the first and one of the others.
 */
struct telegen_counters {
	__u64 bytes[TELEGEN_CLASSES];
	__u64 parse_errors;
	__u64 filtered;
	__u64 reserved[2];
	__u64 sizes[TELEGEN_CLASSES][TELEGEN_BUCKETS]; /* packets by class and size */
};

/* Taps are found by the device's index modulo this; two that collide are given different lanes. */
#define TELEGEN_LANE_CELLS 4096

/* Value of the map `taps`: who a slot of if_stats_percpu belongs to. Slots in use have a job. */
struct telegen_tap {
	char job[72];      /* zero terminated; empty: the slot is free */
	__u32 layout;      /* TELEGEN_LAYOUT of the agent that wrote it */
	__u8 direction;    /* 0 ingress, 1 egress */
	__u8 attach_type;  /* 0 none, 1 tcx, 2 clsact */
	__u8 owns_qdisc;   /* the clsact qdisc on the device was made for this tap */
	__u8 pad;
	__u64 started_at;  /* Unix time in ns: start of the tap's streams */
	__u8 boot_id[16];  /* /proc/sys/kernel/random/boot_id: in which the tap's life began */
	char netdev[16];   /* where it was last attached, zero terminated */
	__u32 ifindex;
	__u32 handle;      /* of the clsact filter, with its priority */
	__u32 priority;
	__u32 pad2;
};
