#define _GNU_SOURCE
#include "CBench.h"
#include <errno.h>
#include <sched.h>

int cbench_stay_on(int cpu)
{
	cpu_set_t set;

	CPU_ZERO(&set);
	CPU_SET(cpu, &set);
	return sched_setaffinity(0, sizeof(set), &set) ? -errno : 0;
}

int cbench_new_network(void)
{
	return unshare(CLONE_NEWNET) ? -errno : 0;
}
