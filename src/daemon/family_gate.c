#include <stdio.h>
#include <string.h>

#include "base/error.h"
#include "daemon/family_impl.h"
#include "daemon/flags.h"
#include "daemon/links.h"
#include "daemon/log.h"

static void family_tell(struct ald_family *family, const struct ald_news *news)
{
    if (ald_edge_news(family->edge, news) < 0) {
        ald_log(ALD_LOG_ERROR, "the hub does not hear of it: memory is short",
                {"news", ald_str(ald_topic_name((enum ald_topic)news->topic))});
    }
}

/* --- what is asked of the whole hub ------------------------------------------------------------------------------- */

/* Not at once: whoever asked is still being heard, and the hub tells others of it before it stops. */
static void family_stop(void *owner)
{
    struct ald_family *family = owner;

    family->stop(family->owner, family->stop_how);
}

static void family_forget(struct ald_family *family, struct ald_str address)
{
    bool known = family->neighbors != NULL && ald_neighbors_forget(family->neighbors, address);

    if (family->peers != NULL && ald_peers_forget(family->peers, address)) {
        known = true;
        ald_family_count(family);
    }
    if (family->loads != NULL) {
        ald_loads_forget(family->loads, address);
    }
    ald_log(ALD_LOG_INFO, known ? "a neighbor is forgotten" : "nobody knows the neighbor that is to be forgotten",
            {"address", address});
}

static void gate_operate(void *owner, enum ald_operation operation, struct ald_str text, bool told ALD_UNUSED)
{
    struct ald_family *family = owner;

    switch (operation) {
    case ALD_OPERATE_STOP:
    case ALD_OPERATE_SHUTDOWN:
        family->stop_how = operation;
        ald_task_push(family->loop, &family->stop_task);
        break;
    case ALD_OPERATE_ROTATE_LOGS:
        ald_log(ALD_LOG_INFO, "the log is standard error, which whoever keeps it turns over",
                {"asked", ALD_STR("LOG_ROTATE")});
        break;
    case ALD_OPERATE_FORGET:
        family_forget(family, text);
        break;
    case ALD_N_OPERATIONS:
        break;
    }
}

static bool gate_admits(void *owner, const struct ald_peer *peer, struct ald_str username, struct ald_str password)
{
    struct ald_family *family = owner;

    return ald_porter_admits(&family->porter, peer, username, password);
}

static bool gate_may_operate(void *owner, const struct ald_peer *peer)
{
    const struct ald_family *family = owner;

    return ald_porter_may_operate(&family->porter, peer);
}

/* --- what others say ---------------------------------------------------------------------------------------------- */

static void gate_neighbors(void *owner, struct ald_str addresses, bool call, bool proved)
{
    struct ald_family *family = owner;

    if (family->neighbors != NULL) {
        ald_neighbors_heard(family->neighbors, addresses, call, proved);
    }
}

/* --- hubs that do not suit each other ------------------------------------------------------------------------------ */

/* A flag is a file: somebody who tries again and again is not to keep the disk busy. What comes in between is raised then. */
#define REFUSED_PAUSE (2 * ALD_SEC)

static const struct ald_flag_id refused_flag = {{"communicatord", 13}, {"remote-connection", 17}, {"refused", 7}};

static void refused_raise(struct ald_family *family)
{
    const struct ald_flag flag = {
        .id = refused_flag, .message = ald_str(family->refused), .tags = ALD_STR("security,network"), .priority = 60};

    ald_daemon_flag_raise(family->flags, &flag);
    family->refused_at = ald_loop_now(family->loop);
}

static void refused_alarm(void *owner)
{
    refused_raise(owner);
}

/* `who`: who refused; `place`: the other hub, as its link is known by when it stands after all. */
static void family_refused(struct ald_family *family, const char *who, struct ald_str place, struct ald_str name,
                           struct ald_str why)
{
    ald_usec now = ald_loop_now(family->loop);
    bool is_named = name.size > 0 && ald_utf8_valid(name);

    ald_log(ALD_LOG_WARNING, "another hub and this one do not suit each other", {"address", place}, {"hub", name},
            {"refused by", ald_str(who)}, {"why", why});
    (void)snprintf(family->refused, sizeof(family->refused), "%s refused the link with the hub%s%.*s%s%.*s: %.*s", who,
                   is_named ? " " : "", is_named ? (int)ALD_MIN(name.size, (size_t)ALD_NAME_MAX) : 0, name.data,
                   place.size > 0 ? " at " : "", ALD_STR_ARG(place), ALD_STR_ARG(why));
    if (!ald_utf8_valid(ald_str(family->refused))) { /* cut within a letter, or the words of a stranger */
        (void)snprintf(family->refused, sizeof(family->refused), "%s refused the link with a hub", who);
    }
    (void)snprintf(family->refused_from, sizeof(family->refused_from), "%.*s", ALD_STR_ARG(place));
    if (family->refused_at == 0 || now - family->refused_at >= REFUSED_PAUSE) {
        refused_raise(family);
    } else if (!ald_alarm_running(&family->refused_alarm)) {
        ald_alarm_start(family->loop, &family->refused_alarm, family->refused_at + REFUSED_PAUSE);
    }
}

/* The same host: ports of those who call are chance. */
static bool places_agree(struct ald_str one, struct ald_str other)
{
    char hosts[2][ALD_INET_TEXT];
    struct ald_inet inets[2];

    if (ald_inet_parse(one, 1, &inets[0]) != 0 || ald_inet_parse(other, 1, &inets[1]) != 0) {
        return ald_str_equal(one, other);
    }
    ald_inet_format_host(&inets[0], hosts[0]);
    ald_inet_format_host(&inets[1], hosts[1]);
    return strcmp(hosts[0], hosts[1]) == 0;
}

/* The one that the flag is about is linked after all. */
static void family_suits(struct ald_family *family, struct ald_str place)
{
    if (family->refused_at != 0 && places_agree(place, ald_str(family->refused_from))) {
        ald_alarm_stop(family->loop, &family->refused_alarm);
        ald_daemon_flag_lower(family->flags, &refused_flag);
        family->refused_at = 0;
    }
}

static void gate_refused(void *owner, const struct ald_peer *peer, struct ald_str hub, struct ald_str address,
                         struct ald_str why)
{
    const struct ald_family *family = owner;

    /* A second link to a hub that is linked is not needed, and nobody is to be called for that. */
    if (family->neighbors == NULL || !ald_neighbors_is_linked(family->neighbors, address)) {
        family_refused(owner, "this hub", ald_str(peer->address), hub, why);
    }
}

static void neighbors_refused(void *owner, const char *address, struct ald_str why)
{
    family_refused(owner, "it", ald_str(address), ALD_STR_NONE, why);
}

static void peers_refused(void *owner, const char *url, struct ald_str why)
{
    family_refused(owner, "it", ald_str(url), ALD_STR_NONE, why);
}

static void peers_linked(void *owner, const char *url)
{
    family_suits(owner, ald_str(url));
}

const struct ald_peers_callbacks ald_family_peer_callbacks = {.refused = peers_refused, .linked = peers_linked};

/* A hub that is linked is not as it should be: the hub has found it out, and says so again while it goes on. */
void ald_family_troubled(void *owner, const struct ald_news *news)
{
    const struct ald_family *family = owner;
    bool is_loop = news->state == ALD_HUB_LOOPS;
    struct ald_flag flag = {
        .id = {ALD_STR("communicatord"), ALD_STR("remote-connection"), is_loop ? ALD_STR("loop") : ALD_STR("name")},
        .tags = ALD_STR("network"),
        .priority = 60,
        .manual_down = true, /* nothing says when it is over */
    };
    const char *what = is_loop ? "sends back what it was sent; that is not heard" : "is not the only one of its name";
    struct ald_buf message;

    ald_log(ALD_LOG_WARNING,
            is_loop ? "another hub sends back what it was sent"
                    : "there are two hubs of one name, and one is not reached",
            {"hub", news->hub}, {"address", news->name});
    ald_buf_init(&message, ALD_FLAG_MESSAGE_MAX);
    if (ald_utf8_valid(news->hub) && ald_buf_pushf(&message, "the hub %.*s %s", ALD_STR_ARG(news->hub), what) == 0) {
        flag.message = ald_buf_str(&message);
        ald_daemon_flag_raise(family->flags, &flag);
    }
    ald_buf_fini(&message);
}

static void gate_linked(void *owner, struct ald_str address, bool there)
{
    struct ald_family *family = owner;

    if (there) {
        family_suits(family, address);
    }

    if (family->neighbors != NULL) {
        ald_neighbors_linked(family->neighbors, address, there);
    }
}

static void gate_news(void *owner, const struct ald_news *news)
{
    struct ald_family *family = owner;

    if (news->topic == ALD_TOPIC_LOAD && family->loads != NULL) {
        ald_loads_heard(family->loads, news);
    }
}

static void gate_asked(void *owner, enum ald_topic topic)
{
    struct ald_family *family = owner;

    if (topic == ALD_TOPIC_LOAD && family->loads != NULL) {
        ald_loads_asked(family->loads);
    }
}

/* --- who comes with a signed token -------------------------------------------------------------------------------- */

static void gate_vouch(void *owner, const struct ald_peer *peer, struct ald_signal *signal, struct ald_shown *shown)
{
    const struct ald_family *family = owner;

    ald_links_vouch(family->links, peer, signal, shown);
}

static int gate_session_token(void *owner, uint64_t session, uint64_t issued, struct ald_buf *out)
{
    const struct ald_family *family = owner;
    int r = ald_links_session_token(family->links, session, issued, out);

    return r < 0 ? ald_trace(r) : r;
}

static uint64_t gate_session_of(void *owner, struct ald_str token, uint64_t *ret_issued)
{
    const struct ald_family *family = owner;

    return ald_links_session_of(family->links, token, ret_issued);
}

void ald_family_init_gate(struct ald_family *family)
{
    family->gate = (struct ald_gate){
        .admits = gate_admits,
        .may_operate = gate_may_operate,
        .operate = gate_operate,
        .neighbors = gate_neighbors,
        .linked = gate_linked,
        .refused = gate_refused,
        .news = gate_news,
        .asked = gate_asked,
        .vouch = gate_vouch,
        .session_token = gate_session_token,
        .session_of = gate_session_of,
        .owner = family,
    };
    family->porter.username = ald_family_text(family, ALD_KEY_COMMUNICATOR_USERNAME);
    family->porter.password = ald_family_text(family, ALD_KEY_COMMUNICATOR_PASSWORD);
    family->porter.admin_group = ald_family_text(family, ALD_KEY_COMMUNICATOR_ADMIN_GROUP).data;
    ald_task_init(&family->stop_task, family_stop, family);
    ald_alarm_init(&family->refused_alarm, refused_alarm, family);
}

/* --- what is found out -------------------------------------------------------------------------------------------- */

void ald_family_clock_changed(void *owner, enum ald_clock_state state)
{
    const struct ald_news news = {.topic = ALD_TOPIC_CLOCK, .state = (uint8_t)state};

    family_tell(owner, &news);
}

void ald_family_count(struct ald_family *family)
{
    size_t n = 1 + (family->neighbors != NULL ? ald_neighbors_count(family->neighbors) : 0) +
               (family->peers != NULL ? ald_peers_count(family->peers) : 0);
    const struct ald_news news = {.topic = ALD_TOPIC_CLUSTER, .number = (uint32_t)n};

    ald_buf_cut(&family->neighbor_list, 0);
    family->identity.neighbors = ALD_STR_NONE;
    if (family->neighbors != NULL) {
        /* When memory is short, others learn of them from somebody else. */
        if (ald_neighbors_list(family->neighbors, &family->neighbor_list) != 0) {
            ald_buf_cut(&family->neighbor_list, 0);
        }
        family->identity.neighbors = ald_buf_str(&family->neighbor_list);
        ald_neighbors_identify(family->neighbors);
    }
    family_tell(family, &news);
}

static void neighbors_changed(void *owner)
{
    ald_family_count(owner);
}

/* communicator 6.4, and 6.1 below. */
static void neighbors_saved(void *owner, bool good)
{
    const struct ald_family *family = owner;
    const struct ald_flag flag = {
        .id = {ALD_STR("communicatord"), ALD_STR("neighbors"), ALD_STR("file-write")},
        .message = ALD_STR("the file of neighbors cannot be written; they will be unknown after a restart"),
        .tags = ALD_STR("cache,file-system"),
        .priority = 97,
    };

    if (good) {
        ald_daemon_flag_lower(family->flags, &flag.id);
    } else {
        ald_daemon_flag_raise(family->flags, &flag);
    }
}

static const struct ald_flag_id lost_flag = {
    {"communicatord", 13}, {"remote-connection", 17}, {"connection-failed", 17}};

static void neighbors_lost(void *owner, const char *address)
{
    const struct ald_family *family = owner;
    struct ald_flag flag = {
        .id = lost_flag,
        .tags = ALD_STR("security,data-leak,network"),
        .priority = 95,
    };
    struct ald_buf message;

    ald_buf_init(&message, ALD_FLAG_MESSAGE_MAX);
    if (ald_buf_pushf(&message, "the neighbor at %s was called in vain for more than an hour", address) == 0) {
        flag.message = ald_buf_str(&message);
        ald_daemon_flag_raise(family->flags, &flag);
    }
    ald_buf_fini(&message);
}

static void neighbors_found(void *owner)
{
    const struct ald_family *family = owner;

    ald_daemon_flag_lower(family->flags, &lost_flag);
}

const struct ald_neighbors_callbacks ald_family_neighbor_callbacks = {
    .changed = neighbors_changed,
    .saved = neighbors_saved,
    .lost = neighbors_lost,
    .refused = neighbors_refused,
    .found = neighbors_found,
};
