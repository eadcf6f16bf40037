#include "client/news_word.h"

static const char *const presence[] = {
    [ALD_PRESENCE_UNKNOWN] = "unknown", [ALD_PRESENCE_UP] = "up", [ALD_PRESENCE_DOWN] = "down"};
static const char *const hubs[] = {[ALD_HUB_LINKED] = "linked",
                                   [ALD_HUB_LEFT] = "left",
                                   [ALD_HUB_BROKE] = "broke",
                                   [ALD_HUB_LOOPS] = "loops",
                                   [ALD_HUB_TWIN] = "twin"};
static const char *const clocks[] = {[ALD_CLOCK_CHECKING] = "checking",
                                     [ALD_CLOCK_VERIFIED] = "verified",
                                     [ALD_CLOCK_NO_NTP] = "no_ntp",
                                     [ALD_CLOCK_INVALID] = "invalid"};

const char *ald_news_word(const struct ald_news *news)
{
    switch (news->topic) {
    case ALD_TOPIC_PRESENCE:
        return news->state < ALD_COUNT(presence) ? presence[news->state] : "unknown";
    case ALD_TOPIC_HUB:
        return news->state < ALD_COUNT(hubs) ? hubs[news->state] : "";
    case ALD_TOPIC_CLUSTER:
        return (news->state & ALD_CLUSTER_UP) != 0 ? "up" : "down";
    case ALD_TOPIC_CLOCK:
        return news->state < ALD_COUNT(clocks) ? clocks[news->state] : "checking";
    default:
        return "";
    }
}
