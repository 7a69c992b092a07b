/* What Swift cannot reach in hiredis, and in the C library around a connection, as they stand. */
#pragma once
#include <stddef.h>
#include <sys/eventfd.h>
#include <sys/prctl.h>
#include <sys/time.h> /* hiredis 0.14 uses struct timeval without it */
#include <hiredis/hiredis.h>

/* prctl is variadic, which Swift does not import. At most 15 characters are kept. */
static inline void chiredis_name_thread(const char *name)
{
    prctl(PR_SET_NAME, name, 0, 0, 0);
}
