/*
 * What may not be said together in [communicator] (communicator 2.2; DESIGN section 4): all of it is found out before
 * `ready`. Addresses of the doors must be literal here, because which network they belong to decides who may come.
 */

#include "conn/inet.h"
#include "daemon/config_rules.h"
#include "daemon/neighbor.h"
#include "daemon/peer.h"

static bool empty(const struct ald_config *config, enum ald_config_key key)
{
    return ald_config_text(config, key)[0] == '\0';
}

/* Somebody who comes in from another machine has to show something, or the operator has said that he need not. */
static bool strangers_are_known(const struct ald_config *config)
{
    return !empty(config, ALD_KEY_COMMUNICATOR_USERNAME) || !empty(config, ALD_KEY_AUTH_TOKENS) ||
           ald_config_number(config, ALD_KEY_COMMUNICATOR_INSECURE) != 0;
}

/* What one door may listen at. Says what is wrong, or NULL. */
typedef const char *(*door_rule)(const struct ald_config *config, const struct ald_inet *inet);

static const char *tcp_rule(const struct ald_config *config ALD_UNUSED, const struct ald_inet *inet)
{
    return ald_inet_loopback(inet) ? NULL : "is no loopback address; other machines come in at remote and secure";
}

static const char *udp_rule(const struct ald_config *config, const struct ald_inet *inet)
{
    if (ald_inet_loopback(inet) || !empty(config, ALD_KEY_COMMUNICATOR_SECRET) ||
        ald_config_number(config, ALD_KEY_COMMUNICATOR_INSECURE) != 0) {
        return NULL;
    }
    return "can be reached from other machines and nobody there has to know a secret; set secret, or insecure = yes";
}

static const char *remote_rule(const struct ald_config *config, const struct ald_inet *inet)
{
    if (ald_inet_loopback(inet)) {
        return NULL;
    }
    if (ald_inet_any(inet)) {
        return "is every address of this machine; name one of a private network";
    }
    if (!ald_inet_private(inet)) {
        return "is not of a private network (10/8, 172.16/12, 192.168/16, fd00::/8); use secure";
    }
    return strangers_are_known(config) ? NULL
                                       : "can be reached from other machines and nobody there has to prove who they "
                                         "are; set username and password, [auth] tokens, or insecure = yes";
}

static const char *secure_rule(const struct ald_config *config, const struct ald_inet *inet)
{
    if (ald_inet_loopback(inet) || strangers_are_known(config) || !empty(config, ALD_KEY_COMMUNICATOR_TLS_CA)) {
        return NULL;
    }
    return "can be reached from other machines and nobody there has to prove who they are; set username and password, "
           "tls_ca, [auth] tokens, or insecure = yes";
}

static const struct {
    enum ald_config_key key;
    door_rule rule;
} doors[] = {
    {ALD_KEY_COMMUNICATOR_TCP, tcp_rule},
    {ALD_KEY_COMMUNICATOR_UDP, udp_rule},
    {ALD_KEY_COMMUNICATOR_REMOTE, remote_rule},
    {ALD_KEY_COMMUNICATOR_SECURE, secure_rule},
};

/* As an address that can be judged; localhost is one in all but its letters. */
static int door_inet(const struct ald_config_address *address, struct ald_inet *ret_inet)
{
    struct ald_str host = ald_str(address->host);

    if (host.size == 0) {
        host = ALD_STR("0.0.0.0");
    } else if (ald_str_equal_nocase(host, ALD_STR("localhost"))) {
        host = ALD_STR("127.0.0.1");
    }
    return ald_inet_parse(host, ALD_NEIGHBOR_PORT, ret_inet);
}

/* Whoever is on that network can send there. */
static int broadcast_check(const struct ald_config *config, struct ald_config_why *why)
{
    if (!empty(config, ALD_KEY_COMMUNICATOR_BROADCAST) && empty(config, ALD_KEY_COMMUNICATOR_SECRET) &&
        ald_config_number(config, ALD_KEY_COMMUNICATOR_INSECURE) == 0) {
        return ald_config_fault(config, ALD_KEY_COMMUNICATOR_BROADCAST, why,
                                "other machines can send there and need not know a secret; set secret, or insecure = "
                                "yes");
    }
    return 0;
}

static int doors_check(const struct ald_config *config, struct ald_config_why *why)
{
    for (size_t i = 0; i < ALD_COUNT(doors); i++) {
        struct ald_str list = ald_str(ald_config_text(config, doors[i].key));
        struct ald_config_address address;

        while (ald_config_address_next(&list, &address)) {
            struct ald_inet inet;
            const char *host = address.host[0] != '\0' ? address.host : "*";
            const char *wrong;

            if (door_inet(&address, &inet) != 0) {
                return ald_config_fault(config, doors[i].key, why, "%s is a name; an address is needed here", host);
            }
            wrong = doors[i].rule(config, &inet);
            if (wrong != NULL) {
                return ald_config_fault(config, doors[i].key, why, "%s %s", host, wrong);
            }
        }
    }
    return 0;
}

/* One key that means nothing without another. */
static int needs_check(const struct ald_config *config, struct ald_config_why *why)
{
    static const struct {
        enum ald_config_key key, needs;
    } rows[] = {
        {ALD_KEY_COMMUNICATOR_SECURE, ALD_KEY_COMMUNICATOR_TLS_CERT},
        {ALD_KEY_COMMUNICATOR_TLS_KEY, ALD_KEY_COMMUNICATOR_TLS_CERT},
        {ALD_KEY_COMMUNICATOR_USERNAME, ALD_KEY_COMMUNICATOR_PASSWORD},
        {ALD_KEY_COMMUNICATOR_PASSWORD, ALD_KEY_COMMUNICATOR_USERNAME},
        {ALD_KEY_COMMUNICATOR_UNIX_GROUP, ALD_KEY_COMMUNICATOR_UNIX},
        {ALD_KEY_HUB_PEERS_TOKEN, ALD_KEY_HUB_PEERS},
        {ALD_KEY_HUB_PEERS_CA, ALD_KEY_HUB_PEERS},
        {ALD_KEY_HUB_PEERS_CERT, ALD_KEY_HUB_PEERS},
        {ALD_KEY_HUB_PEERS_KEY, ALD_KEY_HUB_PEERS_CERT},
    };

    for (size_t i = 0; i < ALD_COUNT(rows); i++) {
        const struct ald_config_row *needed = &ald_config_rows[rows[i].needs];

        if (!empty(config, rows[i].key) && empty(config, rows[i].needs)) {
            return ald_config_fault(config, rows[i].key, why, "needs [%s] %s beside it", needed->section, needed->key);
        }
    }
    return 0;
}

static int my_address_check(const struct ald_config *config, struct ald_config_why *why)
{
    const char *text = ald_config_text(config, ALD_KEY_COMMUNICATOR_MY_ADDRESS);
    struct ald_inet inet;

    if (text[0] == '\0') {
        return 0;
    }
    if (ald_inet_parse(ald_str(text), ALD_NEIGHBOR_PORT, &inet) != 0) {
        return ald_config_fault(config, ALD_KEY_COMMUNICATOR_MY_ADDRESS, why,
                                "\"%s\" is no IP address, with or without a port", text);
    }
    if (ald_inet_any(&inet)) {
        return ald_config_fault(config, ALD_KEY_COMMUNICATOR_MY_ADDRESS, why, "nobody can call %s", text);
    }
    return 0;
}

/* Who calls whom is decided by comparing addresses, so there has to be one of our own. */
static int neighbors_check(const struct ald_config *config, struct ald_config_why *why)
{
    struct ald_str list = ald_str(ald_config_text(config, ALD_KEY_COMMUNICATOR_NEIGHBORS));
    struct ald_str item;

    while (ald_inet_item(&list, &item)) {
        struct ald_neighbor neighbor;

        if (ald_neighbor_parse(item, &neighbor) != 0) {
            /* It may hold a password, which is nobody's business. */
            return ald_config_fault(config, ALD_KEY_COMMUNICATOR_NEIGHBORS, why,
                                    "\"%.*s\" is no neighbor; they are written 10.0.0.2, 10.0.0.2:4042 or "
                                    "cds://USER:PASSWORD@10.0.0.2:4043",
                                    (int)ALD_MIN(ald_str_find(item, ALD_STR(":")), (size_t)60), item.data);
        }
        if (ald_inet_any(&neighbor.inet)) {
            return ald_config_fault(config, ALD_KEY_COMMUNICATOR_NEIGHBORS, why, "nobody can be called at %.*s",
                                    ALD_STR_ARG(item));
        }
        if (empty(config, ALD_KEY_COMMUNICATOR_MY_ADDRESS) && empty(config, ALD_KEY_COMMUNICATOR_REMOTE) &&
            empty(config, ALD_KEY_COMMUNICATOR_SECURE)) {
            return ald_config_fault(config, ALD_KEY_COMMUNICATOR_NEIGHBORS, why,
                                    "needs my_address, remote or secure beside it: which of two hubs calls the other "
                                    "depends on their addresses");
        }
    }
    return 0;
}

/* A line must fit in what may wait for its receiver. Where there is no door, nobody has to think about it. */
static int line_check(const struct ald_config *config, struct ald_config_why *why)
{
    static const enum ald_config_key users[] = {
        ALD_KEY_COMMUNICATOR_UNIX,   ALD_KEY_COMMUNICATOR_TCP,       ALD_KEY_COMMUNICATOR_REMOTE,
        ALD_KEY_COMMUNICATOR_SECURE, ALD_KEY_COMMUNICATOR_NEIGHBORS,
    };

    if (ald_config_number(config, ALD_KEY_COMMUNICATOR_LINE_MAX) <=
        ald_config_number(config, ALD_KEY_LIMITS_OUT_BYTES_MAX)) {
        return 0;
    }
    for (size_t i = 0; i < ALD_COUNT(users); i++) {
        if (!empty(config, users[i])) {
            return ald_config_fault(config, ALD_KEY_COMMUNICATOR_LINE_MAX, why,
                                    "%s is more than [limits] out_bytes_max, which is %s",
                                    ald_config_text(config, ALD_KEY_COMMUNICATOR_LINE_MAX),
                                    ald_config_text(config, ALD_KEY_LIMITS_OUT_BYTES_MAX));
        }
    }
    return 0;
}

static int peers_check(const struct ald_config *config, struct ald_config_why *why)
{
    struct ald_str list = ald_str(ald_config_text(config, ALD_KEY_HUB_PEERS));
    struct ald_url url;
    struct ald_str item;
    const char *wrong = NULL;

    while (ald_peer_next(&list, &item)) {
        if (ald_peer_parse(item, &url, &wrong) != 0) {
            return ald_config_fault(config, ALD_KEY_HUB_PEERS, why, "\"%.*s\": %s",
                                    (int)ALD_MIN(item.size, (size_t)100), item.data, wrong);
        }
    }
    return 0;
}

int ald_config_check_communicator(const struct ald_config *config, struct ald_config_why *ret_why)
{
    static int (*const checks[])(const struct ald_config *config, struct ald_config_why *why) = {
        doors_check, broadcast_check, needs_check, my_address_check, neighbors_check, line_check, peers_check,
    };

    for (size_t i = 0; i < ALD_COUNT(checks); i++) {
        if (checks[i](config, ret_why) != 0) {
            return ALD_CONFIG_BAD;
        }
    }
    return 0;
}
