#include "loop/loop_impl.h"

#include <stdlib.h>

#include "base/error.h"

struct ald_wake {
    uv_async_t uv;
    struct ald_loop *loop;
    void (*fn)(void *owner);
    void *owner;
};

static void wake_sent(uv_async_t *handle)
{
    struct ald_wake *wake = handle->data;

    wake->fn(wake->owner);
}

int ald_wake_new(struct ald_loop *loop, void (*fn)(void *owner), void *owner, struct ald_wake **ret_wake)
{
    struct ald_wake *wake = malloc(sizeof(*wake));
    int r;

    if (wake == NULL) {
        return ald_trace(ALDIS_E_NOMEM);
    }
    r = uv_async_init(&loop->uv, &wake->uv, wake_sent);
    if (r < 0) {
        free(wake);
        return ald_trace(ald_loop_error(r));
    }
    wake->uv.data = wake;
    wake->loop = loop;
    wake->fn = fn;
    wake->owner = owner;
    loop->n_objects++;
    *ret_wake = wake;
    return 0;
}

void ald_wake_send(struct ald_wake *wake)
{
    ald_ignore(uv_async_send(&wake->uv)); /* fails only for another kind of handle */
}

static void wake_closed(uv_handle_t *handle)
{
    free(handle->data);
}

struct ald_wake *ald_wake_close(struct ald_wake *wake)
{
    if (wake == NULL) {
        return NULL;
    }
    ald_assert(wake->loop->n_objects > 0);
    wake->loop->n_objects--;
    uv_close((uv_handle_t *)&wake->uv, wake_closed);
    return NULL;
}
