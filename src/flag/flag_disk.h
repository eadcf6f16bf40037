#pragma once

/*
 * Disk: what flag_store.c and flag_list.c do with folders and files, by descriptor. Outcomes are those of flag_store.h.
 * Whatever fails is told in `ret_why`.
 */

#include "flag/flag_store.h"

/* Open a folder to read it. Outcome: ALD_FLAG_NONE: there is none. Errors: as flag_store.h. */
ALD_NODISCARD int ald_flag_disk_open(const char *folder, int *ret_fd, struct ald_flag_why *ret_why);
/* Open it, or make it, and those around it. */
ALD_NODISCARD int ald_flag_disk_make(const char *folder, int *ret_fd, struct ald_flag_why *ret_why);
/* Lock it, for as long as the descriptor is open. Errors: ALDIS_E_TIMEOUT, ALDIS_E_IO (a kind of disk without locks). */
ALD_NODISCARD int ald_flag_disk_lock(int folder_fd, ald_usec patience, struct ald_flag_why *ret_why);

/*
 * Append what a file holds to `text`, at most ALD_FLAG_FILE_MAX bytes. Outcomes: ALD_FLAG_NONE, ALD_FLAG_UNREADABLE (no
 * plain file, or too large).
 */
ALD_NODISCARD int ald_flag_disk_read(int folder_fd, const char *file, struct ald_buf *text,
                                     struct ald_flag_why *ret_why);
/* The same, as a flag: its file must say what it is called. */
ALD_NODISCARD int ald_flag_disk_load(int folder_fd, const char *file, struct ald_flag **ret_flag,
                                     struct ald_flag_why *ret_why);

/* Have a file hold `text`: as before or as after, at any moment. The lock must be held. */
ALD_NODISCARD int ald_flag_disk_write(int folder_fd, const char *file, struct ald_str text,
                                      struct ald_flag_why *ret_why);
/* Outcome: ALD_FLAG_NONE. */
ALD_NODISCARD int ald_flag_disk_remove(int folder_fd, const char *file, struct ald_flag_why *ret_why);
/* What was written and removed stays so if the machine stops now. */
ALD_NODISCARD int ald_flag_disk_settle(int folder_fd, struct ald_flag_why *ret_why);
