/*
 * Root and the hub's own user could end the process anyway, so a Unix socket takes such orders from them whatever the tokens
 * say; a group gets the same right by its name in the settings.
 */

#include "daemon/porter.h"

#include <unistd.h>

#include "auth/user.h"
#include "base/error.h"
#include "daemon/log.h"
#include "loop/loop.h"

bool ald_porter_equal(struct ald_str secret, struct ald_str shown)
{
    unsigned char different = secret.size != shown.size ? 1 : 0;

    for (size_t i = 0; i < shown.size; i++) {
        different |= (unsigned char)(secret.size > 0 ? secret.data[i % secret.size] ^ shown.data[i] : 1);
    }
    return different == 0;
}

/* Where it comes from, without the port, which is another one each time. False: from no network. */
static bool peer_inet(const struct ald_peer *peer, struct ald_inet *ret_inet)
{
    return ald_inet_parse(ald_str(peer->address), 1, ret_inet) == 0;
}

static void porter_tell_intruder(const struct ald_porter *porter, const struct ald_inet *inet)
{
    char host[ALD_INET_TEXT];
    struct ald_news news = {
        .topic = ALD_TOPIC_INTRUSION,
        .detail = ALD_STR("Three or more attempts at connecting to communicator daemon with the wrong credentials"),
    };

    ald_inet_format_host(inet, host);
    news.name = ald_str(host);
    ald_log(ALD_LOG_WARNING, "somebody tries passwords", {"address", news.name});
    if (ald_edge_news(porter->edge, &news) < 0) {
        ald_log(ALD_LOG_ERROR, "nobody hears of it: memory is short", {"address", news.name});
    }
}

bool ald_porter_admits(struct ald_porter *porter, const struct ald_peer *peer, struct ald_str username,
                       struct ald_str password)
{
    struct ald_inet inet;
    /* Both are looked at, so that nobody learns which one was wrong. */
    bool known = ald_porter_equal(porter->username, username);
    bool right = ald_porter_equal(porter->password, password);

    if (known && right && porter->username.size > 0) {
        return true;
    }
    /* "Absent ones do not count" (communicator 6.2). */
    if ((username.size > 0 || password.size > 0) && peer_inet(peer, &inet) &&
        ald_intruders_note(&porter->intruders, &inet, ald_loop_fresh()) >= ALD_INTRUDERS_TELL) {
        porter_tell_intruder(porter, &inet);
    }
    return false;
}

/* Errors and a group that is gone let nobody in. */
static bool porter_has_member(const struct ald_porter *porter, const struct ald_peer *peer)
{
    bool member = false;
    int r = ald_user_in_group(peer->uid, peer->gid, porter->admin_group, &member);

    if (r != 0) {
        ald_log(ALD_LOG_ERROR, "nobody knows who is in the group", {"group", ald_str(porter->admin_group)},
                {"why", r < 0 ? ald_str(ald_error_text(r)) : ALD_STR("there is no such group")});
        return false;
    }
    return member;
}

bool ald_porter_may_operate(const struct ald_porter *porter, const struct ald_peer *peer)
{
    if (!peer->has_ids) {
        return false;
    }
    return peer->uid == 0 || peer->uid == geteuid() || (porter->admin_group != NULL && porter_has_member(porter, peer));
}
