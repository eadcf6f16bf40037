/* A conversation in which the first allocation fails, then the second, and so on: it breaks off and leaves nothing. */

#include "wire/exchange/exchange.h"

#include "lib/alloc_fail.h"
#include "lib/exchange_pair.h"
#include "lib/test.h"

enum { FRAME_MAX = 4096 };

struct talk {
    struct pair pair;
    int status; /* the first that was not 0 */
};

static void talk_failed(struct talk *talk, int r)
{
    ald_check(r == 0 || r == ALDIS_E_NOMEM);
    talk->status = talk->status != 0 ? talk->status : r;
}

static void talk_open(struct talk *talk, struct pair_end *end, enum ald_role role, uint32_t variant)
{
    const struct ald_dialect_facts facts = {
        .role = role,
        .options = &pair_options,
        .messages = talk->pair.messages,
        .counters = end->counters,
        .seed = 1,
        .variant = variant,
    };

    if (talk->status == 0) {
        talk_failed(talk, ald_exchange.open(&facts, &end->dialect));
    }
}

static void talk_feed(struct talk *talk, struct pair_end *end, struct ald_str message)
{
    struct ald_slice bytes = ALD_SLICE_NONE;

    if (talk->status == 0) {
        talk_failed(talk, ald_slice_copy(message, &bytes));
    }
    if (talk->status == 0) {
        talk_failed(talk, ald_dialect_feed(end->dialect, 0, ALD_FRAME_BINARY, bytes));
    }
    ald_slice_clear(&bytes);
}

/* Give the frames of `from` to `to`, through memory that cannot fail. */
static void talk_carry(struct talk *talk, struct pair_end *from, struct pair_end *to)
{
    static char bytes[FRAME_MAX];
    struct ald_frame frame;

    while (talk->status == 0 && ald_dialect_drain(from->dialect, &frame) == 0) {
        size_t size = 0;

        for (size_t i = 0; i < frame.n_parts; i++) {
            ald_check(frame.parts[i].size <= FRAME_MAX - size);
            memcpy(bytes + size, frame.parts[i].data, frame.parts[i].size);
            size += frame.parts[i].size;
        }
        talk_feed(talk, to, ald_str_of(bytes, size));
    }
}

/* Say it, hear it, and let whoever heard it say it again in the other direction. */
static void talk_say(struct talk *talk, struct pair_end *from, struct pair_end *to, struct ald_signal *signal)
{
    struct ald_signal heard;

    if (talk->status == 0) {
        talk_failed(talk, ald_dialect_emit(from->dialect, 0, signal));
    }
    talk_carry(talk, from, to);
    while (talk->status == 0 && ald_dialect_next(to->dialect, &heard) == 0) {
        if (heard.kind == ALD_SIGNAL_HEALTH && to == &talk->pair.party) {
            heard.ok = heard.healthy = true;
            talk_failed(talk, ald_dialect_emit(to->dialect, 0, &heard));
        }
        ald_signal_clear(&heard);
    }
    talk_carry(talk, to, from);
    while (talk->status == 0 && ald_dialect_next(from->dialect, &heard) == 0) {
        ald_signal_clear(&heard);
    }
}

static void talk_hello(struct talk *talk)
{
    struct ald_signal hello = ald_signal_of(ALD_SIGNAL_REGISTER);
    struct ald_signal verdict = ald_signal_of(ALD_SIGNAL_REGISTERED);

    hello.target = ALD_STR("a target with a name that is long enough not to be plain: \"\x01\"");
    verdict.target = hello.target;
    verdict.channel = ALD_STR("channel \"1\"");
    talk_say(talk, &talk->pair.party, &talk->pair.hub, &hello);
    talk_say(talk, &talk->pair.hub, &talk->pair.party, &verdict);
}

static struct ald_msg *talk_msg(struct talk *talk, enum ald_kind kind)
{
    struct ald_msg *msg = NULL;
    char name[300];

    memset(name, '\n', sizeof(name));
    if (talk->status == 0) {
        talk_failed(talk, ald_msg_new(talk->pair.messages, kind, &msg));
    }
    if (talk->status == 0) {
        talk_failed(talk, ald_msg_set(msg, &msg->wire_id, ALD_STR("wire")));
    }
    if (talk->status == 0) {
        talk_failed(talk, ald_msg_set(msg, &msg->name, ald_str_of(name, 250)));
    }
    if (talk->status == 0) {
        talk_failed(talk, ald_msg_set(msg, &msg->text, ald_str_of(name, 300)));
        msg->payload = ald_slice_static(ALD_STR("{\"a\":\";;\xff command: \"}"));
        msg->outcome = ALD_FAILED;
        msg->cause = ALD_CAUSE_AGENT_FAILED;
        msg->phase = ALD_PHASE_RUNNING;
    }
    return msg;
}

static void talk_message(struct talk *talk, enum ald_signal_kind kind, enum ald_kind message, bool hub)
{
    struct ald_signal signal = ald_signal_of(kind);

    signal.id = ald_id_make(3, 4);
    signal.msg = talk_msg(talk, message);
    signal.request = talk_msg(talk, ALD_COMMAND);
    signal.outcome = kind == ALD_SIGNAL_REPLY ? ALD_FAILED : ALD_OUTCOME_NONE;
    signal.cause = kind == ALD_SIGNAL_REPLY ? ALD_CAUSE_AGENT_FAILED : ALD_CAUSE_NONE;
    signal.phase = ALD_PHASE_RUNNING;
    talk_say(talk, hub ? &talk->pair.hub : &talk->pair.party, hub ? &talk->pair.party : &talk->pair.hub, &signal);
    ald_signal_clear(&signal);
}

static void talk_all(struct talk *talk, uint32_t variant)
{
    struct ald_signal health = ald_signal_of(ALD_SIGNAL_HEALTH);
    struct ald_signal leave = ald_signal_of(ALD_SIGNAL_LEAVE);

    *talk = (struct talk){0};
    talk_failed(talk, ald_msg_pool_new(0, &talk->pair.messages));
    talk_open(talk, &talk->pair.hub, ALD_ROLE_HUB, variant);
    talk_open(talk, &talk->pair.party, ALD_ROLE_PARTY, variant);
    talk_hello(talk);
    talk_say(talk, &talk->pair.hub, &talk->pair.party, &health);
    for (int hub = 0; hub < 2; hub++) {
        talk_message(talk, ALD_SIGNAL_COMMAND, ALD_COMMAND, hub != 0);
        talk_message(talk, ALD_SIGNAL_STATUS, ALD_STATUS, hub != 0);
        talk_message(talk, ALD_SIGNAL_CANCEL, ALD_CANCEL, hub != 0);
        talk_message(talk, ALD_SIGNAL_REPLY, ALD_REPLY, hub != 0);
    }
    talk_feed(talk, &talk->pair.hub, ALD_STR("t:COMMAND;;e:{\"id\":\"c1\",\"payload\":}"));
    talk_say(talk, &talk->pair.hub, &talk->pair.party, &leave);
    leave.ok = true;
    talk_say(talk, &talk->pair.party, &talk->pair.hub, &leave);
    (void)ald_dialect_free(talk->pair.hub.dialect);
    (void)ald_dialect_free(talk->pair.party.dialect);
    ald_check(talk->pair.messages == NULL || ald_msg_pool_live(talk->pair.messages) == 0);
    (void)ald_msg_pool_free(talk->pair.messages);
}

static void check_every_allocation(uint32_t variant)
{
    struct talk talk;
    uint64_t n;

    for (n = 1;; n++) {
        ald_alloc_fail_at(n);
        talk_all(&talk, variant);
        if (!ald_alloc_fail_off()) {
            break;
        }
        ald_check_int(talk.status, ALDIS_E_NOMEM);
    }
    ald_check_int(talk.status, 0);
    ald_check(n > 20);
}

ALD_TEST(exchange_memory, v1_breaks_off_cleanly)
{
    check_every_allocation(ALD_EXCHANGE_V1);
}

ALD_TEST(exchange_memory, legacy_breaks_off_cleanly)
{
    check_every_allocation(0);
}

ALD_TEST(exchange_memory, the_extension_breaks_off_cleanly)
{
    check_every_allocation(ALD_EXCHANGE_V1 | ALD_EXCHANGE_EXTENDED);
}

/* Once its scratch is there, a connection that talks allocates nothing but messages, and those come from their pool. */
ALD_TEST(exchange_memory, commands_in_the_steady_state_take_none)
{
    struct ald_signal heard;
    struct ald_slice bytes = ALD_SLICE_NONE;
    struct ald_frame frame;
    struct pair pair;
    uint64_t before = 0;

    pair_open(&pair, ALD_EXCHANGE_V1);
    pair_greet(&pair);
    ald_check_int(
        ald_slice_copy(ALD_STR("t:COMMAND;;et:X;;e:{\"id\":\"c1\",\"type\":\"X\",\"payload\":{\"a\":1}}"), &bytes), 0);
    for (int i = 0; i < 10; i++) {
        before = i == 5 ? ald_alloc_count() : before;
        ald_check_int(ald_dialect_feed(pair.hub.dialect, pair.now, ALD_FRAME_BINARY, bytes), 0);
        ald_check(pair_next(&pair.hub, &heard));
        heard.id = ald_id_make(1, (uint64_t)i);
        pair_emit(&pair, &pair.hub, &heard);
        ald_check_int(ald_dialect_drain(pair.hub.dialect, &frame), 0);
        ald_check_int(ald_dialect_drain(pair.hub.dialect, &frame), ALD_DIALECT_EMPTY);
        ald_signal_clear(&heard);
    }
    ald_check(ald_alloc_count() == before);
    ald_slice_clear(&bytes);
    pair_close(&pair);
}

ALD_TEST_MAIN(exchange_memory, ALD_CASE(exchange_memory, v1_breaks_off_cleanly),
              ALD_CASE(exchange_memory, legacy_breaks_off_cleanly),
              ALD_CASE(exchange_memory, the_extension_breaks_off_cleanly),
              ALD_CASE(exchange_memory, commands_in_the_steady_state_take_none))
