/*
 * Literal addresses are the common case for a daemon and need no thread, so they are answered by a task; a name goes to
 * libuv's pool. A request that was given up while its thread works is only forgotten: the thread cannot be stopped, so
 * its callback finds `fn` cleared and frees.
 */

#include "loop/resolve.h"

#include <netdb.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "loop/loop_impl.h"

enum { RESOLVE_NAME_MAX = 255 }; /* RFC 1035 2.3.4 */

struct ald_resolve {
    uv_getaddrinfo_t uv;
    struct ald_loop *loop;
    struct ald_task task; /* for a literal address */
    ald_resolve_fn fn;    /* NULL: given up */
    void *owner;
    struct ald_resolved resolved;
};

static void resolve_end(struct ald_resolve *resolve)
{
    ald_resolve_fn fn = resolve->fn;

    if (fn != NULL) {
        resolve->loop->n_objects--;
        resolve->fn = NULL;
        fn(resolve->owner, &resolve->resolved);
    }
    free(resolve);
}

static void literal_answer(void *owner)
{
    resolve_end(owner);
}

static void name_answer(uv_getaddrinfo_t *handle, int status, struct addrinfo *list)
{
    struct ald_resolve *resolve = handle->data;
    struct ald_resolved *resolved = &resolve->resolved;

    if (status < 0) {
        resolved->text = uv_strerror(status);
    }
    for (struct addrinfo *it = list; it != NULL && resolved->n_addresses < ALD_RESOLVE_MAX; it = it->ai_next) {
        if (it->ai_family == AF_INET || it->ai_family == AF_INET6) {
            memcpy(&resolved->addresses[resolved->n_addresses++], it->ai_addr, it->ai_addrlen);
        }
    }
    if (status == 0 && resolved->n_addresses == 0) {
        resolved->text = "no address";
    }
    uv_freeaddrinfo(list);
    resolve_end(resolve);
}

static bool literal_parse(const char *host, uint16_t port, struct sockaddr_storage *ret_address)
{
    return uv_ip4_addr(host, port, (struct sockaddr_in *)ret_address) == 0 ||
           uv_ip6_addr(host, port, (struct sockaddr_in6 *)ret_address) == 0;
}

static int name_start(struct ald_resolve *resolve, const char *host, uint16_t port)
{
    const struct addrinfo hints = {.ai_family = AF_UNSPEC, .ai_socktype = SOCK_STREAM, .ai_flags = AI_NUMERICSERV};
    char service[6];
    int r;

    snprintf(service, sizeof(service), "%u", (unsigned)port);
    r = uv_getaddrinfo(&resolve->loop->uv, &resolve->uv, name_answer, host, service, &hints);
    if (r == UV_ENOMEM) {
        return ald_trace(ALDIS_E_NOMEM);
    }
    return r < 0 ? ald_trace(ALDIS_E_RESOLVE) : 0;
}

int ald_resolve_new(struct ald_loop *loop, const char *host, uint16_t port, ald_resolve_fn fn, void *owner,
                    struct ald_resolve **ret_resolve)
{
    struct ald_resolve *resolve;
    int r;

    if (host[0] == '\0' || strnlen(host, RESOLVE_NAME_MAX + 1) > RESOLVE_NAME_MAX) {
        return ald_trace(ALDIS_E_RESOLVE);
    }
    resolve = calloc(1, sizeof(*resolve));
    if (resolve == NULL) {
        return ald_trace(ALDIS_E_NOMEM);
    }
    resolve->uv.data = resolve;
    resolve->loop = loop;
    resolve->fn = fn;
    resolve->owner = owner;
    ald_task_init(&resolve->task, literal_answer, resolve);

    if (literal_parse(host, port, &resolve->resolved.addresses[0])) {
        resolve->resolved.n_addresses = 1;
        ald_task_push(loop, &resolve->task);
    } else {
        r = name_start(resolve, host, port);
        if (r < 0) {
            free(resolve);
            return r;
        }
    }
    loop->n_objects++;
    *ret_resolve = resolve;
    return 0;
}

struct ald_resolve *ald_resolve_cancel(struct ald_resolve *resolve)
{
    if (resolve == NULL) {
        return NULL;
    }
    ald_assert(resolve->loop->n_objects > 0);
    resolve->loop->n_objects--;
    resolve->fn = NULL;
    if (ald_task_waiting(&resolve->task)) {
        ald_task_cancel(&resolve->task);
        free(resolve);
    } else {
        ald_ignore(uv_cancel((uv_req_t *)&resolve->uv)); /* it may be at work already; then it is only forgotten */
    }
    return NULL;
}
