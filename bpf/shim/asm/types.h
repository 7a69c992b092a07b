/* Debian keeps this header in a folder named after an architecture; for the bpf target the generic one is right. */
#include <asm-generic/int-ll64.h>
