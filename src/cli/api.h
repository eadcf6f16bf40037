#pragma once

/*
 * Api: questions to `/api/v1` of the first hub of the command line that answers, one after the other. Each call waits for
 * its answer, and no longer than a few seconds.
 *
 * Lifetime:   ald_api_open() to ald_api_close().
 * Threading:  one thread; it runs a loop of its own.
 */

#include "base/buf.h"
#include "cli/cli.h"
#include "cli/reach.h"
#include "client/fetch.h"
#include "loop/loop.h"

struct ald_api {
    const struct ald_cli *cli;
    struct ald_loop *loop;
    struct ald_net *net;
    struct ald_fetch *fetch; /* what is on its way */
    struct ald_alarm rest_alarm;
    struct ald_sigwatch *interrupts[2];
    ald_usec timeout;       /* for one hub to answer, from the dial on: 5 s unless somebody wants less */
    bool interrupted;       /* Ctrl-C, where it is heard */
    size_t url_at;          /* the hub that answered last is asked first */
    struct ald_reach reach; /* who did not answer the latest question, and why */
};

struct ald_api_answer {
    int status;          /* 200, 404, ... */
    struct ald_buf body; /* as it came: one JSON object, or nothing */
};

void ald_api_answer_init(struct ald_api_answer *answer);
void ald_api_answer_fini(struct ald_api_answer *answer);

/* Borrows `cli`. Returns 0, or the exit status: all is said then. It must be closed in both cases. */
int ald_api_open(struct ald_api *api, const struct ald_cli *cli);
void ald_api_close(struct ald_api *api);
/* From now on Ctrl-C and SIGTERM end a rest and are remembered, instead of ending the program. Returns as ald_api_open(). */
int ald_api_hear_interrupts(struct ald_api *api);

struct ald_api_ask {
    const char *method;  /* NULL: GET */
    const char *target;  /* path and query, encoded */
    struct ald_str body; /* JSON, or absent */
};

/* Nobody answered: api->reach knows why, and nothing is said yet. */
enum { ALD_API_AWAY = -1 };

/* Ask. Returns 0 when a hub answered with JSON, whatever the status; ALD_API_AWAY; or the exit status, and all is said. */
int ald_api_try(struct ald_api *api, const struct ald_api_ask *ask, struct ald_api_answer *answer);
/* The same, and say it when nobody answered. Returns 0 or the exit status. */
int ald_api_ask(struct ald_api *api, const struct ald_api_ask *ask, struct ald_api_answer *answer);
/* Say what the hub has against it (a problem, RFC 9457), and what helps where we know that. Returns ALD_EXIT_TROUBLE. */
int ald_api_problem(const struct ald_api_answer *answer);

/* Let time pass. Ends early when it was interrupted. */
void ald_api_rest(struct ald_api *api, ald_usec duration);

/* What every request to the hub at `url` has in common. */
struct ald_fetch_spec ald_api_spec(const struct ald_cli *cli, const char *url);
