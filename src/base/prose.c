#include "base/prose.h"

static bool prose_blank(char c)
{
    return c == ' ' || c == '\n';
}

/* The first line of `text`, with its end. */
static struct ald_str prose_line(struct ald_str text)
{
    size_t end = ald_str_find(text, ALD_STR("\n"));

    return ald_str_of(text.data, ALD_MIN(end + 1, text.size));
}

bool ald_prose_next(struct ald_str *rest, struct ald_prose *ret_piece)
{
    struct ald_prose piece = {.gap = false};
    const char *start;

    while (rest->size > 0 && rest->data[0] == '\n') {
        *rest = ald_str_from(*rest, 1);
        piece.gap = true;
    }
    if (rest->size == 0) {
        return false;
    }
    piece.kind = rest->data[0] == ' ' ? ALD_PROSE_LITERAL : ALD_PROSE_PARAGRAPH;
    start = rest->data;
    while (rest->size > 0 && rest->data[0] != '\n' && (rest->data[0] == ' ') == (piece.kind == ALD_PROSE_LITERAL)) {
        *rest = ald_str_from(*rest, prose_line(*rest).size);
    }
    piece.text = ald_str_of(start, (size_t)(rest->data - start));
    *ret_piece = piece;
    return true;
}

bool ald_prose_word(struct ald_str *text, struct ald_str *ret_word)
{
    size_t size = 0;

    while (text->size > 0 && prose_blank(text->data[0])) {
        *text = ald_str_from(*text, 1);
    }
    while (size < text->size && !prose_blank(text->data[size])) {
        size++;
    }
    *ret_word = ald_str_of(text->data, size);
    *text = ald_str_from(*text, size);
    return size > 0;
}

size_t ald_prose_width(struct ald_str text)
{
    size_t width = 0;

    for (size_t i = 0; i < text.size; i++) {
        width += ((unsigned char)text.data[i] & 0xc0) != 0x80; /* not a byte that continues a character */
    }
    return width;
}

/* Begin a line, unless something stands on it: up to the margin. */
static int fold_margin(struct ald_buf *out, size_t indent, size_t *at)
{
    int r = *at < indent ? ald_buf_pushf(out, "%*s", (int)(indent - *at), "") : 0;

    *at = ALD_MAX(*at, indent);
    return r;
}

static int fold_word(struct ald_buf *out, struct ald_str word, size_t indent, size_t width, size_t *at, bool first)
{
    size_t wide = ald_prose_width(word);
    int r = 0;

    if (!first && *at + 1 + wide > width) {
        r = ald_buf_push(out, ALD_STR("\n"));
        *at = 0;
    } else if (!first) {
        r = ald_buf_push(out, ALD_STR(" "));
        (*at)++;
    }
    r = r == 0 ? fold_margin(out, indent, at) : r;
    r = r == 0 ? ald_buf_push(out, word) : r;
    *at += wide;
    return r;
}

static int fold_paragraph(struct ald_buf *out, struct ald_str text, size_t indent, size_t at, size_t width)
{
    struct ald_str word;
    bool first = true;
    int r = 0;

    while (r == 0 && ald_prose_word(&text, &word)) {
        r = fold_word(out, word, indent, width, &at, first);
        first = false;
    }
    return r == 0 ? ald_buf_push(out, ALD_STR("\n")) : r;
}

static int fold_literal(struct ald_buf *out, struct ald_str text, size_t indent, size_t at)
{
    int r = 0;

    while (r == 0 && text.size > 0) {
        struct ald_str line = prose_line(text);

        text = ald_str_from(text, line.size);
        r = fold_margin(out, indent, &at);
        r = r == 0 ? ald_buf_push(out, line) : r;
        if (r == 0 && line.data[line.size - 1] != '\n') {
            r = ald_buf_push(out, ALD_STR("\n"));
        }
        at = 0;
    }
    return r;
}

int ald_prose_fold(struct ald_buf *out, struct ald_str text, size_t indent, size_t at, size_t width)
{
    struct ald_prose piece;
    bool first = true;
    int r = 0;

    while (r == 0 && ald_prose_next(&text, &piece)) {
        if (piece.gap && !first) {
            r = ald_buf_push(out, ALD_STR("\n"));
        }
        if (r == 0) {
            r = piece.kind == ALD_PROSE_LITERAL ? fold_literal(out, piece.text, indent, at)
                                                : fold_paragraph(out, piece.text, indent, at, width);
        }
        first = false;
        at = 0;
    }
    return r;
}
