#pragma once

/*
 * List: the flags of a folder, as they were while it was read.
 *
 * Lifetime:   ald_flag_list_read() to ald_flag_list_free(); nothing changes in between.
 * Bounds:     it reads at most ALD_FLAG_LIST_MAX files, those whose names come first, whatever lies in the folder. Where
 *             there are more it has one more flag, communicator/flag/too-many-flags, which is in no file (communicator.md
 *             section 8).
 * A file that is no flag is in `broken`, and keeps no other from being shown.
 */

#include "flag/flag_store.h"

enum {
    ALD_FLAG_LIST_MAX = 100,
    /* Names looked at: somebody who fills the folder does not hold up the hub that shows it. */
    ALD_FLAG_LIST_NAMES_MAX = 10000
};

/* A file that cannot be read as a flag, and why. */
struct ald_flag_broken {
    char file[ALD_FLAG_FILE_ROOM]; /* its name, as it is: any bytes */
    struct ald_flag_why why;
};

struct ald_flag_list {
    char *folder;
    bool there;              /* there is such a folder */
    struct ald_flag **flags; /* in the order of ald_flag_compare() */
    size_t n_flags;
    const struct ald_flag *too_many; /* of these, the one that is in no file; NULL: it is not needed */
    size_t n_urgent;                 /* of these, with ALD_FLAG_PRIORITY_URGENT or more */
    struct ald_flag_broken *broken;
    size_t n_broken;
    size_t n_files; /* files of flags in the folder, also those that were not read */
    bool more;      /* and perhaps others, which were not counted */
};

/* Read a folder (borrows). `now` is for the flag that is in no file. Errors: as flag_store.h. */
ALD_NODISCARD int ald_flag_list_read(const char *folder, ald_wall now, struct ald_flag_list **ret_list,
                                     struct ald_flag_why *ret_why);
struct ald_flag_list *ald_flag_list_free(struct ald_flag_list *list); /* NULL is fine; returns NULL */
ALD_DEFINE_CLEANUP(struct ald_flag_list *, ald_flag_list_free);
