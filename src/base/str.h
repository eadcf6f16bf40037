#pragma once

/*
 * Views of bytes that somebody else owns. A view is not terminated and may hold any byte; {NULL, 0} is the absent view,
 * which differs from an empty one ("" with a pointer) where a grammar tells them apart.
 */

#include <string.h>

#include "base/defs.h"

struct ald_str {
    const char *data;
    size_t size;
};

#define ALD_STR(literal) ((struct ald_str){"" literal, sizeof(literal) - 1})
#define ALD_STR_NONE ((struct ald_str){NULL, 0})
/* For printf's "%.*s". */
#define ALD_STR_ARG(str) (int)(str).size, (str).data != NULL ? (str).data : ""

static inline struct ald_str ald_str(const char *text)
{
    return (struct ald_str){text, text != NULL ? strlen(text) : 0};
}

static inline struct ald_str ald_str_of(const void *data, size_t size)
{
    return (struct ald_str){data, size};
}

static inline bool ald_str_present(struct ald_str str)
{
    return str.data != NULL;
}

/* Two runs of `size` bytes. Names and ids are short, and a call of memcmp() costs more than they do: two loads that may
 * overlap see every byte of up to 16. */
static inline bool ald_bytes_equal(const char *a, const char *b, size_t size)
{
    uint64_t a_words[2] = {0, 0}, b_words[2] = {0, 0};

    if (size > 16) {
        return memcmp(a, b, size) == 0;
    }
    if (size >= 8) {
        memcpy(&a_words[0], a, 8);
        memcpy(&b_words[0], b, 8);
        memcpy(&a_words[1], a + size - 8, 8);
        memcpy(&b_words[1], b + size - 8, 8);
    } else if (size >= 4) {
        memcpy(&a_words[0], a, 4);
        memcpy(&b_words[0], b, 4);
        memcpy(&a_words[1], a + size - 4, 4);
        memcpy(&b_words[1], b + size - 4, 4);
    } else if (size > 0) {
        return a[0] == b[0] && a[size / 2] == b[size / 2] && a[size - 1] == b[size - 1];
    }
    return a_words[0] == b_words[0] && a_words[1] == b_words[1];
}

static inline bool ald_str_equal(struct ald_str a, struct ald_str b)
{
    return a.size == b.size && ald_bytes_equal(a.data, b.data, a.size);
}

static inline bool ald_str_starts(struct ald_str str, struct ald_str prefix)
{
    return str.size >= prefix.size && ald_bytes_equal(str.data, prefix.data, prefix.size);
}

/* Everything from byte `from` on; `from` may not lie past the end. */
static inline struct ald_str ald_str_from(struct ald_str str, size_t from)
{
    ald_assert(from <= str.size);
    return (struct ald_str){str.data != NULL ? str.data + from : NULL, str.size - from};
}

/* Gives a view of a copy of `str` at `*room`, which moves on behind it. An empty one takes no room; absent stays absent. */
struct ald_str ald_str_keep(struct ald_str str, char **room);

/* Byte order, a prefix before what it begins: <0, 0 or >0. */
int ald_str_compare(struct ald_str a, struct ald_str b);

/* ASCII letters compare equal whatever their case; other bytes must be the same. */
bool ald_str_equal_nocase(struct ald_str a, struct ald_str b);

/* The place of the first `needle`, or `str.size`. */
size_t ald_str_find(struct ald_str str, struct ald_str needle);

/* The first word of a comma separated list, with its blanks; the rest is left, behind the comma. Without words it stays empty. */
struct ald_str ald_str_pop(struct ald_str *list);

/* Without blanks and tabs at both ends. */
struct ald_str ald_str_trim(struct ald_str str);

enum { ALD_STR_MALFORMED = 1 };

/* A decimal number without sign or blanks, all of `str`. Outcome: ALD_STR_MALFORMED (also when over UINT64_MAX). */
ALD_NODISCARD int ald_str_u64(struct ald_str str, uint64_t *ret_number);

/* Valid UTF-8 as RFC 3629 has it: no surrogates, no overlong forms, nothing over U+10FFFF. */
bool ald_utf8_valid(struct ald_str str);
