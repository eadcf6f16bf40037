#include "daemon/manual.h"

#include <string.h>

#include "base/prose.h"
#include "base/roff.h"
#include "daemon/options.h"

/* Lines of the help and parts of them. */
enum { MANUAL_LINE = 800 };

static const struct {
    const char *name, *text;
} manual_files[] = {
    {"/run/aldis/aldis.sock", "The socket of a hub that root starts, unless [unix] path says otherwise."},
    {"$XDG_RUNTIME_DIR/aldis/aldis.sock", "The same, of anybody else."},
};

/* A copy with its terminator; our own lines fit. */
static const char *manual_copy(char room[MANUAL_LINE], struct ald_str text)
{
    size_t size = ALD_MIN(text.size, (size_t)MANUAL_LINE - 1);

    memcpy(room, text.data, size);
    room[size] = '\0';
    return room;
}

/* "-c, --config FILE" into the option and what follows it. */
static void manual_option_name(struct ald_roff *roff, struct ald_str left)
{
    char name[MANUAL_LINE], value[MANUAL_LINE];
    size_t blank = left.size;

    while (blank > 0 && left.data[blank - 1] != ' ') {
        blank--;
    }
    if (blank == 0 || left.data[blank] == '-') {
        ald_roff_item(roff, manual_copy(name, left), NULL);
        return;
    }
    ald_roff_item(roff, manual_copy(name, ald_str_of(left.data, blank - 1)),
                  manual_copy(value, ald_str_from(left, blank)));
}

/* "  -c, --config FILE            read settings from FILE; …": two blanks stand between an option and its text. */
static void manual_options(struct ald_roff *roff, struct ald_str lines)
{
    char text[MANUAL_LINE];

    while (lines.size > 0) {
        size_t end = ald_str_find(lines, ALD_STR("\n"));
        struct ald_str line = ald_str_trim(ald_str_of(lines.data, end));
        size_t gap = ald_str_find(line, ALD_STR("  "));

        lines = ald_str_from(lines, ALD_MIN(end + 1, lines.size));
        manual_option_name(roff, ald_str_of(line.data, gap));
        ald_roff_prose(roff, manual_copy(text, ald_str_trim(ald_str_from(line, gap))));
    }
}

/* "Usage: aldisd [-c FILE]…" */
static void manual_synopsis(struct ald_roff *roff, struct ald_str text)
{
    char rest[MANUAL_LINE];
    struct ald_str word;

    ald_ignore(ald_prose_word(&text, &word)); /* Usage: */
    ald_ignore(ald_prose_word(&text, &word)); /* aldisd */
    ald_roff_section(roff, "SYNOPSIS");
    ald_roff_synopsis(roff, "aldisd", manual_copy(rest, ald_str_trim(ald_str_of(text.data, text.size - 1))));
    ald_roff_section(roff, "DESCRIPTION");
}

static void manual_piece(struct ald_roff *roff, const struct ald_prose *piece)
{
    static const char example[] = "Example: ";
    char text[MANUAL_LINE];

    if (ald_str_starts(piece->text, ALD_STR("Usage: "))) {
        manual_synopsis(roff, piece->text);
    } else if (ald_str_starts(ald_str_trim(piece->text), ALD_STR("-"))) {
        ald_roff_section(roff, "OPTIONS");
        manual_options(roff, piece->text);
        ald_roff_section(roff, "STARTING AND STOPPING");
    } else if (ald_str_starts(piece->text, ald_str(example))) {
        ald_roff_section(roff, "EXAMPLE");
        ald_roff_prose(roff, manual_copy(text, ald_str_from(piece->text, sizeof(example) - 1)));
        ald_roff_paragraph(roff);
    } else {
        ald_roff_prose(roff, manual_copy(text, piece->text));
        ald_roff_paragraph(roff);
    }
}

int ald_manual_page(struct ald_buf *out)
{
    struct ald_str rest = ald_str(ald_options_help);
    struct ald_prose piece;
    struct ald_roff roff;

    ald_roff_init(&roff, out, "aldisd", 8, "the hub of aldis, a command-reply exchange");
    while (ald_prose_next(&rest, &piece)) {
        manual_piece(&roff, &piece);
    }
    ald_roff_section(&roff, "FILES");
    for (size_t i = 0; i < ALD_COUNT(manual_files); i++) {
        ald_roff_item(&roff, manual_files[i].name, NULL);
        ald_roff_prose(&roff, manual_files[i].text);
    }
    ald_roff_see(&roff, "aldis.conf(5), aldis(1)");
    return ald_roff_done(&roff);
}
