/* The hub has one watcher, the edge, which tells everybody whose mask says so. */

#include <stdlib.h>

#include "base/error.h"
#include "conn/edge_impl.h"

static void edge_noted(void *owner, const struct ald_note *note)
{
    const struct ald_edge *edge = owner;

    ald_list_each (node, &edge->watchers) {
        const struct ald_edge_watcher *watcher = ald_list_entry(node, struct ald_edge_watcher, node);

        if ((watcher->mask & ALD_NOTE_BIT(note->kind)) != 0) {
            watcher->fn(watcher->owner, note);
        }
    }
}

static struct ald_edge_watcher *watcher_find(const struct ald_edge *edge, ald_note_fn fn, const void *owner)
{
    ald_list_each (node, &edge->watchers) {
        struct ald_edge_watcher *watcher = ald_list_entry(node, struct ald_edge_watcher, node);

        if (watcher->fn == fn && watcher->owner == owner) {
            return watcher;
        }
    }
    return NULL;
}

/* What nobody wants to know the hub need not tell. */
static void edge_watch(struct ald_edge *edge)
{
    uint32_t mask = 0;

    ald_list_each (node, &edge->watchers) {
        mask |= ald_list_entry(node, struct ald_edge_watcher, node)->mask;
    }
    ald_hub_watch(edge->hub, mask, edge_noted, edge);
}

int ald_edge_watch_hub(struct ald_edge *edge, uint32_t mask, ald_note_fn fn, void *owner)
{
    struct ald_edge_watcher *watcher = watcher_find(edge, fn, owner);

    ald_assert(!edge->stepping);

    if (watcher == NULL && mask != 0) {
        watcher = malloc(sizeof(*watcher));
        if (watcher == NULL) {
            return ald_trace(ALDIS_E_NOMEM);
        }
        *watcher = (struct ald_edge_watcher){.fn = fn, .owner = owner};
        ald_list_push_back(&edge->watchers, &watcher->node);
    }
    if (watcher != NULL) {
        watcher->mask = mask;
    }
    if (watcher != NULL && mask == 0) {
        ald_node_remove(&watcher->node);
        free(watcher);
    }
    edge_watch(edge);
    return 0;
}
