#pragma once

/*
 * Inside of the dialect: what its files share. The codec below it (comm_line.h and what that includes) knows lines; here
 * they get their meaning.
 *
 *     communicator.c      the ops: lines in, signals out, frames out, the one deadline
 *     comm_work.c         what a connection needs while it talks
 *     comm_hear.c         role hub: who a line is for
 *     comm_system.c       role hub: the daemon's own commands, in a table
 *     comm_peer.c         role hub: the other daemon of a link, from CONNECT to DISCONNECT
 *     comm_message.c      a line becomes a message: sender, payload, native text
 *     comm_option.c       the parameters that are not payload
 *     comm_forward.c      a message for somebody else: address, options, where it has been
 *     comm_answer.c       what comes for a per-command sender: replies are read, in both roles
 *     comm_outcome.c      and written
 *     comm_say.c          lines of our own
 *     comm_write.c        a message becomes a line
 *     comm_tell.c         role hub: signals become lines
 *     comm_news.c         news become lines
 *     comm_client.c       role party: signals become lines
 *     comm_client_hear.c  role party: lines become signals
 *     comm_client_news.c  role party: lines become news
 *
 * A line is read when the one before it has nothing more to say, so that at most one is in work; views of it, and of what
 * was decoded of it (`text`), stand in the signals that wait. Writing has scratch of its own, because the hub answers
 * between two signals of one line.
 */

#include "base/sm.h"
#include "wire/communicator/comm_address.h"
#include "wire/communicator/comm_line.h"
#include "wire/communicator/comm_lines.h"
#include "wire/communicator/comm_name.h"
#include "wire/communicator/comm_option.h"
#include "wire/communicator/comm_payload.h"
#include "wire/communicator/comm_value.h"
#include "wire/communicator/comm_word.h"
#include "wire/communicator/communicator.h"
#include "wire/outbox.h"

enum ald_comm_state {
    ALD_COMM_NEW,   /* nothing was said that counts */
    ALD_COMM_ASKED, /* of a link, or a party: the verdict is awaited */
    ALD_COMM_READY,
    ALD_COMM_LEAVING, /* somebody said goodbye */
    ALD_COMM_CLOSED   /* a CLOSE was said: nothing more is read or written */
};

/* Signals that wait for next(): a line makes three at most, and commands that cannot be said come back, as many as a hub
 * gives one channel at once. More are dropped, counted. */
enum { ALD_COMM_SAID_MAX = 64 };

/* Registrations whose answer is awaited. A hub answers at once; the bound is against one that does not. */
enum { ALD_COMM_ASKED_MAX = 32 };

/* What only a connection that is talking needs: they lend it to each other. */
struct ald_comm_work {
    struct ald_comm_reader in; /* of the line */
    struct ald_buf text;       /* what was decoded of the line */
    struct ald_buf made;       /* a payload, or parameters, while they are made */
    struct ald_slice line;
    struct ald_greeting greeting; /* what signals of the line point to */
    struct ald_travel travel;
    struct ald_str
        asked;    /* the line is a command of this id, in which case every refusal of it says so; absent: it is none */
    bool invalid; /* the line was answered with INVALID */

    struct ald_comm_reader back; /* of parameters that are written again */
    struct ald_buf scratch;      /* names while a line is written */
    struct ald_buf out;
    struct ald_outbox outbox;

    struct ald_signal said[ALD_COMM_SAID_MAX];
    size_t n_said, next_said;
};

/* What a party knows besides. */
struct ald_comm_client {
    struct ald_slice listed; /* names for COMMANDS beside our own, comma separated */
    struct ald_slice asked;  /* the sender of the HEALTH or PRIMARY in the air, as it is written */
    uint32_t topics;         /* bit n: topic n was asked for, and is not answered */
    uint8_t cluster;         /* enum ald_cluster_state, as far as it was told */
    bool quits;              /* the goodbye that we heard was QUITTING: there is no UNREGISTER (communicator.md 3) */
};

struct ald_comm {
    struct ald_dialect dialect;
    uint8_t state;   /* enum ald_comm_state */
    uint8_t role;    /* enum ald_role */
    uint8_t variant; /* enum ald_communicator_variant */
    uint8_t n_asked; /* REGISTERs without an answer */
    bool close_waits;
    bool known;      /* the hub was told of the party */
    bool confirmed;  /* and took it in */
    bool wants_load; /* REGISTER_FOR_LOADAVG came before ACCEPT (communicator.md 6.2) */
    bool told_quit;  /* QUITTING was said */
    uint16_t close_code;
    uint32_t asked;         /* bit n: the n-th of these, the oldest first, named a service */
    uint32_t words;         /* ALD_COMM_BIT()s that the peer listed */
    const char *close_text; /* lives for ever */
    struct ald_dialect_options options;
    struct ald_msg_pool *messages;
    uint64_t *counters;
    struct ald_spare *spare;             /* of work; NULL: it stays with us */
    const ald_wall *wall;                /* or NULL */
    const struct ald_identity *identity; /* or NULL */
    ald_usec now;                        /* of the call that is under way */
    ald_usec hello_until;                /* ALD_NEVER: no deadline */
    ald_usec heard;                      /* of a link: when anything last came */
    ald_usec alive_at;                   /* when that is looked at; ALD_NEVER: not */
    uint64_t boot;                       /* of the ids of what was asked here; 0: nothing was */
    struct ald_str own;                  /* role hub: our server name as it is written */
    struct ald_slice own_spelled;
    struct ald_slice name; /* as it is written: the service that is registered here, or the server at the other end */
    struct ald_slice name_plain; /* and its target, or id */
    struct ald_comm_lines lines;
    bool admits;                    /* the peer may stay without showing who it is */
    size_t long_max;                /* of a line, once the party is registered; until then lines.max may be smaller */
    size_t line_max;                /* of who is no hub; hubs add to what they pass on */
    struct ald_slice chunk;         /* what is still to be read of what was fed */
    struct ald_comm_client *client; /* role party; else NULL */
    struct ald_comm_work *work;
};

static inline bool ald_comm_is_hub(const struct ald_comm *comm)
{
    return comm->role == ALD_ROLE_HUB;
}
/* The other end is a daemon, or wants to be taken for one. */
static inline bool ald_comm_is_peer(const struct ald_comm *comm)
{
    return comm->variant == ALD_COMMUNICATOR_REMOTE || comm->variant == ALD_COMMUNICATOR_LINK;
}
static inline void ald_comm_count(struct ald_comm *comm, int counter)
{
    comm->counters[counter]++;
}
static inline ald_wall ald_comm_wall(const struct ald_comm *comm)
{
    return comm->wall != NULL ? *comm->wall : 0;
}
static inline bool ald_comm_knows(const struct ald_comm *comm, uint32_t words)
{
    return (comm->words & words) != 0;
}
/* The same without a NULL, for views into it. */
static inline struct ald_str ald_comm_slice_str(struct ald_slice slice)
{
    return slice.size > 0 ? ald_slice_str(slice) : ALD_STR_NONE;
}

/* The service name of the daemon itself (communicator.md 5.1). */
#define ALD_COMM_DAEMON ALD_STR("communicatord")
/* Names of parameters that are ours (DESIGN section 3). */
#define ALD_COMM_ID ALD_STR("aldis_id")
#define ALD_COMM_OUTCOME ALD_STR("aldis_outcome")
#define ALD_COMM_CAUSE ALD_STR("aldis_cause")
#define ALD_COMM_MESSAGE ALD_STR("aldis_message")
#define ALD_COMM_ERROR ALD_STR("aldis_error")
#define ALD_COMM_DETAILS ALD_STR("aldis_details")
#define ALD_COMM_ROSTER ALD_STR("aldis_roster")
#define ALD_COMM_HEALTHY ALD_STR("aldis_healthy")
#define ALD_COMM_TTL ALD_STR("aldis_ttl")
#define ALD_COMM_MODE ALD_STR("aldis_mode")
#define ALD_COMM_CHANNEL ALD_STR("aldis_channel")
#define ALD_COMM_IDEMPOTENT ALD_STR("aldis_idempotent")
#define ALD_COMM_EVERYONE ALD_STR("aldis_everyone")
/* The command of an answer whose own name would not do. */
#define ALD_COMM_REPLY ALD_STR("ALDIS_REPLY")

/* --- comm_work.c ------------------------------------------------------------------------------------------------ */

/* Have work, and let go of what was drained. Errors: ALDIS_E_NOMEM. */
ALD_NODISCARD int ald_comm_work_begin(struct ald_comm *comm);
/* The line has nothing more to say; what it showed was good until this call. */
void ald_comm_work_forget_line(struct ald_comm_work *work);
/* If everything was said and written, the next one who talks may have it. */
void ald_comm_work_rest(struct ald_comm *comm);
struct ald_comm_work *ald_comm_work_free(struct ald_comm_work *work); /* NULL is fine; returns NULL */
/* Queue a signal for next() (takes its references, always). */
void ald_comm_give(struct ald_comm *comm, const struct ald_signal *signal);
/* Queue what `out` holds from `from` on as (a part of) a frame, with `shared` (shares) before its last `tail` bytes. */
void ald_comm_push(struct ald_comm *comm, size_t from, struct ald_slice shared, size_t tail, uint64_t ordinal);

/* --- communicator.c --------------------------------------------------------------------------------------------- */

void ald_comm_move(struct ald_comm *comm, enum ald_comm_state state);
/* Say CLOSE; the first one decides. `text` lives for ever. */
void ald_comm_close(struct ald_comm *comm, uint16_t code, const char *text);
/* Its party is registered: from now on lines may be as long as anybody's. */
void ald_comm_greeted(struct ald_comm *comm);
/* A signal that this protocol has no form for, or not now. */
void ald_comm_drop(struct ald_comm *comm);
/* Keep a copy of `value` in `*slice`, in place of what it held. Errors: ALDIS_E_NOMEM. */
ALD_NODISCARD int ald_comm_keep(struct ald_slice *slice, struct ald_str value);

/* --- comm_say.c ------------------------------------------------------------------------------------------------- */

/* `command` from the daemon itself, to nobody in particular. */
struct ald_comm_head ald_comm_head_own(const struct ald_comm *comm, struct ald_str command);
/* The same as an answer to whoever said `line`, without a sender, as `reply_to()` of the original makes it. */
struct ald_comm_head ald_comm_head_back(const struct ald_comm *comm, const struct ald_comm_head *line,
                                        struct ald_str command);
/* May a line of so many bytes, its LF counted, be said? Lines as long as we take ourselves; datagrams as long as the
 * original takes. */
bool ald_comm_fits(const struct ald_comm *comm, size_t size);
/* Write a line. Outcomes: ALD_COMM_FULL (too large), ALD_COMM_ILLEGAL; both are counted. Errors: ALDIS_E_NOMEM. */
ALD_NODISCARD int ald_comm_write(struct ald_comm *comm, uint64_t ordinal, const struct ald_comm_head *head,
                                 const struct ald_comm_params *params, const struct ald_comm_edit *edits,
                                 size_t n_edits, unsigned options);
/* Write a line of our own, which is then said or counted; with ordinal 0 within ALD_COMMUNICATOR_ANSWERS_MAX. Edits whose
 * value is absent are left out. Errors: ALDIS_E_NOMEM. */
ALD_NODISCARD int ald_comm_say(struct ald_comm *comm, uint64_t ordinal, const struct ald_comm_head *head,
                               const struct ald_comm_edit *edits, size_t n_edits);
/* INVALID to whoever said `line`: `why`, and about what (may be absent); of a command it is its outcome. Errors:
 * ALDIS_E_NOMEM. */
ALD_NODISCARD int ald_comm_invalid(struct ald_comm *comm, const struct ald_comm_head *line, const char *why);
ALD_NODISCARD int ald_comm_invalid_about(struct ald_comm *comm, const struct ald_comm_head *line, const char *why,
                                         struct ald_str about);
/* The same for a line that could not be read. */
ALD_NODISCARD int ald_comm_malformed(struct ald_comm *comm, struct ald_str text, const struct ald_comm_fault *fault);
/* ABSOLUTELY in answer to an ALIVE. */
ALD_NODISCARD int ald_comm_alive(struct ald_comm *comm, const struct ald_comm_line *line);

/* --- comm_hear.c, comm_system.c, comm_peer.c: role hub ---------------------------------------------------------- */

ALD_NODISCARD int ald_comm_hear(struct ald_comm *comm, const struct ald_comm_line *line);
/* The hub is told of the party, if it was not. */
void ald_comm_introduce(struct ald_comm *comm, const struct ald_greeting *greeting);
/* Ask the hub for `target` (absent: to be a caller only), with `greeting` (NULL: none). */
void ald_comm_ask_register(struct ald_comm *comm, struct ald_str target, const struct ald_greeting *greeting);
/* What the peer can express, by what it listed. */
uint32_t ald_comm_traits(const struct ald_comm *comm);
/* `name` names our own server, or any. */
bool ald_comm_is_here(const struct ald_comm *comm, struct ald_str server);
/* It orders a daemon about, here or elsewhere. Who may do that is decided there, of whoever is there himself: no other hub
 * is told on anybody's behalf. */
bool ald_comm_is_order(const struct ald_comm_head *head);

/* A command to the daemon. */
ALD_NODISCARD int ald_comm_system(struct ald_comm *comm, const struct ald_comm_line *line);
/* The list for COMMANDS, appended to `out`. Errors: ALDIS_E_NOMEM. */
ALD_NODISCARD int ald_comm_system_list(struct ald_buf *out);

/* CONNECT or GOSSIP, said by who dialled. */
ALD_NODISCARD int ald_comm_peer_open(struct ald_comm *comm);
ALD_NODISCARD int ald_comm_hear_connect(struct ald_comm *comm, const struct ald_comm_line *line);
ALD_NODISCARD int ald_comm_hear_accept(struct ald_comm *comm, const struct ald_comm_line *line);
ALD_NODISCARD int ald_comm_hear_refuse(struct ald_comm *comm, const struct ald_comm_line *line);
ALD_NODISCARD int ald_comm_hear_gossip(struct ald_comm *comm, const struct ald_comm_line *line);
ALD_NODISCARD int ald_comm_hear_received(struct ald_comm *comm, const struct ald_comm_line *line);
ALD_NODISCARD int ald_comm_hear_disconnect(struct ald_comm *comm, const struct ald_comm_line *line);
/* A load as the original prints it, which is a JSON number without further ado. False: none, or one that cannot be. */
bool ald_comm_load_read(struct ald_str text, double *ret_load);
ALD_NODISCARD int ald_comm_hear_loadavg(struct ald_comm *comm, const struct ald_comm_line *line);
/* A look at a link that stands: does it still? */
ALD_NODISCARD int ald_comm_peer_look(struct ald_comm *comm);
ALD_NODISCARD int ald_comm_tell_linked(struct ald_comm *comm, const struct ald_signal *signal);
ALD_NODISCARD int ald_comm_tell_refused(struct ald_comm *comm, const struct ald_signal *signal);

/* --- comm_message.c --------------------------------------------------------------------------------------------- */

/*
 * Make room in work.text for everything of `line` that may have to be decoded, so that views into it stay. Before any of
 * the functions below. Errors: ALDIS_E_NOMEM.
 */
ALD_NODISCARD int ald_comm_text_reserve(struct ald_comm *comm, const struct ald_comm_line *line);
/* What the parameter `name` says; absent: it is not there. */
struct ald_str ald_comm_get(struct ald_comm *comm, const struct ald_comm_line *line, struct ald_str name);
/* An address where readers want one, whatever it is. */
struct ald_str ald_comm_some_address(struct ald_str address);
/* Whom a line is for, if not the daemon. */
struct ald_address ald_comm_address_of(struct ald_comm *comm, const struct ald_comm_head *head);
/* The name that a word of a line stands for. */
struct ald_str ald_comm_unspelled(struct ald_comm *comm, struct ald_str word);

/* It can be the name of somebody or something (msg/address.h). */
bool ald_comm_name_fits(struct ald_str name);
/*
 * The message of a line that is for somebody else, or an answer, open: name, sender, payload and native text. `options`
 * are its own. Outcome: ALD_COMM_MALFORMED, with `*ret_why` (static). Errors: ALDIS_E_NOMEM.
 */
ALD_NODISCARD int ald_comm_msg_make(struct ald_comm *comm, const struct ald_comm_line *line, enum ald_comm_kind kind,
                                    const struct ald_comm_options *options, struct ald_msg **ret_msg,
                                    const char **ret_why);

/* --- comm_forward.c --------------------------------------------------------------------------------------------- */

/* An EVENT or COMMAND, to where `line` says, or to the controller. Errors: ALDIS_E_NOMEM. */
ALD_NODISCARD int ald_comm_forward(struct ald_comm *comm, const struct ald_comm_line *line, bool to_controller);

/* --- comm_answer.c ---------------------------------------------------------------------------------------------- */

/* What a per-command sender stands for. */
enum ald_comm_asked { ALD_COMM_ASKED_COMMAND, ALD_COMM_ASKED_HEALTH, ALD_COMM_ASKED_PRIMARY, ALD_COMM_ASKED_NOTHING };

enum { ALD_COMM_SENDER_MAX = 48 };
/* `aldis_17` for the id, in `room`. */
struct ald_str ald_comm_sender_format(enum ald_comm_asked asked, struct ald_id id,
                                      char room[static ALD_COMM_SENDER_MAX]);
/* The way back; `*ret_number` is set but for NOTHING. */
enum ald_comm_asked ald_comm_sender_read(struct ald_str service, uint64_t *ret_number);

/* Role hub: something came for one of our senders. */
ALD_NODISCARD int ald_comm_hear_answer(struct ald_comm *comm, const struct ald_comm_line *line,
                                       enum ald_comm_asked asked, uint64_t number);
/* Role party: the answer to a command of ours. */
ALD_NODISCARD int ald_comm_hear_outcome(struct ald_comm *comm, const struct ald_comm_line *line);
/* A command that cannot be said: it comes back refused. Errors: ALDIS_E_NOMEM. */
ALD_NODISCARD int ald_comm_give_refused(struct ald_comm *comm, const struct ald_signal *command, enum ald_cause cause,
                                        const char *text);
/* The command is one of the protocol's own words for an outcome that is no success. */
bool ald_comm_is_outcome(struct ald_str command);

/* --- comm_outcome.c --------------------------------------------------------------------------------------------- */

/* Role hub: what became of the peer's command. */
ALD_NODISCARD int ald_comm_tell_outcome(struct ald_comm *comm, const struct ald_signal *signal);
/* Role party: our answer to the hub's command. */
ALD_NODISCARD int ald_comm_tell_reply(struct ald_comm *comm, const struct ald_signal *signal);

/* --- comm_tell.c, comm_news.c, comm_write.c --------------------------------------------------------------------- */

ALD_NODISCARD int ald_comm_tell(struct ald_comm *comm, const struct ald_signal *signal);
ALD_NODISCARD int ald_comm_tell_news(struct ald_comm *comm, const struct ald_signal *signal);
/* Somebody speaks to a hub that is leaving: QUITTING, once (communicator.md 3); a command is refused. Errors: ALDIS_E_NOMEM. */
ALD_NODISCARD int ald_comm_quitting(struct ald_comm *comm, const struct ald_comm_line *line);
/* Empty work.scratch, and make room for the names of one line, which then stay where they are. Errors: ALDIS_E_NOMEM. */
ALD_NODISCARD int ald_comm_scratch_begin(struct ald_comm *comm);
/* The word for a name, in work.scratch or the name itself; absent: it cannot be said. Errors: ALDIS_E_NOMEM. */
ALD_NODISCARD int ald_comm_spelled(struct ald_comm *comm, struct ald_str name, struct ald_str *ret_word);
/*
 * The parameters of a message for a peer of this protocol, which borrow it and work.back: its native text, or its payload
 * spread. Outcome: ALD_COMM_MALFORMED (the payload is no JSON). Errors: ALDIS_E_NOMEM.
 */
ALD_NODISCARD int ald_comm_params_of(struct ald_comm *comm, const struct ald_msg *msg,
                                     struct ald_comm_params *ret_params);
/*
 * Write a message under `head` with `edits`: its native text by reference where nothing is edited. Outcomes: as
 * ald_comm_write(), and ALD_COMM_MALFORMED. Errors: ALDIS_E_NOMEM.
 */
ALD_NODISCARD int ald_comm_write_msg(struct ald_comm *comm, uint64_t ordinal, const struct ald_comm_head *head,
                                     const struct ald_msg *msg, const struct ald_comm_edit *edits, size_t n_edits);
/* The receiver of a message, spelled: `*head`'s server and service. Outcome: ALD_COMM_ILLEGAL. Errors: ALDIS_E_NOMEM. */
ALD_NODISCARD int ald_comm_head_to(struct ald_comm *comm, const struct ald_address *to, struct ald_comm_head *head);
/* The name of its command. */
struct ald_str ald_comm_command_of(const struct ald_msg *msg);

/* --- comm_client.c, comm_client_hear.c, comm_client_news.c: role party ------------------------------------------ */

ALD_NODISCARD int ald_comm_client_hear(struct ald_comm *comm, const struct ald_comm_line *line);
ALD_NODISCARD int ald_comm_client_tell(struct ald_comm *comm, const struct ald_signal *signal);
/* COMMANDS, in answer to `line` (NULL: of our own). Errors: ALDIS_E_NOMEM. */
ALD_NODISCARD int ald_comm_client_commands(struct ald_comm *comm, uint64_t ordinal, const struct ald_comm_line *line);
/* Give the news that the line is. Outcome: ALD_COMM_ABSENT, it is none. Errors: ALDIS_E_NOMEM. */
ALD_NODISCARD int ald_comm_client_news(struct ald_comm *comm, const struct ald_comm_line *line);
