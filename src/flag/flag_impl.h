#pragma once

/* What flag.c and flag_text.c share. */

#include "flag/flag.h"

/* Lower the ASCII letters of `text`, in place. */
void ald_flag_lower(char *text, size_t size);
