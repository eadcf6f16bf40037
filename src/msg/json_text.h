#pragma once

/*
 * JSON text: what the scanner, the tape and the writer share, and how a value found in a text is read.
 *
 * Grammar: RFC 8259, nothing more (no comments, no NaN, no trailing comma, no byte order mark, no control character in a
 * string), with two options below. A value stays where it is in the text; a reader gives a view and says whether the view
 * is the value (a string without escapes) or must be decoded. So a payload crosses the hub without being copied.
 *
 * Surrogates: `\ud800` without its partner is legal by the grammar and stays as it is in the raw text. It names no
 *             character, so decoding gives U+FFFD for it, one for each lone surrogate.
 * UTF-8:      RFC 3629. Bytes that are not UTF-8 make a text malformed, or, with ALD_JSON_BROKEN_OK, are taken to be
 *             U+FFFD, one for each longest part that could have begun a character, as Unicode 3.9 recommends (exchange.md 2.5
 *             asks for replacing). That holds inside strings only: elsewhere U+FFFD would be no JSON either.
 * Threading:  no state; a value borrows the text it was found in.
 */

#include "base/defs.h"
#include "base/str.h"

struct ald_buf;

enum ald_json_type {
    ALD_JSON_NONE = 0, /* there is no value */
    ALD_JSON_NULL,
    ALD_JSON_FALSE,
    ALD_JSON_TRUE,
    ALD_JSON_NUMBER,
    ALD_JSON_STRING,
    ALD_JSON_ARRAY,
    ALD_JSON_OBJECT,
};

/* Options of every reader. */
enum {
    ALD_JSON_STRICT = 0,
    ALD_JSON_BROKEN_OK = 1, /* invalid UTF-8 in strings is accepted and read as U+FFFD */
    ALD_JSON_TAIL_OK = 2,   /* whatever follows the first complete value is ignored (exchange.md 2.6) */
};

/*
 * Containers within containers, the outermost counted: a text nested deeper is malformed. 128 is more than any program
 * has use for (the schemas of all dialects stay below 20) and small enough that everything that walks a text may keep a
 * stack of it, or recurse, without a hostile peer reaching the end of ours.
 */
enum { ALD_JSON_DEPTH_MAX = 128 };

/* What is known of a value beyond its type. */
enum {
    ALD_JSON_ESCAPED = 1, /* a string with a backslash in it; for arrays and objects: not told */
    ALD_JSON_BROKEN = 2,  /* it, or any string in it, holds invalid UTF-8; only with ALD_JSON_BROKEN_OK */
    ALD_JSON_REAL = 4,    /* a number with a fraction or an exponent */
};

/* A value where it stands. `raw` is the whole of it: a string with its quotes, a container with its brackets. */
struct ald_json_value {
    struct ald_str raw;
    uint8_t type; /* enum ald_json_type */
    uint8_t flags;
};

/* Outcome of every reader: the text is not JSON (or not within the limits that its reason names). */
enum { ALD_JSON_MALFORMED = 1 };

enum ald_json_reason {
    ALD_JSON_SOUND = 0,
    ALD_JSON_ENDS,    /* the text ends inside a value */
    ALD_JSON_VALUE,   /* a value must begin here */
    ALD_JSON_LITERAL, /* neither true nor false nor null */
    ALD_JSON_DIGITS,  /* a digit must stand here */
    ALD_JSON_CONTROL, /* a raw control character in a string */
    ALD_JSON_ESCAPE,  /* no such escape */
    ALD_JSON_UTF8,    /* not UTF-8 */
    ALD_JSON_NAME,    /* a member name must stand here */
    ALD_JSON_COLON,   /* a colon must stand here */
    ALD_JSON_COMMA,   /* a comma or the end of the container must stand here */
    ALD_JSON_DEEP,    /* nested deeper than ALD_JSON_DEPTH_MAX */
    ALD_JSON_TAIL,    /* something follows the value */
    ALD_JSON_HUGE,    /* more text or more values than this reader was told to take */
    ALD_JSON_N_REASONS,
};

/*
 * Where reading ended. Readers write it whether they succeed or not: after a success `offset` is the first byte after
 * the value (and after blanks, unless ALD_JSON_TAIL_OK), else that of the byte that cannot stand there.
 */
struct ald_json_end {
    size_t offset;
    enum ald_json_reason reason;
};

/* "a colon must stand here": never NULL. */
const char *ald_json_reason_text(enum ald_json_reason reason);

/* "string", "object", ...; "nothing" for ALD_JSON_NONE. Never NULL. */
const char *ald_json_type_text(enum ald_json_type type);

static inline bool ald_json_is_true(struct ald_json_value value)
{
    return value.type == ALD_JSON_TRUE;
}

/* The string is its own view: no byte of it needs decoding. */
static inline bool ald_json_is_plain(struct ald_json_value string)
{
    return (string.flags & (ALD_JSON_ESCAPED | ALD_JSON_BROKEN)) == 0;
}

/* What stands between the quotes of a string, still encoded. */
static inline struct ald_str ald_json_inner(struct ald_json_value string)
{
    ald_assert(string.type == ALD_JSON_STRING);
    return (struct ald_str){string.raw.data + 1, string.raw.size - 2};
}

/*
 * Append the characters of a string to `buf`, as UTF-8; an escaped NUL is a NUL byte. Never more bytes than three times
 * the raw view, and no more than it when nothing is broken. Outcome: ALD_BUF_FULL (a part may have been appended).
 * Errors: ALDIS_E_NOMEM.
 */
ALD_NODISCARD int ald_json_decode(struct ald_json_value string, struct ald_buf *buf);

/* Does the string, decoded, equal `str`? Decodes nothing into memory. */
bool ald_json_string_is(struct ald_json_value string, struct ald_str str);

/* Do both strings say the same, however each is escaped? */
bool ald_json_string_same(struct ald_json_value a, struct ald_json_value b);

enum { ALD_JSON_NOT_TEXT = 2 };

/*
 * A value where text is expected, as lenient as exchange.md 2.6: a string gives its characters, a number or a boolean its
 * literal. The view lies in the text, or, when decoding is needed, in `scratch` (appended, so earlier views into it may
 * move). Outcomes: ALD_JSON_NOT_TEXT (nothing, null, array, object), ALD_BUF_FULL. Errors: ALDIS_E_NOMEM.
 */
ALD_NODISCARD int ald_json_text(struct ald_json_value value, struct ald_buf *scratch, struct ald_str *ret_text);
