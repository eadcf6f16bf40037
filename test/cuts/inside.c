#include "cuts/inside.h"

#include "hub/session.h"
#include "hub/state.h"

size_t cuts_inside_window(const struct ald_hub *hub)
{
    size_t most = 0;

    ald_hub_check(hub);
    for (const struct ald_node *node = hub->all_sessions.next; node != &hub->all_sessions; node = node->next) {
        const struct ald_session *session = ald_list_entry(node, const struct ald_session, node);

        most = ALD_MAX(most, session->bytes);
    }
    return most;
}

size_t cuts_inside_left(const struct ald_hub *hub)
{
    size_t n = ald_list_empty(&hub->all_sessions) ? 0 : 1;

    return n + hub->window_bytes + hub->n_channels + hub->n_conns + hub->n_open + hub->n_history;
}
