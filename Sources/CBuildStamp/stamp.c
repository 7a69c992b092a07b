#include "CBuildStamp.h"
#if __has_include("stamp.h")
#include "stamp.h"
#else
#define TELEGEN_VERSION "dev"
#define TELEGEN_COMMIT "unknown"
#define TELEGEN_BUILD_DATE "unknown"
#endif

const char *const telegen_version = TELEGEN_VERSION;
const char *const telegen_commit = TELEGEN_COMMIT;
const char *const telegen_build_date = TELEGEN_BUILD_DATE;
