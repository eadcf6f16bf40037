/*
 * Links between hubs: two hubs speak the extension as equals. Who calls says hello as `hub:ID` and adds its id; who is
 * called answers with its own. From then on both ends are hubs, and what only hubs tell each other about a message (how
 * many links it has passed, where it came from, by what a broadcast is known again) stands in members of its command:
 * docs/wire-extension.md, section 12.
 */

#include "wire/exchange/exchange_impl.h"

#include <stdio.h>

#include "base/error.h"

static const struct ald_str link_mark = {"hub:", 4}; /* what the target of a hub begins with */

/* What a link may have passed by the count of whoever speaks; more is no number of links. */
enum { LINK_HOPS_MAX = 1000 };

/* --- the handshake ---------------------------------------------------------------------------------------------- */

/* Keep what a hub is called, in work: its target, within it its id, and its address behind. Errors: ALDIS_E_NOMEM. */
static int greeting_keep(struct ald_exchange *exchange, struct ald_str hub, struct ald_str address,
                         struct ald_str *ret_target)
{
    struct ald_greeting *greeting = &exchange->work->greeting;
    struct ald_buf *text = &exchange->work->text;
    size_t at = ald_buf_size(text);
    const char *kept;

    /* One run, so that nothing moves what was kept before. */
    if (ald_buf_push(text, link_mark) != 0 || ald_buf_push(text, hub) != 0 || ald_buf_push(text, address) != 0) {
        return ald_trace(ALDIS_E_NOMEM);
    }
    kept = ald_buf_str(text).data + at;
    *greeting = (struct ald_greeting){.peering = ALD_PEERING_ROUTES};
    greeting->hub = ald_str_of(kept + link_mark.size, hub.size);
    if (address.size > 0) {
        greeting->address = ald_str_of(kept + link_mark.size + hub.size, address.size);
    }
    *ret_target = ald_str_of(kept, link_mark.size + hub.size);
    return 0;
}

/* What a hub draws at its start, as it stands in its ids and adverts. */
enum { LINK_BOOT_DIGITS = 16 };

static void greeting_write(const struct ald_exchange *exchange, struct ald_exchange_writing *writing)
{
    char boot[LINK_BOOT_DIGITS + 1];

    ald_exchange_put_str(writing, "hub", exchange->identity->hub);
    ald_exchange_put_str(writing, "address", exchange->identity->address);
    if (exchange->identity->boot != 0) {
        (void)snprintf(boot, sizeof(boot), "%016llx", (unsigned long long)exchange->identity->boot);
        ald_exchange_put_str(writing, "boot", ald_str_of(boot, LINK_BOOT_DIGITS));
    }
}

/* 0: it is none. */
static uint64_t boot_read(struct ald_str text)
{
    static const char digits[] = "0123456789abcdef";
    uint64_t boot = 0;

    for (size_t i = 0; i < text.size; i++) {
        const char *digit = memchr(digits, text.data[i], sizeof(digits) - 1);

        if (digit == NULL || i == LINK_BOOT_DIGITS) {
            return 0;
        }
        boot = boot << 4 | (uint64_t)(digit - digits);
    }
    return text.size == LINK_BOOT_DIGITS ? boot : 0;
}

int ald_exchange_link_hello(struct ald_exchange *exchange)
{
    struct ald_str type = ald_exchange_hello_type(exchange, false);
    struct ald_exchange_writing writing;
    struct ald_str target;
    char id[ALD_ID_TEXT];
    int r;

    if (!ald_exchange_is_extended(exchange) || exchange->identity == NULL) {
        ald_exchange_close(exchange, 1002, "The other hub speaks the plain protocol");
        return 0;
    }
    exchange->is_link = true;
    ald_id_format(ald_exchange_id(exchange), id);
    r = ald_slice_copy(ald_str_of(id, sizeof(id)), &exchange->hello_id);
    if (r == 0) {
        r = greeting_keep(exchange, exchange->identity->hub, ALD_STR_NONE, &target);
    }
    if (r < 0) {
        return ald_trace(r);
    }
    ald_exchange_write_begin(exchange, ALD_EXCHANGE_COMMAND, type, 0, &writing);
    ald_exchange_put_word(&writing, "id", ald_str_of(id, sizeof(id)));
    ald_exchange_put_str(&writing, "type", type);
    ald_exchange_write_hello_payload(&writing, ald_exchange_type_find(type), target);
    greeting_write(exchange, &writing);
    ald_exchange_put_object_end(&writing);
    r = ald_exchange_write_end(&writing);
    if (r < 0) {
        return ald_trace(r);
    }
    ald_exchange_move(exchange, ALD_EXCHANGE_ASKED);
    return 0;
}

void ald_exchange_link_answer(const struct ald_exchange *exchange, struct ald_exchange_writing *writing)
{
    if (exchange->is_link) {
        greeting_write(exchange, writing);
    }
}

/* What a hub says of itself. Outcome: ALD_EXCHANGE_MALFORMED: it says nothing. Errors: ALDIS_E_NOMEM. */
static int greeting_read(struct ald_exchange *exchange, struct ald_json_value payload, struct ald_str *ret_target)
{
    struct ald_json_field fields[] = {ALD_JSON_FIELD("hub"), ALD_JSON_FIELD("address"), ALD_JSON_FIELD("boot")};
    struct ald_str hub, address;
    const char *fault;
    uint64_t boot;
    int r;

    if (payload.type != ALD_JSON_OBJECT || ald_exchange_scan(payload.raw, fields, ALD_COUNT(fields), &fault) != 0) {
        return ALD_EXCHANGE_MALFORMED;
    }
    r = ald_exchange_reserve(exchange, fields, ALD_COUNT(fields));
    if (r < 0) {
        return ald_trace(r);
    }
    hub = ald_exchange_text(exchange, fields[0].value);
    address = ald_exchange_text(exchange, fields[1].value);
    if (hub.size == 0 || hub.size > ALD_NAME_MAX || address.size > ALD_NAME_MAX) {
        return ALD_EXCHANGE_MALFORMED;
    }
    boot = boot_read(ald_exchange_text(exchange, fields[2].value)); /* a link is one without it, too */
    r = greeting_keep(exchange, hub, address, ret_target);
    exchange->work->greeting.boot = boot;
    return r < 0 ? ald_trace(r) : 0;
}

static uint32_t link_traits(void)
{
    /* Its link is watched by pings, and nobody elects a hub. */
    return ALD_CAN_CANCEL | ALD_CAN_STATUS | ALD_CAN_OUTCOME | ALD_CAN_LEAVE;
}

int ald_exchange_link_welcome(struct ald_exchange *exchange, struct ald_json_value payload, struct ald_signal *hello)
{
    struct ald_str proposed = hello->target;
    size_t at;
    int r;

    if (exchange->identity == NULL || !ald_exchange_is_extended(exchange) || !ald_str_present(proposed)) {
        return 0;
    }
    at = (size_t)(proposed.data - ald_buf_str(&exchange->work->text).data);
    r = greeting_read(exchange, payload, &hello->target);
    if (r < 0) {
        return ald_trace(r);
    }
    proposed.data = ald_buf_str(&exchange->work->text).data + at; /* where it is now */
    if (r == ALD_EXCHANGE_MALFORMED) {
        hello->target = proposed; /* no hub */
        return 0;
    }
    if (!ald_str_equal(proposed, hello->target)) {
        return ALD_EXCHANGE_MALFORMED;
    }
    exchange->is_link = true;
    hello->greeting = &exchange->work->greeting;
    hello->traits = link_traits();
    return 0;
}

int ald_exchange_link_greeted(struct ald_exchange *exchange, ald_usec now, const struct ald_exchange_reply *reply)
{
    struct ald_signal signal = ald_signal_of(ALD_SIGNAL_REGISTER);
    int r;

    if (reply->outcome == ALD_OUTCOME_NONE) {
        return 0; /* still thinking: the hello's deadline decides */
    }
    ald_slice_clear(&exchange->hello_id);
    if (reply->outcome != ALD_SUCCEEDED) {
        ald_exchange_count(exchange, ALD_EXCHANGE_N_HELLO_REFUSED);
        ald_exchange_close(exchange, 1008, "The other hub refused the link");
        return 0;
    }
    r = greeting_read(exchange, reply->payload, &signal.target);
    if (r < 0) {
        return ald_trace(r);
    }
    if (r == ALD_EXCHANGE_MALFORMED) {
        ald_exchange_close(exchange, 1002, "The other hub does not say who it is");
        return 0;
    }
    exchange->work->greeting.dialled = true;
    signal.greeting = &exchange->work->greeting;
    signal.traits = link_traits();
    signal.taken = ALD_TAKEN_SHARE;
    ald_exchange_ready(exchange, now);
    ald_exchange_say(exchange, &signal);
    return 0;
}

void ald_exchange_link_judged(struct ald_exchange *exchange, const struct ald_signal *signal)
{
    if (signal->kind == ALD_SIGNAL_DENIED) {
        ald_exchange_count(exchange, ALD_EXCHANGE_N_HELLO_REFUSED);
        ald_exchange_close(exchange, 1008, "Hello refused");
    }
}

/* --- what a message brings and takes along ------------------------------------------------------------------------ */

static int hops_read(struct ald_json_value value, uint32_t *ret_hops)
{
    uint64_t hops = 0;

    if (value.type != ALD_JSON_NONE && (ald_json_u64(value, &hops) != 0 || hops > LINK_HOPS_MAX)) {
        return ALD_EXCHANGE_MALFORMED;
    }
    *ret_hops = (uint32_t)hops;
    return 0;
}

static const struct ald_str scope_words[] = {
    [ALD_SCOPE_ONE] = {"", 0},
    [ALD_SCOPE_HERE] = {".", 1},
    [ALD_SCOPE_NETWORK] = {"?", 1},
    [ALD_SCOPE_EVERYWHERE] = {"*", 1},
};

/* Of a target in a scope; one without a target stands in `to`. */
static int scope_read(struct ald_str word, struct ald_msg *msg)
{
    if (!ald_str_present(word)) {
        return 0;
    }
    for (size_t i = ALD_SCOPE_HERE; i < ALD_COUNT(scope_words); i++) {
        if (ald_str_equal(word, scope_words[i])) {
            msg->to.scope = (enum ald_scope)i;
            return 0;
        }
    }
    return ALD_EXCHANGE_MALFORMED;
}

static void flags_read(const struct ald_json_field *fields, struct ald_msg *msg)
{
    static const uint32_t flags[] = {ALD_MSG_HOLD, ALD_MSG_REPORT, ALD_MSG_TELL_AWAY, ALD_MSG_EVERYONE,
                                     ALD_MSG_WHILE_SERVED};

    for (size_t i = 0; i < ALD_COUNT(flags); i++) {
        msg->flags |= ald_json_is_true(fields[ALD_EXCHANGE_AT_HOLD + i].value) ? flags[i] : 0;
    }
}

/* Copy the texts of a travel behind what is kept already, in one run, so that none moves another. */
static int travel_keep(struct ald_exchange *exchange, struct ald_travel *travel)
{
    struct ald_str *const views[] = {&travel->hub, &travel->id, &travel->informed};
    struct ald_buf *text = &exchange->work->text;
    size_t at = ald_buf_size(text);

    for (size_t i = 0; i < ALD_COUNT(views); i++) {
        if (ald_buf_push(text, *views[i]) != 0) {
            return ald_trace(ALDIS_E_NOMEM);
        }
    }
    for (size_t i = 0; i < ALD_COUNT(views); i++) {
        if (ald_str_present(*views[i])) {
            views[i]->data = ald_buf_str(text).data + at;
            at += views[i]->size;
        }
    }
    return 0;
}

int ald_exchange_link_read(struct ald_exchange *exchange, const struct ald_json_field *fields, struct ald_msg *msg,
                           struct ald_signal *signal, struct ald_str *ret_field)
{
    struct ald_travel *travel = &exchange->work->travel;
    struct ald_json_value until = fields[ALD_EXCHANGE_AT_UNTIL].value;
    uint64_t seconds = 0;

    *travel = (struct ald_travel){.hub = ald_exchange_text(exchange, fields[ALD_EXCHANGE_AT_ORIGIN].value),
                                  .id = ald_exchange_text(exchange, fields[ALD_EXCHANGE_AT_BROADCAST].value),
                                  .informed = ald_exchange_text(exchange, fields[ALD_EXCHANGE_AT_INFORMED].value)};
    if (scope_read(ald_exchange_text(exchange, fields[ALD_EXCHANGE_AT_SCOPE].value), msg) != 0) {
        *ret_field = ald_exchange_command_names[ALD_EXCHANGE_AT_SCOPE];
        return ALD_EXCHANGE_MALFORMED;
    }
    if (travel->hub.size > ALD_NAME_MAX) {
        *ret_field = ald_exchange_command_names[ALD_EXCHANGE_AT_ORIGIN];
        return ALD_EXCHANGE_MALFORMED;
    }
    if (hops_read(fields[ALD_EXCHANGE_AT_HOPS].value, &travel->hops) != 0) {
        *ret_field = ald_exchange_command_names[ALD_EXCHANGE_AT_HOPS];
        return ALD_EXCHANGE_MALFORMED;
    }
    if (hops_read(fields[ALD_EXCHANGE_AT_DAEMONS].value, &travel->daemons) != 0) {
        *ret_field = ald_exchange_command_names[ALD_EXCHANGE_AT_DAEMONS];
        return ALD_EXCHANGE_MALFORMED;
    }
    if (until.type != ALD_JSON_NONE && ald_json_u64(until, &seconds) != 0) {
        *ret_field = ald_exchange_command_names[ALD_EXCHANGE_AT_UNTIL];
        return ALD_EXCHANGE_MALFORMED;
    }
    travel->until = (ald_wall)ALD_MIN(seconds, UINT64_MAX / ALD_SEC) * ALD_SEC;
    flags_read(fields, msg);
    signal->travel = travel;
    return travel_keep(exchange, travel);
}

static void flag_write(struct ald_exchange_writing *writing, struct ald_exchange_name name, bool truth)
{
    if (truth) {
        ald_exchange_put_literal(writing, name, ALD_STR("true"));
    }
}

void ald_exchange_link_write(struct ald_exchange_writing *writing, const struct ald_msg *msg,
                             const struct ald_travel *travel)
{
    bool from_afar = travel != NULL && ald_str_present(travel->hub);

    flag_write(writing, ALD_EXCHANGE_NAME("hold"), (msg->flags & ALD_MSG_HOLD) != 0);
    flag_write(writing, ALD_EXCHANGE_NAME("report"), (msg->flags & ALD_MSG_REPORT) != 0);
    flag_write(writing, ALD_EXCHANGE_NAME("tell_away"), (msg->flags & ALD_MSG_TELL_AWAY) != 0);
    flag_write(writing, ALD_EXCHANGE_NAME("everyone"), (msg->flags & ALD_MSG_EVERYONE) != 0);
    flag_write(writing, ALD_EXCHANGE_NAME("while_served"), (msg->flags & ALD_MSG_WHILE_SERVED) != 0);
    if (ald_str_present(msg->to.target) && msg->to.scope != ALD_SCOPE_ONE) {
        ald_exchange_put_str(writing, "scope", scope_words[msg->to.scope]);
    }
    ald_exchange_put_str(writing, "origin", from_afar ? travel->hub : writing->exchange->identity->hub);
    if (travel == NULL) {
        return;
    }
    ald_exchange_put_u64(writing, "hops", travel->hops);
    if (travel->daemons > 0) {
        ald_exchange_put_u64(writing, "daemons", travel->daemons);
    }
    ald_exchange_put_str(writing, "broadcast", travel->id);
    ald_exchange_put_str(writing, "informed", travel->informed);
    if (travel->until != 0) {
        ald_exchange_put_u64(writing, "until", travel->until / ALD_SEC);
    }
}

struct ald_address ald_exchange_sender(const struct ald_exchange *exchange, const struct ald_signal *signal)
{
    struct ald_address sender = {.target = signal->from};

    /* Between hubs where it came from is told apart; nobody else has a word for a caller only of another hub. */
    if (!exchange->is_link && signal->travel != NULL && ald_str_present(signal->from)) {
        sender.hub = signal->travel->hub;
    }
    return sender;
}
