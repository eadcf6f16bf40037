#pragma once

/*
 * Roff: a manual page, written by the program that it is about, in the macros of man(7).
 *
 * Failure is sticky: after the first one nothing more is written, and only ald_roff_done() tells. Whatever a text holds, it
 * is text: backslashes and what stands first on a line command nobody, and a hyphen is one that can be copied.
 */

#include "base/buf.h"

struct ald_roff {
    struct ald_buf *out; /* borrowed */
    int status;          /* of the first failure */
    bool parted;         /* a paragraph ended: the next text, if any, begins another */
};

/* Begin the page `name` of `section`, for instance "aldis.conf" and 5; `about` is one line for whatis(1). */
void ald_roff_init(struct ald_roff *roff, struct ald_buf *out, const char *name, int section, const char *about);
/* Outcome: ALD_BUF_FULL. Errors: ALDIS_E_NOMEM. */
ALD_NODISCARD int ald_roff_done(const struct ald_roff *roff);

/* A heading, and one below it. */
void ald_roff_section(struct ald_roff *roff, const char *title);
void ald_roff_part(struct ald_roff *roff, const char *title);
/* What follows is a paragraph of its own, if it is text. */
void ald_roff_paragraph(struct ald_roff *roff);
/* Text as base/prose.h has it. */
void ald_roff_prose(struct ald_roff *roff, const char *text);
/* Begin an entry of a list, whose text follows: `name` in bold, and `value` (NULL: none) behind it, slanted. */
void ald_roff_item(struct ald_roff *roff, const char *name, const char *value);
/* How something is called: `name` in bold, the rest as it is. */
void ald_roff_synopsis(struct ald_roff *roff, const char *name, const char *rest);
/* The pages to read next: "aldis(1)", separated by commas. */
void ald_roff_see(struct ald_roff *roff, const char *pages);
