/*
 * Runs the vectors of dialect link: `vectors_link FILE...`.
 *
 *     == one line that says what this shows
 *     at new | host | control | slave | clusterioctl | party | asking
 *                        who is spoken with: somebody whose handshake is not done, host 4, control 1, generation A's of
 *                        both; or it is we who speak to a hub, as control 1, or have not yet heard a hello
 *     in BYTES           a frame that comes
 *     pong BYTES         one that comes
 *     tell KIND NAME=VALUE...
 *                        a signal that is given: see tell_read()
 *     signal LINE        what comes out of it, in order, see signal_print(): all of it must be named
 *     out BYTES          the frames that go out, in order; `ping` when it is one
 *     count NAME         a counter that went up
 *
 * Lines that begin with `#`, and empty ones, mean nothing.
 *
 * Each frame that comes is also cut short at every byte, each time to a dialect of its own, which then must close; and fed
 * with every byte spoiled, which must not hurt.
 */

#include <stdio.h>
#include <stdlib.h>

#include "vectors/link_talk.h"

static unsigned n_failures, n_vectors;

struct script {
    const char *file;
    struct ald_str title, at;
    unsigned line;
    struct talk talk;
    struct ald_str said; /* what came of the last step, one line each */
};

static struct ald_str take(struct ald_str *text, char separator)
{
    struct ald_str part = ald_str_of(text->data, ald_str_find(*text, ald_str_of(&separator, 1)));

    *text = ald_str_from(*text, ALD_MIN(part.size + 1, text->size));
    return part;
}

static void script_fail(const struct script *script, const char *what, struct ald_str text)
{
    n_failures++;
    fprintf(stderr, "%s:%u: %.*s\n  %s: %.*s\n", script->file, script->line, ALD_STR_ARG(script->title), what,
            ALD_STR_ARG(text));
}

/* Everything that the last step said has to be named before the next. */
static void script_settle(struct script *script)
{
    if (script->said.size > 0) {
        script_fail(script, "nobody expects", script->said);
    }
    script->said = ALD_STR("");
}

static void script_expect(struct script *script, struct ald_str line)
{
    struct ald_str rest = script->said;
    struct ald_str said = take(&rest, '\n');

    if (!ald_str_equal(said, line)) {
        script_fail(script, "wanted", line);
        script_fail(script, "    is", said);
    }
    script->said = rest;
}

static void spoil(const struct script *script, struct ald_str frame)
{
    static const char bytes[] = {'"', '{', ']', '0', '\\', (char)0x80, 'x', ' '};
    char *copy = malloc(frame.size);

    TALK_MUST(copy != NULL);
    for (size_t i = 0; i < frame.size; i++) {
        struct talk talk;

        talk_open(&talk, script->at);
        memcpy(copy, frame.data, frame.size);
        copy[i] = bytes[i % sizeof(bytes)];
        talk_feed(&talk, ald_str_of(copy, frame.size));
        talk_close(&talk);

        talk_open(&talk, script->at);
        talk_feed(&talk, ald_str_of(frame.data, i));
        if (ald_str_find(talk_said(&talk), ALD_STR("close")) == ald_buf_size(&talk.said)) {
            script_fail(script, "does not close after", ald_str_of(frame.data, i));
        }
        talk_close(&talk);
    }
    free(copy);
}

static void script_line(struct script *script, struct ald_str line)
{
    struct ald_str whole = line;
    struct ald_str word = take(&line, ' ');

    if (ald_str_equal(word, ALD_STR("at"))) {
        script->at = line;
        talk_close(&script->talk);
        talk_open(&script->talk, line);
    } else if (ald_str_equal(word, ALD_STR("in")) || ald_str_equal(word, ALD_STR("tell"))) {
        script_settle(script);
        talk_hush(&script->talk);
        if (ald_str_equal(word, ALD_STR("in"))) {
            spoil(script, line);
            talk_feed(&script->talk, line);
        } else if (!talk_tell(&script->talk, line)) {
            script_fail(script, "not understood", whole);
        }
        script->said = talk_said(&script->talk);
    } else if (ald_str_equal(word, ALD_STR("pong"))) {
        script_settle(script);
        talk_hush(&script->talk);
        talk_feed_as(&script->talk, ALD_FRAME_PONG, line);
        script->said = talk_said(&script->talk);
    } else if (ald_str_equal(word, ALD_STR("count"))) {
        if (talk_count(&script->talk, line) == 0) {
            script_fail(script, "not counted", line);
        }
    } else if (ald_str_equal(word, ALD_STR("signal")) || ald_str_equal(word, ALD_STR("out")) ||
               ald_str_equal(word, ALD_STR("ping"))) {
        script_expect(script, whole);
    } else {
        script_fail(script, "not understood", whole);
    }
}

static void script_end(struct script *script)
{
    script_settle(script);
    talk_close(&script->talk);
}

static void file_run(const char *file, struct ald_str text)
{
    struct script script = {.file = file, .said = {"", 0}};

    while (text.size > 0) {
        struct ald_str line = take(&text, '\n');

        script.line++;
        if (ald_str_starts(line, ALD_STR("== "))) {
            script_end(&script);
            script.title = ald_str_from(line, 3);
            script.at = ALD_STR("host");
            talk_open(&script.talk, script.at);
            n_vectors++;
        } else if (line.size > 0 && line.data[0] != '#') {
            script_line(&script, line);
        }
    }
    script_end(&script);
}

int main(int argc, char **argv)
{
    for (int i = 1; i < argc; i++) {
        static char bytes[1 << 20];
        FILE *file = fopen(argv[i], "rb");
        size_t size;

        TALK_MUST(file != NULL);
        size = fread(bytes, 1, sizeof(bytes), file);
        TALK_MUST(size < sizeof(bytes));
        (void)fclose(file);
        file_run(argv[i], ald_str_of(bytes, size));
    }
    printf("%u vectors, %u failures\n", n_vectors, n_failures);
    return n_failures == 0 && n_vectors > 0 ? 0 : 1;
}
