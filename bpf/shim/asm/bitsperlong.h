/* The bpf target's long has 64 bits. */
#define __BITS_PER_LONG 64
#include <asm-generic/bitsperlong.h>
