#include "base/error.h"

#include <stdlib.h>

/* Set once before any thread starts, and only read afterwards, so it needs no lock. */
static ald_sink_fn error_sink;

static const char *const error_texts[] = {
#define ALDIS_X(name, number, text) [-(number)] = (text),
    ALDIS_ERRORS(ALDIS_X)
#undef ALDIS_X
};

void ald_sink_set(ald_sink_fn sink)
{
    error_sink = sink;
}

const char *ald_error_text(int error)
{
    /* The comparison comes before the negation, which INT_MIN would not survive. */
    if (error == 0) {
        return "success";
    }
    if (error > 0 || error <= -(int)ALD_COUNT(error_texts) || error_texts[-error] == NULL) {
        return "unknown error";
    }
    return error_texts[-error];
}

int ald_trace_at(int error, const char *file, int line)
{
    ald_assert(error < 0);

    if (error_sink != NULL) {
        error_sink(ALD_SINK_TRACE, ald_error_text(error), file, line);
    }
    return error;
}

_Noreturn void ald_panic(const char *fact, const char *file, int line)
{
    ald_sink_fn sink = error_sink;

    /* A sink that panics itself must not come back here for ever. */
    error_sink = NULL;
    if (sink != NULL) {
        sink(ALD_SINK_PANIC, fact, file, line);
    }
    abort();
}
