#pragma once

/*
 * Which aldis this is, and what its errors mean.
 *
 * Versions are MAJOR.MINOR.PATCH. While MAJOR is 0 a new MINOR may change the ABI, and the shared library's name
 * changes with it; a new PATCH never does. From 1.0 on that holds for MAJOR.
 *
 * Threading: any thread, any time.
 */

#include "aldis/api.h"
#include "aldis/errors.h"

ALDIS_EXTERN_BEGIN

/* Of these headers. */
#define ALDIS_VERSION_MAJOR 0
#define ALDIS_VERSION_MINOR 1
#define ALDIS_VERSION_PATCH 0

/* Of the library that is running: "0.1.0". Never NULL; lives for ever. */
ALDIS_API const char *aldis_version(void);

/* What an error of <aldis/errors.h> means, in a few words for people: "out of memory". Any number may be asked for;
 * what is none of them is "unknown error", 0 is "success". Never NULL; lives for ever. */
ALDIS_API const char *aldis_error_text(int error);

ALDIS_EXTERN_END
