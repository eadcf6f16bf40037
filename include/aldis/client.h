#pragma once

/*
 * Client: one program's connection to the exchange. It dials the hubs it was told of, one after the other, says hello,
 * and comes back when a connection ends: after a wait that doubles from failure to failure and is drawn anew each time,
 * so that a crowd spreads out. Over it the program calls (<aldis/caller.h>), serves (<aldis/agent.h>), or both.
 *
 *     new -> set the callbacks -> start -> call, serve -> close, or drain -> free
 *
 * Two ways to run. With a thread of its own (the default) everything here just works, and callbacks come on that
 * thread. Or driven by the loop of the program (`driven`): the program waits for one descriptor and a timeout and calls
 * aldis_client_turn(), and callbacks come inside that call and inside aldis_client_call().
 *
 * Lifetime:   aldis_client_new() to aldis_client_free().
 * Threading:  every function from any thread, also from callbacks, but where it says otherwise. Callbacks of one client
 *             come one at a time, and never inside the call that caused them. A callback must not block for long: while
 *             it runs, nothing else happens on this client, and after about 15 s the hub takes it for dead (it hears no
 *             answer to its pings). The library blocks all signals of the system on its own thread. A client does not
 *             survive fork(), but exec() is fine.
 * Promise:    every command handed in ends in exactly one outcome, by its deadline plus one second, whatever becomes of
 *             hubs and links (docs/fault-model.md).
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "aldis/api.h"
#include "aldis/errors.h"

ALDIS_EXTERN_BEGIN

struct aldis_client;

enum aldis_state {
    ALDIS_STATE_WAITING,    /* between two attempts; also before the start */
    ALDIS_STATE_CONNECTING, /* dialling, or waiting for the answer to the hello */
    ALDIS_STATE_READY,      /* a hub has welcomed us */
    ALDIS_STATE_CLOSED      /* for good: closed here, or refused so that trying again makes no sense */
};

struct aldis_client_options {
    size_t size; /* sizeof(struct aldis_client_options): set by ALDIS_CLIENT_OPTIONS */
    /*
     * The hubs, tried in turn, at most 64, ended by NULL: unix:PATH (at most 107 bytes), ws://HOST[:PORT][/PREFIX],
     * wss://HOST[:PORT][/PREFIX]; http:// is taken as ws://, https:// as wss://. The port is 8062 unless said, for these.
     * And those of the communicator family (<aldis/service.h>): cd:///PATH, cd://HOST[:PORT], which stays in private
     * networks because nothing is encrypted (4040), cds://HOST[:PORT] with TLS (4043); for events only, and no more than
     * 1,024 bytes, datagrams: cdu://HOST[:PORT] and, to everybody on an interface, cdb://INTERFACE[:PORT] (4041).
     * And link+ws://HOST[:PORT][/PREFIX] and link+wss://...: a hub's /api/socket, the protocol of Clusterio's links, where
     * `token` is a signed one and a target the number of a host (8062).
     * They are UTF-8. One that worked is tried first the next time. NULL: those of the environment variable
     * ALDIS_URL, separated by commas, as for the command line; else where aldisd is by default, which is
     * /run/aldis/aldis.sock for root and $XDG_RUNTIME_DIR/aldis/aldis.sock for others.
     */
    const char *const *urls;
    const char *target; /* serve this target; NULL: be a caller only, to whom nobody can send */
    const char
        *token; /* bearer token for the hub, at most 4,096 bytes; NULL. Over ws:// anybody on the way can read it */
    const char *ca_file;   /* wss, cds: PEM file of authorities to trust instead of the system's; NULL */
    const char *cert_file; /* wss, cds: PEM file with the certificate to show; NULL: none */
    const char *key_file;  /* wss, cds: PEM file with its key, only beside cert_file; NULL: in cert_file */
    bool insecure;         /* wss, cds: take whatever certificate comes. For tests */
    bool once;             /* the first failure, or end, of the connection closes the client */
    bool driven;           /* no thread: the program turns it */
    uint64_t retry_min_ms; /* before the first retry; 0: 250, or retry_max_ms if that is less */
    /* The wait doubles up to this, and is drawn from the upper half of that; 0: 30,000, or retry_min_ms if that is
     * more. */
    uint64_t retry_max_ms;
    /* Commands served at once; one more is refused `busy`. 0: 1,024, which is what a hub gives one agent at once unless it is
     * told otherwise. Events do not count: 65,536 of them, or 32 MiB, may be unanswered; one more is dropped, and counted by
     * aldis_client_events_dropped(). */
    uint32_t jobs_max;
    /* Events that wait for a hub while there is none, up to 16 MiB of them; they are said when one has taken us in, before
     * anything newer. One more, and the oldest is dropped; so is what is older than its `deadline_ms`. 0: none waits. */
    uint32_t events_kept;
    const char *secret; /* cdu, cdb: shown in every datagram, where the hub has `[communicator] secret`; NULL */
};

/* Begins every one: struct aldis_client_options it = {ALDIS_CLIENT_OPTIONS, ...}; C++ before 20 sets `size` by hand. */
#define ALDIS_CLIENT_OPTIONS .size = sizeof(struct aldis_client_options)

/*
 * Gives a client that does nothing yet. Borrows `options` for the call; NULL: all defaults. When something is wrong
 * with the options, `why` (may be NULL; `why_size` bytes with the terminator) is told what and where, in words for
 * people; it is "" when the error says it all. Errors: ALDIS_E_INVALID (a URL or too many, over links a target that is no number, a token, text that is not
 * UTF-8, a key without its certificate, retry_min_ms above retry_max_ms, no default hub), ALDIS_E_TLS (a file),
 * ALDIS_E_NOMEM, ALDIS_E_LIMIT (descriptors).
 */
ALDIS_API ALDIS_RESULT int aldis_client_new(const struct aldis_client_options *options, char *why, size_t why_size,
                                            struct aldis_client **ret_client);

/* Begin to dial. Errors: ALDIS_E_INVALID (started before), ALDIS_E_LIMIT (threads), ALDIS_E_CLOSED. */
ALDIS_API ALDIS_RESULT int aldis_client_start(struct aldis_client *client);

/*
 * The connection changed. `text` says where (CONNECTING, READY: the URL) or why (WAITING, CLOSED); it is borrowed, and
 * never NULL. `retry_in_ms` is set in WAITING. After CLOSED no further callback comes but the outcomes of calls.
 */
typedef void aldis_state_fn(struct aldis_client *client, enum aldis_state state, const char *text, uint64_t retry_in_ms,
                            void *data);
/* Have `fn` (NULL: nobody) told, with `data`. Errors: ALDIS_E_INVALID. */
ALDIS_API int aldis_client_on_state(struct aldis_client *client, aldis_state_fn *fn, void *data);

/* What it is now. CLOSED for NULL. */
ALDIS_API enum aldis_state aldis_client_state(const struct aldis_client *client);
/* "waiting", "connecting", "ready", "closed"; "unknown" for anything else. Lives for ever. */
ALDIS_API const char *aldis_state_name(enum aldis_state state);

/*
 * Wait until the client is in `state`, for at most `timeout_ms` (UINT64_MAX: for ever). A driven client is turned
 * meanwhile. Errors: ALDIS_E_TIMEOUT, ALDIS_E_CLOSED (it is closed, and will not come to that state), ALDIS_E_CALLBACK
 * (called in a callback of this client), ALDIS_E_INVALID (not started).
 */
ALDIS_API int aldis_client_wait(struct aldis_client *client, enum aldis_state state, uint64_t timeout_ms);

/*
 * Copy the target that the hub registered us under, since the last READY, into `name` (`size` bytes, cut to fit, always
 * ended); "" before, and for a caller. It may differ from what was asked for. Errors: ALDIS_E_INVALID.
 */
ALDIS_API int aldis_client_target(struct aldis_client *client, char *name, size_t size);

/*
 * Take no new work: say goodbye, refuse commands (`draining`), but answer those that run, and hear what was asked. The
 * hub ends the connection when all is answered or its patience is over, and CLOSED follows. What is submitted after
 * this is `cancelled`. Of a client that is CLOSED already it asks nothing, and gives 0. Errors: ALDIS_E_INVALID,
 * ALDIS_E_NOMEM, ALDIS_E_CLOSED (the hub in this program that it belongs to was freed).
 */
ALDIS_API int aldis_client_drain(struct aldis_client *client);

/*
 * End in order: goodbye, flush, CLOSED. Commands of ours without an outcome are `lost`, or `cancelled` if nothing of
 * them was sent. Again, or of a client that is CLOSED already, it does nothing, and gives 0. Errors: as
 * aldis_client_drain().
 */
ALDIS_API int aldis_client_close(struct aldis_client *client);

/*
 * Close it, wait until it is closed (for half a second at most, then it is cut; a host name that the system is just
 * looking up may hold it up for longer), and let go of it: no callback comes after this. Outcomes that were outstanding
 * are told before it returns. In a callback of this client it returns at once, and all that happens after the callback;
 * in any case the client must not be touched any more. Hold no lock that a callback of yours waits for. Jobs and calls
 * that the program still holds stay valid, and are to be ended and freed as ever. NULL is fine; returns NULL.
 */
ALDIS_API struct aldis_client *aldis_client_free(struct aldis_client *client);

/* --- driven by the loop of the program
 * ------------------------------------------------------------------------------ */

/*
 * The descriptor to wait for: when it is readable, or aldis_client_timeout() has passed, call aldis_client_turn(). It
 * is an epoll descriptor, the same for the whole life of the client; only wait for it, never read or close it. That it is
 * CLOSED changes nothing. Errors: ALDIS_E_INVALID (not driven), ALDIS_E_CLOSED (its hub was freed).
 */
ALDIS_API ALDIS_RESULT int aldis_client_fd(struct aldis_client *client);
/* Milliseconds until a turn is due without anything readable: 0 at once, -1 never. Ask anew before each wait. Errors:
 * none; what is wrong is told by the turn, which is therefore due at once. */
ALDIS_API int aldis_client_timeout(struct aldis_client *client);
/*
 * Do what is due, without blocking; callbacks come inside. One thread at a time turns a client; another one that tries
 * waits for it. In one that is CLOSED little is due, and it gives 0. Errors: ALDIS_E_INVALID (not driven, not started),
 * ALDIS_E_CLOSED (freed in a callback: do not touch it any more; or its hub was freed), ALDIS_E_CALLBACK (called in a
 * callback of this client).
 */
ALDIS_API int aldis_client_turn(struct aldis_client *client);

ALDIS_EXTERN_END
