#define _GNU_SOURCE
#include "CTraffic.h"

#include <errno.h>
#include <linux/if_ether.h>
#include <linux/if_link.h>
#include <linux/if_packet.h>
#include <linux/rtnetlink.h>
#include <linux/virtio_net.h>
#include <net/if.h>
#include <netinet/in.h>
#include <sched.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

static int fail(int fd)
{
    int error = errno;
    close(fd);
    return -error;
}

static int set(int fd, int level, int option, int value)
{
    return setsockopt(fd, level, option, &value, sizeof(value));
}

static struct sockaddr_ll address(unsigned ifindex, uint16_t protocol)
{
    return (struct sockaddr_ll){
        .sll_family = AF_PACKET, .sll_protocol = htons(protocol), .sll_ifindex = (int)ifindex, .sll_halen = ETH_ALEN};
}

int ctraffic_open_sender(unsigned ifindex)
{
    struct sockaddr_ll local = address(ifindex, 0);
    int fd = socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC, 0);
    if (fd < 0)
        return -errno;
    if (set(fd, SOL_PACKET, PACKET_VNET_HDR, 1) || set(fd, SOL_SOCKET, SO_SNDBUFFORCE, 8 << 20) ||
        bind(fd, (struct sockaddr *)&local, sizeof(local)))
        return fail(fd);
    return fd;
}

int ctraffic_send(int fd, unsigned ifindex, const struct ctraffic_frame *frames, unsigned count)
{
    struct virtio_net_hdr headers[CTRAFFIC_BURST];
    struct sockaddr_ll names[CTRAFFIC_BURST];
    struct iovec vectors[CTRAFFIC_BURST][2];
    struct mmsghdr messages[CTRAFFIC_BURST];
    int sent;

    if (count > CTRAFFIC_BURST)
        return -EINVAL;
    for (unsigned i = 0; i < count; i++) {
        const struct ctraffic_frame *f = &frames[i];
        headers[i] = (struct virtio_net_hdr){
            .flags = f->gso_type ? VIRTIO_NET_HDR_F_NEEDS_CSUM : 0,
            .gso_type = f->gso_type,
            .gso_size = f->gso_size,
            .hdr_len = f->header_length,
            .csum_start = f->checksum_start,
            .csum_offset = f->checksum_offset};
        names[i] = address(ifindex, f->ether_type);
        vectors[i][0] = (struct iovec){&headers[i], sizeof(headers[i])};
        vectors[i][1] = (struct iovec){(void *)f->bytes, f->length};
        messages[i].msg_hdr = (struct msghdr){
            .msg_name = &names[i], .msg_namelen = sizeof(names[i]), .msg_iov = vectors[i], .msg_iovlen = 2};
    }
    do
        sent = sendmmsg(fd, messages, count, 0);
    while (sent < 0 && errno == EINTR);
    return sent < 0 ? -errno : sent;
}

int ctraffic_open_receiver(unsigned ifindex, int buffer)
{
    struct sockaddr_ll local = address(ifindex, ETH_P_ALL);
    int fd = socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (fd < 0)
        return -errno;
    if (set(fd, SOL_PACKET, PACKET_VNET_HDR, 1) || set(fd, SOL_PACKET, PACKET_AUXDATA, 1) ||
        set(fd, SOL_PACKET, PACKET_IGNORE_OUTGOING, 1) || set(fd, SOL_SOCKET, SO_RCVBUFFORCE, buffer) ||
        bind(fd, (struct sockaddr *)&local, sizeof(local)))
        return fail(fd);
    return fd;
}

static void read_tag(struct msghdr *message, struct ctraffic_received *out)
{
    struct tpacket_auxdata aux;

    for (struct cmsghdr *c = CMSG_FIRSTHDR(message); c; c = CMSG_NXTHDR(message, c)) {
        if (c->cmsg_level != SOL_PACKET || c->cmsg_type != PACKET_AUXDATA)
            continue;
        memcpy(&aux, CMSG_DATA(c), sizeof(aux));
        out->has_tag = (aux.tp_status & TP_STATUS_VLAN_VALID) != 0;
        out->tag_control = aux.tp_vlan_tci;
        out->tag_type = aux.tp_vlan_tpid;
    }
}

int ctraffic_receive(int fd, uint8_t *bytes, uint32_t capacity, struct ctraffic_received *out)
{
    struct virtio_net_hdr header;
    struct iovec vectors[2] = {{&header, sizeof(header)}, {bytes, capacity}};
    _Alignas(struct cmsghdr) char control[CMSG_SPACE(sizeof(struct tpacket_auxdata))];
    struct msghdr message = {
        .msg_iov = vectors, .msg_iovlen = 2, .msg_control = control, .msg_controllen = sizeof(control)};
    ssize_t length;

    do
        length = recvmsg(fd, &message, MSG_TRUNC);
    while (length < 0 && errno == EINTR);
    if (length < 0)
        return errno == EAGAIN ? 0 : -errno;
    if (message.msg_flags & MSG_TRUNC)
        return -EMSGSIZE;
    *out = (struct ctraffic_received){
        .gso_type = header.gso_type, .gso_size = header.gso_size, .checksum_start = header.csum_start};
    read_tag(&message, out);
    return (int)(length - (ssize_t)sizeof(header));
}

int ctraffic_receiver_drops(int fd)
{
    struct tpacket_stats stats;
    socklen_t length = sizeof(stats);
    return getsockopt(fd, SOL_PACKET, PACKET_STATISTICS, &stats, &length) ? -errno : (int)stats.tp_drops;
}

int ctraffic_mtu(int fd, const char *interface)
{
    struct ifreq request = {0};
    strncpy(request.ifr_name, interface, IFNAMSIZ - 1);
    return ioctl(fd, SIOCGIFMTU, &request) ? -errno : request.ifr_mtu;
}

int ctraffic_link_drops(unsigned ifindex, struct ctraffic_drops *out)
{
    struct {
        struct nlmsghdr header;
        struct if_stats_msg stats;
    } request = {
        .header = {.nlmsg_len = sizeof(request), .nlmsg_type = RTM_GETSTATS, .nlmsg_flags = NLM_F_REQUEST},
        .stats = {.ifindex = ifindex, .filter_mask = IFLA_STATS_FILTER_BIT(IFLA_STATS_LINK_64)}};
    struct {
        struct nlmsghdr header;
        struct if_stats_msg stats;
        struct rtattr attribute;
        struct rtnl_link_stats64 link;
    } reply = {0};
    int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE);

    if (fd < 0)
        return -errno;
    if (send(fd, &request, sizeof(request), 0) < 0 || recv(fd, &reply, sizeof(reply), 0) < 0)
        return fail(fd);
    close(fd);
    if (reply.header.nlmsg_type != RTM_NEWSTATS)
        return -ENODEV;
    *out = (struct ctraffic_drops){
        reply.link.tx_dropped, reply.link.rx_dropped, reply.link.tx_errors, reply.link.rx_errors};
    return 0;
}

int ctraffic_enter_network(int fd)
{
    return setns(fd, CLONE_NEWNET) ? -errno : 0;
}

int ctraffic_stay_on(int cpu)
{
    cpu_set_t set;

    CPU_ZERO(&set);
    for (int other = 0; other < CPU_SETSIZE; other++)
        if (cpu < 0 || other == cpu)
            CPU_SET(other, &set);
    return sched_setaffinity(0, sizeof(set), &set) ? -errno : 0;
}
