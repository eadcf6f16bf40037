#pragma once

/*
 * Term: what the terminal behind a stream can do, if there is one.
 *
 * Colour is left out where NO_COLOR is set and not empty (no-color.org), and where TERM says that nothing but text is
 * understood. What is written to a file or a pipe is plain in every case.
 */

#include <stdio.h>

#include "base/defs.h"

/* A person sees it, and the cursor can be moved. */
bool ald_term_live(FILE *out);
/* The same, and colour is welcome. */
bool ald_term_coloured(FILE *out);
/* Its columns, or `otherwise` where that is not known. */
size_t ald_term_width(FILE *out, size_t otherwise);
/* Its rows. */
size_t ald_term_height(FILE *out, size_t otherwise);
