#pragma once

/*
 * What the rig (hub/hub_rig.h) consists of, and how it writes down what a hub says: one line a signal, with a number for each
 * connection and the wire id of each command.
 */

#include <stdio.h>

#include "base/sm.h"
#include "hub/hub.h"
#include "hub/note.h"
#include "hub/view.h"
#include "lib/test.h"

enum { RIG_CONNS = 16, RIG_IDS = 512, RIG_TEXT = 65536 };

struct rig_conn {
    uint64_t said, begun, done;
    uint64_t session, serial;
    uint64_t heard_by_hub; /* serial of the latest REGISTERED */
    struct ald_id health, primary;
    char channel[ALD_ID_TEXT + 1];
    bool open, closed_by_hub;
};

struct rig_id {
    char wire_id[64];
    uint64_t conn;
    struct ald_id id;
};

struct rig {
    struct ald_hub_config config;
    struct ald_msg_pool *messages;
    struct ald_hub *hub;
    struct ald_effects effects;
    ald_usec now;
    bool holds_writes;                            /* what is said is not written until rig_write() */
    size_t message_max;                           /* that the next connections can be told; 0: any */
    bool resumes_late;                            /* of the protocol that the next connections speak */
    const char *comes_from; /* where connections come from; NULL: 127.0.0.1:9 */
    bool by_hand;                                 /* one step a call */
    bool tells_parties;                           /* the story tells them apart, see above */
    int result;                                   /* of the latest step: see rig_ask() */
    bool denies;                                  /* the edge's verdict of what is said next */
    bool guards;                                  /* the edge says of every signal that only the primary may say it */
    void (*around)(struct rig *rig, bool begins); /* called before and after each step, if set */
    struct rig_conn conns[RIG_CONNS];
    struct rig_id ids[RIG_IDS]; /* of commands delivered, the latest ones */
    size_t n_ids;
    struct ald_msg *last_reply;
    uint8_t last_phase;                                           /* that the latest reply told */
    char last_from[ALD_NAME_MAX + 1], last_hub[ALD_NAME_MAX + 1]; /* of the latest event */
    struct ald_news *last_news;
    size_t n_text;
    char text[RIG_TEXT];
};

/* What may be said of a command beyond its target. */
/* What the calendar says at the time 0. */
#define RIG_WALL (1700000000 * ALD_SEC)

struct rig_options {
    uint8_t mode;
    ald_usec ttl; /* 0: not said */
    uint32_t flags;
    const char *channel;
    const char *name;
    const char *payload;
    const char *hub;
    const char *collapse;
    uint8_t scope;
    bool no_target;
    uint8_t to_kind;
    const char *filters;
    uint32_t party;
    uint64_t serial;
};

static ALD_UNUSED void rig_line(struct rig *rig, const char *format, ...)
{
    va_list args;

    va_start(args, format);
    rig->n_text += (size_t)vsnprintf(rig->text + rig->n_text, RIG_TEXT - rig->n_text, format, args);
    va_end(args);
    ald_check(rig->n_text < RIG_TEXT);
}

static ALD_UNUSED const char *rig_wire_id(const struct ald_msg *msg)
{
    static char text[64];

    snprintf(text, sizeof(text), "%.*s", ALD_STR_ARG(msg->wire_id));
    return text;
}

static ALD_UNUSED void rig_hear_reply(struct rig *rig, uint64_t conn, const struct ald_signal *signal)
{
    ald_check(signal->request != NULL);
    rig_line(rig, "%d reply %s %s", (int)conn, rig_wire_id(signal->request),
             ald_outcome_name((enum ald_outcome)signal->outcome));
    if (signal->cause != ALD_CAUSE_NONE) {
        rig_line(rig, " %s", ald_cause_word((enum ald_cause)signal->cause));
    }
    rig_line(rig, "\n");
    ald_msg_unref(rig->last_reply);
    rig->last_reply = signal->msg != NULL ? ald_msg_ref(signal->msg) : NULL;
    rig->last_phase = signal->phase;
}

static ALD_UNUSED void rig_hear_command(struct rig *rig, uint64_t conn, const struct ald_signal *signal)
{
    struct rig_id *id = &rig->ids[rig->n_ids++ % RIG_IDS];

    snprintf(id->wire_id, sizeof(id->wire_id), "%s", rig_wire_id(signal->msg));
    id->conn = conn;
    id->id = signal->id;
    rig_line(rig, "%d command %s%s\n", (int)conn, id->wire_id, signal->renamed ? " renamed" : "");
}

static ALD_UNUSED void rig_hear_status(struct rig *rig, uint64_t conn, const struct ald_signal *signal)
{
    rig_line(rig, "%d status %s %s", (int)conn, rig_wire_id(signal->request),
             ald_phase_name((enum ald_phase)signal->phase));
    if (signal->msg != NULL && signal->msg->text.size > 0) {
        rig_line(rig, ": %.*s", ALD_STR_ARG(signal->msg->text));
    }
    rig_line(rig, "\n");
}

/* So that a sanitizer looks at every byte. */
static ALD_UNUSED void rig_copy(char room[ALD_NAME_MAX + 1], struct ald_str text)
{
    size_t size = ALD_MIN(text.size, (size_t)ALD_NAME_MAX);

    if (size > 0) {
        memcpy(room, text.data, size);
    }
    room[size] = '\0';
}

/* The name where it is not what rig_fill() gives, and who it is from. */
static ALD_UNUSED void rig_hear_event(struct rig *rig, uint64_t conn, const struct ald_signal *signal)
{
    rig_line(rig, "%d event", (int)conn);
    if (!ald_str_equal(signal->msg->name, ALD_STR("DO"))) {
        rig_line(rig, " %.*s", ALD_STR_ARG(signal->msg->name));
    }
    rig_line(rig, "\n");
    rig_copy(rig->last_from, signal->from);
    rig_copy(rig->last_hub, signal->travel != NULL ? signal->travel->hub : ALD_STR_NONE);
}

static ALD_UNUSED void rig_hear_news(struct rig *rig, uint64_t conn, const struct ald_signal *signal)
{
    static const char *const presences[] = {"unknown", "up", "down"};
    const struct ald_news *news = signal->news;

    rig_line(rig, "%d %s %s", (int)conn, signal->ok ? "answer" : "news", ald_topic_name((enum ald_topic)news->topic));
    if (news->topic == ALD_TOPIC_PRESENCE) {
        rig_line(rig, " %.*s %s", ALD_STR_ARG(news->name), presences[news->state]);
    } else if (news->state != 0 || news->number != 0) {
        rig_line(rig, " %d of %d", news->state, (int)news->number);
    }
    rig_line(rig, news->detail.size > 0 ? " (%.*s)\n" : "\n", (int)ALD_MIN(news->detail.size, (size_t)64),
             news->detail.data);
    ald_news_unref(rig->last_news);
    rig->last_news = ald_news_ref(signal->news);
}

static ALD_UNUSED void rig_hear_report(struct rig *rig, uint64_t conn, const struct ald_signal *signal)
{
    rig_line(rig, "%d report %.*s %s\n", (int)conn, ALD_STR_ARG(signal->request->name),
             signal->phase == ALD_PHASE_QUEUED ? "queued" : ald_cause_word((enum ald_cause)signal->cause));
}

static ALD_UNUSED void rig_hear(struct rig *rig, struct rig_conn *conn, uint64_t number,
                                const struct ald_signal *signal)
{
    conn->said++;
    ald_check(signal->ordinal == conn->said);
    if (signal->serial != 0) {
        conn->serial = signal->serial;
    }
    if (signal->party != 0 && rig->tells_parties) {
        rig_line(rig, "(%d) ", (int)signal->party);
    }
    switch ((enum ald_signal_kind)signal->kind) {
    case ALD_SIGNAL_REGISTERED:
        conn->session = signal->session;
        conn->heard_by_hub = signal->serial;
        if (signal->party != 0 && rig->tells_parties) {
            break;
        }
        snprintf(conn->channel, sizeof(conn->channel), "%.*s", ALD_STR_ARG(signal->channel));
        return;
    case ALD_SIGNAL_DENIED:
        rig_line(rig, "%d denied: %.*s\n", (int)number, ALD_STR_ARG(signal->text));
        return;
    case ALD_SIGNAL_COMMAND:
        rig_hear_command(rig, number, signal);
        return;
    case ALD_SIGNAL_REPLY:
        rig_hear_reply(rig, number, signal);
        return;
    case ALD_SIGNAL_STATUS:
        rig_hear_status(rig, number, signal);
        return;
    case ALD_SIGNAL_CANCEL:
        rig_line(rig, "%d cancel %s%s\n", (int)number, rig_wire_id(signal->request), signal->denied ? " refused" : "");
        return;
    case ALD_SIGNAL_HEALTH:
        conn->health = signal->id;
        break;
    case ALD_SIGNAL_PRIMARY:
        conn->primary = signal->id;
        rig_line(rig, "%d primary %s term %d\n", (int)number, signal->primary ? "true" : "false", (int)signal->term);
        return;
    case ALD_SIGNAL_EVENT:
        rig_hear_event(rig, number, signal);
        return;
    case ALD_SIGNAL_NEWS:
        rig_hear_news(rig, number, signal);
        return;
    case ALD_SIGNAL_REPORT:
        rig_hear_report(rig, number, signal);
        return;
    case ALD_SIGNAL_OPERATE:
        rig_line(rig, "%d operate%s\n", (int)number, signal->denied ? " denied" : "");
        return;
    case ALD_SIGNAL_SUBSCRIBED:
        rig_line(rig, "%d subscribed %s%s%s%s\n", (int)number, signal->ok ? "yes" : "no",
                 signal->cause != ALD_CAUSE_NONE ? " " : "", ald_cause_word((enum ald_cause)signal->cause),
                 signal->gap != 0 ? " gap" : "");
        return;
    case ALD_SIGNAL_LEAVE:
        rig_line(rig, "%d leave%s\n", (int)number, signal->reconnect ? " reconnect" : "");
        return;
    default:
        break;
    }
    rig_line(rig, "%d %s\n", (int)number, ald_signal_name((enum ald_signal_kind)signal->kind));
}
