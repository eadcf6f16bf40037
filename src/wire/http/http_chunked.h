#pragma once

/*
 * HTTP chunked coding: what lies between the data of a body that comes in chunks (RFC 9112 section 7.1).
 *
 * The owner alternates: ald_http_chunked_feed() takes sizes, extensions, line ends and trailers, until data begins or the
 * body is over; ald_http_chunked_take() tells it how much of the data has been used. Extensions and trailers are held to
 * their grammar and limits, then dropped. Nothing is buffered.
 */

#include "base/defs.h"
#include "base/str.h"
#include "wire/http/http_fault.h"

struct ald_http_chunked {
    uint64_t left;      /* data of the current chunk that is still to come */
    size_t line_size;   /* bytes of the line with the chunk's size */
    size_t fields_size; /* header bytes so far, those of the head included */
    size_t n_fields;
    uint8_t state;
};

/* `fields_size` and `n_fields` are what the head has used of the limits that trailers share with it. */
void ald_http_chunked_init(struct ald_http_chunked *chunked, size_t fields_size, size_t n_fields);

/*
 * Take bytes from `*used` on, up to the first that is data, the end of the body, or that of `bytes`. Outcomes: why the
 * message is refused.
 */
ALD_NODISCARD enum ald_http_fault_kind ald_http_chunked_feed(struct ald_http_chunked *chunked, struct ald_str bytes,
                                                             size_t *used);

/* The next bytes are data, `left` of them. */
bool ald_http_chunked_in_data(const struct ald_http_chunked *chunked);
/* `size` bytes of data were taken. */
void ald_http_chunked_take(struct ald_http_chunked *chunked, size_t size);
/* The body is over; the next byte belongs to another message. */
bool ald_http_chunked_whole(const struct ald_http_chunked *chunked);
/* Not a byte was fed. */
bool ald_http_chunked_idle(const struct ald_http_chunked *chunked);
