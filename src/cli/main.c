#include <signal.h>
#include <stdio.h>

#include "base/error.h"
#include "cli/cli.h"

/* A mistake of ours ends the program; whoever reports it should be able to say which. */
static void main_sink(enum ald_sink_kind kind, const char *what, const char *file, int line)
{
    if (kind == ALD_SINK_PANIC) {
        fprintf(stderr, "aldis: this should not have happened: %s (%s:%d)\n", what, file, line);
    }
}

int main(int argc ALD_UNUSED, char **argv)
{
    ald_sink_set(main_sink);
    signal(SIGPIPE, SIG_IGN); /* a reader that leaves is an error of write(), and no death */
    return ald_cli_main(argv);
}
