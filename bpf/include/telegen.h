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
 * a packet touches the first and one of the others. A sampled packet adds the rate that is in force, not 1.
 */
struct telegen_counters {
	__u64 bytes[TELEGEN_CLASSES];
	__u64 parse_errors;
	__u64 filtered; /* packets that the filter left out; in no class */
	__u32 skip;     /* packets to skip until the next one is sampled */
	__u32 rate;     /* that `skip` was drawn for */
	__u64 random;   /* state of the generator that draws it; 0: not begun */
	__u64 sizes[TELEGEN_CLASSES][TELEGEN_BUCKETS]; /* packets by class and size */
};

/* The lane's cells: taps are found by the device's index modulo this; two that collide are given different lanes. */
#define TELEGEN_LANE_CELLS 4096

/* Value of the map `taps`: who a slot of if_stats_percpu belongs to. Slots in use have a job. */
struct telegen_tap {
	char job[72];      /* zero terminated; empty: the slot is free */
	__u32 layout;      /* TELEGEN_LAYOUT of the agent that wrote it */
	__u8 direction;    /* 0 ingress, 1 egress */
	__u8 attach_type;  /* 0 none, 1 tcx, 2 clsact */
	__u8 owns_qdisc;   /* the clsact qdisc on the device was made for this tap */
	__u8 is_tailored;  /* its program is its own, with operands */
	__u64 started_at;  /* Unix time in ns: start of the tap's streams */
	__u8 boot_id[16];  /* /proc/sys/kernel/random/boot_id: in which the tap's life began */
	char netdev[16];   /* where it was last attached, zero terminated */
	__u32 ifindex;
	__u32 handle;      /* of the clsact filter, with its priority */
	__u32 priority;
	__u32 pad;
};

/*
 * What a tailored program is asked to do. A constant of the program, so that the verifier removes what is not asked
 * for; a change is another program, put in the old one's place in one step.
 */
#define TELEGEN_LIST 64 /* entries of a list in CONFIG_DB */

enum telegen_filter_field {
	TELEGEN_BY_VLAN = 1 << 0,
	TELEGEN_BY_PROTOCOL = 1 << 1,
	TELEGEN_BY_DSCP = 1 << 2,
	TELEGEN_BY_SOURCE_PORT = 1 << 3,
	TELEGEN_BY_DESTINATION_PORT = 1 << 4,
	TELEGEN_BY_IPV4 = 1 << 5, /* prefixes of this family */
	TELEGEN_BY_IPV6 = 1 << 6,
	TELEGEN_BY_IP = 1 << 7,   /* set with any but the VLAN */
};

struct telegen_ports {
	__u16 first, last; /* in host byte order, inclusive */
};

struct telegen_operands {
	__u32 slot;
	__u32 sample_rate; /* 1: every packet */
	__u64 seed;        /* of the sampling */
	__u32 fields;      /* enum telegen_filter_field: those that are looked at */
	__u32 flow_mask;   /* cells of `flows`, a power of two, less one */
	__u32 is_network;  /* the device has no Ethernet header */
	__u32 details;     /* enum telegen_detail: what programs with copies or tunnels measure beside */
	__u64 flow_keys[5]; /* odd, of the hash of flows; secret, so that nobody can choose flows that meet in a cell */
	__u64 flow_interval; /* in jiffies: after each, half of a flow's packets no longer speak for it */
	__u64 protocols[4];
	__u64 dscp;
	__u64 address[4]; /* as in the words of telegen_flow_key: both prefixes … */
	__u64 mask[4];    /* … and the bits of them that count */
	__u64 vlans[64];
	/* Rising, without overlap, the last one repeated to the end; how many there are, less one. */
	__u32 source_ports, destination_ports;
	struct telegen_ports source_port[TELEGEN_LIST], destination_port[TELEGEN_LIST];
	__u32 copy_to;     /* ifindex of the device that copies are sent through */
	__u32 copy_price;  /* what a copy takes of the cap's bucket … */
	__u32 copy_refill; /* … what comes into it in a jiffy … */
	__u32 pad;
	__u64 copy_depth;  /* … and how much it holds */
	/* Of copies that arrive; addresses in host byte order, 0: any. */
	__u32 sink_remote, sink_local;
	__u32 sink_session;
	__u32 sink_type;   /* GRE protocol of type I */
};

enum telegen_detail { TELEGEN_QOS = 1 << 0, TELEGEN_FLOWS = 1 << 1, TELEGEN_BURSTS = 1 << 2 };

/* The mark of a copy on its way out: whoever sees it does not copy it again. */
#define TELEGEN_COPY_MARK 0x74674d52

/* Protocols of the control plane that reach a switch's CPU: cells of telegen_qos.control. */
enum telegen_control {
	TELEGEN_NO_CONTROL = 0,
	TELEGEN_ARP,
	TELEGEN_ND, /* ICMPv6 types 133 to 137 */
	TELEGEN_LLDP,
	TELEGEN_LACP, /* slow protocols */
	TELEGEN_STP,  /* 802.2 LSAP 0x42 */
	TELEGEN_EAPOL,
	TELEGEN_PTP,
	TELEGEN_ICMP, /* ICMP, and ICMPv6 that is not ND */
	TELEGEN_IGMP, /* and MLD */
	TELEGEN_OSPF,
	TELEGEN_PIM,
	TELEGEN_VRRP,
	TELEGEN_BGP,
	TELEGEN_BFD,
	TELEGEN_DHCP,
	TELEGEN_DHCPV6,
	TELEGEN_DNS,
	TELEGEN_NTP,
	TELEGEN_SNMP,
	TELEGEN_SSH,
	TELEGEN_TELNET,
	TELEGEN_TACACS,
	TELEGEN_RADIUS,
	TELEGEN_SYSLOG,
	/* No control, but told from UDP's port as those are. */
	TELEGEN_ROCEV2,
	TELEGEN_ROCEV2_CNP, /* congestion notification: BTH opcode 0x81 */
	TELEGEN_CONTROL_CELLS = 32,
};

/* Cells of telegen_qos.tcp_flags are numbered by these. */
enum telegen_tcp_flag { TELEGEN_FIN = 1, TELEGEN_SYN = 2, TELEGEN_RST = 4, TELEGEN_NO_TCP = 8 };

/* Value of a tap's map `qos`, one entry: packets of one CPU, by what their headers say. */
struct telegen_qos {
	__u64 tos[256];     /* by IPv4's type of service or IPv6's traffic class: DSCP and ECN */
	__u64 tcp_flags[16]; /* by FIN, SYN and RST; TELEGEN_NO_TCP */
	__u64 control[TELEGEN_CONTROL_CELLS];
	__u64 fragments;     /* of IP, the first ones too */
	__u64 reserved[7];
};

/* The 5-tuple; unused bytes are zero. */
struct telegen_flow_key {
	__u32 address[8];                    /* in network byte order: IPv6's source and destination; IPv4's in the first two */
	__u16 source_port, destination_port; /* in network byte order; 0 without ports */
	__u8 protocol;
	__u8 family;                         /* 4 or 6 */
	__u16 pad;
} __attribute__((aligned(8)));

/*
 * Value of a tap's map `flows`: a cell, of one CPU, for one of the flows whose hash leads there. Majority vote keeps the
 * largest; what the others bring is counted beside it, so that it is known how much of a flow can be missing.
 */
struct telegen_flow {
	__u32 version;                       /* first word: written last of a change of owner */
	__u32 pad;
	struct telegen_flow_key key;
	__u64 packets, bytes;                /* of the owner since it came */
	__u64 missed_packets, missed_bytes;  /* `other` when the owner came */
	__u64 other_packets, other_bytes;    /* of all earlier owners and all who were turned away */
	__u64 since;                         /* jiffies: begin of the interval */
	__u64 spent;                         /* the owner's packets that no longer speak for it */
	__u64 turned_away;                   /* packets of others in the interval */
	__u32 pad2;
	__u32 next_version;                  /* last word: written first of a change of owner */
};

/* Value of a tap's map `copies`, one entry, of one CPU. In wire packets, by what became of their copies: */
struct telegen_copies {
	__u64 sent;
	__u64 failed;     /* refused by the tunnel's device */
	__u64 suppressed; /* by the cap */
	/* In single packets, of copies that arrive: */
	__u64 lost;       /* numbers that a sender has used and that did not come */
	__u64 late;       /* came after all, and were lost before; or came twice */
	__u64 truncated;  /* cut by the sender, by its own word */
	__u64 unparsed;   /* not looked into: cut in pieces on the way, or no Ethernet frame */
	__u64 reserved;
};

/* A power of two. At 1000 jiffies a second: about a second, at 250 four. */
#define TELEGEN_WINDOWS 1024

/* Value of a tap's map `bursts`, one entry: bytes of the last windows, a jiffy each, on one CPU. */
struct telegen_windows {
	struct {
		__u64 jiffy;
		__u64 bytes;
	} windows[TELEGEN_WINDOWS];
};

#define TELEGEN_BURST_BUCKETS 16

/* Value of a tap's map `burst_totals`, one entry: what the agent has made of the windows. No program knows it. */
struct telegen_burst_totals {
	__u64 last_window; /* the last one that is in here */
	__u64 peak_bytes;
	__u64 windows[TELEGEN_BURST_BUCKETS]; /* by how much of what the port can carry they had */
};
