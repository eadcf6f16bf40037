#include "wire/http/http_url.h"

#include "wire/http/http_fields.h"

/* Decode one character at `*at`, moving it on; -1 when it is malformed. */
static int decode_byte(struct ald_str text, bool plus, size_t *at)
{
    char byte = text.data[(*at)++];
    int high, low;

    if (byte == '+' && plus) {
        return ' ';
    }
    if (byte != '%') {
        return (uint8_t)byte;
    }
    if (text.size - *at < 2) {
        return -1;
    }
    high = ald_http_hex_value(text.data[*at]);
    low = ald_http_hex_value(text.data[*at + 1]);
    *at += 2;
    return high < 0 || low < 0 ? -1 : high << 4 | low;
}

int ald_http_decode(struct ald_str text, bool plus, char *to, size_t room, struct ald_str *ret_text)
{
    size_t size = 0, at = 0;
    int byte;

    while (at < text.size) {
        byte = decode_byte(text, plus, &at);
        if (byte < 0) {
            return ALD_HTTP_DECODE_MALFORMED;
        }
        if (size == room) {
            return ALD_HTTP_DECODE_FULL;
        }
        to[size++] = (char)byte;
    }
    *ret_text = ald_str_of(to, size);
    return 0;
}

static bool unreserved_byte(char byte)
{
    return (byte >= '0' && byte <= '9') || (byte >= 'A' && byte <= 'Z') || (byte >= 'a' && byte <= 'z') ||
           byte == '-' || byte == '.' || byte == '_' || byte == '~';
}

int ald_http_encode(struct ald_str text, char *to, size_t room, struct ald_str *ret_text)
{
    static const char digits[] = "0123456789ABCDEF";
    size_t size = 0, wanted;

    for (size_t i = 0; i < text.size; i++) {
        wanted = unreserved_byte(text.data[i]) ? 1 : 3;
        if (room - size < wanted) {
            return ALD_HTTP_DECODE_FULL;
        }
        if (wanted == 1) {
            to[size++] = text.data[i];
            continue;
        }
        to[size++] = '%';
        to[size++] = digits[(uint8_t)text.data[i] >> 4];
        to[size++] = digits[(uint8_t)text.data[i] & 0xF];
    }
    *ret_text = ald_str_of(to, size);
    return 0;
}

/* Take everything up to `mark` off `*text`, and `mark` itself. */
static struct ald_str text_take(struct ald_str *text, char mark)
{
    const char *end = text->size > 0 ? memchr(text->data, mark, text->size) : NULL;
    size_t size = end != NULL ? (size_t)(end - text->data) : text->size;
    struct ald_str taken = ald_str_of(text->data, size);

    *text = ald_str_from(*text, end != NULL ? size + 1 : size);
    return taken;
}

bool ald_http_path_next(struct ald_str *path, struct ald_str *ret_segment)
{
    const char *end;

    if (path->size == 0 || path->data[0] != '/') {
        return false;
    }
    *path = ald_str_from(*path, 1);
    end = path->size > 0 ? memchr(path->data, '/', path->size) : NULL;
    *ret_segment = ald_str_of(path->data, end != NULL ? (size_t)(end - path->data) : path->size);
    *path = ald_str_from(*path, ret_segment->size);
    return true;
}

bool ald_http_query_next(struct ald_str *query, struct ald_str *ret_name, struct ald_str *ret_value)
{
    struct ald_str pair = ALD_STR_NONE;
    bool has_value;

    while (query->size > 0 && pair.size == 0) {
        pair = text_take(query, '&');
    }
    if (pair.size == 0) {
        return false;
    }
    has_value = memchr(pair.data, '=', pair.size) != NULL;
    *ret_name = text_take(&pair, '=');
    *ret_value = has_value ? pair : ALD_STR_NONE;
    return true;
}

/* `encoded` means `name`, whichever of its characters are percent-encoded. */
static bool name_matches(struct ald_str encoded, struct ald_str name)
{
    size_t at = 0, i = 0;

    while (at < encoded.size && i < name.size) {
        if (decode_byte(encoded, true, &at) != (uint8_t)name.data[i++]) {
            return false;
        }
    }
    return at == encoded.size && i == name.size;
}

int ald_http_query_find(struct ald_str query, struct ald_str name, char *to, size_t room, struct ald_str *ret_value)
{
    struct ald_str found, value;

    while (ald_http_query_next(&query, &found, &value)) {
        if (name_matches(found, name)) {
            return ald_http_decode(value, true, to, room, ret_value);
        }
    }
    return ALD_HTTP_QUERY_ABSENT;
}
