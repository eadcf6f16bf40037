/*
 * HTTP parsing, against itself.
 *
 * An input is two bytes of settings and a stream: requests or responses, and the seed of the splits.
 *
 * - What a stream means does not depend on how it was split.
 * - A message that was taken, written again and parsed again, is the same message: nothing that the parser lets through
 *   means something else to the next reader.
 * - Paths, queries, lists and upgrades of whatever was taken are taken apart within their bounds.
 */

#include <stdio.h>
#include <stdlib.h>

#include "base/buf.h"
#include "wire/http/http_parser.h"
#include "wire/http/http_url.h"
#include "wire/http/http_writer.h"
#include "wire/ws/ws_upgrade.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { SETTINGS_SIZE = 2, STORY_MAX = 1 << 24, BODY_MAX = 2000, NARROW_MAX = 20 };

/* An input that is longer may lie so close under a limit that writing it again, in our spacing, passes it. */
enum { AGAIN_MAX = 8 * 1024 };

#define must(fact)                                                                                                     \
    do {                                                                                                               \
        if (!(fact)) {                                                                                                 \
            fprintf(stderr, "%s:%d: %s does not hold\n", __FILE__, __LINE__, #fact);                                   \
            abort();                                                                                                   \
        }                                                                                                              \
    } while (0)

struct settings {
    bool of_responses;
    bool bodiless;
    bool narrow; /* less of a body is taken than the parser was made for, said when its head is there */
    uint8_t seed;
};

static void push(struct ald_buf *out, struct ald_str text)
{
    must(ald_buf_pushf(out, "%d %zu:", (int)ald_str_present(text), text.size) == 0);
    must(ald_buf_push(out, text) == 0);
}

static bool field_frames(struct ald_str name)
{
    return ald_str_equal_nocase(name, ALD_STR("Content-Length")) ||
           ald_str_equal_nocase(name, ALD_STR("Transfer-Encoding")) ||
           ald_str_equal_nocase(name, ALD_STR("Connection")) || ald_str_equal_nocase(name, ALD_STR("Host"));
}

/* What a head means, but for the headers that frame the message and that a writer adds by itself. */
static void tell_fields(struct ald_buf *out, struct ald_http_fields fields)
{
    for (size_t i = 0; i < fields.n; i++) {
        if (!field_frames(fields.items[i].name)) {
            push(out, fields.items[i].name);
            push(out, fields.items[i].value);
        }
    }
}

static void tell_request(struct ald_buf *out, const struct ald_http_request *request)
{
    must(request->path.size > 0 && (request->path.data[0] == '/' || ald_str_equal(request->path, ALD_STR("*"))));
    push(out, request->method);
    push(out, request->target);
    push(out, request->path);
    push(out, request->query);
    push(out, ald_str_present(request->host) ? request->host : ALD_STR(""));
    tell_fields(out, request->fields);
}

static void tell_response(struct ald_buf *out, const struct ald_http_response *response)
{
    must(response->status == 101 || response->status >= 200);
    must(ald_buf_pushf(out, "%u ", (unsigned)response->status) == 0);
    tell_fields(out, response->fields);
}

static void tell_head(struct ald_buf *out, const struct ald_http_parser *parser)
{
    if (parser->of_responses) {
        tell_response(out, ald_http_parser_response(parser));
    } else {
        tell_request(out, ald_http_parser_request(parser));
    }
}

static void parser_open(struct ald_http_parser *parser, const struct settings *settings)
{
    if (settings->of_responses) {
        ald_http_parser_init_response(parser, BODY_MAX, settings->bodiless);
    } else {
        ald_http_parser_init_request(parser, BODY_MAX);
    }
}

/* Feed one piece; false when the parser refused. */
static bool parser_feed(struct ald_http_parser *parser, const struct settings *settings, const uint8_t *data,
                        size_t size, struct ald_buf *story)
{
    size_t body_max = settings->narrow ? NARROW_MAX : BODY_MAX;
    char *copy = malloc(size > 0 ? size : 1); /* so that a byte read past it is seen */
    struct ald_http_piece piece;
    size_t at = 0, used;
    int r;

    must(copy != NULL);
    memcpy(copy, data, size);
    while ((r = ald_http_parser_next(parser, ald_str_of(copy + at, size - at), &used, &piece)) == 0) {
        at += used;
        if (piece.kind == ALD_HTTP_HEAD) {
            tell_head(story, parser);
            if (settings->narrow && ald_http_parser_narrow(parser, NARROW_MAX) != 0) {
                r = ALD_HTTP_PARSER_REFUSED;
                break;
            }
        } else if (piece.kind == ALD_HTTP_BODY) {
            must(piece.body.size > 0 && parser->body_size <= body_max);
            must(ald_buf_push(story, piece.body) == 0);
        } else {
            must(ald_buf_push(story, ALD_STR("\nEND\n")) == 0);
            ald_http_parser_reset(parser);
        }
    }
    must(r == ALD_HTTP_PARSER_REFUSED || at + used == size);
    free(copy);
    return r != ALD_HTTP_PARSER_REFUSED;
}

/* Read the stream in pieces that follow from `seed`; 0 means in one. */
static void parser_tell(const struct settings *settings, uint8_t seed, const uint8_t *data, size_t size,
                        struct ald_buf *story)
{
    struct ald_http_parser parser;
    uint32_t state = seed;
    size_t at = 0, piece;

    ald_buf_init(story, STORY_MAX);
    parser_open(&parser, settings);
    while (at < size) {
        state = state * 1664525 + 1013904223;
        piece = seed == 0 ? size : (seed == 1 ? 1 : 1 + (state >> 24) % seed);
        piece = ALD_MIN(piece, size - at);
        if (!parser_feed(&parser, settings, data + at, piece, story)) {
            break;
        }
        at += piece;
    }
    must(ald_buf_pushf(story, "idle %d ", (int)ald_http_parser_idle(&parser)) == 0);
    must(ald_buf_pushf(story, "end %d ", ald_http_parser_finish(&parser)) == 0);
    must(ald_buf_pushf(story, "fault %u", (unsigned)parser.fault) == 0);
    ald_http_parser_fini(&parser);
}

/* The first message of a stream, with its body; false when there is none that is whole. */
static bool message_take(struct ald_http_parser *parser, struct ald_str bytes, size_t *ret_used)
{
    size_t head_used, body_used;

    if (ald_http_parser_collect(parser, bytes, &head_used) != ALD_HTTP_PARSER_HEAD) {
        return false;
    }
    if (ald_http_parser_collect(parser, ald_str_from(bytes, head_used), &body_used) != 0) {
        return false;
    }
    *ret_used = head_used + body_used;
    return true;
}

/* Fields that a writer takes: all but those it writes itself. */
static size_t fields_select(struct ald_http_fields fields, struct ald_http_field *selected)
{
    size_t n = 0;

    for (size_t i = 0; i < fields.n; i++) {
        if (!field_frames(fields.items[i].name)) {
            selected[n++] = fields.items[i];
        }
    }
    return n;
}

static void request_write(struct ald_buf *out, struct ald_http_parser *parser, bool chunked)
{
    const struct ald_http_request *request = ald_http_parser_request(parser);
    struct ald_http_field selected[ALD_HTTP_N_FIELDS_MAX];
    struct ald_str body = ald_http_parser_body(parser);
    const struct ald_http_request_out again = {
        .method = request->method,
        .target = request->target,
        .host = ald_http_fields_find(request->fields, ALD_STR("Host")),
        .framing = chunked ? ALD_HTTP_FRAMING_CHUNKED : ALD_HTTP_FRAMING_LENGTH,
        .length = body.size,
        .fields = {selected, fields_select(request->fields, selected)},
    };

    must(ald_http_request_write(out, &again) == 0);
    must((chunked ? ald_http_chunk_write(out, body) : ald_buf_push(out, body)) == 0);
    must(!chunked || ald_http_chunk_write_last(out) == 0);
}

static void response_write(struct ald_buf *out, struct ald_http_parser *parser)
{
    const struct ald_http_response *response = ald_http_parser_response(parser);
    struct ald_http_field selected[ALD_HTTP_N_FIELDS_MAX];
    struct ald_str body = ald_http_parser_body(parser);
    const struct ald_http_response_out again = {
        .status = response->status,
        .framing = response->body == ALD_HTTP_BODY_NONE ? ALD_HTTP_FRAMING_NONE : ALD_HTTP_FRAMING_LENGTH,
        .length = body.size,
        .fields = {selected, fields_select(response->fields, selected)},
    };

    must(ald_http_response_write(out, &again) == 0);
    must(ald_buf_push(out, body) == 0);
}

/* Write what was taken, parse it, and compare. */
static void check_again(struct ald_http_parser *parser, const struct settings *settings, bool chunked)
{
    struct ald_http_parser second;
    struct ald_buf wire, before, after;
    size_t used;

    ald_buf_init(&wire, STORY_MAX);
    ald_buf_init(&before, STORY_MAX);
    ald_buf_init(&after, STORY_MAX);
    if (settings->of_responses) {
        response_write(&wire, parser);
    } else {
        request_write(&wire, parser, chunked);
    }
    parser_open(&second, settings);
    must(message_take(&second, ald_buf_str(&wire), &used));
    must(used == ald_buf_size(&wire));
    tell_head(&before, parser);
    tell_head(&after, &second);
    must(ald_str_equal(ald_buf_str(&before), ald_buf_str(&after)));
    must(ald_str_equal(ald_http_parser_body(parser), ald_http_parser_body(&second)));
    ald_http_parser_fini(&second);
    ald_buf_fini(&wire);
    ald_buf_fini(&before);
    ald_buf_fini(&after);
}

/* A text that decodes comes back the same after it was encoded and decoded again. */
static void check_text(struct ald_str text, bool plus)
{
    char decoded[200], encoded[600], again[200];
    struct ald_str first, second, third;

    if (ald_http_decode(text, plus, decoded, sizeof(decoded), &first) != 0) {
        return;
    }
    must(first.size <= text.size);
    must(ald_http_encode(first, encoded, sizeof(encoded), &second) == 0);
    must(ald_http_decode(second, plus, again, sizeof(again), &third) == 0);
    must(ald_str_equal(first, third));
}

static void check_request_parts(const struct ald_http_request *request)
{
    const struct ald_str ours[] = {ALD_STR("v1")};
    const struct ald_ws_refusal *refusal = NULL;
    struct ald_str rest = request->path, name, value;
    struct ald_ws_upgrade upgrade;
    char source[ALD_WS_ACCEPT_SOURCE];
    size_t n = 0;

    while (ald_http_path_next(&rest, &name)) {
        n += name.size + 1;
        check_text(name, false);
    }
    must(n == request->path.size || request->path.data[0] == '*');
    rest = request->query;
    while (ald_http_query_next(&rest, &name, &value)) {
        check_text(name, true);
        check_text(value, true);
    }
    if (ald_ws_upgrade_check(request, &upgrade, &refusal) == 0) {
        ald_ws_accept_source(upgrade.key, source);
    } else {
        must(refusal->status == 400 || refusal->status == 405 || refusal->status == 426);
    }
    name = ald_ws_upgrade_protocol(request, ours, ALD_COUNT(ours));
    must(!ald_str_present(name) || ald_str_equal(name, ours[0]));
    name = ald_ws_upgrade_protocol_first(request);
    must(!ald_str_present(name) || ald_http_token_valid(name));
}

static void check_first(const struct settings *settings, struct ald_str bytes)
{
    static const char accept[ALD_WS_ACCEPT_TEXT] = "s3pPLMBiTxaQ9kYGzzhZRbK+xOo";
    struct ald_http_parser parser;
    struct ald_ws_refusal refusal;
    size_t used;

    parser_open(&parser, settings);
    if (message_take(&parser, bytes, &used)) {
        must(used <= bytes.size);
        if (settings->of_responses) {
            ald_ignore(ald_ws_upgrade_verify(ald_http_parser_response(&parser), accept, NULL, 0, &refusal));
        } else {
            check_request_parts(ald_http_parser_request(&parser));
        }
        if (bytes.size <= AGAIN_MAX) {
            check_again(&parser, settings, false);
            check_again(&parser, settings, true);
        }
    }
    ald_http_parser_fini(&parser);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct ald_buf whole, split, single;
    struct settings settings;

    if (size < SETTINGS_SIZE) {
        return 0;
    }
    settings.of_responses = (data[0] & 1) != 0;
    settings.bodiless = (data[0] & 2) != 0;
    settings.narrow = (data[0] & 4) != 0;
    settings.seed = data[1];
    data += SETTINGS_SIZE;
    size -= SETTINGS_SIZE;

    parser_tell(&settings, 0, data, size, &whole);
    parser_tell(&settings, 1, data, size, &single);
    parser_tell(&settings, settings.seed, data, size, &split);
    must(ald_str_equal(ald_buf_str(&whole), ald_buf_str(&single)));
    must(ald_str_equal(ald_buf_str(&whole), ald_buf_str(&split)));
    ald_buf_fini(&whole);
    ald_buf_fini(&single);
    ald_buf_fini(&split);
    check_first(&settings, ald_str_of(data, size));
    return 0;
}
