#pragma once

#include <stdint.h>

/* One frame for ctraffic_send; the fields of its virtio_net_hdr are in host byte order. */
struct ctraffic_frame {
    const uint8_t *bytes;
    uint32_t length;
    uint16_t ether_type;
    uint8_t gso_type;
    uint16_t gso_size;
    uint16_t header_length;
    uint16_t checksum_start;
    uint16_t checksum_offset;
};

/* What ctraffic_receive learned about a frame beside its bytes. */
struct ctraffic_received {
    uint8_t gso_type;
    uint16_t gso_size;
    uint16_t checksum_start;
    uint8_t has_tag;
    uint16_t tag_type;
    uint16_t tag_control;
};

/* The device counters that tell of lost packets. */
struct ctraffic_drops {
    uint64_t tx_dropped, rx_dropped, tx_errors, rx_errors;
};

enum {
    CTRAFFIC_BURST = 64,
    CTRAFFIC_GSO_TCP4 = 1,
    CTRAFFIC_GSO_TCP6 = 4,
    CTRAFFIC_GSO_UDP = 5,
};

/* All of them return -errno when they fail. */

/* A packet socket of the calling thread's network namespace, for sending through `ifindex`. */
int ctraffic_open_sender(unsigned ifindex);
/* Sends up to CTRAFFIC_BURST frames; returns how many the kernel took, at least one. */
int ctraffic_send(int fd, unsigned ifindex, const struct ctraffic_frame *frames, unsigned count);

/* A packet socket that hears what arrives on `ifindex`, with room for `buffer` bytes. */
int ctraffic_open_receiver(unsigned ifindex, int buffer);
/* Takes one frame without waiting; returns its length, or 0 when there is none. */
int ctraffic_receive(int fd, uint8_t *bytes, uint32_t capacity, struct ctraffic_received *out);
/* Frames that did not fit into the receiver's buffer since the last call. */
int ctraffic_receiver_drops(int fd);

int ctraffic_mtu(int fd, const char *interface);
int ctraffic_link_drops(unsigned ifindex, struct ctraffic_drops *out);
/* Keeps the calling thread on one processor; negative: lets it go wherever it may. */
int ctraffic_stay_on(int cpu);
/* Moves the calling thread into the network namespace open at `fd`. */
int ctraffic_enter_network(int fd);
