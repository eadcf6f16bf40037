#include "wire/http/http_fields.h"

size_t ald_http_fields_count(struct ald_http_fields fields, struct ald_str name)
{
    size_t n = 0;

    for (size_t i = 0; i < fields.n; i++) {
        if (ald_str_equal_nocase(fields.items[i].name, name)) {
            n++;
        }
    }
    return n;
}

struct ald_str ald_http_fields_find(struct ald_http_fields fields, struct ald_str name)
{
    for (size_t i = 0; i < fields.n; i++) {
        if (ald_str_equal_nocase(fields.items[i].name, name)) {
            return fields.items[i].value;
        }
    }
    return ALD_STR_NONE;
}

bool ald_http_fields_list(struct ald_http_fields fields, struct ald_str name, struct ald_str token)
{
    struct ald_str list, item;

    for (size_t i = 0; i < fields.n; i++) {
        if (!ald_str_equal_nocase(fields.items[i].name, name)) {
            continue;
        }
        list = fields.items[i].value;
        while (ald_http_list_next(&list, &item)) {
            if (ald_str_equal_nocase(item, token)) {
                return true;
            }
        }
    }
    return false;
}

/* Where `mark` stands in `text` outside of quoted strings, or the end. A quote that nobody closes lasts to the end. */
static size_t field_find(struct ald_str text, char mark)
{
    bool quoted = false;

    for (size_t i = 0; i < text.size; i++) {
        if (quoted && text.data[i] == '\\') {
            i++;
        } else if (text.data[i] == '"') {
            quoted = !quoted;
        } else if (!quoted && text.data[i] == mark) {
            return i;
        }
    }
    return text.size;
}

bool ald_http_list_next(struct ald_str *list, struct ald_str *ret_item)
{
    struct ald_str item;
    size_t end;

    while (list->size > 0) {
        end = field_find(*list, ',');
        item = ald_str_trim(ald_str_of(list->data, end));
        *list = ald_str_from(*list, ALD_MIN(end + 1, list->size));
        /* RFC 9110 section 5.6.1.2: empty elements are no elements. */
        if (item.size > 0) {
            *ret_item = item;
            return true;
        }
    }
    return false;
}

struct ald_str ald_http_item_name(struct ald_str item)
{
    return ald_str_trim(ald_str_of(item.data, field_find(item, ';')));
}

static bool token_byte(uint8_t byte)
{
    if ((byte >= '0' && byte <= '9') || (byte >= 'A' && byte <= 'Z') || (byte >= 'a' && byte <= 'z')) {
        return true;
    }
    return byte != 0 && strchr("!#$%&'*+-.^_`|~", byte) != NULL;
}

bool ald_http_token_valid(struct ald_str text)
{
    for (size_t i = 0; i < text.size; i++) {
        if (!token_byte((uint8_t)text.data[i])) {
            return false;
        }
    }
    return text.size > 0;
}

bool ald_http_value_valid(struct ald_str text)
{
    for (size_t i = 0; i < text.size; i++) {
        uint8_t byte = (uint8_t)text.data[i];

        if ((byte < 0x20 && byte != '\t') || byte == 0x7F) {
            return false;
        }
    }
    return true;
}

int ald_http_hex_value(char digit)
{
    if (digit >= '0' && digit <= '9') {
        return digit - '0';
    }
    if ((digit >= 'a' && digit <= 'f') || (digit >= 'A' && digit <= 'F')) {
        return (digit | 0x20) - 'a' + 10;
    }
    return -1;
}
