#pragma once

/*
 * Reach: which hubs could not be reached, and why, for the message of exit status 3.
 */

#include "base/str.h"
#include "cli/cli.h"

struct ald_reach {
    char said[1024]; /* "URL: why" for each URL that failed, in order, the latest reason of each */
    size_t n;
    bool denied; /* the latest one answered, and does not want us */
};

/* The attempt at `url` (borrows) failed, and `why`. */
void ald_reach_failed(struct ald_reach *reach, const char *url, struct ald_str why);
/* The hub at `url` (borrows) answered that it does not want us, and `why`. */
void ald_reach_denied(struct ald_reach *reach, const char *url, struct ald_str why);
/* Tell a person where it was tried, why it failed and what to do. Returns ALD_EXIT_NO_HUB. */
int ald_reach_report(const struct ald_reach *reach, const struct ald_cli *cli);
