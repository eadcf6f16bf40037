#pragma once

/*
 * Grid: a table for people: columns as wide as what stands in them, numbers to the right.
 *
 * Widths count characters (code points) of UTF-8, which is right for the names people give.
 */

#include <stdio.h>

#include "base/buf.h"

enum { ALD_GRID_COLUMNS_MAX = 16 };

struct ald_grid_column {
    const char *title;
    bool right;
};

struct ald_grid {
    const struct ald_grid_column *columns; /* borrowed */
    size_t n_columns;
    size_t widths[ALD_GRID_COLUMNS_MAX];
    struct ald_buf cells; /* one after the other, each ended by a NUL */
    size_t n_cells;
};

/* For `n_columns` columns (borrows). */
void ald_grid_init(struct ald_grid *grid, const struct ald_grid_column *columns, size_t n_columns);
void ald_grid_fini(struct ald_grid *grid);
/* Add the next cell, row by row; an empty one is shown as `-`. Errors: ALDIS_E_NOMEM. */
ALD_NODISCARD int ald_grid_add(struct ald_grid *grid, const char *text);
ALD_NODISCARD int ald_grid_add_u64(struct ald_grid *grid, uint64_t number);
/* Titles and rows. */
void ald_grid_print(const struct ald_grid *grid, FILE *out);
