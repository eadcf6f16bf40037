#include "cli/term.h"

#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

bool ald_term_live(FILE *out)
{
    const char *term = getenv("TERM");

    return isatty(fileno(out)) && (term == NULL || strcmp(term, "dumb") != 0);
}

bool ald_term_coloured(FILE *out)
{
    const char *no = getenv("NO_COLOR");

    return ald_term_live(out) && (no == NULL || no[0] == '\0');
}

/* A terminal that does not know its size says 0. */
static void term_size(FILE *out, struct winsize *size)
{
    if (ioctl(fileno(out), TIOCGWINSZ, size) != 0) {
        *size = (struct winsize){0};
    }
}

size_t ald_term_width(FILE *out, size_t otherwise)
{
    struct winsize size;

    term_size(out, &size);
    return size.ws_col > 0 ? size.ws_col : otherwise;
}

size_t ald_term_height(FILE *out, size_t otherwise)
{
    struct winsize size;

    term_size(out, &size);
    return size.ws_row > 0 ? size.ws_row : otherwise;
}
