#include "cuts/json.h"

#include <string.h>

/* Deeper is nothing that the hub says. */
enum { JSON_DEPTH_MAX = 32 };

static const char *blank_skip(const char *at, const char *end)
{
    while (at < end && (*at == ' ' || *at == '\t' || *at == '\r' || *at == '\n')) {
        at++;
    }
    return at;
}

static bool is_digit(const char *at, const char *end)
{
    return at < end && *at >= '0' && *at <= '9';
}

/* Each gives the place behind what it is called for; NULL: it is not there. */

static const char *digits_skip(const char *at, const char *end)
{
    if (!is_digit(at, end)) {
        return NULL;
    }
    while (is_digit(at, end)) {
        at++;
    }
    return at;
}

static const char *number_skip(const char *at, const char *end)
{
    if (at < end && *at == '-') {
        at++;
    }
    if (at + 1 < end && *at == '0' && is_digit(at + 1, end)) {
        return NULL;
    }
    at = digits_skip(at, end);
    if (at != NULL && at < end && *at == '.') {
        at = digits_skip(at + 1, end);
    }
    if (at != NULL && at < end && (*at == 'e' || *at == 'E')) {
        at++;
        at += at < end && (*at == '+' || *at == '-') ? 1 : 0;
        at = digits_skip(at, end);
    }
    return at;
}

static const char *escape_skip(const char *at, const char *end)
{
    if (at >= end) {
        return NULL;
    }
    if (*at != 'u') {
        return strchr("\"\\/bfnrt", *at) != NULL && *at != '\0' ? at + 1 : NULL;
    }
    for (int n = 1; n <= 4; n++) {
        if (at + n >= end || strchr("0123456789abcdefABCDEF", at[n]) == NULL || at[n] == '\0') {
            return NULL;
        }
    }
    return at + 5;
}

static const char *string_skip(const char *at, const char *end)
{
    if (at >= end || *at != '"') {
        return NULL;
    }
    at++;
    while (at != NULL && at < end && *at != '"') {
        if ((unsigned char)*at < 0x20) {
            return NULL;
        }
        at = *at == '\\' ? escape_skip(at + 1, end) : at + 1;
    }
    return at != NULL && at < end ? at + 1 : NULL;
}

static const char *value_skip(const char *at, const char *end, int depth);

/* Items, or members, up to the bracket `close`. */
static const char *inside_skip(const char *at, const char *end, char close, int depth)
{
    at = blank_skip(at, end);
    if (at < end && *at == close) {
        return at + 1;
    }
    for (;;) {
        if (close == '}') {
            at = string_skip(blank_skip(at, end), end);
            at = at != NULL ? blank_skip(at, end) : NULL;
            if (at == NULL || at >= end || *at != ':') {
                return NULL;
            }
            at++;
        }
        at = value_skip(blank_skip(at, end), end, depth + 1);
        at = at != NULL ? blank_skip(at, end) : NULL;
        if (at == NULL || at >= end || (*at != ',' && *at != close)) {
            return NULL;
        }
        if (*at++ == close) {
            return at;
        }
    }
}

static const char *value_skip(const char *at, const char *end, int depth)
{
    static const char *const words[] = {"true", "false", "null"};

    if (at >= end || depth > JSON_DEPTH_MAX) {
        return NULL;
    }
    if (*at == '{' || *at == '[') {
        return inside_skip(at + 1, end, *at == '{' ? '}' : ']', depth);
    }
    for (size_t i = 0; i < ALD_COUNT(words); i++) {
        size_t size = strlen(words[i]);

        if ((size_t)(end - at) >= size && memcmp(at, words[i], size) == 0) {
            return at + size;
        }
    }
    return *at == '"' ? string_skip(at, end) : number_skip(at, end);
}

bool cuts_json_check(struct ald_str text)
{
    const char *end = text.data + text.size;
    const char *at = value_skip(blank_skip(text.data, end), end, 0);

    return at != NULL && blank_skip(at, end) == end;
}

static struct ald_str value_at(const char *at, const char *end)
{
    const char *behind;

    at = blank_skip(at, end);
    behind = value_skip(at, end, 0);
    return behind != NULL ? ald_str_of(at, (size_t)(behind - at)) : ALD_STR_NONE;
}

struct ald_str cuts_json_member(struct ald_str object, const char *name)
{
    const char *at = object.data, *end = object.data + object.size;

    if (object.size < 2 || *at != '{') {
        return ALD_STR_NONE;
    }
    for (at = blank_skip(at + 1, end); at != NULL && at < end && *at == '"'; at = blank_skip(at, end)) {
        struct ald_str found = value_at(at, end);
        struct ald_str value;

        at = blank_skip(found.data + found.size, end) + 1; /* behind the colon */
        value = value_at(at, end);
        if (cuts_json_is(found, name)) {
            return value;
        }
        at = blank_skip(value.data + value.size, end) + 1; /* behind the comma */
    }
    return ALD_STR_NONE;
}

struct ald_str cuts_json_item(struct ald_str array, size_t place)
{
    const char *at = array.data, *end = array.data + array.size;

    if (array.size < 2 || *at != '[') {
        return ALD_STR_NONE;
    }
    for (at = blank_skip(at + 1, end); at < end && *at != ']'; at = blank_skip(at, end)) {
        struct ald_str value = value_at(at, end);

        if (place-- == 0) {
            return value;
        }
        at = blank_skip(value.data + value.size, end) + 1; /* behind the comma, or the end */
    }
    return ALD_STR_NONE;
}

bool cuts_json_int(struct ald_str value, int64_t *ret_number)
{
    int64_t number = 0;
    size_t at = value.size > 0 && value.data[0] == '-' ? 1 : 0;

    if (value.size == at || value.size > 18) {
        return false;
    }
    for (size_t i = at; i < value.size; i++) {
        if (value.data[i] < '0' || value.data[i] > '9') {
            return false;
        }
        number = 10 * number + (value.data[i] - '0');
    }
    *ret_number = at == 1 ? -number : number;
    return true;
}

bool cuts_json_is(struct ald_str value, const char *text)
{
    return ald_str_present(value) && ald_str_equal(cuts_json_text(value), ald_str(text));
}

struct ald_str cuts_json_text(struct ald_str value)
{
    return value.size >= 2 && value.data[0] == '"' ? ald_str_of(value.data + 1, value.size - 2) : ALD_STR_NONE;
}
