#pragma once

/*
 * HTTP/1.1 parser, strict and incremental: requests for a server, responses for a client (RFC 9112).
 *
 * Feed it bytes as they come. Each call takes some and gives at most one piece: HEAD (the head is complete and may be
 * read), BODY (a run of decoded body bytes, a view of what was fed), END (the message is whole). Exactly one message is
 * taken: the bytes after it are left to the caller, who calls ald_http_parser_reset() for the next one, or hands them to
 * the protocol the connection was upgraded to.
 *
 * How something is split never changes what comes of it. A message that two readers could take apart differently is
 * refused, because that is how requests are smuggled: no folded lines, no line that ends in LF alone, no bare CR, no
 * blank before a colon, no Transfer-Encoding beside Content-Length, no other coding than `chunked`.
 *
 * Lifetime:   an init to ald_http_parser_fini(). Views of the head live until reset or fini.
 * Threading:  one thread.
 * Limits:     those of http_fault.h, and the body's at init. A head is buffered; a body is not, unless collected.
 */

#include "base/buf.h"
#include "base/defs.h"
#include "wire/http/http_chunked.h"
#include "wire/http/http_fault.h"
#include "wire/http/http_head.h"

struct ald_http_parser {
    struct ald_buf text; /* the head as it came; its views point in here */
    struct ald_buf body; /* what ald_http_parser_collect() gathered */
    union {
        struct ald_http_request request;
        struct ald_http_response response;
    };
    struct ald_http_field *fields; /* memory of the head's fields */
    uint64_t body_max;             /* of this message */
    uint64_t body_max_ever;        /* what the init said */
    uint64_t body_size;            /* decoded so far */
    uint64_t left;                 /* of a body of known length */
    struct ald_http_chunked chunked;
    size_t line_size;   /* bytes of the unfinished line */
    size_t fields_size; /* bytes of header lines so far */
    size_t n_fields;
    uint8_t n_interim;
    uint8_t state;
    uint8_t fault;     /* enum ald_http_fault_kind */
    bool of_responses; /* else of requests */
    bool bodiless;
};

/* Parse requests, with bodies of at most `body_max` bytes. */
void ald_http_parser_init_request(struct ald_http_parser *parser, uint64_t body_max);
/*
 * Parse responses. `bodiless`: the response never has a body, because the request was HEAD (RFC 9112 section 6.3).
 * Interim responses (1xx) are skipped, but for 101, which ends the message: what follows is the new protocol.
 */
void ald_http_parser_init_response(struct ald_http_parser *parser, uint64_t body_max, bool bodiless);
void ald_http_parser_fini(struct ald_http_parser *parser);
/* Get ready for the next message of the same connection; only after END. Gives the memory back. */
void ald_http_parser_reset(struct ald_http_parser *parser);

enum ald_http_piece_kind { ALD_HTTP_HEAD, ALD_HTTP_BODY, ALD_HTTP_END };

struct ald_http_piece {
    enum ald_http_piece_kind kind;
    struct ald_str body; /* of BODY: not empty, a view of the bytes fed */
};

/* HUNGRY: all bytes are used up. REFUSED: see ald_http_parser_fault(); the connection is of no more use. */
enum { ALD_HTTP_PARSER_HUNGRY = 1, ALD_HTTP_PARSER_REFUSED, ALD_HTTP_PARSER_HEAD };

/*
 * Take some of `bytes` (borrows). On 0 and HUNGRY `ret_used` says how many; `ret_piece` is written on 0 only. After a
 * HEAD call again with what is left, even when that is nothing: the end of a message without a body costs no bytes.
 * Outcomes: ALD_HTTP_PARSER_HUNGRY, ALD_HTTP_PARSER_REFUSED. Errors: ALDIS_E_NOMEM, after which only fini may follow.
 */
ALD_NODISCARD int ald_http_parser_next(struct ald_http_parser *parser, struct ald_str bytes, size_t *ret_used,
                                       struct ald_http_piece *ret_piece);

/*
 * The same for those who want the body whole: 0 when the message is, with its body in ald_http_parser_body();
 * ALD_HTTP_PARSER_HEAD once when its head is, to answer `Expect: 100-continue` or refuse early: then call again with
 * what is left. `ret_used` is written on these two and on HUNGRY. Do not mix with ald_http_parser_next() in a message.
 */
ALD_NODISCARD int ald_http_parser_collect(struct ald_http_parser *parser, struct ald_str bytes, size_t *ret_used);
static inline struct ald_str ald_http_parser_body(const struct ald_http_parser *parser)
{
    return ald_buf_str(&parser->body);
}

/* Bytes of memory that the body holds. */
static inline size_t ald_http_parser_held(const struct ald_http_parser *parser)
{
    return parser->body.room;
}

/*
 * Take a body of at most `body_max` bytes, or what the init said if that is less: only now that the head is there is it
 * known what the message is for. To be called between the head and the first byte of the body; 0 when the body may come.
 * Outcome: ALD_HTTP_PARSER_REFUSED, it is announced to be larger.
 */
ALD_NODISCARD int ald_http_parser_narrow(struct ald_http_parser *parser, uint64_t body_max);

/*
 * The peer ended the stream. 0: a response that lasts until then is now whole (what END would have said), or nothing had
 * begun. ALD_HTTP_PARSER_REFUSED: it was cut.
 */
ALD_NODISCARD int ald_http_parser_finish(struct ald_http_parser *parser);

/* The head, of a parser for requests or for responses; NULL until it is complete. */
const struct ald_http_request *ald_http_parser_request(const struct ald_http_parser *parser);
const struct ald_http_response *ald_http_parser_response(const struct ald_http_parser *parser);
/* Why the message was refused, or NULL. Lives for ever. */
const struct ald_http_fault *ald_http_parser_fault(const struct ald_http_parser *parser);
/* The head is complete, no byte of the body came yet, and the client waits for `100 Continue` (RFC 9110 10.1.1). */
bool ald_http_parser_expects(const struct ald_http_parser *parser);
/* Nothing of a message was seen since init or reset, but for an empty line that is forgiven. */
bool ald_http_parser_idle(const struct ald_http_parser *parser);
