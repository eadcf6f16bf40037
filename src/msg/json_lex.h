#pragma once

/*
 * The grammar of JSON, once, for the scanner and the tape: private to the json files of this layer.
 *
 * Two readers of one text must never disagree about it, and a scanner that skips must check as strictly as a tape that
 * keeps. So both are the same walk, lex_walk(), inlined into each with a sink that is known when it is compiled: the
 * scanner's keeps nothing, and nothing is left of it.
 *
 * Laws: every function leaves `at` where reading can go on, or returns false with `at` on the byte that cannot stand
 *       there and the reason; no byte at `end` or after is read; nothing calls itself.
 */

#include "msg/json_bytes.h"
#include "msg/json_text.h"

#define LEX_INLINE static inline __attribute__((always_inline))

struct ald_json_lex {
    const uint8_t *begin;
    const uint8_t *at;
    const uint8_t *end;
    unsigned options;
    unsigned flags; /* of the values read since they were last cleared */
    enum ald_json_reason reason;
};

/*
 * What a walk does with what it finds. `begin` is the first byte of the value; `lex->at` is behind it, or for an opened
 * container behind its bracket. False stops the walk, with the reason set.
 */
struct lex_sink {
    bool (*leaf)(void *sink, struct ald_json_lex *lex, const uint8_t *begin, enum ald_json_type type);
    bool (*open)(void *sink, struct ald_json_lex *lex, enum ald_json_type type);
    void (*close)(void *sink, struct ald_json_lex *lex);
};

/* The rest of a string, from a byte in it that is not plain or from its end on. */
bool ald_json_lex_string(struct ald_json_lex *lex);
bool ald_json_lex_number(struct ald_json_lex *lex);
/* true, false or null, by its first byte. */
bool ald_json_lex_literal(struct ald_json_lex *lex);

LEX_INLINE struct ald_json_lex lex_make(struct ald_str text, unsigned options)
{
    /* An absent view is an empty text, and pointers that are compared may not be NULL. */
    const uint8_t *at = (const uint8_t *)(text.data != NULL ? text.data : "");

    return (struct ald_json_lex){.begin = at, .at = at, .end = at + text.size, .options = options};
}

LEX_INLINE bool lex_fail(struct ald_json_lex *lex, const uint8_t *at, enum ald_json_reason reason)
{
    lex->at = at;
    lex->reason = reason;
    return false;
}

/* Pass over blanks to a byte that must be there. Compact JSON has none, so the first question is the one that matters. */
LEX_INLINE bool lex_blanks(struct ald_json_lex *lex)
{
    for (; lex->at != lex->end; lex->at++) {
        if (__builtin_expect(*lex->at > ' ', true)) {
            return true;
        }
        if (*lex->at != ' ' && *lex->at != '\n' && *lex->at != '\r' && *lex->at != '\t') {
            return true;
        }
    }
    return lex_fail(lex, lex->end, ALD_JSON_ENDS);
}

/* From an opening quote to behind the closing one. */
LEX_INLINE bool lex_string(struct ald_json_lex *lex)
{
    lex->at = bytes_plain_in(lex->begin, lex->at + 1, lex->end);
    if (lex->at != lex->end && *lex->at == '"') {
        lex->at++;
        return true;
    }
    return ald_json_lex_string(lex);
}

/* A member name and the colon after it; `*ret_begin` is its opening quote, `*ret_end` behind its closing one. */
LEX_INLINE bool lex_name(struct ald_json_lex *lex, const uint8_t **ret_begin, const uint8_t **ret_end)
{
    if (!lex_blanks(lex)) {
        return false;
    }
    if (*lex->at != '"') {
        return lex_fail(lex, lex->at, ALD_JSON_NAME);
    }
    *ret_begin = lex->at;
    if (!lex_string(lex)) {
        return false;
    }
    *ret_end = lex->at;
    if (!lex_blanks(lex)) {
        return false;
    }
    if (*lex->at != ':') {
        return lex_fail(lex, lex->at, ALD_JSON_COLON);
    }
    lex->at++;
    return true;
}

/* A value that is no container, from its first byte to behind its last. */
LEX_INLINE bool lex_leaf(struct ald_json_lex *lex, enum ald_json_type *ret_type)
{
    switch (*lex->at) {
    case '"':
        *ret_type = ALD_JSON_STRING;
        return lex_string(lex);
    case 't':
        *ret_type = ALD_JSON_TRUE;
        return ald_json_lex_literal(lex);
    case 'f':
        *ret_type = ALD_JSON_FALSE;
        return ald_json_lex_literal(lex);
    case 'n':
        *ret_type = ALD_JSON_NULL;
        return ald_json_lex_literal(lex);
    default:
        *ret_type = ALD_JSON_NUMBER;
        return ald_json_lex_number(lex);
    }
}

/* Where a walk stands: how the containers it is in must be closed. */
struct lex_walk {
    unsigned depth;
    uint8_t closers[ALD_JSON_DEPTH_MAX];
};

/* The name that begins a member, which is a leaf to the sink. */
LEX_INLINE bool lex_member(struct ald_json_lex *lex, const struct lex_sink *does, void *sink)
{
    const uint8_t *begin, *end, *behind;

    if (!lex_name(lex, &begin, &end)) {
        return false;
    }
    behind = lex->at;
    lex->at = end;
    if (!does->leaf(sink, lex, begin, ALD_JSON_STRING)) {
        return false;
    }
    lex->at = behind;
    return true;
}

/* Go down to the first value that has nothing inside: a leaf (then behind it) or an empty container (at its end). */
LEX_INLINE bool lex_descend(struct ald_json_lex *lex, struct lex_walk *walk, const struct lex_sink *does, void *sink)
{
    enum ald_json_type type;
    const uint8_t *begin;

    for (;;) {
        if (!lex_blanks(lex)) {
            return false;
        }
        begin = lex->at;
        if (*begin != '{' && *begin != '[') {
            return lex_leaf(lex, &type) && does->leaf(sink, lex, begin, type);
        }
        if (walk->depth == ALD_JSON_DEPTH_MAX) {
            return lex_fail(lex, begin, ALD_JSON_DEEP);
        }
        walk->closers[walk->depth++] = *begin == '{' ? '}' : ']';
        lex->at++;
        if (!does->open(sink, lex, *begin == '{' ? ALD_JSON_OBJECT : ALD_JSON_ARRAY) || !lex_blanks(lex)) {
            return false;
        }
        if (*lex->at == walk->closers[walk->depth - 1]) {
            return true;
        }
        if (*begin == '{' && !lex_member(lex, does, sink)) {
            return false;
        }
    }
}

/* After a value: close what ends here, down to `depth`, or pass the comma and name before the next one. */
LEX_INLINE bool lex_ascend(struct ald_json_lex *lex, struct lex_walk *walk, unsigned depth, const struct lex_sink *does,
                           void *sink)
{
    while (walk->depth > depth) {
        uint8_t closer = walk->closers[walk->depth - 1];

        if (!lex_blanks(lex)) {
            return false;
        }
        if (*lex->at == ',') {
            lex->at++;
            return closer == ']' || lex_member(lex, does, sink);
        }
        if (*lex->at != closer) {
            return lex_fail(lex, lex->at, ALD_JSON_COMMA);
        }
        lex->at++;
        walk->depth--;
        does->close(sink, lex);
    }
    return true;
}

/* One whole value, blanks before it allowed, that stands within `depth` containers. */
LEX_INLINE bool lex_walk(struct ald_json_lex *lex, unsigned depth, const struct lex_sink *does, void *sink)
{
    struct lex_walk walk;

    walk.depth = depth;
    do {
        if (!lex_descend(lex, &walk, does, sink) || !lex_ascend(lex, &walk, depth, does, sink)) {
            return false;
        }
    } while (walk.depth > depth);
    return true;
}

/* What follows the outermost value: nothing but blanks, unless anything may. */
LEX_INLINE bool lex_tail(struct ald_json_lex *lex)
{
    if ((lex->options & ALD_JSON_TAIL_OK) != 0 || !lex_blanks(lex)) {
        lex->reason = ALD_JSON_SOUND; /* that the text ends is as it should be */
        return true;
    }
    return lex_fail(lex, lex->at, ALD_JSON_TAIL);
}
