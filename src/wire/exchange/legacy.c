/*
 * The two messages that legacy spells in its own way, hello and goodbye (exchange.md 2.9). The original maps them with
 * adapters that cover half of the cases; both ends here read both spellings, and write the one that the variant has.
 */

#include "base/error.h"
#include "wire/exchange/exchange_impl.h"

struct ald_str ald_exchange_hello_type(const struct ald_exchange *exchange, bool reply)
{
    if (ald_exchange_is_v1(exchange) || exchange->hello_is_plain) {
        return ald_exchange_type_str(ALD_EXCHANGE_TYPE_HELLO);
    }
    return ald_exchange_type_str(reply ? ALD_EXCHANGE_TYPE_HELLO_REPLY : ALD_EXCHANGE_TYPE_HELLO_COMMAND);
}

struct ald_str ald_exchange_goodbye_type(const struct ald_exchange *exchange, bool reply)
{
    if (ald_exchange_is_v1(exchange)) {
        return ald_exchange_type_str(ALD_EXCHANGE_TYPE_GOOD_BYE);
    }
    return ald_exchange_type_str(reply ? ALD_EXCHANGE_TYPE_GOODBYE_REPLY : ALD_EXCHANGE_TYPE_GOODBYE_COMMAND);
}

/* Member `name` of an object, or nothing. */
static struct ald_json_value member_find(struct ald_json_value object, struct ald_str name)
{
    struct ald_json_field field = {.name = name};
    const char *fault;

    if (object.type != ALD_JSON_OBJECT || ald_exchange_scan(object.raw, &field, 1, &fault) != 0) {
        return (struct ald_json_value){0};
    }
    return field.value;
}

struct ald_json_value ald_exchange_hello_target(enum ald_exchange_type type, struct ald_json_value payload)
{
    switch (type) {
    case ALD_EXCHANGE_TYPE_HELLO_COMMAND:
        return member_find(member_find(payload, ALD_STR("node")), ALD_STR("installationId"));
    case ALD_EXCHANGE_TYPE_HELLO_REPLY:
        return member_find(payload, ALD_STR("installationId"));
    default:
        return member_find(payload, ALD_STR("targetId"));
    }
}

void ald_exchange_write_hello_payload(struct ald_exchange_writing *writing, enum ald_exchange_type type,
                                      struct ald_str target)
{
    bool node = type == ALD_EXCHANGE_TYPE_HELLO_COMMAND;
    bool legacy = node || type == ALD_EXCHANGE_TYPE_HELLO_REPLY;

    ald_exchange_put_object(writing, "payload");
    if (node) {
        ald_exchange_put_object(writing, "node");
    }
    ald_exchange_put_member(writing, legacy ? ALD_EXCHANGE_NAME("installationId") : ALD_EXCHANGE_NAME("targetId"),
                            target);
    if (node) {
        ald_exchange_put_object_end(writing);
    }
}
