#pragma once

/*
 * Folder: where the flags of this machine lie, so that whoever raises one and whoever looks for them mean the same place.
 *
 * The first of these that says something: the path that the caller gives; the environment variable ALDIS_FLAGS_DIR,
 * which says nothing to a program with more rights than its user; `path` of /etc/communicator/flags.conf; else
 * /var/lib/communicator/flags. The last two are the original's (communicator.md section 8), whose programs thus see the
 * flags of ours.
 */

#include <limits.h>

#include "flag/flag.h"

#define ALD_FLAG_FOLDER_VARIABLE "ALDIS_FLAGS_DIR"
#define ALD_FLAG_FOLDER_CONF "/etc/communicator/flags.conf"
#define ALD_FLAG_FOLDER_DEFAULT "/var/lib/communicator/flags"

struct ald_flag_folder {
    char path[PATH_MAX];
};

/* Tell the folder; `given` NULL or "": none is given. Outcome: ALD_FLAG_BAD: the path is too long. */
ALD_NODISCARD int ald_flag_folder_find(const char *given, struct ald_flag_folder *ret_folder,
                                       struct ald_flag_why *ret_why);
/* The same with another file than ALD_FLAG_FOLDER_CONF, for tests. */
ALD_NODISCARD int ald_flag_folder_find_by(const char *given, const char *conf, struct ald_flag_folder *ret_folder,
                                          struct ald_flag_why *ret_why);
