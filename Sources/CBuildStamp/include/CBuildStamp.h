/* What the program was built from. The Makefile writes stamp.h; a plain `swift build` has none and says so. */
#pragma once

extern const char *const telegen_version;
extern const char *const telegen_commit;
extern const char *const telegen_build_date;
