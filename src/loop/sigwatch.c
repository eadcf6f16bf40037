#include "loop/loop_impl.h"

#include <stdlib.h>

#include "base/error.h"

struct ald_sigwatch {
    uv_signal_t uv;
    struct ald_loop *loop;
    void (*fn)(void *owner, int number);
    void *owner;
};

static void sigwatch_came(uv_signal_t *handle, int number)
{
    struct ald_sigwatch *sigwatch = handle->data;

    sigwatch->fn(sigwatch->owner, number);
}

static void sigwatch_closed(uv_handle_t *handle)
{
    free(handle->data);
}

int ald_sigwatch_new(struct ald_loop *loop, int number, void (*fn)(void *owner, int number), void *owner,
                     struct ald_sigwatch **ret_sigwatch)
{
    struct ald_sigwatch *sigwatch = malloc(sizeof(*sigwatch));
    int r;

    if (sigwatch == NULL) {
        return ald_trace(ALDIS_E_NOMEM);
    }
    r = uv_signal_init(&loop->uv, &sigwatch->uv);
    if (r < 0) {
        free(sigwatch);
        return ald_trace(ald_loop_error(r));
    }
    sigwatch->uv.data = sigwatch;
    sigwatch->loop = loop;
    sigwatch->fn = fn;
    sigwatch->owner = owner;
    r = uv_signal_start(&sigwatch->uv, sigwatch_came, number);
    if (r < 0) {
        uv_close((uv_handle_t *)&sigwatch->uv, sigwatch_closed);
        return ald_trace(ald_loop_error(r));
    }
    uv_unref((uv_handle_t *)&sigwatch->uv);
    loop->n_objects++;
    *ret_sigwatch = sigwatch;
    return 0;
}

struct ald_sigwatch *ald_sigwatch_close(struct ald_sigwatch *sigwatch)
{
    if (sigwatch == NULL) {
        return NULL;
    }
    ald_assert(sigwatch->loop->n_objects > 0);
    sigwatch->loop->n_objects--;
    uv_close((uv_handle_t *)&sigwatch->uv, sigwatch_closed);
    return NULL;
}
