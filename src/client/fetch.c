#include "client/fetch.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/buf.h"
#include "base/error.h"
#include "client/url.h"
#include "loop/loop.h"
#include "transport/stream.h"
#include "transport/tls.h"
#include "wire/http/http_parser.h"
#include "wire/http/http_writer.h"

struct ald_fetch {
    struct ald_loop *loop;
    struct ald_stream *stream;
    struct ald_tls *tls;
    struct ald_http_parser parser;
    struct ald_buf request;
    struct ald_alarm alarm;
    ald_fetch_fn fn; /* NULL: told */
    void *owner;
};

static void fetch_tell(struct ald_fetch *fetch, const struct ald_fetch_end *end)
{
    ald_fetch_fn fn = fetch->fn;

    fetch->fn = NULL;
    ald_alarm_stop(fetch->loop, &fetch->alarm);
    if (fn != NULL) {
        fn(fetch->owner, end); /* may free the fetch */
    }
}

static void fetch_fail(struct ald_fetch *fetch, struct ald_str text)
{
    const struct ald_fetch_end end = {.text = text};

    fetch_tell(fetch, &end);
}

static void fetch_succeed(struct ald_fetch *fetch)
{
    const struct ald_http_response *response = ald_http_parser_response(&fetch->parser);
    const struct ald_fetch_end end = {
        .status = response->status,
        .type = ald_http_fields_find(response->fields, ALD_STR("Content-Type")),
        .body = ald_http_parser_body(&fetch->parser),
    };

    ald_stream_close(fetch->stream, 0, ALD_STR_NONE);
    fetch_tell(fetch, &end);
}

/* Whatever is no answer is a reason to give up. */
static void fetch_settle(struct ald_fetch *fetch, int r)
{
    if (r == 0) {
        fetch_succeed(fetch);
    } else if (r < 0) {
        fetch_fail(fetch, ald_str(ald_error_text(r)));
    } else if (r == ALD_HTTP_PARSER_REFUSED) {
        fetch_fail(fetch, ald_str(ald_http_parser_fault(&fetch->parser)->text));
    }
}

static void fetch_opened(void *owner, struct ald_stream *stream)
{
    struct ald_fetch *fetch = owner;

    ald_stream_push_copy(stream, ALD_CHUNK_BYTES, ald_buf_str(&fetch->request), 0);
}

static void fetch_received(void *owner, struct ald_stream *stream, const struct ald_chunk *chunk)
{
    struct ald_fetch *fetch = owner;
    struct ald_str bytes = ald_slice_str(chunk->bytes);
    size_t used;
    int r;

    (void)stream;
    if (fetch->fn == NULL) {
        return;
    }
    do {
        r = ald_http_parser_collect(&fetch->parser, bytes, &used);
        if (r == ALD_HTTP_PARSER_HEAD) {
            bytes = ald_str_from(bytes, used);
        }
    } while (r == ALD_HTTP_PARSER_HEAD);
    fetch_settle(fetch, r);
}

static void fetch_closed(void *owner, struct ald_stream *stream, const struct ald_end *end)
{
    struct ald_fetch *fetch = owner;

    (void)stream;
    if (fetch->fn == NULL) {
        return;
    }
    if (end->cause == ALD_END_PEER && ald_http_parser_finish(&fetch->parser) == 0 &&
        ald_http_parser_response(&fetch->parser) != NULL) {
        fetch_succeed(fetch);
    } else {
        fetch_fail(fetch, ald_str(end->text));
    }
}

static void fetch_alarm(void *owner)
{
    fetch_fail(owner, ALD_STR("no answer in time"));
}

static void fetch_host(const struct ald_url *url, char *host, size_t room)
{
    bool v6 = strchr(url->name, ':') != NULL;

    if (url->unix_socket) {
        snprintf(host, room, "localhost");
    } else {
        snprintf(host, room, "%s%s%s:%u", v6 ? "[" : "", url->name, v6 ? "]" : "", url->port);
    }
}

static int fetch_write(struct ald_fetch *fetch, const struct ald_url *url, const char *path)
{
    static const struct ald_http_field accept[] = {{ALD_STR("Accept"), ALD_STR("application/json")}};
    char target[2048];
    char host[sizeof(url->name) + 16];
    struct ald_http_request_out request = {
        .method = ALD_STR("GET"),
        .close = true,
        .fields = {accept, ALD_COUNT(accept)},
    };
    int size = snprintf(target, sizeof(target), "%s%s", url->prefix, path);
    int r;

    if (size < 0 || (size_t)size >= sizeof(target)) {
        return ald_trace(ALDIS_E_INVALID);
    }
    fetch_host(url, host, sizeof(host));
    request.target = ald_str(target);
    request.host = ald_str(host);
    r = ald_http_request_write(&fetch->request, &request);
    return r == 0 ? 0 : ald_trace(r < 0 ? r : ALDIS_E_INVALID);
}

static int fetch_dial(struct ald_fetch *fetch, struct ald_net *net, const struct ald_url *url,
                      const struct ald_fetch_spec *spec, struct ald_why *ret_why)
{
    static const struct ald_stream_callbacks callbacks = {
        .opened = fetch_opened,
        .received = fetch_received,
        .closed = fetch_closed,
    };
    const struct ald_tls_client_spec tls = {.ca_file = spec->ca_file, .insecure = spec->insecure};
    struct ald_dial_spec dial = {.place = ald_url_place(url)};
    int r;

    if (url->tls) {
        r = ald_tls_client_new(&tls, &fetch->tls, ret_why);
        if (r < 0) {
            return ald_trace(r);
        }
        dial.tls = fetch->tls;
    }
    r = ald_dial(net, &dial, &callbacks, fetch, &fetch->stream);
    return r < 0 ? ald_trace(r) : 0;
}

static int fetch_start(struct ald_fetch *fetch, struct ald_net *net, const struct ald_fetch_spec *spec,
                       struct ald_why *ret_why)
{
    struct ald_url url;
    const char *why;
    int r;

    if (ald_url_parse(spec->url, &url, &why) != 0) {
        snprintf(ret_why->text, sizeof(ret_why->text), "%.100s: %s", spec->url, why);
        return ALD_FETCH_BAD_URL;
    }
    r = fetch_write(fetch, &url, spec->target);
    if (r == 0) {
        r = fetch_dial(fetch, net, &url, spec, ret_why);
    }
    if (r == 0) {
        ald_alarm_start(fetch->loop, &fetch->alarm, ald_loop_now(fetch->loop) + spec->timeout);
    }
    return r;
}

int ald_fetch_new(struct ald_net *net, const struct ald_fetch_spec *spec, ald_fetch_fn fn, void *owner,
                  struct ald_why *ret_why, struct ald_fetch **ret_fetch)
{
    ALD_AUTO(ald_fetch_free) struct ald_fetch *fetch = calloc(1, sizeof(*fetch));
    struct ald_why unwanted;
    int r;

    if (fetch == NULL) {
        return ald_trace(ALDIS_E_NOMEM);
    }
    fetch->loop = ald_net_loop(net);
    fetch->fn = fn;
    fetch->owner = owner;
    ald_alarm_init(&fetch->alarm, fetch_alarm, fetch);
    ald_buf_init(&fetch->request, 8 * ALD_KIB);
    ald_http_parser_init_response(&fetch->parser, ALD_FETCH_BODY_MAX, false);
    r = fetch_start(fetch, net, spec, ret_why != NULL ? ret_why : &unwanted);
    if (r != 0) {
        return r;
    }
    *ret_fetch = ald_steal(&fetch);
    return 0;
}

struct ald_fetch *ald_fetch_free(struct ald_fetch *fetch)
{
    if (fetch == NULL) {
        return NULL;
    }
    ald_alarm_stop(fetch->loop, &fetch->alarm);
    ald_stream_free(fetch->stream);
    ald_tls_unref(fetch->tls);
    ald_http_parser_fini(&fetch->parser);
    ald_buf_fini(&fetch->request);
    free(fetch);
    return NULL;
}
