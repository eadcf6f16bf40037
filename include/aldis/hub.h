#pragma once

/*
 * Hub: a whole hub in your program, with or without doors to the outside, and agents and callers beside it that need
 * none.
 *
 *     new -> clients in it -> start -> ... -> drain -> free
 *
 * For this one links libaldis-hub (pkg-config aldis-hub, CMake aldis::hub), which contains all of libaldis; not both.
 *
 * It behaves as aldisd with the same settings does, but for this: without settings it opens no door at all and logs
 * errors only; it watches no signal of the system, prints nothing on standard output and tells no supervisor. What it
 * logs goes to standard error, as [log] says; there is one log in a process, so the settings of the latest hub hold for
 * all.
 *
 * A *controller* in the program: give one of its clients the target that [hub] controller names, and a handler for all
 * names (see <aldis/agent.h>). It then gets every command that is addressed to no target and that the hub does not
 * answer itself.
 *
 * Lifetime:   aldis_hub_new() to aldis_hub_free(). Clients in it may be freed before or after it; after it they are
 *             closed.
 * Threading:  as <aldis/client.h> says: a thread of its own, which is then also that of every client in it, or driven
 *             by the program. Every function from any thread.
 */

#include "aldis/client.h"

ALDIS_EXTERN_BEGIN

struct aldis_hub;

struct aldis_hub_options {
    size_t size;                 /* sizeof(struct aldis_hub_options): set by ALDIS_HUB_OPTIONS */
    const char *config_file;     /* like `aldisd -c`; NULL: none */
    const char *config;          /* the same as text, which wins over the file; NULL: none */
    const char *const *settings; /* like `aldisd -s`: "hub.id=deck", which win over both; ended by NULL; NULL: none */
    bool driven;                 /* no thread: the program turns it, and with it the clients in it */
};

/* Begins every one: struct aldis_hub_options it = {ALDIS_HUB_OPTIONS, ...}; C++ before 20 sets `size` by hand. */
#define ALDIS_HUB_OPTIONS .size = sizeof(struct aldis_hub_options)

/*
 * Gives a hub whose doors are open, at which nobody is served before the start. Borrows `options`; NULL: all defaults.
 * `why` is as for aldis_client_new(). Errors: ALDIS_E_CONFIG (a setting is wrong or cannot be followed; `why` names
 * file or setting), ALDIS_E_INVALID, ALDIS_E_NOMEM, ALDIS_E_LIMIT.
 */
ALDIS_API ALDIS_RESULT int aldis_hub_new(const struct aldis_hub_options *options, char *why, size_t why_size,
                                         struct aldis_hub **ret_hub);

/* Serve. Errors: ALDIS_E_INVALID (started before), ALDIS_E_LIMIT (threads), ALDIS_E_CLOSED. */
ALDIS_API ALDIS_RESULT int aldis_hub_start(struct aldis_hub *hub);

/*
 * Gives a client that comes in through a door of its own, over memory: the two are joined by a pair of bounded queues,
 * without a socket, and are otherwise what they are over one, with the same limits, closes and back-pressure. Everything
 * of <aldis/client.h> holds for it; it runs with the hub, so `driven` must not be set. `urls` says which protocol they
 * speak, with one of "inproc:" (NULL is this), "link+inproc:" and "cd+inproc:", each with what it can as its sibling over
 * a socket; see <aldis/service.h> for the last. Where [auth] tokens are set it needs a token like everybody; where they
 * are not, no link has to show a signed one. Start it before or after the hub. Errors: as aldis_client_new(),
 * ALDIS_E_CLOSED.
 */
ALDIS_API ALDIS_RESULT int aldis_hub_client_new(struct aldis_hub *hub, const struct aldis_client_options *options,
                                                char *why, size_t why_size, struct aldis_client **ret_client);

/*
 * The address of door number `index` (from 0), "127.0.0.1:8062" with the port that was picked, or a path; NULL: there
 * are no more. `ret_name` (may be NULL) is told its name, "http" or "unix". Both live as long as the hub.
 */
ALDIS_API const char *aldis_hub_door(const struct aldis_hub *hub, size_t index, const char **ret_name);

/*
 * As SIGTERM for aldisd: take no new work, ask everybody to leave, and cut who has not within [hub] drain_timeout. Its
 * clients wait for a hub then. Errors: ALDIS_E_INVALID, ALDIS_E_CLOSED, ALDIS_E_NOMEM.
 */
ALDIS_API int aldis_hub_drain(struct aldis_hub *hub);
/* Wait until it is drained, for at most `timeout_ms` (UINT64_MAX: for ever). Errors: as aldis_client_wait(). */
ALDIS_API int aldis_hub_wait_drained(struct aldis_hub *hub, uint64_t timeout_ms);

/* End it now: everybody is cut, its clients are closed, their outcomes told. In a callback it happens after the
 * callback. NULL is fine; returns NULL. */
ALDIS_API struct aldis_hub *aldis_hub_free(struct aldis_hub *hub);

/* Driven by the loop of the program: as aldis_client_fd(), aldis_client_timeout() and aldis_client_turn(). */
ALDIS_API ALDIS_RESULT int aldis_hub_fd(struct aldis_hub *hub);
ALDIS_API int aldis_hub_timeout(struct aldis_hub *hub);
ALDIS_API int aldis_hub_turn(struct aldis_hub *hub);

ALDIS_EXTERN_END
