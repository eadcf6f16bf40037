#pragma once

/*
 * Prose: what programs say about themselves. It is written once, in strings, and shown twice: folded for a terminal, and as
 * a manual page (base/roff.h).
 *
 * A line that begins with a blank is literal (an example, a small table) and kept as it is. Other lines are joined into
 * paragraphs, and broken where the reader's margin is; an empty line ends a paragraph.
 *
 * Widths count characters (code points) of UTF-8.
 */

#include "base/buf.h"

enum ald_prose_kind { ALD_PROSE_PARAGRAPH, ALD_PROSE_LITERAL };

struct ald_prose {
    enum ald_prose_kind kind;
    struct ald_str text; /* a paragraph's lines are separated by blanks or line ends; a literal's end with line ends */
    bool gap;            /* an empty line stands before it */
};

/* Take the next piece off `*rest`; false at its end. */
bool ald_prose_next(struct ald_str *rest, struct ald_prose *ret_piece);
/* Take the next word, a run without blanks and line ends, off `*text`; false at its end. */
bool ald_prose_word(struct ald_str *text, struct ald_str *ret_word);
/* Its width on a terminal. */
size_t ald_prose_width(struct ald_str text);

/*
 * Append `text`, every line of it indented by `indent` columns and broken before `width`, where a single word is not wider;
 * literal lines are indented too, and never broken. `at` columns of the first line are there already. Ends with a line end.
 * Outcome: ALD_BUF_FULL. Errors: ALDIS_E_NOMEM.
 */
ALD_NODISCARD int ald_prose_fold(struct ald_buf *out, struct ald_str text, size_t indent, size_t at, size_t width);
