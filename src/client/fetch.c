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

/* More fields of the caller's than anyone has. */
enum { FETCH_FIELDS_MAX = 16 };

struct ald_fetch {
    struct ald_loop *loop;
    struct ald_stream *stream;
    struct ald_tls *tls;
    struct ald_http_parser parser;
    struct ald_buf body; /* what is given whole */
    struct ald_alarm alarm;
    ald_fetch_bytes_fn bytes; /* NULL: the body is given whole */
    ald_usec silence;
    bool streams;    /* the head has come, and what follows is given as it comes */
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

static void fetch_end(struct ald_fetch *fetch)
{
    const struct ald_http_response *response = ald_http_parser_response(&fetch->parser);
    const struct ald_fetch_end end = {
        .status = response->status,
        .type = ald_http_fields_find(response->fields, ALD_STR("Content-Type")),
        .body = ald_buf_str(&fetch->body),
    };

    ald_stream_close(fetch->stream, 0, ALD_STR_NONE);
    fetch_tell(fetch, &end);
}

/* A stream that broke off has had its answer; anything else has none. */
static void fetch_fail(struct ald_fetch *fetch, struct ald_str text)
{
    const struct ald_fetch_end end = {.status = fetch->streams ? 200 : 0, .text = text};

    fetch_tell(fetch, &end);
}

static void fetch_watch_silence(struct ald_fetch *fetch)
{
    if (fetch->streams) {
        ald_alarm_start(fetch->loop, &fetch->alarm, ald_loop_now(fetch->loop) + fetch->silence);
    }
}

/* The functions below tell whether to go on: whoever is told the end may free the fetch. */

static bool fetch_body(struct ald_fetch *fetch, struct ald_str bytes)
{
    int r;

    if (!fetch->streams) {
        r = ald_buf_push(&fetch->body, bytes);
        if (r != 0) {
            fetch_fail(fetch, r < 0 ? ald_str(ald_error_text(r)) : ALD_STR("the answer is too large"));
        }
        return r == 0;
    }
    if (!fetch->bytes(fetch->owner, bytes)) {
        fetch->fn = NULL;
        ald_alarm_stop(fetch->loop, &fetch->alarm);
        ald_stream_close(fetch->stream, 0, ALD_STR_NONE);
        return false;
    }
    return true;
}

static bool fetch_take(struct ald_fetch *fetch, struct ald_str *bytes)
{
    struct ald_http_piece piece;
    size_t used;
    int r;

    r = ald_http_parser_next(&fetch->parser, *bytes, &used, &piece);
    if (r == ALD_HTTP_PARSER_HUNGRY) {
        fetch_watch_silence(fetch);
        return false;
    }
    if (r != 0) {
        /* Whatever is no answer is a reason to give up. */
        fetch_fail(fetch, ald_str(r < 0 ? ald_error_text(r) : ald_http_parser_fault(&fetch->parser)->text));
        return false;
    }
    *bytes = ald_str_from(*bytes, used);
    if (piece.kind == ALD_HTTP_END) {
        fetch_end(fetch);
        return false;
    }
    if (piece.kind == ALD_HTTP_HEAD) {
        fetch->streams = fetch->bytes != NULL && ald_http_parser_response(&fetch->parser)->status == 200;
        return true;
    }
    return fetch_body(fetch, piece.body);
}

static void fetch_received(void *owner, struct ald_stream *stream, const struct ald_chunk *chunk)
{
    struct ald_fetch *fetch = owner;
    struct ald_str bytes = ald_slice_str(chunk->bytes);
    bool more = fetch->fn != NULL;

    (void)stream;
    while (more) {
        more = fetch_take(fetch, &bytes);
    }
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
        fetch_end(fetch);
    } else {
        fetch_fail(fetch, ald_str(end->text));
    }
}

static void fetch_alarm(void *owner)
{
    struct ald_fetch *fetch = owner;

    fetch_fail(fetch, fetch->streams ? ALD_STR("it has fallen silent") : ALD_STR("no answer in time"));
}

/* --- the request --------------------------------------------------------------------------------------------------- */

static void fetch_host(const struct ald_url *url, char *host, size_t room)
{
    bool v6 = strchr(url->name, ':') != NULL;

    if (url->unix_socket) {
        snprintf(host, room, "localhost");
    } else {
        snprintf(host, room, "%s%s%s:%u", v6 ? "[" : "", url->name, v6 ? "]" : "", url->port);
    }
}

/* The caller's fields and ours. */
struct fetch_fields {
    struct ald_http_field items[FETCH_FIELDS_MAX + 2];
    size_t n;
    char bearer[2048];
};

static int fetch_fields(const struct ald_fetch_spec *spec, struct fetch_fields *fields)
{
    int size;

    if (spec->fields.n > FETCH_FIELDS_MAX) {
        return ald_trace(ALDIS_E_INVALID);
    }
    fields->items[fields->n++] = (struct ald_http_field){
        ALD_STR("Accept"),
        ald_str(spec->accept != NULL ? spec->accept : "application/json"),
    };
    if (spec->token != NULL && spec->token[0] != '\0') {
        size = snprintf(fields->bearer, sizeof(fields->bearer), "Bearer %s", spec->token);
        if (size < 0 || (size_t)size >= sizeof(fields->bearer)) {
            return ald_trace(ALDIS_E_INVALID);
        }
        fields->items[fields->n++] = (struct ald_http_field){ALD_STR("Authorization"), ald_str(fields->bearer)};
    }
    for (size_t i = 0; i < spec->fields.n; i++) {
        fields->items[fields->n++] = spec->fields.items[i];
    }
    return 0;
}

static int fetch_write(struct ald_buf *out, const struct ald_url *url, const struct ald_fetch_spec *spec)
{
    struct fetch_fields fields = {.n = 0};
    char target[8192];
    char host[sizeof(url->name) + 16];
    struct ald_http_request_out request = {.method = ald_str(spec->method != NULL ? spec->method : "GET"),
                                           .close = true};
    int size = snprintf(target, sizeof(target), "%s%s", url->prefix, spec->target);
    int r;

    if (size < 0 || (size_t)size >= sizeof(target)) {
        return ald_trace(ALDIS_E_INVALID);
    }
    r = fetch_fields(spec, &fields);
    if (r < 0) {
        return ald_trace(r);
    }
    fetch_host(url, host, sizeof(host));
    request.target = ald_str(target);
    request.host = ald_str(host);
    request.fields = (struct ald_http_fields){fields.items, fields.n};
    if (ald_str_present(spec->body)) {
        request.framing = ALD_HTTP_FRAMING_LENGTH;
        request.length = spec->body.size;
    }
    if (spec->body.size > 0) {
        request.type = ald_str(spec->body_type != NULL ? spec->body_type : "application/json");
    }
    r = ald_http_request_write(out, &request);
    return r == 0 ? 0 : ald_trace(r < 0 ? r : ALDIS_E_INVALID);
}

static int fetch_dial(struct ald_fetch *fetch, struct ald_net *net, const struct ald_url *url,
                      const struct ald_fetch_spec *spec, struct ald_why *ret_why)
{
    static const struct ald_stream_callbacks callbacks = {.received = fetch_received, .closed = fetch_closed};
    const struct ald_tls_client_spec tls = {
        .ca_file = spec->ca_file,
        .cert_file = spec->cert_file,
        .key_file = spec->key_file,
        .insecure = spec->insecure,
    };
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

/* What is pushed before a stream is open goes out when it is. */
static int fetch_ask(struct ald_fetch *fetch, struct ald_net *net, const struct ald_url *url,
                     const struct ald_fetch_spec *spec, struct ald_why *ret_why)
{
    struct ald_buf head;
    int r;

    ald_buf_init(&head, 16 * ALD_KIB);
    r = fetch_write(&head, url, spec);
    if (r == 0) {
        r = fetch_dial(fetch, net, url, spec, ret_why);
    }
    if (r == 0) {
        ald_stream_push_copy(fetch->stream, ALD_CHUNK_BYTES, ald_buf_str(&head), 0);
    }
    if (r == 0 && spec->body.size > 0) {
        ald_stream_push_copy(fetch->stream, ALD_CHUNK_BYTES, spec->body, 0);
    }
    ald_buf_fini(&head);
    return r;
}

static int fetch_start(struct ald_fetch *fetch, struct ald_net *net, const struct ald_fetch_spec *spec,
                       struct ald_why *ret_why)
{
    struct ald_url url;
    const char *why;
    int r;

    if (ald_url_parse_api(spec->url, &url, &why) != 0) {
        snprintf(ret_why->text, sizeof(ret_why->text), "%.100s: %s", spec->url, why);
        return ALD_FETCH_BAD_URL;
    }
    r = fetch_ask(fetch, net, &url, spec, ret_why);
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
    fetch->bytes = spec->bytes;
    fetch->silence = spec->silence;
    ald_alarm_init(&fetch->alarm, fetch_alarm, fetch);
    ald_buf_init(&fetch->body, ALD_FETCH_BODY_MAX);
    ald_http_parser_init_response(&fetch->parser, spec->bytes != NULL ? UINT64_MAX : ALD_FETCH_BODY_MAX, false);
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
    ald_buf_fini(&fetch->body);
    free(fetch);
    return NULL;
}
