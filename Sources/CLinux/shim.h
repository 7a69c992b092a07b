/* Interfaces that the C library's module does not carry: rtnetlink, tc, mounts, ethtool; the heap's settings. */
#pragma once
#include <netinet/in.h> /* first: <linux/in6.h> leaves out then what it has */
#include <linux/ethtool.h>
#include <linux/if_arp.h>
#include <linux/if_link.h>
#include <linux/if_tunnel.h>
#include <linux/magic.h>
#include <linux/netlink.h>
#include <linux/pkt_cls.h>
#include <linux/pkt_sched.h>
#include <linux/rtnetlink.h>
#include <linux/sockios.h>
#include <malloc.h>
#include <string.h>
#include <sys/file.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/socket.h>
#include <sys/vfs.h>

/* Mb/s of the device, as any socket of its namespace can ask; 0: it does not say. */
static inline __u32 clinux_speed(int socket, const char *device)
{
	struct ethtool_cmd command = { .cmd = ETHTOOL_GSET };
	/* struct ifreq, which the C library and the kernel's headers both define. */
	struct { char name[16]; void *data; char unused[16]; } request = { .data = &command };
	__u32 speed;

	strncpy(request.name, device, sizeof(request.name) - 1);
	if (ioctl(socket, SIOCETHTOOL, &request))
		return 0;
	speed = ethtool_cmd_speed(&command);
	return speed == (__u32)SPEED_UNKNOWN ? 0 : speed;
}
