/*
 * A machine over bytes. A head is gathered line by line, with every limit checked as the bytes come, and taken apart
 * when it is whole (http_head.h). A body is not gathered: its bytes are handed on where they lie.
 *
 * Every check depends on how many bytes came before it in the message, never on how they were split.
 */

#include "wire/http/http_parser.h"

#include <stdlib.h>

#include "base/error.h"

enum parser_state {
    PARSER_START,     /* nothing of the message came yet */
    PARSER_START_LF,  /* one empty line before a request is forgiven: RFC 9112 section 2.2 */
    PARSER_LINES,     /* gathering the head */
    PARSER_LENGTH,    /* body of a known length */
    PARSER_UNTIL_END, /* body until the connection ends */
    PARSER_CHUNKED,   /* body in chunks */
    PARSER_WHOLE,     /* all bytes came, END was not given yet */
    PARSER_DONE,      /* END was given */
    PARSER_REFUSED,
};

static void parser_init(struct ald_http_parser *parser, uint64_t body_max)
{
    *parser = (struct ald_http_parser){.body_max = body_max, .body_max_ever = body_max};
    /* A start line, all the fields, and the ends of the one and of both. */
    ald_buf_init(&parser->text, ALD_HTTP_LINE_MAX + 2 + ALD_HTTP_FIELDS_MAX + 2);
    ald_buf_init(&parser->body, body_max < SIZE_MAX / 2 ? (size_t)body_max : SIZE_MAX / 2);
}

void ald_http_parser_init_request(struct ald_http_parser *parser, uint64_t body_max)
{
    parser_init(parser, body_max);
}

void ald_http_parser_init_response(struct ald_http_parser *parser, uint64_t body_max, bool bodiless)
{
    parser_init(parser, body_max);
    parser->of_responses = true;
    parser->bodiless = bodiless;
}

void ald_http_parser_fini(struct ald_http_parser *parser)
{
    ald_buf_fini(&parser->text);
    ald_buf_fini(&parser->body);
    free(parser->fields);
    parser->fields = NULL;
}

void ald_http_parser_reset(struct ald_http_parser *parser)
{
    uint64_t body_max = parser->body_max_ever;
    bool of_responses = parser->of_responses, bodiless = parser->bodiless;

    ald_assert(parser->state == PARSER_DONE);

    ald_http_parser_fini(parser);
    parser_init(parser, body_max);
    parser->of_responses = of_responses;
    parser->bodiless = bodiless;
}

/* Forget an interim response; the next one begins. */
static void parser_skip_interim(struct ald_http_parser *parser)
{
    ald_buf_cut(&parser->text, 0);
    free(parser->fields);
    parser->fields = NULL;
    parser->line_size = 0;
    parser->fields_size = 0;
    parser->n_fields = 0;
    parser->n_interim++;
    parser->state = PARSER_START;
}

/*
 * The first byte tells garbage (a TLS hello, say) from HTTP. One empty line before a request is skipped, because old
 * clients send one after a body.
 */
static enum ald_http_fault_kind parser_start(struct ald_http_parser *parser, struct ald_str bytes, size_t *used)
{
    char byte = bytes.data[*used];

    if (parser->state == PARSER_START && byte == '\r' && !parser->of_responses) {
        parser->state = PARSER_START_LF;
        (*used)++;
        return ALD_HTTP_FAULT_NONE;
    }
    if (parser->state == PARSER_START_LF) {
        if (byte != '\n') {
            return ALD_HTTP_FAULT_LINE_END;
        }
        (*used)++;
    } else if (!ald_http_token_valid(ald_str_of(&byte, 1)) || (parser->of_responses && byte != 'H')) {
        return ALD_HTTP_FAULT_START;
    }
    parser->state = PARSER_LINES;
    return ALD_HTTP_FAULT_NONE;
}

/* `line` is the unfinished line so far, or the whole of it with its end. */
static enum ald_http_fault_kind line_check(const struct ald_http_parser *parser, struct ald_str line)
{
    bool whole = line.size > 0 && line.data[line.size - 1] == '\n';
    bool with_cr = whole && line.size > 1 && line.data[line.size - 2] == '\r';
    bool start_line = ald_buf_size(&parser->text) == line.size;
    size_t end_size = with_cr ? 2 : 1;

    if (start_line && line.size > ALD_HTTP_LINE_MAX + end_size) {
        return parser->of_responses ? ALD_HTTP_FAULT_START : ALD_HTTP_FAULT_TARGET_LONG;
    }
    if (!start_line && parser->fields_size + line.size > ALD_HTTP_FIELDS_MAX) {
        return ALD_HTTP_FAULT_FIELDS_BIG;
    }
    if (whole && !with_cr) {
        return ALD_HTTP_FAULT_LINE_END;
    }
    return ALD_HTTP_FAULT_NONE;
}

/* Take the next line of the head, or what there is of it; `*whole` says whether it was the empty line at its end. */
static int parser_take_line(struct ald_http_parser *parser, struct ald_str bytes, size_t *used,
                            enum ald_http_fault_kind *fault, bool *whole)
{
    struct ald_str rest = ald_str_from(bytes, *used), text, line;
    const char *end = memchr(rest.data, '\n', rest.size);
    size_t size = end != NULL ? (size_t)(end - rest.data) + 1 : rest.size;
    bool start_line = ald_buf_size(&parser->text) == parser->line_size;
    int r;

    /* A line that does not fit is over a limit with what fits of it, too. */
    size = ALD_MIN(size, parser->text.max - ald_buf_size(&parser->text));
    r = ald_buf_push(&parser->text, ald_str_of(rest.data, size));
    if (r < 0) {
        return ald_trace(r);
    }
    ald_assert(r == 0);
    *used += size;
    parser->line_size += size;

    text = ald_buf_str(&parser->text);
    line = ald_str_from(text, text.size - parser->line_size);
    *fault = line_check(parser, line);
    if (*fault != ALD_HTTP_FAULT_NONE || line.size == 0 || line.data[line.size - 1] != '\n') {
        return 0;
    }
    parser->line_size = 0;
    if (start_line) {
        return 0;
    }
    parser->fields_size += line.size;
    *whole = line.size == 2;
    if (!*whole && ++parser->n_fields > ALD_HTTP_N_FIELDS_MAX) {
        *fault = ALD_HTTP_FAULT_FIELDS_MANY;
    }
    return 0;
}

/* The head is whole: how does its body begin? */
static enum ald_http_fault_kind parser_enter_body(struct ald_http_parser *parser, enum ald_http_body body,
                                                  uint64_t length)
{
    switch (body) {
    case ALD_HTTP_BODY_NONE:
        parser->state = PARSER_WHOLE;
        break;
    case ALD_HTTP_BODY_LENGTH:
        if (length > parser->body_max) {
            return ALD_HTTP_FAULT_BODY_BIG;
        }
        parser->left = length;
        parser->state = length > 0 ? PARSER_LENGTH : PARSER_WHOLE;
        break;
    case ALD_HTTP_BODY_CHUNKED:
        parser->state = PARSER_CHUNKED;
        ald_http_chunked_init(&parser->chunked, parser->fields_size, parser->n_fields);
        break;
    case ALD_HTTP_BODY_CLOSE:
        parser->state = PARSER_UNTIL_END;
        break;
    }
    return ALD_HTTP_FAULT_NONE;
}

static enum ald_http_fault_kind parser_take_response(struct ald_http_parser *parser, struct ald_str text)
{
    enum ald_http_fault_kind fault;

    fault = ald_http_response_parse(text, parser->fields, parser->n_fields, parser->bodiless, &parser->response);
    if (fault != ALD_HTTP_FAULT_NONE) {
        return fault;
    }
    /* RFC 9110 section 15.2: any number of these may come first, unasked for. */
    if (parser->response.status < 200 && parser->response.status != 101) {
        if (parser->n_interim == ALD_HTTP_N_INTERIM_MAX) {
            return ALD_HTTP_FAULT_INTERIM;
        }
        parser_skip_interim(parser);
        return ALD_HTTP_FAULT_NONE;
    }
    return parser_enter_body(parser, parser->response.body, parser->response.length);
}

static int parser_take_head(struct ald_http_parser *parser, enum ald_http_fault_kind *fault)
{
    struct ald_str text = ald_buf_str(&parser->text);

    if (parser->n_fields > 0) {
        parser->fields = calloc(parser->n_fields, sizeof(*parser->fields));
        if (parser->fields == NULL) {
            return ald_trace(ALDIS_E_NOMEM);
        }
    }
    if (parser->of_responses) {
        *fault = parser_take_response(parser, text);
        return 0;
    }
    *fault = ald_http_request_parse(text, parser->fields, parser->n_fields, &parser->request);
    if (*fault == ALD_HTTP_FAULT_NONE) {
        *fault = parser_enter_body(parser, parser->request.body, parser->request.length);
    }
    return 0;
}

/* How many bytes of data may come now; 0 when the next byte is none. */
static uint64_t parser_data_left(const struct ald_http_parser *parser)
{
    switch (parser->state) {
    case PARSER_LENGTH:
        return parser->left;
    case PARSER_CHUNKED:
        return ald_http_chunked_in_data(&parser->chunked) ? parser->chunked.left : 0;
    case PARSER_UNTIL_END:
        return parser->body_max - parser->body_size;
    default:
        return 0;
    }
}

/* Give what there is of the body's data, at least a byte. */
static struct ald_str parser_take_data(struct ald_http_parser *parser, struct ald_str bytes, size_t *used)
{
    size_t size = (size_t)ALD_MIN(parser_data_left(parser), bytes.size - *used);
    struct ald_str data = ald_str_of(bytes.data + *used, size);

    ald_assert(size > 0);

    *used += size;
    parser->body_size += size;
    if (parser->state == PARSER_CHUNKED) {
        ald_http_chunked_take(&parser->chunked, size);
    } else if (parser->state == PARSER_LENGTH) {
        parser->left -= size;
        if (parser->left == 0) {
            parser->state = PARSER_WHOLE;
        }
    }
    return data;
}

/* Take what lies between the data of chunks. */
static enum ald_http_fault_kind parser_take_framing(struct ald_http_parser *parser, struct ald_str bytes, size_t *used)
{
    bool in_data = ald_http_chunked_in_data(&parser->chunked);
    enum ald_http_fault_kind fault = ald_http_chunked_feed(&parser->chunked, bytes, used);

    if (fault != ALD_HTTP_FAULT_NONE) {
        return fault;
    }
    /* A chunk that does not fit is refused before any of its data is given. */
    if (!in_data && ald_http_chunked_in_data(&parser->chunked) &&
        parser->chunked.left > parser->body_max - parser->body_size) {
        return ALD_HTTP_FAULT_BODY_BIG;
    }
    if (ald_http_chunked_whole(&parser->chunked)) {
        parser->state = PARSER_WHOLE;
    }
    return ALD_HTTP_FAULT_NONE;
}

static bool parser_in_head(const struct ald_http_parser *parser)
{
    return parser->state <= PARSER_LINES;
}

static int parser_refuse(struct ald_http_parser *parser, enum ald_http_fault_kind fault)
{
    parser->state = PARSER_REFUSED;
    parser->fault = (uint8_t)fault;
    return ALD_HTTP_PARSER_REFUSED;
}

/* Take bytes of the head until it is whole or the bytes are used up; it is whole when parser_in_head() says no more. */
static int parser_step_head(struct ald_http_parser *parser, struct ald_str bytes, size_t *used,
                            enum ald_http_fault_kind *fault)
{
    bool whole;
    int r;

    while (*fault == ALD_HTTP_FAULT_NONE && parser_in_head(parser) && *used < bytes.size) {
        if (parser->state != PARSER_LINES) {
            *fault = parser_start(parser, bytes, used);
            continue;
        }
        whole = false;
        r = parser_take_line(parser, bytes, used, fault, &whole);
        if (r < 0) {
            return ald_trace(r);
        }
        if (whole) {
            r = parser_take_head(parser, fault);
            if (r < 0) {
                return ald_trace(r);
            }
        }
    }
    return 0;
}

/* Take bytes of the body until there is something to give; `*gave` says whether there is. */
static enum ald_http_fault_kind parser_step_body(struct ald_http_parser *parser, struct ald_str bytes, size_t *used,
                                                 struct ald_http_piece *ret_piece, bool *gave)
{
    enum ald_http_fault_kind fault;

    if (parser->state == PARSER_CHUNKED) {
        fault = parser_take_framing(parser, bytes, used);
        if (fault != ALD_HTTP_FAULT_NONE) {
            return fault;
        }
    }
    if (parser->state == PARSER_WHOLE) {
        parser->state = PARSER_DONE;
        *ret_piece = (struct ald_http_piece){.kind = ALD_HTTP_END};
        *gave = true;
    } else if (*used < bytes.size) {
        if (parser_data_left(parser) == 0) {
            return ALD_HTTP_FAULT_BODY_BIG; /* only a body without announced end comes here */
        }
        *ret_piece = (struct ald_http_piece){.kind = ALD_HTTP_BODY, .body = parser_take_data(parser, bytes, used)};
        *gave = true;
    }
    return ALD_HTTP_FAULT_NONE;
}

int ald_http_parser_next(struct ald_http_parser *parser, struct ald_str bytes, size_t *ret_used,
                         struct ald_http_piece *ret_piece)
{
    enum ald_http_fault_kind fault = ALD_HTTP_FAULT_NONE;
    struct ald_http_piece piece = {.kind = ALD_HTTP_HEAD};
    bool gave = false;
    size_t used = 0;
    int r;

    ald_assert(parser->state != PARSER_DONE);

    if (parser->state == PARSER_REFUSED) {
        return ALD_HTTP_PARSER_REFUSED;
    }
    if (parser_in_head(parser)) {
        r = parser_step_head(parser, bytes, &used, &fault);
        if (r < 0) {
            return ald_trace(r);
        }
        gave = !parser_in_head(parser);
    } else {
        fault = parser_step_body(parser, bytes, &used, &piece, &gave);
    }
    if (fault != ALD_HTTP_FAULT_NONE) {
        return parser_refuse(parser, fault);
    }
    ald_assert(used <= bytes.size);
    ald_assert(gave || used == bytes.size);
    *ret_used = used;
    if (!gave) {
        return ALD_HTTP_PARSER_HUNGRY;
    }
    *ret_piece = piece;
    return 0;
}

int ald_http_parser_collect(struct ald_http_parser *parser, struct ald_str bytes, size_t *ret_used)
{
    struct ald_http_piece piece;
    size_t all_used = 0, used;
    int r;

    for (;;) {
        r = ald_http_parser_next(parser, ald_str_from(bytes, all_used), &used, &piece);
        if (r < 0) {
            return ald_trace(r);
        }
        if (r == ALD_HTTP_PARSER_REFUSED) {
            return ALD_HTTP_PARSER_REFUSED;
        }
        all_used += used;
        *ret_used = all_used;
        if (r == ALD_HTTP_PARSER_HUNGRY) {
            return ALD_HTTP_PARSER_HUNGRY;
        }
        switch (piece.kind) {
        case ALD_HTTP_HEAD:
            return ALD_HTTP_PARSER_HEAD;
        case ALD_HTTP_END:
            return 0;
        case ALD_HTTP_BODY:
            r = ald_buf_push(&parser->body, piece.body);
            if (r < 0) {
                return ald_trace(r);
            }
            ald_assert(r == 0); /* both have the same cap */
            break;
        }
    }
}

int ald_http_parser_narrow(struct ald_http_parser *parser, uint64_t body_max)
{
    ald_assert(!parser_in_head(parser) && parser->body_size == 0);

    parser->body_max = ALD_MIN(parser->body_max, body_max);
    parser->body.max = (size_t)ALD_MIN(parser->body_max, (uint64_t)SIZE_MAX / 2);
    if (parser->state == PARSER_LENGTH && parser->left > parser->body_max) {
        return parser_refuse(parser, ALD_HTTP_FAULT_BODY_BIG);
    }
    return 0;
}

int ald_http_parser_finish(struct ald_http_parser *parser)
{
    switch (parser->state) {
    case PARSER_START:
    case PARSER_START_LF:
    case PARSER_LINES:
        return ald_http_parser_idle(parser) ? 0 : parser_refuse(parser, ALD_HTTP_FAULT_CUT);
    case PARSER_UNTIL_END:
    case PARSER_WHOLE:
    case PARSER_DONE:
        parser->state = PARSER_DONE;
        return 0;
    case PARSER_REFUSED:
        return ALD_HTTP_PARSER_REFUSED;
    default:
        return parser_refuse(parser, ALD_HTTP_FAULT_CUT);
    }
}

static bool parser_has_head(const struct ald_http_parser *parser)
{
    return !parser_in_head(parser) && parser->state != PARSER_REFUSED;
}

const struct ald_http_request *ald_http_parser_request(const struct ald_http_parser *parser)
{
    ald_assert(!parser->of_responses);
    return parser_has_head(parser) ? &parser->request : NULL;
}

const struct ald_http_response *ald_http_parser_response(const struct ald_http_parser *parser)
{
    ald_assert(parser->of_responses);
    return parser_has_head(parser) ? &parser->response : NULL;
}

const struct ald_http_fault *ald_http_parser_fault(const struct ald_http_parser *parser)
{
    return ald_http_fault(parser->fault);
}

bool ald_http_parser_expects(const struct ald_http_parser *parser)
{
    bool body_begins =
        parser->state == PARSER_LENGTH || (parser->state == PARSER_CHUNKED && ald_http_chunked_idle(&parser->chunked));

    /* A client of HTTP/1.0 would not understand the answer. */
    return !parser->of_responses && body_begins && parser->body_size == 0 && parser->request.minor > 0 &&
           ald_http_fields_list(parser->request.fields, ALD_STR("Expect"), ALD_STR("100-continue"));
}

bool ald_http_parser_idle(const struct ald_http_parser *parser)
{
    return parser_in_head(parser) && ald_buf_size(&parser->text) == 0 && parser->n_interim == 0;
}
