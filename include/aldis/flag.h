#pragma once

/*
 * Flag: telling an administrator that something is wrong, without anybody having to run. A flag is a file in a folder of
 * this machine; it is up as long as the file is there. No hub and no connection is needed; a hub shows the flags of the
 * folder that its [communicator] flags_dir names.
 *
 *     static const char *const tags[] = {"optics", NULL};
 *     const struct aldis_flag flag = {ALDIS_FLAG, .unit = "lamp-7", .section = "lens", .name = "dirty",
 *                                     .message = "The lens is dirty: wipe it.", .priority = 60, .tags = tags};
 *     r = aldis_flag_raise(&flag, why, sizeof(why));
 *     ...
 *     r = aldis_flag_lower(NULL, "lamp-7", "lens", "dirty", why, sizeof(why));
 *
 * The files are those of the communicator's flags, which its programs read and write as well (docs/flags.md). A flag that
 * is raised again stays one flag: it is counted, and keeps the date of its first raise.
 *
 * Names:      `unit` (who raises it: a service), `section` (about which of its parts) and `name` (what it is) are letters,
 *             digits and `-`, begin with a letter, have no `--` and no `-` at their end; upper case is lowered. Together
 *             they have at most 239 bytes. So are tags.
 * Folder:     the path that is given; NULL: the environment variable ALDIS_FLAGS_DIR (which says nothing to a program
 *             with more rights than its user), else `path` of /etc/communicator/flags.conf, else
 *             /var/lib/communicator/flags.
 * Promise:    whatever ends a program while it raises a flag, the flag then reads as before or as after. When a call that
 *             raises or lowers returns 0, what it did is on the disk.
 * Threading:  every function from any thread, and from any number of programs at once: no raise is lost from a count.
 * Blocking:   they read and write files and wait for the disk, and up to two seconds for others that are changing the
 *             folder. A program whose loop must not wait calls them on another thread.
 * Errors:     of all: ALDIS_E_ACCESS, ALDIS_E_IO, ALDIS_E_LIMIT (descriptors), ALDIS_E_NOMEM, ALDIS_E_INVALID (an
 *             argument). `why` (may be NULL; `why_size` bytes with the terminator) is told what and where in words for
 *             people; it is "" when the error says it all.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "aldis/api.h"
#include "aldis/errors.h"

ALDIS_EXTERN_BEGIN

/* From 0, hardly worth a look, to 100. Others have it that one from 50 on is to be mailed to somebody. */
enum { ALDIS_FLAG_PRIORITY_DEFAULT = 5, ALDIS_FLAG_PRIORITY_URGENT = 50, ALDIS_FLAG_PRIORITY_MAX = 100 };

/* A flag to raise. The first four texts must be there, the rest need not. Borrowed for the call. */
struct aldis_flag {
    size_t size;             /* sizeof(struct aldis_flag): set by ALDIS_FLAG */
    const char *unit;        /* who raises it */
    const char *section;     /* about which of its parts */
    const char *name;        /* what it is */
    const char *message;     /* what is wrong, and what to do; 1 to 8,192 bytes, several lines if need be */
    const char *folder;      /* where; NULL: see above */
    const char *const *tags; /* ended by NULL; with commas between them at most 1,024 bytes; NULL: none */
    /* 1 to 100, cut to that; 0: ALDIS_FLAG_PRIORITY_DEFAULT; anything below: the lowest there is, 0. */
    int priority;
    bool manual;             /* aldis_flag_lower() leaves it up: somebody is to see it, and to lower it by hand */
    const char *source_file; /* where in the program it was raised: at most 1,024 bytes; NULL */
    const char *function;    /* the same */
    uint32_t line;           /* of source_file; 0: not told */
};

/* Begins every one: struct aldis_flag it = {ALDIS_FLAG, ...}; C++ before 20 sets `size` by hand. */
#define ALDIS_FLAG .size = sizeof(struct aldis_flag)

/*
 * Raise it, or count it once more. The folder is made where there is none. Errors: ALDIS_E_INVALID (`why` tells what
 * cannot be), ALDIS_E_TIMEOUT (somebody keeps the folder locked).
 */
ALDIS_API ALDIS_RESULT int aldis_flag_raise(const struct aldis_flag *flag, char *why, size_t why_size);

/*
 * Outcomes of aldis_flag_lower(). It was not up; or it is up still, because it is to be lowered by hand (`aldis flag
 * lower`), or because its file cannot be read, so that nobody can tell whether it is.
 */
enum { ALDIS_FLAG_DOWN = 1, ALDIS_FLAG_BY_HAND, ALDIS_FLAG_UNREADABLE };

/*
 * Lower it: a program calls this when all is well again, whether or not it was raised. `folder` NULL: see above.
 * Outcomes: as just said. Errors: as aldis_flag_raise().
 */
ALDIS_API int aldis_flag_lower(const char *folder, const char *unit, const char *section, const char *name, char *why,
                               size_t why_size);

/* A flag that is up, or a file that cannot be read as one. Later versions append members; only the library makes these.
 * Text is never NULL, "" where nothing is known; all of it is borrowed for the callback. */
struct aldis_flag_report {
    const char *problem; /* why the file cannot be read; then only `file` says something. NULL: it is a flag */
    const char *file;    /* its name in the folder; "": of the flag that tells of there being too many */
    const char *unit, *section, *name;
    const char *message;
    const char *const *tags; /* n_tags, ended by NULL */
    size_t n_tags;
    int priority;
    bool manual;
    uint64_t count;             /* how often it was raised */
    uint64_t raised_s, again_s; /* first, and last: seconds since 1970-01-01T00:00:00Z; 0: not known */
    const char *hostname;       /* of the machine it was raised on */
    const char *version;        /* of what wrote the file */
    const char *source_file, *function;
    uint64_t line; /* 0: not known */
};

typedef void aldis_flag_fn(const struct aldis_flag_report *report, void *data);

/*
 * Have `fn` called, with `data`, for each flag of a folder, the most urgent first, and then for each file that is none.
 * At most 100 files are read; where there are more, one more flag, communicator/flag/too-many-flags, says so. `folder`
 * NULL: see above. It returns when all have been told. A folder that is not there has no flags. Errors: as above.
 */
ALDIS_API ALDIS_RESULT int aldis_flag_list(const char *folder, aldis_flag_fn *fn, void *data, char *why,
                                           size_t why_size);

ALDIS_EXTERN_END
