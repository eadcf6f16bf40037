/*
 * News become lines, each as communicator.md 3 to 7 and 11 shows it: for those who listed its command, or who asked and
 * are always answered. Notifications carry `cache=no`, as those of the original do.
 */

#include <stdio.h>

#include "base/error.h"
#include "wire/communicator/comm_dialect.h"

/* One line of news, while it is put together. */
enum { NEWS_EDITS = 6, NEWS_NUMBER = 24 };

struct newsline {
    struct ald_comm_head head;
    struct ald_comm_edit edits[NEWS_EDITS];
    size_t n;
};

static void newsline_add(struct newsline *line, const char *name, struct ald_str value)
{
    ald_assert(line->n < NEWS_EDITS);
    line->edits[line->n++] = (struct ald_comm_edit){ald_str(name), value};
}

/* From the daemon, to `service` (absent: to nobody in particular). */
static struct newsline newsline_of(const struct ald_comm *comm, enum ald_comm_word word, const char *service)
{
    struct newsline line = {.head = ald_comm_head_own(comm, ald_comm_word_name(word))};

    line.head.service = service != NULL ? ald_str(service) : ALD_STR_NONE;
    return line;
}

/* Some of them have no sender. */
static struct newsline newsline_bare(const struct ald_comm *comm, enum ald_comm_word word, const char *service)
{
    struct newsline line = newsline_of(comm, word, service);

    line.head.from_server = line.head.from_service = ALD_STR_NONE;
    return line;
}

static int newsline_say(struct ald_comm *comm, const struct ald_signal *signal, const struct newsline *line)
{
    int r = ald_comm_say(comm, signal->ordinal, &line->head, line->edits, line->n);

    return r < 0 ? ald_trace(r) : 0;
}

static bool is_listed(struct ald_comm *comm, enum ald_comm_word word)
{
    return ald_comm_knows(comm, UINT32_C(1) << word);
}

/* Says it to who listed the word; to others it is nothing that went wrong, so it is not counted. */
static int newsline_offer(struct ald_comm *comm, const struct ald_signal *signal, enum ald_comm_word word,
                          const struct newsline *line)
{
    int r = is_listed(comm, word) ? newsline_say(comm, signal, line) : 0;

    return r < 0 ? ald_trace(r) : 0;
}

static struct ald_str seconds_format(char room[static NEWS_NUMBER], ald_wall wall)
{
    int size = snprintf(room, NEWS_NUMBER, "%llu", (unsigned long long)(wall / ALD_SEC));

    return wall != 0 ? ald_str_of(room, (size_t)size) : ALD_STR_NONE;
}

/* The word for a name that is a value here; what cannot be spelled is said as it is. */
static int name_say(struct ald_comm *comm, struct ald_str name, struct ald_str *ret_word)
{
    int r = ald_comm_spelled(comm, name, ret_word);

    if (r == 0 && !ald_str_present(*ret_word)) {
        *ret_word = name;
    }
    return r < 0 ? ald_trace(r) : 0;
}

/* --- who is there ----------------------------------------------------------------------------------------------- */

static const char *const presence_words[] = {
    [ALD_PRESENCE_UNKNOWN] = "unknown",
    [ALD_PRESENCE_UP] = "up",
    [ALD_PRESENCE_DOWN] = "down",
};

/* STATUS of `service`, at `server`. */
static int status_say(struct ald_comm *comm, const struct ald_signal *signal, struct ald_str service,
                      struct ald_str server, enum ald_presence state)
{
    struct newsline line = newsline_of(comm, ALD_COMM_WORD_STATUS, NULL);
    const struct ald_news *news = signal->news;
    bool is_known = state != ALD_PRESENCE_UNKNOWN;
    char since[NEWS_NUMBER], until[NEWS_NUMBER];
    int r;

    newsline_add(&line, "cache", ALD_STR("no"));
    newsline_add(&line, "down_since", is_known ? seconds_format(until, news->until) : ALD_STR_NONE);
    newsline_add(&line, "server_name", is_known ? server : ALD_STR_NONE);
    newsline_add(&line, "service", service);
    newsline_add(&line, "status", ald_str(presence_words[state]));
    newsline_add(&line, "up_since", is_known ? seconds_format(since, news->since) : ALD_STR_NONE);
    r = signal->ok ? newsline_say(comm, signal, &line) : newsline_offer(comm, signal, ALD_COMM_WORD_STATUS, &line);
    return r < 0 ? ald_trace(r) : 0;
}

static int presence_tell(struct ald_comm *comm, const struct ald_signal *signal)
{
    const struct ald_news *news = signal->news;
    struct ald_str service, server = comm->own;
    int r = 0;

    if (signal->ok && news->detail.size > 0) {
        service = news->detail;
    } else {
        r = name_say(comm, news->name, &service);
    }
    if (r == 0 && news->hub.size > 0) {
        r = name_say(comm, news->hub, &server);
    }
    r = r == 0 ? status_say(comm, signal, service, server,
                            news->state <= ALD_PRESENCE_DOWN ? (enum ald_presence)news->state : ALD_PRESENCE_UNKNOWN)
               : r;
    return r < 0 ? ald_trace(r) : 0;
}

/* Services test the first words of it, so they are the original's (communicator.md 3). */
static struct ald_str remote_format(const struct ald_news *news, char *room, size_t room_size)
{
    bool is_out = ald_str_starts(news->detail, ALD_STR("out"));
    struct ald_str name = news->name.size > 0 ? news->name : news->hub; /* one that nobody calls has no address */
    int size = snprintf(room, room_size, "remote communicator (%s): %.*s", is_out ? "out" : "in",
                        (int)ALD_MIN(name.size, (size_t)ALD_NAME_MAX), name.size > 0 ? name.data : "");

    return ald_str_of(room, ALD_MIN((size_t)size, room_size - 1));
}

static int hub_tell(struct ald_comm *comm, const struct ald_signal *signal)
{
    static const enum ald_comm_word words[] = {
        [ALD_HUB_LINKED] = ALD_COMM_WORD_NEW_REMOTE_CONNECTION,
        [ALD_HUB_LEFT] = ALD_COMM_WORD_DISCONNECTED,
        [ALD_HUB_BROKE] = ALD_COMM_WORD_HANGUP,
    };
    const struct ald_news *news = signal->news;
    char room[ALD_NAME_MAX + 32];
    struct newsline line;
    struct ald_str server;
    int r;

    if (signal->ok) { /* who asked hears its own word */
        r = name_say(comm, news->hub, &server);
        r = r == 0 ? status_say(comm, signal, news->detail, server, ALD_PRESENCE_UP) : r;
        return r < 0 ? ald_trace(r) : 0;
    }
    if (news->state >= ALD_COUNT(words)) {
        return 0; /* the protocol has no word for it */
    }
    line = news->state == ALD_HUB_BROKE ? newsline_bare(comm, words[news->state], ".")
                                        : newsline_of(comm, words[news->state], ".");
    r = name_say(comm, news->hub, &server);
    newsline_add(&line, "server_name", r == 0 ? server : ALD_STR_NONE);
    r = r == 0 ? newsline_offer(comm, signal, words[news->state], &line) : r;
    if (r == 0) {
        r = status_say(comm, signal, remote_format(news, room, sizeof(room)), server,
                       news->state == ALD_HUB_LINKED ? ALD_PRESENCE_UP : ALD_PRESENCE_DOWN);
    }
    return r < 0 ? ald_trace(r) : 0;
}

/* The names as services call each other; one that has no form is left out. */
static int targets_write(struct ald_comm *comm, struct ald_str list, struct ald_buf *out)
{
    struct ald_str name, word;
    int r = 0;

    while (r == 0 && ald_comm_list_next(&list, &name)) {
        r = ald_comm_scratch_begin(comm);
        r = r == 0 ? ald_comm_spelled(comm, name, &word) : r;
        if (r == 0 && ald_str_present(word)) {
            r = ald_buf_size(out) > 0 ? ald_buf_push(out, ALD_STR(",")) : 0;
            r = r == 0 ? ald_buf_push(out, word) : r;
        }
    }
    ald_assert(r <= 0); /* a name becomes three times its size at most, and the hub's list is short */
    return r < 0 ? ald_trace(r) : 0;
}

/* The original has no such answer: only who lists the word gets it. */
static int targets_tell(struct ald_comm *comm, const struct ald_signal *signal)
{
    struct newsline line = newsline_of(comm, ALD_COMM_WORD_SERVICES, NULL);
    struct ald_buf *made = &comm->work->made;
    int r;

    ald_buf_cut(made, 0);
    r = targets_write(comm, signal->news->detail, made);
    newsline_add(&line, "list", ald_buf_str(made));
    r = r == 0 ? newsline_offer(comm, signal, ALD_COMM_WORD_SERVICES, &line) : r;
    return r < 0 ? ald_trace(r) : 0;
}

/* --- cluster, clock, load --------------------------------------------------------------------------------------- */

static int cluster_say(struct ald_comm *comm, const struct ald_signal *signal, enum ald_comm_word word)
{
    struct newsline line = newsline_of(comm, word, ".");
    char room[NEWS_NUMBER];
    int size = snprintf(room, sizeof(room), "%u", (unsigned)signal->news->number);
    int r;

    newsline_add(&line, "neighbors_count", ald_str_of(room, (size_t)size));
    r = newsline_offer(comm, signal, word, &line);
    return r < 0 ? ald_trace(r) : 0;
}

static int cluster_tell(struct ald_comm *comm, const struct ald_signal *signal)
{
    bool is_up = (signal->news->state & ALD_CLUSTER_UP) != 0;
    bool is_complete = (signal->news->state & ALD_CLUSTER_COMPLETE) != 0;
    int r = cluster_say(comm, signal, is_up ? ALD_COMM_WORD_CLUSTER_UP : ALD_COMM_WORD_CLUSTER_DOWN);

    r = r == 0
            ? cluster_say(comm, signal, is_complete ? ALD_COMM_WORD_CLUSTER_COMPLETE : ALD_COMM_WORD_CLUSTER_INCOMPLETE)
            : r;
    return r < 0 ? ald_trace(r) : 0;
}

/* communicator.md 7: an answer goes to nobody in particular, a change to everybody here. */
static int clock_tell(struct ald_comm *comm, const struct ald_signal *signal)
{
    static const struct {
        enum ald_comm_word word;
        const char *name, *value;
    } clocks[] = {
        [ALD_CLOCK_CHECKING] = {ALD_COMM_WORD_CLOCK_UNSTABLE, "clock_error", "checking"},
        [ALD_CLOCK_VERIFIED] = {ALD_COMM_WORD_CLOCK_STABLE, "clock_resolution", "verified"},
        [ALD_CLOCK_NO_NTP] = {ALD_COMM_WORD_CLOCK_STABLE, "clock_resolution", "no_ntp"},
        [ALD_CLOCK_INVALID] = {ALD_COMM_WORD_CLOCK_UNSTABLE, "clock_error", "invalid"},
    };
    uint8_t state = signal->news->state < ALD_COUNT(clocks) ? signal->news->state : ALD_CLOCK_CHECKING;
    struct newsline line = newsline_of(comm, clocks[state].word, signal->ok ? NULL : ".");
    int r;

    newsline_add(&line, "cache", ALD_STR("no"));
    newsline_add(&line, clocks[state].name, ald_str(clocks[state].value));
    r = newsline_offer(comm, signal, clocks[state].word, &line);
    return r < 0 ? ald_trace(r) : 0;
}

/* `%g` with a point in every locale: the original's number has six digits that count (communicator.md 11). */
static struct ald_str load_format(char room[static NEWS_NUMBER], double load)
{
    int size = snprintf(room, NEWS_NUMBER, "%g", load);
    size_t digits = strspn(room, "-0123456789");

    if (digits < (size_t)size && room[digits] != 'e') {
        room[digits] = '.';
    }
    return ald_str_of(room, (size_t)size);
}

/* Who hears it has subscribed (communicator.md 11). */
static int load_tell(struct ald_comm *comm, const struct ald_signal *signal)
{
    const struct ald_news *news = signal->news;
    struct newsline line = newsline_of(comm, ALD_COMM_WORD_LOADAVG, NULL);
    const struct ald_comm_time time = {.sec = (int64_t)(news->since / ALD_SEC),
                                       .nsec = (uint32_t)(news->since % ALD_SEC * 1000)};
    char load[NEWS_NUMBER], room[ALD_COMM_TIME_MAX];
    int r;

    newsline_add(&line, "avg", load_format(load, news->load));
    newsline_add(&line, "my_address", ald_comm_some_address(news->name));
    newsline_add(&line, "timestamp", ald_comm_time_format(time, room));
    r = newsline_say(comm, signal, &line);
    return r < 0 ? ald_trace(r) : 0;
}

/* --- addresses -------------------------------------------------------------------------------------------------- */

static int unreachable_tell(struct ald_comm *comm, const struct ald_signal *signal)
{
    struct newsline line = newsline_bare(comm, ALD_COMM_WORD_UNREACHABLE, ".");
    int r;

    newsline_add(&line, "who", signal->news->name);
    r = newsline_offer(comm, signal, ALD_COMM_WORD_UNREACHABLE, &line);
    return r < 0 ? ald_trace(r) : 0;
}

static int addresses_tell(struct ald_comm *comm, const struct ald_signal *signal)
{
    struct newsline line = newsline_of(comm, ALD_COMM_WORD_SERVER_PUBLIC_IP, NULL);
    int r;

    newsline_add(&line, "public_ip", signal->news->name);
    newsline_add(&line, "secure_ip", signal->news->detail);
    r = newsline_say(comm, signal, &line);
    return r < 0 ? ald_trace(r) : 0;
}

/* communicator.md 11: for the service that walls addresses off. */
static int intrusion_tell(struct ald_comm *comm, const struct ald_signal *signal)
{
    struct newsline line = newsline_bare(comm, ALD_COMM_WORD_BLOCK, "*");
    struct ald_str detail = signal->news->detail;
    int r;

    newsline_add(&line, "period", ALD_STR("1h"));
    newsline_add(&line, "profile", ALD_STR("system-login-attempts"));
    newsline_add(&line, "reason",
                 ald_str_present(detail) ? detail
                                         : ALD_STR("Three or more attempts at connecting to communicator daemon with "
                                                   "the wrong credentials"));
    newsline_add(&line, "uri", signal->news->name);
    r = newsline_offer(comm, signal, ALD_COMM_WORD_BLOCK, &line);
    return r < 0 ? ald_trace(r) : 0;
}

int ald_comm_tell_news(struct ald_comm *comm, const struct ald_signal *signal)
{
    static int (*const tell[ALD_N_TOPICS])(struct ald_comm * comm, const struct ald_signal *signal) = {
        [ALD_TOPIC_PRESENCE] = presence_tell,
        [ALD_TOPIC_TARGETS] = targets_tell,
        [ALD_TOPIC_HUB] = hub_tell,
        [ALD_TOPIC_CLUSTER] = cluster_tell,
        [ALD_TOPIC_CLOCK] = clock_tell,
        [ALD_TOPIC_LOAD] = load_tell,
        [ALD_TOPIC_UNREACHABLE] = unreachable_tell,
        [ALD_TOPIC_ADDRESSES] = addresses_tell,
        [ALD_TOPIC_INTRUSION] = intrusion_tell,
    };
    int r;

    if (signal->news == NULL || signal->news->topic >= ALD_N_TOPICS) {
        ald_comm_drop(comm);
        return 0;
    }
    r = tell[signal->news->topic](comm, signal);
    return r < 0 ? ald_trace(r) : 0;
}
