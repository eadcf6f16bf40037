#include "base/error.h"

#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/str.h"
#include "lib/test.h"
#include "lib/panic.h"

static struct {
    int n_traces;
    char what[64];
    int line;
} heard;

static void sink(enum ald_sink_kind kind, const char *what, const char *file ALD_UNUSED, int line)
{
    heard.n_traces += kind == ALD_SINK_TRACE;
    heard.line = line;
    snprintf(heard.what, sizeof(heard.what), "%s", what);
}

static void sink_that_panics(enum ald_sink_kind kind ALD_UNUSED, const char *what, const char *file, int line)
{
    ald_panic(what, file, line);
}

ALD_TEST(error, has_a_text_for_every_error)
{
#define ALDIS_X(name, number, text) ald_check_str(ald_str(ald_error_text(ALDIS_E_##name)), text);
    ALDIS_ERRORS(ALDIS_X)
#undef ALDIS_X
}

ALD_TEST(error, has_a_text_for_numbers_that_are_no_errors)
{
    ald_check_str(ald_str(ald_error_text(0)), "success");
    ald_check_str(ald_str(ald_error_text(1)), "unknown error");
    ald_check_str(ald_str(ald_error_text(-999)), "unknown error");
    ald_check_str(ald_str(ald_error_text(INT_MIN)), "unknown error");
}

ALD_TEST(error, trace_tells_the_sink_and_forwards)
{
    memset(&heard, 0, sizeof(heard));
    ald_sink_set(sink);
    ald_check_int(ald_trace_at(ALDIS_E_IO, "somewhere.c", 7), ALDIS_E_IO);
    ald_sink_set(NULL);

    ald_check_int(heard.n_traces, 1);
    ald_check_int(heard.line, 7);
    ald_check_str(ald_str(heard.what), "input or output failed");
}

ALD_TEST(error, trace_without_a_sink_is_silent)
{
    ald_check_int(ald_trace(ALDIS_E_NOMEM), ALDIS_E_NOMEM);
    ald_check_int(heard.n_traces, 1);
}

ALD_TEST(error, trace_of_an_outcome_is_our_mistake)
{
    ald_check_panics(ald_ignore(ald_trace(1)));
    ald_check_panics(ald_ignore(ald_trace(0)));
}

/* Asserts in the child that the sink hears what failed, and ends it with a status of its own. */
static void sink_that_looks(enum ald_sink_kind kind, const char *what, const char *file ALD_UNUSED, int line)
{
    bool right = kind == ALD_SINK_PANIC && strcmp(what, "heard.line == -1") == 0 && line > 0;

    _exit(right ? 1 : 2);
}

ALD_TEST(error, panic_names_the_fact)
{
    pid_t child = fork();

    if (child == 0) {
        ald_sink_set(sink_that_looks);
        ald_assert(heard.line == -1);
        _exit(3);
    }
    ald_check_int(panic_wait(child), 1);
}

/* In a child, because the end of it is the end of the process. */
ALD_TEST(error, panic_inside_a_sink_still_ends_the_process)
{
    pid_t child = fork();
    int status = 0;

    ald_check(child >= 0);
    if (child == 0) {
        ald_sink_set(sink_that_panics);
        ald_panic("outer", "file.c", 1);
    }
    ald_check_int(waitpid(child, &status, 0), child);
    ald_check(WIFSIGNALED(status));
    ald_check_int(WTERMSIG(status), SIGABRT);
}

ALD_TEST(error, steal_leaves_null)
{
    int value = 1;
    int *pointer = &value;
    int *stolen = ald_steal(&pointer);

    ald_check(stolen == &value);
    ald_check(pointer == NULL);
}

ALD_TEST_MAIN(error, ALD_CASE(error, has_a_text_for_every_error),
              ALD_CASE(error, has_a_text_for_numbers_that_are_no_errors),
              ALD_CASE(error, trace_tells_the_sink_and_forwards), ALD_CASE(error, trace_without_a_sink_is_silent),
              ALD_CASE(error, trace_of_an_outcome_is_our_mistake), ALD_CASE(error, panic_names_the_fact),
              ALD_CASE(error, panic_inside_a_sink_still_ends_the_process), ALD_CASE(error, steal_leaves_null))
