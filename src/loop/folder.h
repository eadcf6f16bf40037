#pragma once

/*
 * Folder: the names of files in one, by how they end. In the order of their bytes, not as the locale has it, so that whoever
 * reads a folder reads it the same way everywhere.
 */

#include "base/str.h"

/* All zero: none. */
struct ald_folder {
    char **names;
    size_t n;
};

/* Which names are wanted. */
struct ald_folder_filter {
    const char *suffix; /* that they end in; borrowed */
    bool hidden;        /* those that begin with a dot, too */
};

/* Gives the names. Errors: ALDIS_E_NOMEM, ALDIS_E_IO; errno says what. */
ALD_NODISCARD int ald_folder_read(const char *path, const struct ald_folder_filter *filter,
                                  struct ald_folder *ret_folder);
void ald_folder_fini(struct ald_folder *folder);
