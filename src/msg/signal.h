#pragma once

/*
 * Signal: everything that a hub and a party tell each other: the five kinds of message, and what is said about the link
 * itself (who is there, is it healthy, is it primary, is it leaving). A dialect translates signals to and from bytes; the
 * hub takes and gives nothing else. Which frame of which protocol is which signal: DESIGN section 3.
 *
 * The same signals serve both ends. "To the hub" below means what a hub takes from a dialect in the role hub, and what a
 * client gives to a dialect in the role party; "to the party" the reverse.
 *
 * Ownership: a signal that is *given* (a dialect's next(), a hub's effect) carries its own references to `msg`,
 * `request` and `news`; the receiver calls ald_signal_clear(). Views borrow from those, or from where the comment says, and live
 * until the next call of the giver.
 */

#include "msg/msg.h"
#include "msg/news.h"

enum ald_signal_kind {
    /* To the hub. */
    ALD_SIGNAL_REGISTER,   /* a party asks for a target (or, with none, to be a caller only) */
    ALD_SIGNAL_UNREGISTER, /* it gives the target up and stays connected; a party that joined another's session ends */
    ALD_SIGNAL_TRAITS,     /* what the peer can express has changed */
    ALD_SIGNAL_RESUME,     /* a party of an earlier connection is back */
    ALD_SIGNAL_ACKED,      /* a session party has received everything up to `serial` */
    ALD_SIGNAL_TAKEN,      /* what it said under `serial` was dealt with by the dialect, and is nothing for the hub */
    ALD_SIGNAL_CAPABLE,    /* a party also understands the names in `text`, comma separated: broadcasts of these reach it.
                              For those to a kind a `*` at the end of one stands for any rest: `foo:*` is all messages of a
                              plugin (link 4.8) */
    ALD_SIGNAL_SUBSCRIBE,  /* a party wants to hear the events of `subscription`; answered by SUBSCRIBED */
    ALD_SIGNAL_ASK,        /* a party asks for the news of `topic`, about `target` where there are several */
    ALD_SIGNAL_NEIGHBORS,  /* a peer hub names addresses of hubs, in `text`, comma separated; `ok`: and wants to be called
                              there (communicator 6.3) */

    /* To the party. */
    ALD_SIGNAL_REGISTERED, /* the answer to REGISTER or RESUME */
    ALD_SIGNAL_DENIED,     /* the other one; `cause` and the text say why */
    ALD_SIGNAL_SUBSCRIBED, /* the answer to SUBSCRIBE, after what is said again for it; `ok`: something was; `gap`. `request` is
                              that of the SUBSCRIBE; `cause`: it was refused, and `text` says why */
    ALD_SIGNAL_NEWS,       /* `news`, of itself or as an answer (`ok`) to ASK */
    ALD_SIGNAL_REPORT,     /* what became of an event that it said with ALD_MSG_REPORT or ALD_MSG_TELL_AWAY: `request` is
                              that event; `phase` queued: it is kept for the target; else `cause` says why it is dropped.
                              `target`: the hub where that was; absent: here */

    /* Both ways: a question to the party, its answer to the hub. */
    ALD_SIGNAL_HEALTH,
    ALD_SIGNAL_PRIMARY,

    /* Either way. */
    ALD_SIGNAL_COMMAND,
    ALD_SIGNAL_STATUS,
    ALD_SIGNAL_REPLY,
    ALD_SIGNAL_EVENT,
    ALD_SIGNAL_CANCEL,
    /*
     * What the dialect itself wants to tell its peer in its turn, such as the answer to a request that the hub never hears
     * of: the hub says it back as it is, kept and with a serial as all that it tells (link 2.7 has one counter for both). Of
     * it return id, msg, request, outcome, phase, cause, ok, code, from and text.
     */
    ALD_SIGNAL_LOCAL,
    ALD_SIGNAL_OPERATE, /* do `operation`; to the party: a peer hub shall do it too, or, `denied`, what it asked is refused */
    ALD_SIGNAL_LEAVE, /* goodbye; the sender closes, or expects to be closed, soon */
    ALD_SIGNAL_CLOSE, /* from a dialect: the connection must end now, with `code` and `text` */
    ALD_N_SIGNALS
};

/* What a party can express; the hub copes with what it cannot. */
enum {
    ALD_CAN_HEALTH = 1,          /* answers a health check; else its health is passive (the link is there) */
    ALD_CAN_PRIMARY = 2,         /* can be told that it is (not) primary */
    ALD_CAN_CONFIRM_PRIMARY = 4, /* and says that it heard: only such a party is a candidate */
    ALD_CAN_CANCEL = 8,          /* a sent command can be asked back */
    ALD_CAN_STATUS = 16,         /* takes statuses of its commands */
    ALD_CAN_OUTCOME = 32,        /* takes the outcome's own name, cause and state */
    ALD_CAN_LEAVE = 64,          /* takes a goodbye */
    ALD_CAN_RESUME = 128,        /* has a session that outlives its connection */
    ALD_CAN_NEWS = 256,          /* hears of presence, hubs, cluster and clock without asking */
    ALD_CAN_REPORT = 512,        /* takes reports on its events */
    ALD_CAN_READY = 1024         /* answers a goodbye when it is ready to go: LEAVE with `ok` */
};

/* What a party is, beside itself: another hub, and how that one is told of messages for others (DESIGN section 5). */
enum ald_peering {
    ALD_PEERING_NONE,
    ALD_PEERING_ROUTES, /* an aldis hub: advertises its targets, gets what a route leads to it for */
    ALD_PEERING_FLOODS  /* an original communicator daemon: gets every message whose target nobody knows */
};

/*
 * What a party is among its kind (link 1.1): what a broadcast aims at (ald_msg.to_kind), and what schemas name as source and
 * destination. A host is what most dialects' parties are; one that asks for no target is a control to whoever judges what
 * it says, see ald_signal_party_kind().
 */
enum ald_party_kind {
    ALD_PARTY_HOST,
    ALD_PARTY_INSTANCE, /* something that a host runs, and speaks for */
    ALD_PARTY_CONTROL,  /* somebody who operates others */
    ALD_N_PARTY_KINDS
};

/* What a hub says of itself to another one: in its REGISTER, and in the REGISTERED that answers one. A party that is no hub
 * may show a name and a password, or a token, so, to whoever judges its REGISTER; the hub never sees that. */
struct ald_greeting {
    uint8_t peering;          /* enum ald_peering; NONE: no hub, only the last line says something */
    bool dialled;             /* in a REGISTER to the hub: it is we who called */
    struct ald_str hub;       /* its id, which its party's target is `hub:` and then */
    struct ald_str address;   /* where others call it; absent: nowhere */
    struct ald_str services;  /* targets it is known to serve, there or not, comma separated (communicator 6.2) */
    struct ald_str heard_of;  /* of others */
    struct ald_str neighbors; /* addresses of hubs, comma separated */
    uint64_t boot;            /* what it drew at its start: two hubs of one name differ in it; 0: it does not say */
    struct ald_str username, password; /* what it shows to be let in */
    struct ald_str token;              /* or this: a signed token in the first frame (link 6.2) */
    bool is_control;                   /* and that it came as a control; whoever judges names its target */
};

enum ald_subscribe {
    ALD_SUBSCRIBE_ADD,     /* also these filters; all absorbs */
    ALD_SUBSCRIBE_REMOVE,  /* these no more; the last one ends it. From "all" nothing but "all" can be taken */
    ALD_SUBSCRIBE_REPLACE, /* these and no others; none ends it */
    ALD_N_SUBSCRIBES
};

/*
 * Events that a party wants to hear (link 4.10). An event that somebody says to the hub itself (an empty target) reaches
 * whoever subscribed to its name with a filter in common; one without filters reaches all of them. What was published later than
 * `since`, and is still remembered, is said again before the answer, but not for REMOVE. What is not is told by the answer.
 */
struct ald_subscription {
    struct ald_str name;    /* of the event */
    struct ald_str filters; /* comma separated; absent: all; empty: none */
    ald_wall since;         /* 0: all that is remembered; UINT64_MAX: nothing */
    uint8_t action;         /* enum ald_subscribe */
};

/* It only takes away from what the party hears. */
bool ald_subscription_ends(const struct ald_subscription *subscription);

/* What a message brings from its way through other hubs, and takes along. */
struct ald_travel {
    struct ald_str hub;      /* where it was submitted; absent: here */
    struct ald_str id;       /* of a broadcast: the same on all ways, by which it is recognised; absent: none */
    struct ald_str informed; /* of a broadcast: addresses of hubs that have it already, comma separated, sorted */
    uint32_t hops;           /* links that it has passed */
    uint32_t daemons;        /* and those of them that lead from or to communicator daemons, which count no others */
    ald_wall until;          /* of a broadcast: nobody takes it later; 0: not said */
};

/* What its texts take, and copies of them at `*room`, which moves on, in their place. */
size_t ald_travel_size(const struct ald_travel *travel);
void ald_travel_keep(struct ald_travel *travel, char **room);

/* What a party may ask a whole hub to do; whether it may is the edge's verdict. */
enum ald_operation {
    ALD_OPERATE_STOP,        /* end, in order */
    ALD_OPERATE_SHUTDOWN,    /* and all hubs that it is linked with */
    ALD_OPERATE_ROTATE_LOGS, /* open the log anew */
    ALD_OPERATE_FORGET,      /* the neighbour at the address `text`, or the hub of that id */
    ALD_N_OPERATIONS
};

/* What happens when a party asks for a target that has a channel already (DESIGN section 1). */
enum ald_taken { ALD_TAKEN_SHARE, ALD_TAKEN_REFUSE, ALD_TAKEN_REPLACE };

struct ald_signal {
    uint8_t kind;   /* enum ald_signal_kind */
    uint32_t party; /* numbered by the dialect within its connection; 0 where there is only one */

    /*
     * COMMAND, STATUS, REPLY, EVENT, CANCEL, HEALTH, PRIMARY to the party: the hub's own id of the command, for a dialect
     * to make its wire id from. STATUS, REPLY, CANCEL of a command that the hub sent, and the answers to HEALTH and
     * PRIMARY: the same id back, or its low half only, without the bits of the variant; all zero when the peer named something
     * that is no id of ours: then it is a REPLY to the command that was told under `answers`, or to the one that its caller calls
     * msg->wire_id, or it is counted as stray.
     */
    struct ald_id id;
    struct ald_msg *msg;     /* COMMAND, EVENT: the message. STATUS, REPLY: what was said, NULL when the hub itself speaks */
    struct ald_msg *request; /* STATUS, REPLY, CANCEL to whoever submitted: its own command (the wire id is there). COMMAND to
                                the hub with a `cause`: the reply that refuses it, in the edge's words; may be NULL */

    /* What only some kinds have. */
    union {
        struct ald_news *news;               /* NEWS: own reference */
        const struct ald_subscription *subscription; /* SUBSCRIBE: borrowed */
        const struct ald_greeting *greeting; /* REGISTER, REGISTERED: borrowed; NULL: no hub. NEIGHBORS: what was shown */
        const struct ald_travel *travel;     /* COMMAND, EVENT: borrowed; NULL: from one of our own parties, or to one */
    };
    uint64_t ordinal;        /* to the party: counts what is pushed on its connection, from 1; see written() */
    /*
     * Session parties: counts their messages each way, from 1; one count for all parties of a session. To the hub: 0, or that
     * of the message that the signal is, of whatever kind; one that is not beyond the last is a repetition, dropped and
     * counted. What is several signals gives it with the first. ACKED, RESUME, REGISTERED: the last one received. What is said
     * about the link itself (REGISTERED, DENIED, HEALTH, PRIMARY, REPORT, LEAVE, OPERATE) has none.
     */
    uint64_t serial;
    ald_usec ttl; /* COMMAND to the party: time left now. REGISTER, REGISTERED with a session: how long it may be away; in a
                     REGISTER 0: as long as the hub allows, or, see `session`, as the session that is joined */

    /* REPLY to whoever submitted; STATUS to it (phase). They say it, whether `msg` is there or not. */
    uint8_t outcome; /* enum ald_outcome */
    uint8_t phase;   /* enum ald_phase; with an outcome: the last one before it */
    uint8_t cause;   /* enum ald_cause. COMMAND, EVENT to the hub: the edge's verdict; the hub refuses it for that */

    uint8_t topic;     /* ASK: enum ald_topic; LOAD: `ok`: from now on, else no more */
    uint8_t operation; /* OPERATE: enum ald_operation */

    /* REGISTER, TRAITS */
    uint8_t taken;      /* enum ald_taken */
    uint8_t party_kind; /* enum ald_party_kind; REGISTER */
    uint8_t form;       /* REGISTER that makes a session, RESUME: what its dialect's frames look like, a number of the dialect's
                           own. A session goes on in the form in which it began */
    uint32_t traits;    /* ALD_CAN_* */

    /*
     * RESUME, REGISTERED with ALD_CAN_RESUME: the hub's number of the session, never 0 (0 at the party's end, which knows a
     * session by what it shows). In a RESUME to the connection `text` is
     * what was shown; whoever judges it there fills this in, 0 if there is no such session.
     *
     * A further party of a connection whose party 0 has a session joins that, if it has ALD_CAN_RESUME and no ttl of its own: all
     * are away, come back and end with party 0, whose goodbye is everybody's. A RESUME names party 0, on a connection that has
     * no parties yet; the others are attached first, under their numbers, and a REGISTERED says so of each; that of party 0
     * comes last, and what is said again follows.
     */
    union {
        uint64_t session;
        /* REPLY without an id, of a dialect whose answers name a frame (link 2.15): the serial under which the command was told
         * to one of the parties of this session; 0: it names none. */
        uint64_t answers;
    };

    /* PRIMARY */
    bool primary;
    union {
        uint64_t term;
        ald_wall gap; /* SUBSCRIBED: of what was published before, something is missing that is not remembered (any more); 0:
                         nothing that is later than the `since` asked for. In the REPLY to whoever asked in a COMMAND as well */
    };

    /* HEALTH answered: `ok` and `healthy`. PRIMARY answered: `ok`. LEAVE: `reconnect`;
     * `ok`: it is the answer to one. A party that was told to leave answers when nothing runs any more that it could reply
     * to, and is then gone. */
    bool ok;      /* the peer answered as the protocol has it (not an error, not "unknown") */
    bool healthy;
    bool reconnect;

    /* CANCEL to whoever submitted: what it asked is refused, and the command goes on; of parties without statuses. */
    bool denied; /* REGISTER, RESUME, COMMAND, EVENT, SUBSCRIBE, OPERATE to the hub: the edge's verdict; the hub refuses it as not allowed */
    bool renamed; /* COMMAND to the party: it has one that its sender calls the same, msg->wire_id, and has not answered that; who
                     answers this one is to name its `id` */
    bool primary_only; /* COMMAND, EVENT to the hub: the same: only the primary channel of its target may say it */

    uint16_t code;         /* CLOSE: the dialect's own close code (WebSocket: RFC 6455 section 7.4) */
    struct ald_str target; /* REGISTER: what is asked for (absent: caller only). REGISTERED: what was given. LEAVE to the party: its target.
                              REPLY to a library: whom it says that it comes from; absent: it does not say, or it is a hub */
    struct ald_str channel; /* REGISTERED: the hub's id of the channel. COMMAND, STATUS, REPLY: the channel concerned, where known */
    union {
        struct ald_str from; /* COMMAND, EVENT to the party: the target of whoever submitted, as the hub knows it; absent: a
                                caller only. What msg->from says is its sender's claim, and a hub does not pass it on. REPORT: the
                            hub where it ended; absent: this one */
        struct ald_str rights; /* REGISTERED: the command names that it may use, and the permissions that it holds, comma
                                  separated; absent: any. Not the hub's,
                                  but filled in by whoever judged its REGISTER */
    };
    struct ald_str principal; /* REGISTER: who the credential proved, absent when nobody asked. REGISTERED: who it is. COMMAND
                                 to the hub: whom the party speaks for; absent: itself */
    struct ald_str text; /* DENIED, LEAVE, CLOSE, HEALTH answered: for people. STATUS, REPLY without msg: the text of the cause.
                            REGISTER that is `denied`: why, for the DENIED. RESUME to the connection: the token that was shown.
                            REGISTERED of a session party: the token to show, made by whoever judged its REGISTER */
};

/* What the party that says this REGISTER is, to whoever judges what it says. */
static inline enum ald_party_kind ald_signal_party_kind(const struct ald_signal *signal)
{
    return ald_str_present(signal->target) ? (enum ald_party_kind)signal->party_kind : ALD_PARTY_CONTROL;
}

/* A signal of `kind` with everything else absent. */
struct ald_signal ald_signal_of(enum ald_signal_kind kind);
/* Give up its references. */
void ald_signal_clear(struct ald_signal *signal);
const char *ald_signal_name(enum ald_signal_kind kind);
