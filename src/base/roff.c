#include "base/roff.h"

#include "base/prose.h"

/* Columns of a line of the source, escapes not counted. */
enum { ROFF_LINE = 66 };

static void roff_raw(struct ald_roff *roff, const char *text)
{
    if (roff->status == 0) {
        roff->status = ald_buf_push(roff->out, ald_str(text));
    }
}

/* A leading dot or apostrophe would be a request: `\&` before it is nothing that stands in front. */
static void roff_text(struct ald_roff *roff, struct ald_str text, bool first)
{
    if (first && text.size > 0 && (text.data[0] == '.' || text.data[0] == '\'')) {
        roff_raw(roff, "\\&");
    }
    for (size_t i = 0; i < text.size && roff->status == 0; i++) {
        switch (text.data[i]) {
        case '\\':
            roff_raw(roff, "\\e");
            break;
        case '-':
            roff_raw(roff, "\\-");
            break;
        case '\'':
            roff_raw(roff, "\\(aq");
            break;
        case '`':
            roff_raw(roff, "\\(ga");
            break;
        case '^':
            roff_raw(roff, "\\(ha");
            break;
        case '~':
            roff_raw(roff, "\\(ti");
            break;
        case '"':
            roff_raw(roff, "\\(dq"); /* in the argument of a macro the character itself would end it */
            break;
        default:
            roff->status = ald_buf_push_byte(roff->out, (uint8_t)text.data[i]);
        }
    }
}

static void roff_line(struct ald_roff *roff, const char *text)
{
    roff_text(roff, ald_str(text), true);
    roff_raw(roff, "\n");
}

void ald_roff_init(struct ald_roff *roff, struct ald_buf *out, const char *name, int section, const char *about)
{
    *roff = (struct ald_roff){.out = out};
    /* No date: the same sources shall make the same page. */
    roff_raw(roff, ".TH \"");
    for (const char *c = name; *c != '\0' && roff->status == 0; c++) {
        roff->status = ald_buf_push_byte(out, (uint8_t)(*c >= 'a' && *c <= 'z' ? *c - 'a' + 'A' : *c));
    }
    if (roff->status == 0) {
        roff->status = ald_buf_pushf(out, "\" \"%d\" \"\" \"aldis " ALDIS_VERSION "\" \"aldis\"\n", section);
    }
    roff_raw(roff, ".nh\n.ad l\n");
    ald_roff_section(roff, "NAME");
    roff_text(roff, ald_str(name), true);
    roff_raw(roff, " \\- ");
    roff_line(roff, about);
}

int ald_roff_done(const struct ald_roff *roff)
{
    return roff->status;
}

static void roff_heading(struct ald_roff *roff, const char *macro, const char *title)
{
    roff->parted = false;
    roff_raw(roff, macro);
    roff_raw(roff, " \"");
    roff_text(roff, ald_str(title), false);
    roff_raw(roff, "\"\n");
}

void ald_roff_section(struct ald_roff *roff, const char *title)
{
    roff_heading(roff, ".SH", title);
}

void ald_roff_part(struct ald_roff *roff, const char *title)
{
    roff_heading(roff, ".SS", title);
}

static void roff_literal(struct ald_roff *roff, struct ald_str text)
{
    roff_raw(roff, ".nf\n");
    while (text.size > 0) {
        struct ald_str line = ald_str_of(text.data, ald_str_find(text, ALD_STR("\n")));

        text = ald_str_from(text, ALD_MIN(line.size + 1, text.size));
        roff_text(roff, line, true);
        roff_raw(roff, "\n");
    }
    roff_raw(roff, ".fi\n");
}

/* The lines of the source are short, for those who read that; how the page is broken has nothing to do with it. */
static void roff_words(struct ald_roff *roff, struct ald_str text)
{
    struct ald_str word;
    size_t at = 0;

    while (ald_prose_word(&text, &word)) {
        bool fits = at > 0 && at + 1 + word.size <= ROFF_LINE;

        roff_raw(roff, fits ? " " : at > 0 ? "\n" : "");
        at = fits ? at + 1 + word.size : word.size;
        roff_text(roff, word, !fits);
    }
    roff_raw(roff, "\n");
}

void ald_roff_paragraph(struct ald_roff *roff)
{
    roff->parted = true;
}

static void roff_part_now(struct ald_roff *roff)
{
    if (roff->parted) {
        roff_raw(roff, ".PP\n");
        roff->parted = false;
    }
}

void ald_roff_prose(struct ald_roff *roff, const char *text)
{
    struct ald_str rest = ald_str(text);
    struct ald_prose piece;
    bool first = true;

    while (ald_prose_next(&rest, &piece)) {
        if (!first && piece.gap) {
            ald_roff_paragraph(roff);
        }
        roff_part_now(roff);
        if (piece.kind == ALD_PROSE_LITERAL) {
            roff_literal(roff, piece.text);
        } else {
            roff_words(roff, piece.text);
        }
        first = false;
    }
}

void ald_roff_item(struct ald_roff *roff, const char *name, const char *value)
{
    roff->parted = false;
    roff_raw(roff, ".TP\n\\fB");
    roff_text(roff, ald_str(name), false);
    roff_raw(roff, "\\fR");
    if (value != NULL) {
        roff_raw(roff, " \\fI");
        roff_text(roff, ald_str(value), false);
        roff_raw(roff, "\\fR");
    }
    roff_raw(roff, "\n");
}

void ald_roff_synopsis(struct ald_roff *roff, const char *name, const char *rest)
{
    roff_raw(roff, "\\fB");
    roff_text(roff, ald_str(name), false);
    roff_raw(roff, rest[0] != '\0' ? "\\fR " : "\\fR");
    roff_text(roff, ald_str(rest), false);
    roff_raw(roff, "\n");
}

void ald_roff_see(struct ald_roff *roff, const char *pages)
{
    ald_roff_section(roff, "SEE ALSO");
    roff_line(roff, pages);
}
