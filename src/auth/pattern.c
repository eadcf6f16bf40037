#include "auth/pattern.h"

#include "msg/address.h"

static int hex_value(char digit)
{
    if (digit >= '0' && digit <= '9') {
        return digit - '0';
    }
    if (digit >= 'a' && digit <= 'f') {
        return digit - 'a' + 10;
    }
    return digit >= 'A' && digit <= 'F' ? digit - 'A' + 10 : -1;
}

/* Returns what is wrong with the name, or NULL. */
static const char *name_decode(struct ald_str text, char *to, struct ald_str *ret_name)
{
    size_t size = 0;

    for (size_t i = 0; i < text.size; i++) {
        char c = text.data[i];

        if (c == '%') {
            int high = text.size - i > 2 ? hex_value(text.data[i + 1]) : -1;
            int low = text.size - i > 2 ? hex_value(text.data[i + 2]) : -1;

            if (high < 0 || low < 0) {
                return "a % is followed by two hexadecimal digits; % itself is written %25";
            }
            c = (char)(high * 16 + low);
            i += 2;
        } else if (c == '*') {
            return "a * stands for any rest, so only at the end; * itself is written %2A";
        } else if (c == ' ' || c == '\t') {
            return "a blank in a name is written %20; names are parted by commas";
        }
        to[size++] = c;
    }
    *ret_name = ald_str_of(to, size);
    if (size > ALD_NAME_MAX) {
        return "no name is longer than 255 bytes";
    }
    return ald_utf8_valid(*ret_name) ? NULL : "the name is not UTF-8";
}

const char *ald_pattern_parse(struct ald_str text, char *scratch, struct ald_pattern *ret_pattern)
{
    bool open = text.size > 0 && text.data[text.size - 1] == '*';
    struct ald_str name;
    const char *wrong;

    text.size -= open ? 1 : 0;
    wrong = name_decode(text, scratch, &name);
    if (wrong == NULL) {
        *ret_pattern = (struct ald_pattern){name, open};
    }
    return wrong;
}

bool ald_pattern_fits(const struct ald_pattern *pattern, struct ald_str name)
{
    return pattern->open ? ald_str_starts(name, pattern->name) : ald_str_equal(name, pattern->name);
}

const char *ald_command_pattern_parse(struct ald_str text, char *scratch, struct ald_command_pattern *ret_pattern)
{
    size_t colon = ald_str_find(text, ALD_STR(":"));
    struct ald_command_pattern pattern;
    const char *wrong;

    if (colon == text.size) {
        return "what may be commanded is written TARGET:NAME, as lamp:signal, lamp:* or *:ping";
    }
    wrong = ald_pattern_parse(ald_str_of(text.data, colon), scratch, &pattern.target);
    if (wrong == NULL) {
        wrong = ald_pattern_parse(ald_str_from(text, colon + 1), scratch + colon, &pattern.name);
    }
    if (wrong == NULL && pattern.name.name.size == 0 && !pattern.name.open) {
        wrong = "the command has no name; any command is written TARGET:*";
    }
    if (wrong == NULL) {
        *ret_pattern = pattern;
    }
    return wrong;
}

bool ald_pattern_word_next(struct ald_str *list, struct ald_str *ret_word)
{
    size_t end;

    if (!ald_str_present(*list)) {
        return false;
    }
    end = ald_str_find(*list, ALD_STR(","));
    *ret_word = ald_str_trim(ald_str_of(list->data, end));
    *list = end < list->size ? ald_str_from(*list, end + 1) : ALD_STR_NONE;
    return true;
}
