#pragma once

/*
 * Watch options: the arguments of `aldis watch`, read and made into a request.
 */

#include "cli/cli.h"
#include "msg/msg.h"

/* Events that are named; as many as a hub takes from one reader. */
enum { ALD_WATCH_EVENTS_MAX = 16 };

struct ald_watch_options {
    uint64_t count; /* end after so many lines; 0: never */
    unsigned
        outcomes; /* a bit for each enum ald_outcome that is wanted, where the hub cannot choose: it takes one; or 0 */
    char path[7000];                /* path and query; cd: where `names` may lie */
    char filters[ALD_NAME_MAX + 1]; /* link: those of events, comma separated */
    ald_wall since;                 /* link: of the events that are named, from when on; ALD_NEVER: from now on */
    bool payload;                   /* show what messages carry */
    const char *as;                 /* cd: the service to be; NULL: none */
    const char
        *names; /* cd: what to list, comma separated; NULL: what hubs tell of themselves. link: what to subscribe to */
};

enum { ALD_WATCH_N_OPTIONS = 10 };
extern const struct ald_option ald_watch_option_table[ALD_WATCH_N_OPTIONS];

/* Returns ALD_WATCH_OPTIONS_READ, or the exit status when all is said already. */
enum { ALD_WATCH_OPTIONS_READ = -1 };
int ald_watch_options_read(struct ald_cli *cli, struct ald_watch_options *options);
