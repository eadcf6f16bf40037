/*
 * What cannot be judged by looking at one key. Each rule names the key that a person would have to change.
 */

#include "base/printable.h"
#include "daemon/config.h"
#include "daemon/config_rules.h"
#include "daemon/config_value.h"
#include "wire/link/link_address.h"

static bool empty(const struct ald_config *config, enum ald_config_key key)
{
    return ald_config_text(config, key)[0] == '\0';
}

static int tls_check(const struct ald_config *config, struct ald_config_why *why)
{
    static const enum ald_config_key needs_cert[] = {ALD_KEY_HTTP_TLS_KEY, ALD_KEY_HTTP_TLS_CLIENT_CA};

    if (!empty(config, ALD_KEY_HTTP_TLS_CERT)) {
        return 0;
    }
    for (size_t i = 0; i < ALD_COUNT(needs_cert); i++) {
        if (!empty(config, needs_cert[i])) {
            return ald_config_fault(config, needs_cert[i], why, "needs [http] tls_cert beside it");
        }
    }
    return 0;
}

/* DESIGN section 4: who can be reached from outside must know who is there, or be told that it does not matter. */
static int reach_check(const struct ald_config *config, struct ald_config_why *why)
{
    struct ald_str list = ald_str(ald_config_text(config, ALD_KEY_HTTP_LISTEN));
    struct ald_config_address address;

    if (ald_config_number(config, ALD_KEY_HTTP_INSECURE) != 0 || !empty(config, ALD_KEY_HTTP_TLS_CLIENT_CA) ||
        !empty(config, ALD_KEY_AUTH_TOKENS)) {
        return 0;
    }
    while (ald_config_address_next(&list, &address)) {
        if (!ald_config_address_loopback(&address)) {
            return ald_config_fault(config, ALD_KEY_HTTP_LISTEN, why,
                                    "%s%s can be reached from other machines and nobody there has to prove who they "
                                    "are; set [auth] tokens, [http] tls_client_ca, or insecure = yes",
                                    address.host[0] != '\0' ? address.host : "*",
                                    address.host[0] != '\0' ? "" : " (all addresses)");
        }
    }
    return 0;
}

/* One limit that must not be smaller than another. */
static const struct {
    enum ald_config_key larger, smaller;
} orders[] = {
    {ALD_KEY_LIMITS_DEADLINE_MAX, ALD_KEY_EXCHANGE_REPLY_TIMEOUT},
    {ALD_KEY_LIMITS_MESSAGE_MAX, ALD_KEY_LIMITS_GREETING_BYTES},
    {ALD_KEY_LIMITS_REASSEMBLY_MAX, ALD_KEY_LIMITS_MESSAGE_MAX},
    {ALD_KEY_LIMITS_OUT_BYTES_MAX, ALD_KEY_LIMITS_MESSAGE_MAX},
    {ALD_KEY_LIMITS_OUT_BYTES_MAX, ALD_KEY_LIMITS_OUT_BYTES_HIGH},
    {ALD_KEY_LIMITS_CHANNEL_QUEUE_BYTES_MAX, ALD_KEY_LIMITS_MESSAGE_MAX},
    {ALD_KEY_LIMITS_QUEUE_BYTES_MAX, ALD_KEY_LIMITS_CHANNEL_QUEUE_BYTES_MAX},
};

static int order_check(const struct ald_config *config, struct ald_config_why *why)
{
    for (size_t i = 0; i < ALD_COUNT(orders); i++) {
        const struct ald_config_row *smaller = &ald_config_rows[orders[i].smaller];
        uint64_t least = ald_config_number(config, orders[i].smaller);
        char least_text[32];

        if (ald_config_number(config, orders[i].larger) >= least) {
            continue;
        }
        ald_config_value_format(smaller->type, least, least_text, sizeof(least_text));
        return ald_config_fault(config, orders[i].larger, why, "%s is less than [%s] %s, which is %s",
                                ald_config_text(config, orders[i].larger), smaller->section, smaller->key, least_text);
    }
    return 0;
}

static int alias_check(const struct ald_config *config, struct ald_config_why *why)
{
    struct ald_str bad = ALD_STR_NONE;
    char quoted[256];
    int r = ald_link_aliases_check(ald_str(ald_config_text(config, ALD_KEY_LINK_ALIAS)), &bad);

    if (r == 0) {
        return 0;
    }
    (void)ald_printable(bad, quoted, sizeof(quoted));
    return ald_config_fault(config, ALD_KEY_LINK_ALIAS, why,
                            r == ALD_LINK_ALIAS_TWICE ? "\"%s\" names what another one names, or has its name"
                                                      : "\"%s\" is not NAME=host NUMBER or NAME=instance NUMBER",
                            quoted);
}

int ald_config_check_in(const struct ald_config *config, struct ald_config_why *ret_why)
{
    static int (*const checks[])(const struct ald_config *config, struct ald_config_why *why) = {
        tls_check, reach_check, order_check, ald_config_check_communicator, alias_check,
    };

    for (size_t i = 0; i < ALD_COUNT(checks); i++) {
        if (checks[i](config, ret_why) != 0) {
            return ALD_CONFIG_BAD;
        }
    }
    return 0;
}

int ald_config_check(const struct ald_config *config, struct ald_config_why *ret_why)
{
    static const enum ald_config_key doors[] = {
        ALD_KEY_HTTP_LISTEN,      ALD_KEY_UNIX_PATH,           ALD_KEY_COMMUNICATOR_UNIX,
        ALD_KEY_COMMUNICATOR_TCP, ALD_KEY_COMMUNICATOR_REMOTE, ALD_KEY_COMMUNICATOR_SECURE,
    };

    if (ald_config_check_in(config, ret_why) != 0) {
        return ALD_CONFIG_BAD;
    }
    for (size_t i = 0; i < ALD_COUNT(doors); i++) {
        if (!empty(config, doors[i])) {
            return 0;
        }
    }
    return ald_config_fault(config, ALD_KEY_HTTP_LISTEN, ret_why, "empty like [unix] path: no door would be open");
}
