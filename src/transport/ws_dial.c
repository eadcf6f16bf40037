/*
 * The dialing side's upgrade (RFC 6455 4.1): the request goes out when the stream below is open, the answer is parsed,
 * and what lies behind it is frames.
 */

#include <stdio.h>
#include <stdlib.h>

#include "base/error.h"
#include "transport/ws_stream.h"
#include "wire/http/http_parser.h"

struct ald_ws_dialing {
    struct ald_buf request;
    struct ald_http_parser parser;
    char accept[ALD_WS_ACCEPT_TEXT];
};

static void dialing_refused(struct ald_ws *ws, const struct ald_ws_refusal *refusal)
{
    struct ald_stream *stream = &ws->stream;

    stream->net->counters.ws_refused++;
    if (refusal->status != 0) {
        stream->http_status = refusal->status;
        ald_stream_doom(stream, ALD_END_HTTP, ALD_WS_CLOSE_ABNORMAL, ALD_STR(""),
                        "the WebSocket upgrade was answered with %u: %s", (unsigned)refusal->status, refusal->text);
    } else {
        ald_stream_doom(stream, ALD_END_PROTOCOL, ALD_WS_CLOSE_ABNORMAL, ALD_STR(""),
                        "the WebSocket upgrade was answered wrongly: %s", refusal->text);
    }
    ald_stream_close(ws->lower, ALD_WS_CLOSE_ABNORMAL, ALD_STR(""));
    ald_stream_end(stream, false);
}

void ald_ws_dialing_start(struct ald_ws *ws)
{
    ald_stream_push_copy(ws->lower, ALD_CHUNK_BYTES, ald_buf_str(&ws->dialing->request), 0);
    ald_buf_reset(&ws->dialing->request);
}

size_t ald_ws_dialing_take(struct ald_ws *ws, struct ald_str bytes)
{
    struct ald_ws_dialing *dialing = ws->dialing;
    struct ald_ws_refusal refusal;
    struct ald_http_piece piece;
    size_t used = 0;
    int r;

    r = ald_http_parser_next(&dialing->parser, bytes, &used, &piece);
    if (r < 0) {
        ald_stream_fail(&ws->stream, ALD_END_NOMEM, NULL);
        return bytes.size;
    }
    if (r == ALD_HTTP_PARSER_REFUSED) {
        refusal = (struct ald_ws_refusal){.text = ald_http_parser_fault(&dialing->parser)->text};
        dialing_refused(ws, &refusal);
        return bytes.size;
    }
    if (r == ALD_HTTP_PARSER_HUNGRY) {
        return used;
    }
    ald_assert(piece.kind == ALD_HTTP_HEAD);
    r = ald_ws_upgrade_verify(ald_http_parser_response(&dialing->parser), dialing->accept, NULL, 0, &refusal);
    if (r != 0) {
        dialing_refused(ws, &refusal);
        return bytes.size;
    }
    ald_ws_ready(ws);
    ws->dialing = ald_ws_dialing_free(dialing);
    return used;
}

struct ald_str ald_ws_dialing_header(const struct ald_ws_dialing *dialing, struct ald_str name)
{
    const struct ald_http_response *response = ald_http_parser_response(&dialing->parser);

    return response != NULL ? ald_http_fields_find(response->fields, name) : ALD_STR_NONE;
}

struct ald_ws_dialing *ald_ws_dialing_free(struct ald_ws_dialing *dialing)
{
    if (dialing == NULL) {
        return NULL;
    }
    ald_buf_fini(&dialing->request);
    ald_http_parser_fini(&dialing->parser);
    free(dialing);
    return NULL;
}
ALD_DEFINE_CLEANUP(struct ald_ws_dialing *, ald_ws_dialing_free);

static int dialing_new(struct ald_net *net, const struct ald_ws_hello *hello, const char *host,
                       struct ald_ws_dialing **ret_dialing)
{
    ALD_AUTO(ald_ws_dialing_free) struct ald_ws_dialing *dialing = calloc(1, sizeof(*dialing));
    uint8_t nonce[ALD_WS_NONCE_SIZE];
    char key[ALD_WS_NONCE_TEXT];
    int r;

    if (dialing == NULL) {
        return ald_trace(ALDIS_E_NOMEM);
    }
    ald_buf_init(&dialing->request, ALD_HTTP_LINE_MAX + ALD_HTTP_FIELDS_MAX);
    ald_http_parser_init_response(&dialing->parser, 0, true);
    ald_net_random(net, nonce, sizeof(nonce));
    ald_ws_nonce_format(nonce, key);
    ald_ws_accept_make(ald_str_of(key, sizeof(key)), dialing->accept);
    r = ald_ws_upgrade_write_request(&dialing->request, ald_str(hello->host != NULL ? hello->host : host),
                                     ald_str(hello->target), key, hello->fields);
    if (r != 0) {
        return ald_trace(r < 0 ? r : ALDIS_E_INVALID);
    }
    *ret_dialing = ald_steal(&dialing);
    return 0;
}

int ald_ws_dial(struct ald_stream *lower, const struct ald_ws_hello *hello, const char *host,
                const struct ald_stream_options *options, struct ald_stream **ret_stream)
{
    ALD_AUTO(ald_ws_dialing_free) struct ald_ws_dialing *dialing = NULL;
    struct ald_ws *ws = NULL;
    int r;

    r = dialing_new(lower->net, hello, host, &dialing);
    if (r < 0) {
        return r;
    }
    r = ald_ws_new(lower, ALD_WS_CLIENT, options, &ws);
    if (r < 0) {
        return ald_trace(r);
    }
    ws->dialing = ald_steal(&dialing);
    *ret_stream = &ws->stream;
    return 0;
}
