#include "vectors/vector_file.h"

#include <stdio.h>
#include <stdlib.h>

#include "lib/exchange_pair.h"

static void vector_wrong(unsigned line, struct ald_str text)
{
    fprintf(stderr, "line %u: not understood: %.*s\n", line, ALD_STR_ARG(text));
    exit(2);
}

/* Take the next line, without its end. */
static struct ald_str line_take(struct ald_str *text)
{
    size_t size = ald_str_find(*text, ALD_STR("\n"));
    struct ald_str line = ald_str_of(text->data, size);

    *text = ald_str_from(*text, ALD_MIN(size + 1, text->size));
    return line;
}

/* Take the first word and the blank behind it. */
static struct ald_str word_take(struct ald_str *line)
{
    size_t size = ald_str_find(*line, ALD_STR(" "));
    struct ald_str word = ald_str_of(line->data, size);

    *line = ald_str_from(*line, ALD_MIN(size + 1, line->size));
    return word;
}

static bool is(struct ald_str word, const char *text)
{
    return ald_str_equal(word, ald_str(text));
}

static void list_push(struct ald_str *list, size_t *n, struct ald_str value, unsigned line)
{
    if (*n == VECTOR_LINES_MAX) {
        vector_wrong(line, value);
    }
    list[(*n)++] = value;
}

static bool variant_read(struct ald_str value, struct vector *vector)
{
    vector->variant = is(value, "extended") ? ALD_EXCHANGE_V1 | ALD_EXCHANGE_EXTENDED
                      : is(value, "link")   ? ALD_EXCHANGE_V1 | ALD_EXCHANGE_EXTENDED | PAIR_LINK
                      : is(value, "v1")     ? ALD_EXCHANGE_V1
                                            : 0;
    return vector->variant != 0 || is(value, "legacy");
}

static bool asked_read(struct ald_str value, struct vector *vector)
{
    vector->asked = is(value, "health")    ? ALD_SIGNAL_HEALTH
                    : is(value, "primary") ? ALD_SIGNAL_PRIMARY
                    : is(value, "leave")   ? ALD_SIGNAL_LEAVE
                    : is(value, "hello")   ? ALD_SIGNAL_REGISTER
                                           : -1;
    return vector->asked >= 0;
}

static bool reader_read(struct ald_str value, struct vector *vector)
{
    struct ald_str word = word_take(&value);

    vector->reader = is(word, "hub") ? ALD_ROLE_HUB : ALD_ROLE_PARTY;
    vector->fresh = is(value, "new");
    return is(word, "hub") || is(word, "party");
}

/* One line of a vector; false: it means nothing. */
static bool line_read(struct ald_str line, unsigned number, struct vector *vector)
{
    struct ald_str value = line;
    struct ald_str word = word_take(&value);

    if (is(word, "variant")) {
        return variant_read(value, vector);
    }
    if (is(word, "reader")) {
        return reader_read(value, vector);
    }
    if (is(word, "asked")) {
        return asked_read(value, vector);
    }
    if (is(word, "request")) {
        vector->request = value;
    } else if (is(word, "frame") || is(word, "text")) {
        vector->frame = value;
        vector->kind = is(word, "text") ? ALD_FRAME_TEXT : ALD_FRAME_BINARY;
    } else if (is(word, "signal")) {
        list_push(vector->signals, &vector->n_signals, value, number);
    } else if (is(word, "answer")) {
        list_push(vector->answers, &vector->n_answers, value, number);
    } else if (is(word, "count")) {
        list_push(vector->counts, &vector->n_counts, value, number);
    } else if (is(word, "back")) {
        vector->goes_back = true;
        vector->back = value.size > 0 ? value : ALD_STR_NONE;
    } else {
        return false;
    }
    return true;
}

bool vector_read(struct ald_str *text, unsigned *line, struct vector *ret_vector)
{
    struct vector vector = {.asked = -1, .kind = ALD_FRAME_BINARY};
    bool begun = false;

    while (text->size > 0 && !(begun && ald_str_starts(*text, ALD_STR("== ")))) {
        struct ald_str read = line_take(text);

        ++*line;
        if (ald_str_starts(read, ALD_STR("== "))) {
            begun = true;
            vector.title = ald_str_from(read, 3);
            vector.line = *line;
        } else if (read.size > 0 && read.data[0] != '#' && (!begun || !line_read(read, *line, &vector))) {
            vector_wrong(*line, read);
        }
    }
    *ret_vector = vector;
    return begun;
}

bool vector_match(struct ald_str expected, struct ald_str actual)
{
    struct ald_str any = ALD_STR("<uuid>");
    struct ald_id id;

    while (expected.size > 0) {
        if (ald_str_starts(expected, any)) {
            if (actual.size < ALD_ID_TEXT || ald_id_parse(ald_str_of(actual.data, ALD_ID_TEXT), &id) != 0) {
                return false;
            }
            expected = ald_str_from(expected, any.size);
            actual = ald_str_from(actual, ALD_ID_TEXT);
        } else if (actual.size == 0 || actual.data[0] != expected.data[0]) {
            return false;
        } else {
            expected = ald_str_from(expected, 1);
            actual = ald_str_from(actual, 1);
        }
    }
    return actual.size == 0;
}
