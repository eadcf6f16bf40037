#pragma once

/*
 * News word: the state that news tells, as a word of the command line and the library.
 */

#include "msg/news.h"

/* "up", "linked", ...; "" where the topic has none. Of a cluster: whether there is a quorum. Lives for ever. */
const char *ald_news_word(const struct ald_news *news);
