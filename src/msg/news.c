#include "msg/news.h"

#include <stdlib.h>
#include <string.h>

#include "base/error.h"

static const char *const topic_names[ALD_N_TOPICS] = {
    [ALD_TOPIC_PRESENCE] = "presence",       [ALD_TOPIC_TARGETS] = "targets",
    [ALD_TOPIC_HUB] = "hub",                 [ALD_TOPIC_CLUSTER] = "cluster",
    [ALD_TOPIC_CLOCK] = "clock",             [ALD_TOPIC_LOAD] = "load",
    [ALD_TOPIC_UNREACHABLE] = "unreachable", [ALD_TOPIC_ADDRESSES] = "addresses",
    [ALD_TOPIC_INTRUSION] = "intrusion",
};

int ald_news_new(const struct ald_news *news, struct ald_news **ret_news)
{
    struct ald_news *copy = malloc(sizeof(*copy) + news->name.size + news->hub.size + news->detail.size);
    char *room;

    if (copy == NULL) {
        return ald_trace(ALDIS_E_NOMEM);
    }
    *copy = *news;
    copy->refs = 1;
    room = copy->text;
    copy->name = ald_str_keep(news->name, &room);
    copy->hub = ald_str_keep(news->hub, &room);
    copy->detail = ald_str_keep(news->detail, &room);
    *ret_news = copy;
    return 0;
}

struct ald_news *ald_news_ref(struct ald_news *news)
{
    ald_assert(news->refs > 0);
    news->refs++;
    return news;
}

struct ald_news *ald_news_unref(struct ald_news *news)
{
    if (news != NULL) {
        ald_assert(news->refs > 0);
        news->refs--;
        if (news->refs == 0) {
            free(news);
        }
    }
    return NULL;
}

const char *ald_topic_name(enum ald_topic topic)
{
    ald_assert((size_t)topic < ALD_COUNT(topic_names));
    return topic_names[topic];
}
