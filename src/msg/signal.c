#include "msg/signal.h"

static const char *const signal_names[ALD_N_SIGNALS] = {
    [ALD_SIGNAL_REGISTER] = "register",     [ALD_SIGNAL_UNREGISTER] = "unregister",
    [ALD_SIGNAL_TRAITS] = "traits",         [ALD_SIGNAL_RESUME] = "resume",
    [ALD_SIGNAL_ACKED] = "acked",           [ALD_SIGNAL_REGISTERED] = "registered",
    [ALD_SIGNAL_DENIED] = "denied",         [ALD_SIGNAL_HEALTH] = "health",
    [ALD_SIGNAL_PRIMARY] = "primary",       [ALD_SIGNAL_COMMAND] = "command",
    [ALD_SIGNAL_STATUS] = "status",         [ALD_SIGNAL_REPLY] = "reply",
    [ALD_SIGNAL_EVENT] = "event",           [ALD_SIGNAL_CANCEL] = "cancel",
    [ALD_SIGNAL_LEAVE] = "leave",           [ALD_SIGNAL_CLOSE] = "close",
    [ALD_SIGNAL_CAPABLE] = "capable",       [ALD_SIGNAL_ASK] = "ask",
    [ALD_SIGNAL_NEIGHBORS] = "neighbors",   [ALD_SIGNAL_NEWS] = "news",
    [ALD_SIGNAL_REPORT] = "report",         [ALD_SIGNAL_OPERATE] = "operate",
    [ALD_SIGNAL_TAKEN] = "taken",           [ALD_SIGNAL_SUBSCRIBE] = "subscribe",
    [ALD_SIGNAL_SUBSCRIBED] = "subscribed", [ALD_SIGNAL_LOCAL] = "local",
};

struct ald_signal ald_signal_of(enum ald_signal_kind kind)
{
    return (struct ald_signal){.kind = (uint8_t)kind};
}

void ald_signal_clear(struct ald_signal *signal)
{
    signal->msg = ald_msg_unref(signal->msg);
    signal->request = ald_msg_unref(signal->request);
    if (signal->kind == ALD_SIGNAL_NEWS) {
        signal->news = ald_news_unref(signal->news);
    }
}

const char *ald_signal_name(enum ald_signal_kind kind)
{
    ald_assert((size_t)kind < ALD_COUNT(signal_names));
    ald_assert(signal_names[kind] != NULL);
    return signal_names[kind];
}

bool ald_subscription_ends(const struct ald_subscription *subscription)
{
    bool none = ald_str_present(subscription->filters) && subscription->filters.size == 0;

    return subscription->action == ALD_SUBSCRIBE_REMOVE || (subscription->action == ALD_SUBSCRIBE_REPLACE && none);
}

size_t ald_travel_size(const struct ald_travel *travel)
{
    return travel->hub.size + travel->id.size + travel->informed.size;
}

void ald_travel_keep(struct ald_travel *travel, char **room)
{
    travel->hub = ald_str_keep(travel->hub, room);
    travel->id = ald_str_keep(travel->id, room);
    travel->informed = ald_str_keep(travel->informed, room);
}
