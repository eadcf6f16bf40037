/*
 * Runs the vectors of dialect exchange: `vectors PAGE FILE...`. Each frame is read, and written back by the other end; read
 * cut short at every byte, which must never be taken in silence; and read after it went through the WebSocket layer in
 * fragments of one byte, fed one byte at a time. PAGE is the one that specifies the extension: every frame on it
 * must be in a vector, so that it cannot say what is not so.
 */

#include "lib/exchange_pair.h"
#include "vectors/vector_file.h"
#include "wire/ws/ws_frame.h"
#include "wire/ws/ws_reader.h"

static const struct ald_id question_id = {0x00000000c1c1400f, 0x80000000000000c1};
static const struct ald_str question_name = {"\"c1\"", 4};

static unsigned n_failures;

struct run {
    const struct vector *vector;
    struct pair pair;
    struct pair_end *reader, *writer;
    struct ald_buf question; /* the frame in which the reader asked */
    struct ald_buf frame;    /* the vector's, with the id that the reader gave its question */
    struct ald_buf line;
    const char *file;
};

static void run_fail(struct run *run, const char *what, struct ald_str actual, struct ald_str expected)
{
    n_failures++;
    fprintf(stderr, "%s:%u: %.*s\n  %s\n     is: %.*s\n  wanted: %.*s\n", run->file, run->vector->line,
            ALD_STR_ARG(run->vector->title), what, ALD_STR_ARG(actual), ALD_STR_ARG(expected));
}

/* Append `text` to `out` with every `from` replaced by `to`. */
static void replace(struct ald_buf *out, struct ald_str text, struct ald_str from, struct ald_str to)
{
    while (text.size > 0) {
        size_t at = ald_str_find(text, from);

        PAIR_MUST(ald_buf_push(out, ald_str_of(text.data, at)) == 0);
        text = ald_str_from(text, at);
        if (text.size > 0) {
            PAIR_MUST(ald_buf_push(out, to) == 0);
            text = ald_str_from(text, from.size);
        }
    }
}

/* The id in a frame that was just written, with its quotes. */
static struct ald_str frame_id(struct ald_str frame)
{
    struct ald_str mark = ALD_STR("\"id\":");
    size_t at = ald_str_find(frame, mark);

    PAIR_MUST(at < frame.size);
    return ald_str_of(frame.data + at + mark.size, ALD_ID_TEXT + 2);
}

static bool run_is_link(const struct run *run)
{
    return (run->vector->variant & PAIR_LINK) != 0;
}

/* The reader asks what the frame will answer. */
static void run_ask(struct run *run)
{
    struct ald_signal asked = ald_signal_of((enum ald_signal_kind)run->vector->asked);
    struct ald_frame frame;

    asked.id = question_id;
    asked.target = ALD_STR("my-target");
    asked.primary = true;
    if (!run_is_link(run)) { /* a hub that calls has said it already */
        pair_emit(&run->pair, run->reader, &asked);
    }
    PAIR_MUST(pair_drain(run->reader, &run->question, &frame));
}

static void run_open(struct run *run, const struct vector *vector, const char *file)
{
    *run = (struct run){.vector = vector, .file = file};
    ald_buf_init(&run->question, PAIR_MESSAGE_MAX);
    ald_buf_init(&run->frame, PAIR_MESSAGE_MAX);
    ald_buf_init(&run->line, PAIR_MESSAGE_MAX);
    pair_open(&run->pair, vector->variant);
    run->reader = vector->reader == ALD_ROLE_HUB ? &run->pair.hub : &run->pair.party;
    run->writer = vector->reader == ALD_ROLE_HUB ? &run->pair.party : &run->pair.hub;
    if (!vector->fresh && run_is_link(run)) {
        pair_greet_link(&run->pair);
    } else if (!vector->fresh) {
        pair_greet(&run->pair);
    }
    if (vector->asked >= 0) {
        run_ask(run);
        replace(&run->frame, vector->frame, question_name, frame_id(ald_buf_str(&run->question)));
    } else {
        PAIR_MUST(ald_buf_push(&run->frame, vector->frame) == 0);
    }
}

static void run_close(struct run *run)
{
    pair_close(&run->pair);
    ald_buf_fini(&run->question);
    ald_buf_fini(&run->frame);
    ald_buf_fini(&run->line);
}

/* --- read ------------------------------------------------------------------------------------------------------- */

static uint64_t counter_find(const struct pair_end *end, struct ald_str name)
{
    static const char *const names[] = {
#define ALD_X(word, text) #word,
        ALD_EXCHANGE_COUNTERS(ALD_X)
#undef ALD_X
    };

    for (size_t i = 0; i < ALD_COUNT(names); i++) {
        if (ald_str_equal(ald_str(names[i]), name)) {
            return end->counters[i];
        }
    }
    fprintf(stderr, "no counter %.*s\n", ALD_STR_ARG(name));
    exit(2);
}

/* Who is told to go says that it heard, and goes. */
static void run_leave(struct run *run, const struct ald_signal *heard)
{
    struct ald_signal leave = ald_signal_of(ALD_SIGNAL_LEAVE);

    if (heard->kind == ALD_SIGNAL_LEAVE && !heard->ok && run->vector->reader == ALD_ROLE_PARTY) {
        leave.id = heard->id;
        leave.ok = true;
        pair_emit(&run->pair, run->reader, &leave);
    }
}

static void check_signals(struct run *run)
{
    const struct vector *vector = run->vector;
    struct ald_signal signal;
    size_t n = 0;

    while (pair_next(run->reader, &signal)) {
        pair_print(&run->line, vector->reader, &signal);
        if (n >= vector->n_signals || !vector_match(vector->signals[n], ald_buf_str(&run->line))) {
            run_fail(run, "a signal", ald_buf_str(&run->line),
                     n < vector->n_signals ? vector->signals[n] : ALD_STR("none"));
        }
        n++;
        run_leave(run, &signal);
        ald_signal_clear(&signal);
    }
    if (n < vector->n_signals) {
        run_fail(run, "a signal", ALD_STR("none"), vector->signals[n]);
    }
}

static void check_answers(struct run *run)
{
    const struct vector *vector = run->vector;
    struct ald_frame frame;
    size_t n = 0;

    while (pair_drain(run->reader, &run->line, &frame)) {
        if (n >= vector->n_answers || !vector_match(vector->answers[n], ald_buf_str(&run->line))) {
            run_fail(run, "an answer", ald_buf_str(&run->line),
                     n < vector->n_answers ? vector->answers[n] : ALD_STR("none"));
        }
        n++;
    }
    if (n < vector->n_answers) {
        run_fail(run, "an answer", ALD_STR("none"), vector->answers[n]);
    }
}

static void check_read(const struct vector *vector, const char *file)
{
    uint64_t before[VECTOR_LINES_MAX];
    struct run run;

    run_open(&run, vector, file);
    for (size_t i = 0; i < vector->n_counts; i++) {
        before[i] = counter_find(run.reader, vector->counts[i]);
    }
    pair_feed_kind(&run.pair, run.reader, vector->kind, ald_buf_str(&run.frame));
    check_signals(&run);
    check_answers(&run);
    for (size_t i = 0; i < vector->n_counts; i++) {
        if (counter_find(run.reader, vector->counts[i]) != before[i] + 1) {
            run_fail(&run, "a counter", ALD_STR("not one more"), vector->counts[i]);
        }
    }
    run_close(&run);
}

/* --- and back --------------------------------------------------------------------------------------------------- */

/* Bring the writer where it can say it: it has been asked what it is going to answer, under the id of the vector. */
static void writer_ready(struct run *run, struct ald_signal *said)
{
    struct ald_signal heard;
    struct ald_buf asked;

    if (run->vector->asked < 0) {
        return;
    }
    ald_buf_init(&asked, PAIR_MESSAGE_MAX);
    replace(&asked, ald_buf_str(&run->question), frame_id(ald_buf_str(&run->question)), question_name);
    pair_feed(&run->pair, run->writer, ald_buf_str(&asked));
    while (pair_next(run->writer, &heard)) {
        ald_signal_clear(&heard);
    }
    said->id = (struct ald_id){0}; /* the latest */
    ald_buf_fini(&asked);
}

/* Who was called greets in the answer to the hello, and hears nothing of ours. */
static void link_answer(const struct run *run, const struct ald_signal *read, struct ald_signal *said)
{
    if (run_is_link(run) && read->kind == ALD_SIGNAL_REGISTER && run->vector->reader == ALD_ROLE_PARTY) {
        *said = ald_signal_of(ALD_SIGNAL_REGISTERED);
        said->target = ALD_STR("hub:deck");
        said->channel = ALD_STR("0b7e7c56-5c1a-4c3e-8d4f-2f1e0d9c8b7a");
    }
}

static void check_back(const struct vector *vector, const char *file)
{
    struct ald_str expected = ald_str_present(vector->back) ? vector->back : vector->frame;
    struct ald_signal read, said;
    struct ald_frame frame;
    struct run run;

    run_open(&run, vector, file);
    pair_feed_kind(&run.pair, run.reader, vector->kind, ald_buf_str(&run.frame));
    if (pair_next(run.reader, &read)) {
        PAIR_MUST(pair_mirror(&run.pair, vector->reader, &read, vector->request, &said));
        link_answer(&run, &read, &said);
        writer_ready(&run, &said);
        if (said.msg != NULL) {
            said.from = said.msg->from.target; /* as if the hub knew it to be true */
        }
        pair_emit(&run.pair, run.writer, &said);
        if (!pair_drain(run.writer, &run.line, &frame)) {
            run_fail(&run, "said back", ALD_STR("nothing"), expected);
        } else if (!vector_match(expected, ald_buf_str(&run.line))) {
            run_fail(&run, "said back", ald_buf_str(&run.line), expected);
        }
        ald_signal_clear(&said);
        ald_signal_clear(&read);
    }
    run_close(&run);
}

/* --- cut short -------------------------------------------------------------------------------------------------- */

static uint64_t counters_sum(const struct pair_end *end)
{
    uint64_t sum = 0;

    for (size_t i = 0; i < ALD_EXCHANGE_N_COUNTERS; i++) {
        sum += i == ALD_EXCHANGE_N_FRAMES_IN || i == ALD_EXCHANGE_N_FRAMES_OUT ? 0 : end->counters[i];
    }
    return sum;
}

/* Whatever is left of a frame has a result: a signal, an answer, or a count. */
static void check_cut(const struct vector *vector, const char *file, size_t size)
{
    struct ald_signal signal;
    struct ald_frame frame;
    uint64_t before;
    size_t n = 0;
    struct run run;

    run_open(&run, vector, file);
    before = counters_sum(run.reader);
    pair_feed_kind(&run.pair, run.reader, vector->kind,
                   ald_str_of(ald_buf_str(&run.frame).data, ALD_MIN(size, ald_buf_size(&run.frame))));
    while (pair_next(run.reader, &signal)) {
        ald_signal_clear(&signal);
        n++;
    }
    while (pair_drain(run.reader, &run.line, &frame)) {
        n++;
    }
    if (n == 0 && counters_sum(run.reader) == before) {
        run_fail(&run, "cut short", ald_str_of(vector->frame.data, size), ALD_STR("some result"));
    }
    run_close(&run);
}

/* --- through the WebSocket layer --------------------------------------------------------------------------------- */

/* The bytes of `message` as fragments of one byte each. */
static void fragments_write(struct ald_str message, uint8_t opcode, struct ald_buf *out)
{
    uint8_t head[ALD_WS_HEAD_MAX];
    struct ald_ws_splitter splitter;
    struct ald_ws_piece piece;

    ald_ws_splitter_init(&splitter, opcode, message.size, 1);
    while (ald_ws_splitter_next(&splitter, &piece)) {
        PAIR_MUST(ald_buf_push(
                      out, ald_str_of(head, ald_ws_head_write(head, piece.fin, piece.opcode, piece.size, NULL))) == 0);
        PAIR_MUST(ald_buf_push(out, ald_str_of(message.data, piece.size)) == 0);
        message = ald_str_from(message, piece.size);
    }
}

/* Feed the reader of the WebSocket layer one byte; true when a message is whole. */
static bool reader_feed(struct ald_ws_reader *reader, char byte, struct ald_ws_message *ret_message)
{
    struct ald_slice bytes = ALD_SLICE_NONE;
    size_t used;
    int r;

    PAIR_MUST(ald_slice_copy(ald_str_of(&byte, 1), &bytes) == 0);
    r = ald_ws_reader_next(reader, bytes.block, bytes.block->data, 1, &used, ret_message);
    PAIR_MUST(r == 0 || r == ALD_WS_READER_HUNGRY);
    ald_slice_clear(&bytes);
    return r == 0;
}

static void check_fragments(const struct vector *vector, const char *file)
{
    uint8_t opcode = vector->kind == ALD_FRAME_TEXT ? ALD_WS_TEXT : ALD_WS_BINARY;
    struct ald_ws_message message;
    struct ald_ws_reader reader;
    struct ald_buf wire;
    struct run run;
    size_t n = 0;

    run_open(&run, vector, file);
    ald_buf_init(&wire, 16 * PAIR_MESSAGE_MAX);
    ald_ws_reader_init(&reader, ALD_WS_CLIENT, ALD_WS_FRAME_SIZE, PAIR_MESSAGE_MAX);
    fragments_write(ald_buf_str(&run.frame), opcode, &wire);
    for (size_t i = 0; i < ald_buf_size(&wire); i++) {
        if (reader_feed(&reader, ald_buf_str(&wire).data[i], &message)) {
            PAIR_MUST(ald_dialect_feed(run.reader->dialect, run.pair.now, vector->kind, message.payload) == 0);
            ald_slice_clear(&message.payload);
            n++;
        }
    }
    PAIR_MUST(n == 1);
    check_signals(&run);
    check_answers(&run);
    ald_ws_reader_fini(&reader);
    ald_buf_fini(&wire);
    run_close(&run);
}

/* --- files ------------------------------------------------------------------------------------------------------ */

static void check_vector(const struct vector *vector, const char *file)
{
    check_read(vector, file);
    check_fragments(vector, file);
    if (vector->goes_back) {
        check_back(vector, file);
    }
    for (size_t size = 0; size < vector->frame.size; size++) {
        check_cut(vector, file, size);
    }
}

static void file_load(const char *name, struct ald_buf *out)
{
    FILE *file = fopen(name, "rb");
    char room[4096];
    size_t size;

    if (file == NULL) {
        perror(name);
        exit(2);
    }
    while ((size = fread(room, 1, sizeof(room), file)) > 0) {
        PAIR_MUST(ald_buf_push(out, ald_str_of(room, size)) == 0);
    }
    fclose(file);
}

/* Is there a vector in `files` (n of them) that reads this very frame, with the extension? */
static bool frame_is_known(struct ald_str frame, char **files, int n)
{
    bool known = false;

    for (int i = 0; i < n && !known; i++) {
        struct ald_buf bytes;
        struct ald_str text;
        struct vector vector;
        unsigned line = 0;

        ald_buf_init(&bytes, 1 << 20);
        file_load(files[i], &bytes);
        text = ald_buf_str(&bytes);
        while (!known && vector_read(&text, &line, &vector)) {
            known = (vector.variant & ALD_EXCHANGE_EXTENDED) != 0 && ald_str_equal(vector.frame, frame);
        }
        ald_buf_fini(&bytes);
    }
    return known;
}

/* Every frame that a page shows, on a line that begins with who says it to whom, has its vector. */
static void check_page(const char *page, char **files, int n)
{
    struct ald_buf bytes;
    struct ald_str text;

    ald_buf_init(&bytes, 1 << 20);
    file_load(page, &bytes);
    text = ald_buf_str(&bytes);
    while (text.size > 0) {
        size_t size = ald_str_find(text, ALD_STR("\n"));
        struct ald_str line = ald_str_of(text.data, size);
        bool shown = ald_str_starts(line, ALD_STR("C\xe2\x86\x92H  ")) || ald_str_starts(line, ALD_STR("H\xe2\x86\x92"
                                                                                                       "C  "));

        if (shown && !frame_is_known(ald_str_from(line, 7), files, n)) {
            n_failures++;
            fprintf(stderr, "%s: no vector reads %.*s\n", page, ALD_STR_ARG(line));
        }
        text = ald_str_from(text, ALD_MIN(size + 1, text.size));
    }
    ald_buf_fini(&bytes);
}

int main(int argc, char **argv)
{
    unsigned n_vectors = 0;

    if (argc > 2) {
        check_page(argv[1], argv + 2, argc - 2);
    }
    for (int i = 2; i < argc; i++) {
        struct ald_buf bytes;
        struct ald_str text;
        struct vector vector;
        unsigned line = 0;

        ald_buf_init(&bytes, 1 << 20);
        file_load(argv[i], &bytes);
        text = ald_buf_str(&bytes);
        while (vector_read(&text, &line, &vector)) {
            check_vector(&vector, argv[i]);
            n_vectors++;
        }
        ald_buf_fini(&bytes);
    }
    printf("%u vectors, %u failures\n", n_vectors, n_failures);
    return n_vectors == 0 || n_failures > 0;
}
