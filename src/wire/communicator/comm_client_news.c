/*
 * Role party: lines become news. What cannot be read in them is left out, because news with a hole is better than none;
 * what makes no sense without it is an event like any other, for the program to look at.
 */

#include "base/error.h"
#include "wire/communicator/comm_dialect.h"

/* What a line says, before it becomes news. Outcome of each reader: ALD_COMM_ABSENT, it says nothing. */
typedef int (*read_fn)(struct ald_comm *comm, const struct ald_comm_line *line, struct ald_news *news);

static struct ald_str text_get(struct ald_comm *comm, const struct ald_comm_line *line, const char *name)
{
    struct ald_str text = ald_comm_get(comm, line, ald_str(name));

    return ald_utf8_valid(text) ? text : ALD_STR_NONE;
}

static struct ald_str name_get(struct ald_comm *comm, const struct ald_comm_line *line, const char *name)
{
    struct ald_str text = text_get(comm, line, name);

    return ald_str_present(text) ? ald_comm_unspelled(comm, text) : text;
}

/* 0: it is not there, or no time. */
static ald_wall wall_get(struct ald_comm *comm, const struct ald_comm_line *line, const char *name)
{
    struct ald_comm_time time;

    if (ald_comm_time_read(text_get(comm, line, name), &time) != 0 || time.sec > INT64_C(1) << 40) {
        return 0;
    }
    return (ald_wall)time.sec * ALD_SEC + time.nsec / 1000;
}

static bool says(const struct ald_comm_line *line, const char *name, const char *value)
{
    return ald_comm_value_is(ald_comm_find(&line->params, ald_str(name)), ald_str(value));
}

static bool is_command(const struct ald_comm_line *line, const char *command)
{
    return ald_str_equal(line->head.command, ald_str(command));
}

/* --- one reader for each topic ---------------------------------------------------------------------------------- */

static int presence_read(struct ald_comm *comm, const struct ald_comm_line *line, struct ald_news *news)
{
    news->name = name_get(comm, line, "service");
    news->hub = name_get(comm, line, "server_name");
    if (!ald_str_present(news->hub)) { /* some daemons and scripts (communicator.md 15) */
        news->hub = name_get(comm, line, "server");
    }
    news->state = says(line, "status", "up")     ? ALD_PRESENCE_UP
                  : says(line, "status", "down") ? ALD_PRESENCE_DOWN
                                                 : ALD_PRESENCE_UNKNOWN;
    news->since = wall_get(comm, line, "up_since");
    news->until = wall_get(comm, line, "down_since");
    return ald_str_present(news->name) ? 0 : ALD_COMM_ABSENT;
}

static int targets_read(struct ald_comm *comm, const struct ald_comm_line *line, struct ald_news *news)
{
    news->detail = text_get(comm, line, "list");
    return ald_str_present(news->detail) ? 0 : ALD_COMM_ABSENT;
}

static int hub_read(struct ald_comm *comm, const struct ald_comm_line *line, struct ald_news *news)
{
    news->hub = name_get(comm, line, "server_name");
    news->state = is_command(line, "HANGUP")         ? ALD_HUB_BROKE
                  : is_command(line, "DISCONNECTED") ? ALD_HUB_LEFT
                                                     : ALD_HUB_LINKED;
    return ald_str_present(news->hub) ? 0 : ALD_COMM_ABSENT;
}

/* Two lines tell one state; each is news, with what the other said last. */
static int cluster_read(struct ald_comm *comm, const struct ald_comm_line *line, struct ald_news *news)
{
    bool is_quorum = is_command(line, "CLUSTER_UP") || is_command(line, "CLUSTER_DOWN");
    bool is_good = is_command(line, "CLUSTER_UP") || is_command(line, "CLUSTER_COMPLETE");
    uint8_t bit = is_quorum ? ALD_CLUSTER_UP : ALD_CLUSTER_COMPLETE;
    uint8_t *cluster = &comm->client->cluster;
    int64_t count = 0;

    ald_ignore(ald_comm_int_read(text_get(comm, line, "neighbors_count"), &count)); /* 0: not known */
    *cluster = (uint8_t)(is_good ? *cluster | bit : *cluster & ~bit);
    news->state = *cluster;
    news->number = count > 0 && count <= UINT32_MAX ? (uint32_t)count : 0;
    return 0;
}

static int clock_read(struct ald_comm *comm, const struct ald_comm_line *line, struct ald_news *news)
{
    (void)comm;
    if (is_command(line, "CLOCK_STABLE")) {
        news->state = says(line, "clock_resolution", "no_ntp") ? ALD_CLOCK_NO_NTP : ALD_CLOCK_VERIFIED;
    } else {
        news->state = says(line, "clock_error", "invalid") ? ALD_CLOCK_INVALID : ALD_CLOCK_CHECKING;
    }
    return 0;
}

static int load_read(struct ald_comm *comm, const struct ald_comm_line *line, struct ald_news *news)
{
    news->hub = name_get(comm, line, "server_name");
    if (!ald_str_present(news->hub) && ald_comm_name_legal(line->head.from_server)) {
        news->hub = ald_comm_unspelled(comm, line->head.from_server);
    }
    news->name = text_get(comm, line, "my_address");
    news->since = wall_get(comm, line, "timestamp");
    return ald_comm_load_read(text_get(comm, line, "avg"), &news->load) && news->load >= 0 ? 0 : ALD_COMM_ABSENT;
}

static int unreachable_read(struct ald_comm *comm, const struct ald_comm_line *line, struct ald_news *news)
{
    news->name = text_get(comm, line, "who");
    return ald_str_present(news->name) ? 0 : ALD_COMM_ABSENT;
}

static int addresses_read(struct ald_comm *comm, const struct ald_comm_line *line, struct ald_news *news)
{
    news->name = text_get(comm, line, "public_ip");
    news->detail = text_get(comm, line, "secure_ip");
    return 0;
}

static int intrusion_read(struct ald_comm *comm, const struct ald_comm_line *line, struct ald_news *news)
{
    news->name = text_get(comm, line, "uri");
    news->detail = text_get(comm, line, "reason");
    return ald_str_present(news->name) ? 0 : ALD_COMM_ABSENT;
}

static const struct {
    enum ald_comm_word word;
    enum ald_topic topic;
    read_fn read;
} rows[] = {
    {ALD_COMM_WORD_BLOCK, ALD_TOPIC_INTRUSION, intrusion_read},
    {ALD_COMM_WORD_CLOCK_STABLE, ALD_TOPIC_CLOCK, clock_read},
    {ALD_COMM_WORD_CLOCK_UNSTABLE, ALD_TOPIC_CLOCK, clock_read},
    {ALD_COMM_WORD_CLUSTER_COMPLETE, ALD_TOPIC_CLUSTER, cluster_read},
    {ALD_COMM_WORD_CLUSTER_DOWN, ALD_TOPIC_CLUSTER, cluster_read},
    {ALD_COMM_WORD_CLUSTER_INCOMPLETE, ALD_TOPIC_CLUSTER, cluster_read},
    {ALD_COMM_WORD_CLUSTER_UP, ALD_TOPIC_CLUSTER, cluster_read},
    {ALD_COMM_WORD_DISCONNECTED, ALD_TOPIC_HUB, hub_read},
    {ALD_COMM_WORD_HANGUP, ALD_TOPIC_HUB, hub_read},
    {ALD_COMM_WORD_LOADAVG, ALD_TOPIC_LOAD, load_read},
    {ALD_COMM_WORD_NEW_REMOTE_CONNECTION, ALD_TOPIC_HUB, hub_read},
    {ALD_COMM_WORD_SERVER_PUBLIC_IP, ALD_TOPIC_ADDRESSES, addresses_read},
    {ALD_COMM_WORD_SERVICES, ALD_TOPIC_TARGETS, targets_read},
    {ALD_COMM_WORD_STATUS, ALD_TOPIC_PRESENCE, presence_read},
    {ALD_COMM_WORD_UNREACHABLE, ALD_TOPIC_UNREACHABLE, unreachable_read},
};

/* An answer, if its topic was asked for and not answered since; of the cluster the second of the two lines is the last. */
static bool is_answer(struct ald_comm *comm, const struct ald_comm_line *line, enum ald_topic topic)
{
    bool is_first = is_command(line, "CLUSTER_UP") || is_command(line, "CLUSTER_DOWN");
    bool is_asked = (comm->client->topics & UINT32_C(1) << topic) != 0;

    if (!is_first) {
        comm->client->topics &= ~(UINT32_C(1) << topic);
    }
    return is_asked;
}

static int news_give(struct ald_comm *comm, const struct ald_news *heard, bool ok)
{
    struct ald_signal signal = ald_signal_of(ALD_SIGNAL_NEWS);
    struct ald_news *news = NULL;
    int r = ald_news_new(heard, &news);

    if (r < 0) {
        return ald_trace(r);
    }
    signal.topic = heard->topic;
    signal.news = news;
    signal.ok = ok;
    ald_comm_give(comm, &signal);
    return 0;
}

int ald_comm_client_news(struct ald_comm *comm, const struct ald_comm_line *line)
{
    for (size_t i = 0; i < ALD_COUNT(rows); i++) {
        struct ald_news news = {.topic = (uint8_t)rows[i].topic};
        int r;

        if (!ald_str_equal(line->head.command, ald_comm_word_name(rows[i].word))) {
            continue;
        }
        r = rows[i].read(comm, line, &news);
        r = r == 0 ? news_give(comm, &news, is_answer(comm, line, rows[i].topic)) : r;
        return r < 0 ? ald_trace(r) : r;
    }
    return ALD_COMM_ABSENT;
}
