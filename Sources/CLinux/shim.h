/* Interfaces that the C library's module does not carry: rtnetlink, tc, mounts, ethtool, rights; the heap's settings. */
#pragma once
#include <netinet/in.h> /* first: <linux/in6.h> leaves out then what it has */
#include <errno.h>
#include <linux/capability.h>
#include <linux/ethtool.h>
#include <linux/if_arp.h>
#include <linux/if_link.h>
#include <linux/if_tunnel.h>
#include <linux/magic.h>
#include <linux/netlink.h>
#include <linux/pkt_cls.h>
#include <linux/pkt_sched.h>
#include <linux/rtnetlink.h>
#include <linux/sched.h>
#include <linux/seccomp.h>
#include <linux/securebits.h>
#include <linux/sockios.h>
#include <malloc.h>
#include <string.h>
#include <sys/file.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/vfs.h>
#include <syslog.h>
#include <unistd.h>

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

/*
 * Gives up, for this thread and those that it makes from now on, every capability that is not a bit of `keep`, for good;
 * programs that it runs get none, or without CAP_SETPCAP those of `keep` at most. 0, or -errno.
 */
static inline int clinux_keep_capabilities(__u64 keep)
{
	struct __user_cap_header_struct header = { .version = _LINUX_CAPABILITY_VERSION_3 };
	struct __user_cap_data_struct sets[_LINUX_CAPABILITY_U32S_3];
	int number;

	/*
	 * The first two want CAP_SETPCAP. Without it, programs that user 0 runs are given what is in the bounding set, of
	 * which the last one lets them have no more than is kept here.
	 */
	prctl(PR_SET_SECUREBITS, SECBIT_NOROOT | SECBIT_NOROOT_LOCKED, 0, 0, 0);
	for (number = 0; prctl(PR_CAPBSET_READ, number, 0, 0, 0) >= 0; number++)
		if (!(keep >> number & 1))
			prctl(PR_CAPBSET_DROP, number, 0, 0, 0);
	prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0);
	if (syscall(SYS_capget, &header, sets))
		return -errno;
	for (number = 0; number < _LINUX_CAPABILITY_U32S_3; number++) {
		sets[number].permitted &= (__u32)(keep >> 32 * number);
		sets[number].effective = sets[number].permitted;
		sets[number].inheritable = 0;
	}
	if (syscall(SYS_capset, &header, sets) || prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0))
		return -errno;
	return 0;
}

/*
 * Gives these groups to this thread and those that it makes from now on; the C library's own call means every thread, and
 * aborts where they have not the same rights. 0, or -errno.
 */
static inline int clinux_set_groups(size_t count, const gid_t *groups)
{
	return syscall(SYS_setgroups, count, groups) ? -errno : 0;
}

/* One line to the system's log. */
static inline void clinux_syslog(int priority, const char *text)
{
	syslog(priority, "%s", text);
}

/* Whether system calls of this thread pass a filter. */
static inline int clinux_is_filtered(void)
{
	return prctl(PR_GET_SECCOMP) == SECCOMP_MODE_FILTER;
}

/* Moves the calling thread, alone, into a network namespace of its own, which ends with it. 0, or -errno. */
static inline int clinux_leave_network(void)
{
	return syscall(SYS_unshare, CLONE_NEWNET) ? -errno : 0;
}

/* Makes a file system that is mounted nowhere and is gone when this returns: whether it could be. 0, or -errno. */
static inline int clinux_try_filesystem(const char *type)
{
	int context = fsopen(type, FSOPEN_CLOEXEC), error;

	if (context < 0)
		return -errno;
	error = fsconfig(context, FSCONFIG_CMD_CREATE, NULL, NULL, 0) ? -errno : 0;
	close(context);
	return error;
}
