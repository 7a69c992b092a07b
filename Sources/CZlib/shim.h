// zlib, and the macro of its that Swift cannot call.
#pragma once
#include <zlib.h>

// 16 more than the window's size: with the header of gzip.
static inline int czlib_begin_gzip(z_stream *stream, int level) {
  return deflateInit2(stream, level, Z_DEFLATED, 16 + MAX_WBITS, MAX_MEM_LEVEL, Z_DEFAULT_STRATEGY);
}
