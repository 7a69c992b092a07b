/* What the C library's module does not carry. No logic. */
#pragma once

/* Of the calling thread. Both answer a negative errno on failure. */
int cbench_stay_on(int cpu);
int cbench_new_network(void);
