#pragma once

/*
 * Base64 (RFC 4648): written with the alphabet for names in URLs (section 5) and without padding, or with the usual one; read
 * leniently, either alphabet, as secrets of existing clusters are (link.md 6.1).
 */

#include "base/defs.h"
#include "base/str.h"

/* Digits that `size` bytes need, without padding. */
static inline size_t ald_base64_digits(size_t size)
{
    return size / 3 * 4 + (size % 3 * 8 + 5) / 6;
}

/* Write the digits for URLs, ald_base64_digits() of them; no padding, no terminator. */
void ald_base64url_write(struct ald_str bytes, char *to);
/* The same in the usual alphabet, padded to a multiple of four. Returns how many were written. */
size_t ald_base64_write(struct ald_str bytes, char *to);

enum { ALD_BASE64_MALFORMED = 1 };

/* Read digits for URLs only, without padding, into `to`, which has room for as many bytes. Outcome: ALD_BASE64_MALFORMED. */
ALD_NODISCARD int ald_base64url_read(struct ald_str text, char *to, size_t *ret_size);
/* Read the digits of either alphabet, and nothing else; bits that make no byte are dropped. Returns the bytes written to
 * `to`, which has room for as many as `text` has. */
size_t ald_base64_read_lenient(struct ald_str text, char *to);
