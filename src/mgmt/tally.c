#include "mgmt/tally.h"

#include <stdlib.h>

const ald_usec ald_tally_bounds[TALLY_BUCKETS] = {
    100,           200,           500,           1 * ALD_MSEC,   2 * ALD_MSEC,   5 * ALD_MSEC,
    10 * ALD_MSEC, 20 * ALD_MSEC, 50 * ALD_MSEC, 100 * ALD_MSEC, 200 * ALD_MSEC, 500 * ALD_MSEC,
    1 * ALD_SEC,   2 * ALD_SEC,   5 * ALD_SEC,   10 * ALD_SEC,   30 * ALD_SEC,   60 * ALD_SEC,
};

void ald_tally_init(struct ald_tally *tally, const uint64_t seed[2])
{
    *tally = (struct ald_tally){.other = {.name = ALD_STR(TALLY_OTHER)}};
    ald_node_init(&tally->rows);
    ald_table_init(&tally->by_name, seed);
}

void ald_tally_fini(struct ald_tally *tally)
{
    struct ald_node *node;

    while ((node = ald_list_pop_front(&tally->rows)) != NULL) {
        free(ald_list_entry(node, struct ald_tally_row, node));
    }
    ald_table_fini(&tally->by_name);
}

/* A row with its name behind it; NULL when memory is short. */
static struct ald_tally_row *row_new(struct ald_tally *tally, struct ald_str name)
{
    struct ald_tally_row *row = calloc(1, sizeof(*row) + name.size);
    char *text;

    if (row == NULL) {
        return NULL;
    }
    text = (char *)(row + 1);
    if (name.size > 0) {
        memcpy(text, name.data, name.size);
    }
    row->name = ald_str_of(text, name.size);
    if (ald_table_add(&tally->by_name, row->name, row) != 0) {
        free(row);
        return NULL;
    }
    ald_list_push_back(&tally->rows, &row->node);
    tally->n_rows++;
    return row;
}

static struct ald_tally_row *row_of(struct ald_tally *tally, struct ald_str name, enum ald_outcome outcome)
{
    struct ald_tally_row *row = tally->latest;

    if (row != NULL && ald_str_equal(row->name, name)) {
        return row;
    }
    row = ald_table_find(&tally->by_name, name);
    /* A name that is no text cannot be a label; a long one, or one too many, is not worth it. */
    if (row == NULL && outcome != ALD_REFUSED && tally->n_rows < TALLY_NAMES_MAX && name.size <= ALD_NAME_MAX &&
        !ald_str_equal(name, ALD_STR(TALLY_OTHER)) && ald_utf8_valid(name)) {
        row = row_new(tally, name);
    }
    tally->latest = row;
    return row != NULL ? row : &tally->other;
}

void ald_tally_ended(struct ald_tally *tally, struct ald_str name, enum ald_outcome outcome, ald_usec took)
{
    struct ald_tally_times *times;
    size_t i = 0;

    ald_assert((int)outcome < TALLY_OUTCOMES);

    row_of(tally, name, outcome)->ended[outcome]++;
    times = &tally->times[outcome];
    while (i < TALLY_BUCKETS && took > ald_tally_bounds[i]) {
        i++;
    }
    times->counts[i]++;
    times->n++;
    times->sum_usec += took;
}
