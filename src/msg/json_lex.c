#include "msg/json_lex.h"

/* An escape, from its backslash to behind it. Lone surrogates pass: RFC 8259 section 8.2 leaves them to the reader. */
static bool lex_escape(struct ald_json_lex *lex)
{
    const uint8_t *at = lex->at + 1;

    if (at == lex->end) {
        return lex_fail(lex, at, ALD_JSON_ENDS);
    }
    if (*at == 'u') {
        for (const uint8_t *last = at + 4; at != last;) {
            if (++at == lex->end) {
                return lex_fail(lex, at, ALD_JSON_ENDS);
            }
            if (bytes_hex(*at) < 0) {
                return lex_fail(lex, at, ALD_JSON_ESCAPE);
            }
        }
    } else if (*at == '\0' || strchr("\"\\/bfnrt", *at) == NULL) {
        return lex_fail(lex, at, ALD_JSON_ESCAPE);
    }
    lex->at = at + 1;
    lex->flags |= ALD_JSON_ESCAPED;
    return true;
}

/* Characters that are not ASCII, as many as stand in a row. */
static bool lex_foreign(struct ald_json_lex *lex)
{
    size_t size;

    do {
        if (!bytes_utf8(lex->at, lex->end, &size)) {
            if ((lex->options & ALD_JSON_BROKEN_OK) == 0) {
                return lex_fail(lex, lex->at, ALD_JSON_UTF8);
            }
            lex->flags |= ALD_JSON_BROKEN;
        }
        lex->at += size;
    } while (lex->at != lex->end && *lex->at >= 0x80);
    return true;
}

bool ald_json_lex_string(struct ald_json_lex *lex)
{
    bool sound;

    for (; lex->at != lex->end; lex->at = bytes_plain(lex->at, lex->end)) {
        if (*lex->at == '"') {
            lex->at++;
            return true;
        }
        if (*lex->at < 0x20) {
            return lex_fail(lex, lex->at, ALD_JSON_CONTROL);
        }
        sound = *lex->at == '\\' ? lex_escape(lex) : lex_foreign(lex);
        if (!sound) {
            return false;
        }
    }
    return lex_fail(lex, lex->end, ALD_JSON_ENDS);
}

/* At least one digit, and all that follow it. */
static bool lex_digits(struct ald_json_lex *lex)
{
    if (lex->at == lex->end) {
        return lex_fail(lex, lex->at, ALD_JSON_ENDS);
    }
    if (*lex->at < '0' || *lex->at > '9') {
        return lex_fail(lex, lex->at, ALD_JSON_DIGITS);
    }
    while (lex->at != lex->end && *lex->at >= '0' && *lex->at <= '9') {
        lex->at++;
    }
    return true;
}

/* RFC 8259 section 6: [ minus ] int [ frac ] [ exp ]. */
bool ald_json_lex_number(struct ald_json_lex *lex)
{
    if (*lex->at != '-' && (*lex->at < '0' || *lex->at > '9')) {
        return lex_fail(lex, lex->at, ALD_JSON_VALUE);
    }
    if (*lex->at == '-') {
        lex->at++;
    }
    if (lex->at != lex->end && *lex->at == '0') {
        lex->at++; /* no digit may follow it */
    } else if (!lex_digits(lex)) {
        return false;
    }
    if (lex->at != lex->end && *lex->at == '.') {
        lex->at++;
        lex->flags |= ALD_JSON_REAL;
        if (!lex_digits(lex)) {
            return false;
        }
    }
    if (lex->at != lex->end && (*lex->at | 0x20) == 'e') {
        lex->at++;
        lex->flags |= ALD_JSON_REAL;
        if (lex->at != lex->end && (*lex->at == '+' || *lex->at == '-')) {
            lex->at++;
        }
        return lex_digits(lex);
    }
    return true;
}

bool ald_json_lex_literal(struct ald_json_lex *lex)
{
    const char *word = *lex->at == 't' ? "true" : *lex->at == 'f' ? "false" : "null";

    for (; *word != '\0'; word++, lex->at++) {
        if (lex->at == lex->end) {
            return lex_fail(lex, lex->at, ALD_JSON_ENDS);
        }
        if (*lex->at != (uint8_t)*word) {
            return lex_fail(lex, lex->at, ALD_JSON_LITERAL);
        }
    }
    return true;
}
