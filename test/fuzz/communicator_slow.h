#pragma once

/*
 * A second reader and writer of communicator lines, slow and plain: the algorithms of communicator.md 1.1 step by step,
 * each a pass of its own, with `\\` understood first within quotes. The JSON form is read by jansson.
 */

#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>

#include "wire/communicator/comm_line.h"

enum { BUF_MAX = 1 << 26 };

#define MUST(fact)                                                                                                     \
    do {                                                                                                               \
        if (!(fact)) {                                                                                                 \
            fprintf(stderr, "line %d: not so: %s\n", __LINE__, #fact);                                                 \
            abort();                                                                                                   \
        }                                                                                                              \
    } while (0)

/* --- reading ---------------------------------------------------------------------------------------------------- */

/* What a line means: a map, sorted, and the strings it needs, all of them in one piece of memory. */
struct slow {
    struct ald_comm_head head;
    struct ald_comm_edit items[ALD_COMM_PARAMS_MAX]; /* values decoded */
    size_t n, n_read;
    char *memory;
    size_t used;
};

static inline void slow_init(struct slow *slow, size_t size)
{
    slow->head = (struct ald_comm_head){.command = ALD_STR_NONE};
    slow->n = slow->n_read = slow->used = 0;
    slow->memory = malloc(size + 1);
    MUST(slow->memory != NULL);
}

/* Put into the map, in the place of one of its name. */
static inline void slow_set(struct slow *slow, struct ald_str name, struct ald_str value)
{
    size_t at = 0;

    while (at < slow->n && ald_str_compare(slow->items[at].name, name) < 0) {
        at++;
    }
    if (at == slow->n || !ald_str_equal(slow->items[at].name, name)) {
        memmove(&slow->items[at + 1], &slow->items[at], (slow->n - at) * sizeof(slow->items[0]));
        slow->n++;
    }
    slow->items[at] = (struct ald_comm_edit){name, value};
}

/* Step 6: `\\`, `\n` and `\r`; in JSON also `\"`. */
static inline struct ald_str slow_unescape(struct slow *slow, struct ald_str value, bool json)
{
    char *to = slow->memory + slow->used;
    size_t size = 0;

    for (size_t i = 0; i < value.size; i++) {
        char next = i + 1 < value.size ? value.data[i + 1] : 0;

        to[size] = value.data[i];
        if (value.data[i] == '\\' && (next == '\\' || next == 'n' || next == 'r' || (json && next == '"'))) {
            to[size] = (char)(next == 'n' ? '\n' : next == 'r' ? '\r' : next);
            i++;
        }
        size++;
    }
    slow->used += size;
    return ald_str_of(to, size);
}

/* Step 5, a quoted value from behind its quote: `\"` gives the quote, a pair of backslashes stays; false: no end. */
static inline bool slow_quoted(struct slow *slow, struct ald_str text, size_t *at, struct ald_str *ret_value)
{
    char *to = slow->memory + slow->used;
    size_t size = 0;

    for (; *at < text.size && text.data[*at] != '"'; ++*at) {
        char next = *at + 1 < text.size ? text.data[*at + 1] : 0;

        if (text.data[*at] == '\\' && next == '\\') {
            to[size++] = '\\';
            to[size++] = '\\';
            ++*at;
        } else if (text.data[*at] == '\\' && next == '"') {
            to[size++] = '"';
            ++*at;
        } else {
            to[size++] = text.data[*at];
        }
    }
    slow->used += size;
    *ret_value = ald_str_of(to, size);
    return (*at)++ < text.size;
}

static inline bool slow_name(struct ald_str name)
{
    for (size_t i = 0; i < name.size; i++) {
        char byte = name.data[i];
        bool letter = (byte >= 'a' && byte <= 'z') || (byte >= 'A' && byte <= 'Z') || byte == '_';

        if (!letter && (i == 0 || byte < '0' || byte > '9')) {
            return false;
        }
    }
    return name.size > 0;
}

/* Step 5. */
static inline bool slow_params(struct slow *slow, struct ald_str text)
{
    struct ald_str name, value;
    size_t at = 0, from;

    while (at < text.size) {
        for (from = at; at < text.size && text.data[at] != '='; at++) {
        }
        name = ald_str_of(text.data + from, at - from);
        if (at == text.size || !slow_name(name) || ++slow->n_read > ALD_COMM_PARAMS_MAX) {
            return false;
        }
        if (++at < text.size && text.data[at] == '"') {
            at++;
            if (!slow_quoted(slow, text, &at, &value)) {
                return false;
            }
        } else {
            for (from = at; at < text.size && text.data[at] != ';'; at++) {
            }
            value = ald_str_of(text.data + from, at - from);
        }
        if (at < text.size && text.data[at++] != ';') {
            return false;
        }
        slow_set(slow, name, slow_unescape(slow, value, false));
    }
    return true;
}

static inline bool slow_blank(char byte)
{
    return byte == '\t' || byte == '\n' || byte == '\v' || byte == '\f' || byte == '\r' || byte == ' ';
}

/* Step 1. */
static inline struct ald_str slow_trim(struct ald_str text)
{
    while (text.size > 0 && slow_blank(text.data[0])) {
        text = ald_str_from(text, 1);
    }
    while (text.size > 0 && slow_blank(text.data[text.size - 1])) {
        text.size--;
    }
    return text;
}

/* Step 3. */
static inline bool slow_from(struct slow *slow, struct ald_str *text)
{
    size_t at = 1, from = 1;

    if (text->size == 0 || text->data[0] != '<') {
        return true;
    }
    for (; at < text->size && text->data[at] != ':'; at++) {
        if (text->data[at] == ' ') {
            return false;
        }
    }
    slow->head.from_server = ald_str_of(text->data + from, at - from);
    for (from = ++at; at < text->size && text->data[at] != ' '; at++) {
    }
    if (at >= text->size) {
        return false;
    }
    slow->head.from_service = ald_str_of(text->data + from, at - from);
    *text = ald_str_from(*text, at + 1);
    return true;
}

/* Steps 2 to 5, of a text that is trimmed. */
static inline bool slow_read(struct slow *slow, struct ald_str text)
{
    bool colon = false, slash = false;
    struct ald_str collected;
    size_t at = 0;

    text.size = ald_str_find(text, (struct ald_str){"", 1});
    if (!slow_from(slow, &text)) {
        return false;
    }
    collected = ald_str_of(text.data, 0);
    for (; at < text.size && text.data[at] != ' '; at++) {
        if (text.data[at] == ':') {
            if (colon || slash || collected.size == 0) {
                return false;
            }
            slow->head.server = collected;
            colon = true;
        } else if (text.data[at] == '/') {
            if (slash || collected.size == 0) {
                return false;
            }
            slow->head.service = collected;
            slash = true;
        } else {
            collected.size++;
            continue;
        }
        collected = ald_str_of(text.data + at + 1, 0);
    }
    slow->head.command = collected;
    return collected.size > 0 && (at == text.size || slow_params(slow, ald_str_from(text, at + 1)));
}

/* --- writing ---------------------------------------------------------------------------------------------------- */

static inline void push(struct ald_buf *out, struct ald_str str)
{
    MUST(ald_buf_push(out, str) == 0);
}

static inline void slow_value_write(struct ald_str value, bool is_last, struct ald_buf *out)
{
    char last = value.size > 0 ? value.data[value.size - 1] : 0;
    bool quoting = ald_str_find(value, ALD_STR(";")) < value.size || (value.size > 0 && value.data[0] == '"') ||
                   (is_last && slow_blank(last) && last != '\r' && last != '\n');

    push(out, quoting ? ALD_STR("\"") : ALD_STR(""));
    for (size_t i = 0; i < value.size; i++) {
        char byte = value.data[i];

        push(out, byte == '\\'             ? ALD_STR("\\\\")
                  : byte == '\n'           ? ALD_STR("\\n")
                  : byte == '\r'           ? ALD_STR("\\r")
                  : byte == '"' && quoting ? ALD_STR("\\\"")
                                           : ald_str_of(&byte, 1));
    }
    push(out, quoting ? ALD_STR("\"") : ALD_STR(""));
}

static inline void slow_write(const struct slow *slow, struct ald_buf *out)
{
    for (size_t i = 0; i < slow->n; i++) {
        push(out, i > 0 ? ALD_STR(";") : ALD_STR(""));
        push(out, slow->items[i].name);
        push(out, ALD_STR("="));
        slow_value_write(slow->items[i].value, i + 1 == slow->n, out);
    }
}

/* --- the JSON form, by jansson ---------------------------------------------------------------------------------- */

/* The text of a value; absent: there may not be such a parameter. */
static inline struct ald_str slow_json_value(struct slow *slow, json_t *value)
{
    char *to = slow->memory + slow->used;
    double real = json_number_value(value);
    size_t size;

    switch (json_typeof(value)) {
    case JSON_STRING:
        return slow_unescape(slow, ald_str_of(json_string_value(value), json_string_length(value)), true);
    case JSON_INTEGER:
        size = (size_t)sprintf(to, "%lld", (long long)json_integer_value(value));
        break;
    case JSON_REAL:
        size = real > -9.2e18 && real < 9.2e18 && (double)(long long)real == real
                   ? (size_t)sprintf(to, "%lld", (long long)real)
                   : (size_t)sprintf(to, "%f", real);
        break;
    case JSON_TRUE:
        return ALD_STR("true");
    case JSON_FALSE:
        return ALD_STR("false");
    case JSON_NULL:
        return ALD_STR("");
    default:
        return ALD_STR_NONE;
    }
    slow->used += size + 1;
    return ald_str_of(to, size);
}

static inline bool slow_json_params(struct slow *slow, json_t *params)
{
    const char *name;
    json_t *value;

    if (json_object_size(params) > ALD_COMM_PARAMS_MAX) {
        return false;
    }
    json_object_foreach(params, name, value)
    {
        struct ald_str text = slow_json_value(slow, value);

        if (!slow_name(ald_str(name)) || !ald_str_present(text)) {
            return false;
        }
        slow_set(slow, ald_str(name), text);
    }
    return true;
}

static inline bool slow_json(struct slow *slow, json_t *root)
{
    static const char *const names[] = {"sent-from-server", "sent-from-service", "server", "service", "command"};
    struct ald_str *strs[] = {&slow->head.from_server, &slow->head.from_service, &slow->head.server,
                              &slow->head.service, &slow->head.command};
    const char *name;
    json_t *value;

    json_object_foreach(root, name, value)
    {
        bool params = strcmp(name, "parameters") == 0;

        if (!json_is_string(value) && !(json_is_object(value) && params && slow_json_params(slow, value))) {
            return false;
        }
        for (size_t i = 0; i < ALD_COUNT(names) && json_is_string(value); i++) {
            if (strcmp(name, names[i]) == 0) {
                *strs[i] = ald_str_of(json_string_value(value), json_string_length(value));
            }
        }
    }
    return json_object_size(root) > 0;
}
