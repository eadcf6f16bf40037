#include "transport/backlog.h"

#include <stdlib.h>

#include "base/error.h"
#include "transport/outq.h"

struct ald_backlog_item {
    struct ald_backlog_item *next;
    uint64_t ordinal;
    enum ald_chunk_kind kind;
    size_t n_slices;
    struct ald_slice slices[];
};

static struct ald_backlog_item *item_free(struct ald_backlog_item *item)
{
    if (item == NULL) {
        return NULL;
    }
    for (size_t i = 0; i < item->n_slices; i++) {
        ald_slice_clear(&item->slices[i]);
    }
    free(item);
    return NULL;
}
ALD_DEFINE_CLEANUP(struct ald_backlog_item *, item_free);

static int item_add(struct ald_backlog_item *item, struct ald_slice slice, bool copy)
{
    struct ald_slice kept;
    int r;

    if (copy || slice.size <= ALD_STREAM_COPY_MAX) {
        r = ald_slice_copy(ald_slice_str(slice), &kept);
        if (r < 0) {
            return ald_trace(r);
        }
    } else {
        kept = ald_slice_ref(slice);
    }
    item->slices[item->n_slices++] = kept;
    return 0;
}

int ald_backlog_push(struct ald_backlog *backlog, enum ald_chunk_kind kind, struct ald_str head,
                     const struct ald_slice *slices, size_t n_slices, uint64_t ordinal)
{
    ALD_AUTO(item_free) struct ald_backlog_item *item = NULL;
    size_t n_bytes = head.size;
    int r;

    item = calloc(1, sizeof(*item) + (n_slices + 1) * sizeof(item->slices[0]));
    if (item == NULL) {
        return ald_trace(ALDIS_E_NOMEM);
    }
    item->kind = kind;
    item->ordinal = ordinal;
    r = item_add(item, ald_slice_static(head), true);
    for (size_t i = 0; r == 0 && i < n_slices; i++) {
        n_bytes += slices[i].size;
        r = item_add(item, slices[i], false);
    }
    if (r < 0) {
        return r;
    }

    if (backlog->first == NULL) {
        backlog->last = &backlog->first;
    }
    *backlog->last = item;
    backlog->last = &item->next;
    backlog->n_bytes += n_bytes;
    ald_ignore(ald_steal(&item)); /* the backlog has it */
    return 0;
}

static struct ald_backlog_item *backlog_pop(struct ald_backlog *backlog)
{
    struct ald_backlog_item *item = backlog->first;

    if (item != NULL) {
        backlog->first = item->next;
    }
    return item;
}

void ald_backlog_play(struct ald_backlog *backlog, struct ald_stream *stream)
{
    struct ald_backlog_item *item;

    backlog->n_bytes = 0;
    while ((item = backlog_pop(backlog)) != NULL) {
        ald_stream_push(stream, item->kind, item->slices, item->n_slices, item->ordinal);
        item_free(item);
    }
}

void ald_backlog_drop(struct ald_backlog *backlog)
{
    struct ald_backlog_item *item;

    backlog->n_bytes = 0;
    while ((item = backlog_pop(backlog)) != NULL) {
        item_free(item);
    }
}
