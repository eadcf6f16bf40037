#pragma once

/* File: whole small files, read and replaced. What goes wrong is in errno. */

#include "base/buf.h"

enum { ALD_FILE_MISSING = 1, ALD_FILE_LARGE };

/* Append what the file holds to `out`, which has room for as much as is sensible. Outcomes: ALD_FILE_MISSING,
 * ALD_FILE_LARGE. Errors: ALDIS_E_NOMEM, ALDIS_E_IO. */
ALD_NODISCARD int ald_file_read(const char *path, struct ald_buf *out);

/*
 * Have the file hold `text`: a reader finds all of the old or all of the new. `durable`: also after the machine lost its
 * power, which takes the disk a moment. Errors: ALDIS_E_NOMEM, ALDIS_E_IO.
 */
ALD_NODISCARD int ald_file_replace(const char *path, struct ald_str text, bool durable);
/* Have it gone, for good. One that is not there is gone. Errors: ALDIS_E_NOMEM, ALDIS_E_IO. */
ALD_NODISCARD int ald_file_remove(const char *path);
