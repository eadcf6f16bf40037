#include "hub/seen.h"

#include <stdlib.h>

#include "base/error.h"
#include "hub/state.h"

/* "origin sets now + 10" (communicator 1.5), and nobody takes it later; twice that, since clocks differ. */
#define SEEN_AGE (20 * ALD_SEC)

/* Three thousand a second; at some 130 bytes each 8 MiB. */
enum { SEEN_MAX = 65536 };

struct seen {
    struct ald_node node;
    ald_usec at;
    struct ald_str id;
    char text[];
};

static struct seen *seen_oldest(const struct ald_hub *hub)
{
    struct ald_node *node = ald_list_first(&hub->graph.seen);

    return node != NULL ? ald_list_entry(node, struct seen, node) : NULL;
}

static void seen_forget(struct ald_hub *hub, struct seen *seen)
{
    ald_table_remove(&hub->graph.seen_by_id, seen->id);
    ald_node_remove(&seen->node);
    hub->graph.n_seen--;
    free(seen);
}

/* At most so many: what is left follows with the next. */
static void seen_trim(struct ald_hub *hub, unsigned n_max)
{
    struct seen *oldest = seen_oldest(hub);

    while (oldest != NULL && n_max > 0 && (hub->graph.n_seen >= SEEN_MAX || hub->now - oldest->at >= SEEN_AGE)) {
        seen_forget(hub, oldest);
        oldest = seen_oldest(hub);
        n_max--;
    }
}

int ald_seen_take(struct ald_hub *hub, struct ald_str id)
{
    struct seen *seen;
    int r;

    seen_trim(hub, 4);
    if (ald_table_find(&hub->graph.seen_by_id, id) != NULL) {
        return ALD_SEEN_AGAIN;
    }
    seen = malloc(sizeof(*seen) + id.size);
    if (seen == NULL) {
        return ald_trace(ALDIS_E_NOMEM);
    }
    *seen = (struct seen){.at = hub->now};
    memcpy(seen->text, id.data, id.size);
    seen->id = ald_str_of(seen->text, id.size);
    r = ald_table_add(&hub->graph.seen_by_id, seen->id, seen);
    if (r < 0) {
        free(seen);
        return ald_trace(r);
    }
    ald_list_push_back(&hub->graph.seen, &seen->node);
    hub->graph.n_seen++;
    ald_graph_sweep_later(hub);
    return 0;
}

void ald_seen_trim(struct ald_hub *hub)
{
    seen_trim(hub, 256);
}

void ald_seen_fini(struct ald_hub *hub)
{
    struct seen *oldest;

    while ((oldest = seen_oldest(hub)) != NULL) {
        seen_forget(hub, oldest);
    }
    ald_table_fini(&hub->graph.seen_by_id);
}

void ald_seen_check(const struct ald_hub *hub)
{
    ald_assert(hub->graph.n_seen <= SEEN_MAX);
    ald_assert(hub->graph.seen_by_id.n_entries == hub->graph.n_seen);
}
