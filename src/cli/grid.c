#include "cli/grid.h"

#include <inttypes.h>

#include "base/error.h"

static size_t grid_width(const char *text)
{
    size_t width = 0;

    for (; *text != '\0'; text++) {
        width += ((unsigned char)*text & 0xc0) != 0x80; /* not a byte that continues a character */
    }
    return width;
}

void ald_grid_init(struct ald_grid *grid, const struct ald_grid_column *columns, size_t n_columns)
{
    ald_assert(n_columns > 0 && n_columns <= ALD_GRID_COLUMNS_MAX);

    *grid = (struct ald_grid){.columns = columns, .n_columns = n_columns};
    ald_buf_init(&grid->cells, 64 * ALD_MIB); /* what a list of a hub's largest page takes, many times */
    for (size_t i = 0; i < n_columns; i++) {
        grid->widths[i] = grid_width(columns[i].title);
    }
}

void ald_grid_fini(struct ald_grid *grid)
{
    ald_buf_fini(&grid->cells);
}

int ald_grid_add(struct ald_grid *grid, const char *text)
{
    const char *shown = text[0] != '\0' ? text : "-";
    size_t column = grid->n_cells % grid->n_columns;
    int r;

    r = ald_buf_push(&grid->cells, ald_str_of(shown, strlen(shown) + 1));
    if (r != 0) {
        return ald_trace(ALDIS_E_NOMEM);
    }
    grid->widths[column] = ALD_MAX(grid->widths[column], grid_width(shown));
    grid->n_cells++;
    return 0;
}

int ald_grid_add_u64(struct ald_grid *grid, uint64_t number)
{
    char text[24];

    snprintf(text, sizeof(text), "%" PRIu64, number);
    return ald_grid_add(grid, text);
}

static void grid_pad(FILE *out, size_t n)
{
    while (n-- > 0) {
        putc(' ', out);
    }
}

/* Nothing follows the last column, not even blanks. */
static void grid_print_cell(const struct ald_grid *grid, size_t column, const char *text, FILE *out)
{
    size_t blanks = grid->widths[column] - grid_width(text);
    bool last = column + 1 == grid->n_columns;

    if (grid->columns[column].right) {
        grid_pad(out, blanks);
    }
    fputs(text, out);
    if (!grid->columns[column].right && !last) {
        grid_pad(out, blanks);
    }
    fputs(last ? "\n" : "  ", out);
}

void ald_grid_print(const struct ald_grid *grid, FILE *out)
{
    const char *cell = ald_buf_str(&grid->cells).data;

    for (size_t i = 0; i < grid->n_columns; i++) {
        grid_print_cell(grid, i, grid->columns[i].title, out);
    }
    for (size_t i = 0; i < grid->n_cells; i++) {
        grid_print_cell(grid, i % grid->n_columns, cell, out);
        cell += strlen(cell) + 1;
    }
}
