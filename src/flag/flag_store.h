#pragma once

/*
 * Store: the flags of one folder. A flag is the file UNIT_SECTION_NAME.flag, and what it was before its last save is
 * kept beside it, with `.bak` behind the name (communicator.md section 8).
 *
 * Promise:    whenever a save is ended, by a signal, by anything, the flag reads as it was before or as it is after, and
 *             never as anything else; what it leaves behind is hidden from every reader and used up by the next save.
 *             Once a save returned 0 the flag is on the disk.
 * Threading:  any number of threads and programs at once: whoever changes the folder holds a lock on it (flock(2)), so
 *             no raise is lost from a count. Reading takes no lock. The originals know nothing of the lock, so a raise
 *             of theirs at the same moment may be lost from a count; the flag is not.
 * Owners:     where root saves, file and folder belong to whom the folder around them belongs, so that the original's
 *             programs, which are somebody else, can go on with them.
 * Blocking:   these calls read and write files, and wait for the disk.
 */

#include "flag/flag.h"

struct ald_flag_store {
    const char *folder; /* borrowed */
    ald_usec patience;  /* how long to wait for others that are changing the folder; 0: not at all */
};

/* Anybody who may look at a folder may lock it, and so hold up whoever raises flags there: no longer than this. */
#define ALD_FLAG_PATIENCE (2 * ALD_SEC)

/*
 * What goes wrong with folder and files is told in `ret_why` too, with the path. Errors of all: ALDIS_E_ACCESS,
 * ALDIS_E_LIMIT, ALDIS_E_NOMEM, ALDIS_E_TIMEOUT (somebody else holds the lock), ALDIS_E_IO.
 */

/*
 * Raise `flag` (borrows): its id, message, priority, manual_down, tags, source_file, function and line, as they are now.
 * The count and the first date of one that is up are kept; hostname and version are told by the machine, `now` by the
 * caller. The folder is made where there is none. Outcome: ALD_FLAG_BAD: it cannot be raised.
 */
ALD_NODISCARD int ald_flag_store_save(const struct ald_flag_store *store, const struct ald_flag *flag, ald_wall now,
                                      struct ald_flag_why *ret_why);

/* It is not up; it is there and cannot be read; only an administrator lowers it. */
enum { ALD_FLAG_NONE = ALD_FLAG_BAD + 1, ALD_FLAG_UNREADABLE, ALD_FLAG_MANUAL };

/*
 * Lower it. One that is to be lowered by hand stays up, unless `by_hand`; the original does not protect it. One that
 * cannot be read is removed by hand only, too: nobody knows what it says. Outcomes: ALD_FLAG_BAD (no name of a flag),
 * ALD_FLAG_NONE, ALD_FLAG_MANUAL, ALD_FLAG_UNREADABLE.
 */
ALD_NODISCARD int ald_flag_store_remove(const struct ald_flag_store *store, const struct ald_flag_id *id, bool by_hand,
                                        struct ald_flag_why *ret_why);

/* Gives one flag. Outcomes: ALD_FLAG_BAD, ALD_FLAG_NONE, ALD_FLAG_UNREADABLE. */
ALD_NODISCARD int ald_flag_store_load(const struct ald_flag_store *store, const struct ald_flag_id *id,
                                      struct ald_flag **ret_flag, struct ald_flag_why *ret_why);
