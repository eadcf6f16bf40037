/*
 * Runs the vectors of communicator lines: `vectors_communicator FILE...`.
 *
 *     == one line that says what this shows
 *     line BYTES           to the end of the line; `%HH` stands for a byte, here and everywhere below
 *     from SERVER:SERVICE  what it means: who says it,
 *     server NAME          to whom,
 *     service NAME
 *     command NAME         what,
 *     param NAME=VALUE     with which values, decoded, in order
 *     out BYTES            how it is passed on; without this, as it came; `out` alone: not at all
 *     fault WHERE TEXT     instead: it is rejected, at this byte, with these words
 *
 *     payload JSON         the payload of a message, `payload` alone: it has none
 *     params BYTES         its parameters on the wire
 *     back JSON            what comes back from them; without this, the same; `back` alone: no payload
 *
 *     params BYTES         parameters on the wire
 *     back JSON            their payload
 *
 * Lines that begin with `#`, and empty ones, mean nothing.
 *
 * Each line is also cut short at every byte, which must give a sound line or a fault within it; ended with CR LF; and fed
 * through the splitter one byte at a time.
 */

#include <stdio.h>
#include <stdlib.h>

#include "wire/communicator/comm_line.h"
#include "wire/communicator/comm_lines.h"
#include "wire/communicator/comm_payload.h"

enum { PARAMS_MAX = 24, SIZE_MAX_HERE = 1 << 20 };

#define MUST(fact)                                                                                                     \
    do {                                                                                                               \
        if (!(fact)) {                                                                                                 \
            fprintf(stderr, "line %d: not so: %s\n", __LINE__, #fact);                                                 \
            abort();                                                                                                   \
        }                                                                                                              \
    } while (0)

struct vector {
    struct ald_str title;
    unsigned number; /* of the title's line */
    struct ald_str line, out, what, payload, params, back;
    struct ald_comm_head head;
    struct ald_comm_edit items[PARAMS_MAX];
    size_t n_items;
    size_t where;
    bool has_payload, has_back;
};

struct run {
    const char *file;
    const struct vector *vector;
    struct ald_comm_reader reader;
    struct ald_buf out, scratch;
};

static unsigned n_failures, n_vectors;

/* --- the file --------------------------------------------------------------------------------------------------- */

/* Where decoded bytes live: as long as the program, of which there are a few kilobytes. */
static char decoded[SIZE_MAX_HERE];
static size_t decoded_size;

static int hex_value(char digit)
{
    return digit >= '0' && digit <= '9' ? digit - '0' : digit >= 'A' && digit <= 'F' ? digit - 'A' + 10 : -1;
}

static struct ald_str decode(struct ald_str text)
{
    char *to = decoded + decoded_size;
    size_t size = 0;

    MUST(decoded_size + text.size <= sizeof(decoded));
    for (size_t i = 0; i < text.size; i++) {
        if (text.data[i] == '%') {
            MUST(text.size - i >= 3 && hex_value(text.data[i + 1]) >= 0 && hex_value(text.data[i + 2]) >= 0);
            to[size++] = (char)(hex_value(text.data[i + 1]) << 4 | hex_value(text.data[i + 2]));
            i += 2;
        } else {
            to[size++] = text.data[i];
        }
    }
    decoded_size += size;
    return ald_str_of(to, size);
}

/* Take what stands before `separator`, and that. */
static struct ald_str take(struct ald_str *text, char separator)
{
    struct ald_str part = ald_str_of(text->data, ald_str_find(*text, ald_str_of(&separator, 1)));

    *text = ald_str_from(*text, ALD_MIN(part.size + 1, text->size));
    return part;
}

static void item_read(struct vector *vector, struct ald_str value)
{
    MUST(vector->n_items < PARAMS_MAX);
    vector->items[vector->n_items].name = take(&value, '=');
    vector->items[vector->n_items++].value = value;
}

static void fault_read(struct vector *vector, struct ald_str value)
{
    struct ald_str where = take(&value, ' ');
    uint64_t number;

    MUST(ald_str_u64(where, &number) == 0);
    vector->where = (size_t)number;
    vector->what = value;
}

/* One line of a vector; false: it means nothing. */
static bool word_read(struct vector *vector, struct ald_str word, struct ald_str value)
{
    const struct {
        const char *word;
        struct ald_str *str;
    } strings[] = {
        {"line", &vector->line},
        {"out", &vector->out},
        {"server", &vector->head.server},
        {"service", &vector->head.service},
        {"command", &vector->head.command},
        {"payload", &vector->payload},
        {"params", &vector->params},
        {"back", &vector->back},
    };

    vector->has_payload = vector->has_payload || ald_str_equal(word, ALD_STR("payload"));
    vector->has_back = vector->has_back || ald_str_equal(word, ALD_STR("back"));
    for (size_t i = 0; i < ALD_COUNT(strings); i++) {
        if (ald_str_equal(word, ald_str(strings[i].word))) {
            *strings[i].str = value;
            return true;
        }
    }
    if (ald_str_equal(word, ALD_STR("from"))) {
        vector->head.from_server = take(&value, ':');
        vector->head.from_service = value;
    } else if (ald_str_equal(word, ALD_STR("param"))) {
        item_read(vector, value);
    } else if (ald_str_equal(word, ALD_STR("fault"))) {
        fault_read(vector, value);
    } else {
        return false;
    }
    return true;
}

static bool vector_read(struct ald_str *text, unsigned *number, struct vector *vector)
{
    *vector = (struct vector){.number = 0};
    while (text->size > 0 && !(vector->number > 0 && ald_str_starts(*text, ALD_STR("== ")))) {
        struct ald_str line = take(text, '\n'), word;

        ++*number;
        if (ald_str_starts(line, ALD_STR("== "))) {
            vector->number = *number;
            vector->title = ald_str_from(line, 3);
        } else if (line.size > 0 && line.data[0] != '#') {
            word = take(&line, ' ');
            if (!word_read(vector, word, decode(line))) {
                fprintf(stderr, "line %u: not understood: %.*s\n", *number, ALD_STR_ARG(word));
                exit(2);
            }
        }
    }
    return vector->number > 0;
}

/* --- checks ----------------------------------------------------------------------------------------------------- */

static void run_fail(struct run *run, const char *what, struct ald_str actual, struct ald_str expected)
{
    n_failures++;
    fprintf(stderr, "%s:%u: %.*s\n  %s\n     is: %.*s\n  wanted: %.*s\n", run->file, run->vector->number,
            ALD_STR_ARG(run->vector->title), what, ALD_STR_ARG(actual), ALD_STR_ARG(expected));
}

/* Absent and empty differ. */
static void check_str(struct run *run, const char *what, struct ald_str actual, struct ald_str expected)
{
    if (ald_str_present(actual) != ald_str_present(expected) || !ald_str_equal(actual, expected)) {
        run_fail(run, what, ald_str_present(actual) ? actual : ALD_STR("(absent)"),
                 ald_str_present(expected) ? expected : ALD_STR("(absent)"));
    }
}

static void check_meaning(struct run *run, const struct ald_comm_line *line)
{
    const struct vector *vector = run->vector;

    check_str(run, "from_server", line->head.from_server, vector->head.from_server);
    check_str(run, "from_service", line->head.from_service, vector->head.from_service);
    check_str(run, "server", line->head.server, vector->head.server);
    check_str(run, "service", line->head.service, vector->head.service);
    check_str(run, "command", line->head.command, vector->head.command);
    if (line->params.n != vector->n_items) {
        run_fail(run, "the number of parameters", ALD_STR("is"), ALD_STR("another"));
        return;
    }
    for (size_t i = 0; i < vector->n_items; i++) {
        const struct ald_comm_param *param = &line->params.items[i];
        struct ald_str value = ALD_STR_NONE;

        ald_buf_cut(&run->scratch, 0);
        MUST(ald_comm_value(param, &run->scratch, &value) == 0);
        check_str(run, "a name", param->name, vector->items[i].name);
        check_str(run, "a value", value, vector->items[i].value);
        MUST(ald_comm_value_is(param, value));
        MUST(ald_comm_find(&line->params, param->name) == param);
    }
}

/* How a line that was read is passed on; false: it cannot be. */
static bool line_write(struct run *run, const struct ald_comm_line *line, unsigned options)
{
    int r;

    ald_buf_cut(&run->out, 0);
    r = ald_comm_line_write(&run->out, &line->head, &line->params, NULL, 0, options);
    MUST(r == 0 || r == ALD_COMM_ILLEGAL);
    return r == 0;
}

/* What is passed on is read the same, and passed on as it is. */
static void check_again(struct run *run, struct ald_str text)
{
    struct ald_comm_fault fault;
    struct ald_comm_line line;
    struct ald_buf copy;

    ald_buf_init(&copy, SIZE_MAX_HERE);
    MUST(ald_buf_push(&copy, text) == 0);
    if (ald_comm_line_read(&run->reader, ald_buf_str(&copy), &line, &fault) != 0) {
        run_fail(run, "read again", ald_str(fault.what), ALD_STR("a line"));
    } else if (!line.params.canonical || !line_write(run, &line, ALD_COMM_AS_READ)) {
        run_fail(run, "read again", ALD_STR("not canonical"), ald_buf_str(&copy));
    } else {
        check_str(run, "written again", ald_buf_str(&run->out), ald_buf_str(&copy));
    }
    ald_buf_fini(&copy);
}

static void check_line(struct run *run, struct ald_str text)
{
    struct ald_str expected = ald_str_present(run->vector->out) ? run->vector->out : run->vector->line;
    struct ald_comm_fault fault;
    struct ald_comm_line line;
    struct ald_buf params;
    int r = ald_comm_line_read(&run->reader, text, &line, &fault);

    if (r != 0) {
        run_fail(run, "a fault", ald_str(fault.what), ALD_STR("none"));
        return;
    }
    check_meaning(run, &line);
    ald_buf_init(&params, SIZE_MAX_HERE);
    MUST(ald_comm_params_write(&line.params, &params) == 0);
    if (line.params.canonical != ald_str_equal(line.params.text, ald_buf_str(&params))) {
        run_fail(run, "canonical", line.params.text, ald_buf_str(&params));
    }
    ald_buf_fini(&params);
    if (line_write(run, &line, ALD_COMM_STRICT)) {
        check_str(run, "written", ald_buf_str(&run->out), expected);
    }
    if (!line_write(run, &line, ALD_COMM_AS_READ)) {
        check_str(run, "passed on", ALD_STR(""), expected);
        return;
    }
    check_str(run, "passed on", ald_buf_str(&run->out), expected);
    check_again(run, ald_buf_str(&run->out));
}

static void check_fault(struct run *run, struct ald_str text)
{
    struct ald_comm_fault fault;
    struct ald_comm_line line;

    if (ald_comm_line_read(&run->reader, text, &line, &fault) != ALD_COMM_MALFORMED) {
        run_fail(run, "a fault", ALD_STR("none"), run->vector->what);
        return;
    }
    check_str(run, "the fault", ald_str(fault.what), run->vector->what);
    if (fault.where != run->vector->where) {
        n_failures++;
        fprintf(stderr, "%s:%u: the fault is at %zu, not %zu\n", run->file, run->vector->number, fault.where,
                run->vector->where);
    }
}

/* Whatever is left of a line is a line or has a fault; no byte behind it is looked at. */
static void check_cut(struct run *run, size_t size)
{
    char *bytes = malloc(size > 0 ? size : 1);
    struct ald_comm_fault fault;
    struct ald_comm_line line;

    MUST(bytes != NULL);
    memcpy(bytes, run->vector->line.data, size);
    if (ald_comm_line_read(&run->reader, ald_str_of(bytes, size), &line, &fault) != 0) {
        MUST(fault.what != NULL && fault.where <= size);
    } else if (line_write(run, &line, ALD_COMM_AS_READ)) {
        check_again(run, ald_buf_str(&run->out));
    }
    free(bytes);
}

/* The line of a stream, one byte at a time. */
static void check_stream(struct run *run, void (*check)(struct run *run, struct ald_str text), const char *end)
{
    struct ald_slice line = ALD_SLICE_NONE;
    struct ald_comm_lines lines;
    struct ald_buf stream;
    size_t n = 0;

    ald_buf_init(&stream, SIZE_MAX_HERE);
    ald_comm_lines_init(&lines, SIZE_MAX_HERE);
    MUST(ald_buf_push(&stream, run->vector->line) == 0 && ald_buf_push(&stream, ald_str(end)) == 0);
    for (size_t i = 0; i < ald_buf_size(&stream); i++) {
        struct ald_slice byte = ALD_SLICE_NONE, chunk;

        MUST(ald_slice_copy(ald_str_of(ald_buf_str(&stream).data + i, 1), &byte) == 0);
        chunk = byte;
        if (ald_comm_lines_next(&lines, &chunk, &line) == 0) {
            check(run, ald_slice_str(line));
            ald_slice_clear(&line);
            n++;
        }
        MUST(chunk.size == 0);
        ald_slice_clear(&byte);
    }
    if (n != 1 && run->vector->line.size > 0) {
        run_fail(run, "through the splitter", ALD_STR("not one line"), run->vector->line);
    }
    ald_comm_lines_fini(&lines);
    ald_buf_fini(&stream);
}

static void check_payload(struct run *run)
{
    const struct vector *vector = run->vector;
    struct ald_str payload = vector->payload.size > 0 ? vector->payload : ALD_STR_NONE;
    struct ald_str back = vector->has_back ? vector->back : vector->payload;
    struct ald_comm_params params;
    struct ald_comm_fault fault;
    struct ald_buf text;
    int r;

    ald_buf_init(&text, SIZE_MAX_HERE);
    if (vector->has_payload) {
        MUST(ald_comm_payload_params(&run->reader, payload, &params, &fault) == 0);
        MUST(ald_comm_params_write(&params, &text) == 0);
        check_str(run, "the parameters", ald_buf_str(&text), vector->params);
    }
    MUST(ald_comm_params_read(&run->reader, vector->params, &params, &fault) == 0);
    ald_buf_cut(&run->out, 0);
    r = ald_comm_payload_write(&params, &run->scratch, &run->out, &fault);
    if (r == ALD_COMM_MALFORMED) {
        check_str(run, "the fault", ald_str(fault.what), vector->what);
    } else {
        MUST(r == 0 || r == ALD_COMM_ABSENT);
        check_str(run, "the payload", ald_buf_str(&run->out), back);
    }
    ald_buf_fini(&text);
}

/* --- files ------------------------------------------------------------------------------------------------------ */

static void check_vector(struct run *run)
{
    const struct vector *vector = run->vector;
    void (*check)(struct run * run, struct ald_str text) = ald_str_present(vector->what) ? check_fault : check_line;

    n_vectors++;
    if (!ald_str_present(vector->line)) {
        check_payload(run);
        return;
    }
    check(run, vector->line);
    for (size_t size = 0; size < vector->line.size; size++) {
        check_cut(run, size);
    }
    if (ald_str_find(vector->line, ALD_STR("\n")) == vector->line.size) {
        check_stream(run, check, "\n");
        if (!ald_str_present(vector->what)) {
            check_stream(run, check, "\r\n"); /* where a fault stands may differ then */
        }
    }
}

static void check_file(const char *name)
{
    FILE *file = fopen(name, "rb");
    struct vector vector;
    struct run run = {.file = name, .vector = &vector};
    struct ald_buf bytes;
    struct ald_str text;
    unsigned number = 0;
    char room[4096];
    size_t size;

    if (file == NULL) {
        perror(name);
        exit(2);
    }
    ald_buf_init(&bytes, SIZE_MAX_HERE);
    while ((size = fread(room, 1, sizeof(room), file)) > 0) {
        MUST(ald_buf_push(&bytes, ald_str_of(room, size)) == 0);
    }
    fclose(file);
    text = ald_buf_str(&bytes);
    ald_comm_reader_init(&run.reader);
    ald_buf_init(&run.out, SIZE_MAX_HERE);
    ald_buf_init(&run.scratch, SIZE_MAX_HERE);
    while (vector_read(&text, &number, &vector)) {
        check_vector(&run);
    }
    ald_comm_reader_fini(&run.reader);
    ald_buf_fini(&run.out);
    ald_buf_fini(&run.scratch);
    ald_buf_fini(&bytes);
}

int main(int argc, char **argv)
{
    for (int i = 1; i < argc; i++) {
        check_file(argv[i]);
    }
    printf("%u vectors, %u failures\n", n_vectors, n_failures);
    return n_vectors == 0 || n_failures > 0;
}
