#include "api/handlers.h"

#include <stdlib.h>

#include "base/error.h"
#include "loop/random.h"

struct entry {
    struct ald_handler handler;
    char name[];
};

void ald_handlers_init(struct ald_handlers *handlers)
{
    const uint64_t seed[2] = {ald_random_seed(), ald_random_seed()};

    ald_table_init(&handlers->table, seed);
    handlers->rest = (struct ald_handler){NULL, NULL};
}

void ald_handlers_fini(struct ald_handlers *handlers)
{
    for (size_t i = 0; i < handlers->table.n_slots; i++) {
        if (handlers->table.slots[i].hash != 0) {
            free(handlers->table.slots[i].value);
        }
    }
    ald_table_fini(&handlers->table);
}

int ald_handlers_set(struct ald_handlers *handlers, const char *name, struct ald_handler handler)
{
    struct entry *entry;
    size_t size;
    int r;

    if (name == NULL) {
        handlers->rest = handler;
        return 0;
    }
    entry = ald_table_find(&handlers->table, ald_str(name));
    if (entry != NULL) {
        entry->handler = handler;
        return 0;
    }
    size = strlen(name) + 1;
    entry = malloc(sizeof(*entry) + size);
    if (entry == NULL) {
        return ald_trace(ALDIS_E_NOMEM);
    }
    entry->handler = handler;
    memcpy(entry->name, name, size);
    r = ald_table_add(&handlers->table, ald_str(entry->name), entry);
    if (r < 0) {
        free(entry);
        return ald_trace(r);
    }
    return 0;
}

int ald_handlers_names(const struct ald_handlers *handlers, struct ald_buf *out)
{
    bool is_first = true;
    int r = 0;

    for (size_t i = 0; i < handlers->table.n_slots && r == 0; i++) {
        const struct entry *entry = handlers->table.slots[i].hash != 0 ? handlers->table.slots[i].value : NULL;

        if (entry != NULL && entry->handler.fn != NULL && strchr(entry->name, ',') == NULL) {
            r = is_first ? 0 : ald_buf_push_byte(out, ',');
            r = r == 0 ? ald_buf_push(out, ald_str(entry->name)) : r;
            is_first = false;
        }
    }
    return r < 0 ? ald_trace(r) : r;
}

struct ald_handler ald_handlers_find(const struct ald_handlers *handlers, struct ald_str name)
{
    const struct entry *entry = ald_table_find(&handlers->table, name);

    return entry != NULL && entry->handler.fn != NULL ? entry->handler : handlers->rest;
}
