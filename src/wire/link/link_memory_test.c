/* Talks in which the first allocation fails, then the second, and so on: they break off and leave nothing. */

#include "lib/alloc_fail.h"
#include "lib/test.h"
#include "wire/link/link_impl.h"

struct talk {
    struct ald_dialect *dialect;
    struct ald_msg_pool *messages;
    uint64_t counters[ALD_LINK_N_COUNTERS];
    int status; /* the first that was not 0 */
};

static void talk_failed(struct talk *talk, int r)
{
    ald_check(r == 0 || r == ALDIS_E_NOMEM);
    talk->status = talk->status != 0 ? talk->status : r;
}

static void talk_open(struct talk *talk, enum ald_role role)
{
    static const struct ald_dialect_options options = {.heartbeat_interval = ALD_SEC, .session_timeout = ALD_SEC};
    const struct ald_dialect_facts facts = {
        .role = role, .options = &options, .messages = talk->messages, .counters = talk->counters, .seed = 1};

    if (talk->status == 0) {
        talk_failed(talk, ald_link.open(&facts, &talk->dialect));
    }
}

static void talk_collect(struct talk *talk)
{
    struct ald_signal signal;
    struct ald_frame frame;
    int r = 0;

    while (talk->status == 0 && (r = ald_dialect_next(talk->dialect, &signal)) == 0) {
        ald_signal_clear(&signal);
    }
    talk_failed(talk, ALD_MIN(r, 0));
    while (talk->status == 0 && ald_dialect_drain(talk->dialect, &frame) == 0) {
        ald_check(frame.n_parts > 0);
    }
}

static void talk_feed(struct talk *talk, const char *message)
{
    struct ald_slice bytes = ALD_SLICE_NONE;

    if (talk->status == 0) {
        talk_failed(talk, ald_slice_copy(ald_str(message), &bytes));
    }
    if (talk->status == 0) {
        talk_failed(talk, ald_dialect_feed(talk->dialect, 0, ALD_FRAME_TEXT, bytes));
        talk_collect(talk);
    }
    ald_slice_clear(&bytes);
}

static void talk_tell(struct talk *talk, struct ald_signal *signal)
{
    if (talk->status == 0) {
        talk_failed(talk, ald_dialect_emit(talk->dialect, 0, signal));
        talk_collect(talk);
    }
}

static void talk_verdict(struct talk *talk)
{
    struct ald_signal verdict = ald_signal_of(ALD_SIGNAL_REGISTERED);

    verdict.target = ALD_STR("4");
    verdict.session = 1;
    verdict.ttl = ALD_SEC;
    talk_tell(talk, &verdict);
}

static void talk_command(struct talk *talk)
{
    struct ald_signal command = ald_signal_of(ALD_SIGNAL_COMMAND);

    if (talk->status == 0) {
        talk_failed(talk, ald_msg_new(talk->messages, ALD_COMMAND, &command.msg));
    }
    if (talk->status == 0) {
        talk_failed(talk, ald_msg_set(command.msg, &command.msg->name, ALD_STR("foo:\"Bar\"")));
        talk_failed(talk, ald_msg_set(command.msg, &command.msg->to.target, ALD_STR("the lamp")));
        ald_msg_seal(command.msg);
        command.id = ald_id_make(1, 2);
        command.serial = 1;
        talk_tell(talk, &command);
    }
    ald_signal_clear(&command);
}

static void talk_at_hub(struct talk *talk)
{
    talk_open(talk, ALD_ROLE_HUB);
    talk_feed(talk, "{\"type\":\"registerHost\",\"data\":{\"token\":\"t\\u0020\",\"version\":\"1\",\"id\":4,"
                    "\"plugins\":{\"foo\":\"1\"}}}");
    talk_verdict(talk);
    talk_command(talk);
    talk_feed(talk, "{\"type\":\"request\",\"seq\":1,\"src\":[1,4,1],\"dst\":[0,0],\"name\":\"InstancesUpdateRequest\","
                    "\"data\":[{\"id\":7},{\"id\":8}]}");
    talk_feed(talk, "{\"type\":\"request\",\"seq\":2,\"src\":[1,4,1],\"dst\":[0,0],\"name\":\"SubscriptionRequest\","
                    "\"data\":[\"E\\u0020\",\"subscribe\",0,[\"a\",\"b\"]]}");
    talk_feed(talk, "{\"type\":\"request\",\"seq\":3,\"src\":[2,7,1],\"dst\":[0,0],\"name\":\"aldis:CallRequest\","
                    "\"data\":{\"target\":\"x\\u0020\",\"name\":\"y\",\"payload\":[1]}}");
    talk_feed(talk,
              "{\"type\":\"responseError\",\"seq\":4,\"src\":[1,4],\"dst\":[0,0,2],\"data\":{\"message\":\"\\u0020\","
              "\"code\":\"c\"}}");
    talk_feed(talk, "{\"type\":\"event\",\"seq\":5,\"src\":[1,4],\"dst\":[0,0],\"name\":\"E\\u0020\",\"data\":1}");
    talk_feed(talk, "{\"type\":\"disconnect\",\"data\":\"prepare\"}");
}

static void talk_at_hub_old(struct talk *talk)
{
    talk_open(talk, ALD_ROLE_HUB);
    talk_feed(talk, "{\"seq\":null,\"type\":\"register_slave\",\"data\":{\"token\":\"t\",\"agent\":\"a\",\"version\":"
                    "\"1\",\"name\":\"n\",\"id\":4,"
                    "\"plugins\":{}}}");
    talk_verdict(talk);
    talk_command(talk);
    talk_feed(talk, "{\"seq\":1,\"type\":\"x_response\",\"data\":{\"seq\":1,\"error\":\"\\u0020\"}}");
    talk_feed(talk, "{\"seq\":2,\"type\":\"ping_request\",\"data\":{}}");
    talk_feed(talk, "{\"seq\":null,\"type\":\"heartbeat\",\"data\":{\"seq\":1}}");
}

static void talk_at_party(struct talk *talk)
{
    struct ald_signal want = ald_signal_of(ALD_SIGNAL_REGISTER);
    struct ald_greeting greeting = {.token = ALD_STR("t")};

    talk_open(talk, ALD_ROLE_PARTY);
    want.greeting = &greeting;
    talk_tell(talk, &want);
    talk_feed(talk, "{\"type\":\"hello\",\"data\":{\"version\":\"1\",\"plugins\":{}}}");
    talk_feed(talk, "{\"type\":\"ready\",\"data\":{\"src\":[3,1],\"sessionToken\":\"s\",\"sessionTimeout\":5,"
                    "\"heartbeatInterval\":1}}");
    talk_command(talk);
    talk_feed(talk,
              "{\"type\":\"responseError\",\"seq\":1,\"src\":[0,0],\"dst\":[3,1,1],\"data\":{\"message\":\"no\"}}");
    talk_feed(talk, "{\"type\":\"request\",\"seq\":2,\"src\":[1,4,1],\"dst\":[3,1],\"name\":\"X\\u0020\",\"data\":{}}");
    talk_feed(talk, "{\"type\":\"request\",\"seq\":3,\"src\":[1,4,1],\"dst\":[3,9],\"name\":\"X\"}");
}

static void fail_each(void (*scenario)(struct talk *talk))
{
    for (uint64_t n = 1;; n++) {
        struct talk talk = {.status = 0};
        bool failed;

        ald_check_int(ald_msg_pool_new(4, &talk.messages), 0);
        ald_alloc_fail_at(n);
        scenario(&talk);
        failed = ald_alloc_fail_off();
        ald_dialect_free(talk.dialect);
        ald_msg_pool_free(talk.messages); /* asserts that none is left */
        if (!failed) {
            ald_check_int(talk.status, 0);
            break;
        }
    }
}

ALD_TEST(link_memory, a_hub_short_of_memory_breaks_off)
{
    fail_each(talk_at_hub);
}

ALD_TEST(link_memory, so_it_does_with_a_slave)
{
    fail_each(talk_at_hub_old);
}

ALD_TEST(link_memory, and_so_does_a_party)
{
    fail_each(talk_at_party);
}

ALD_TEST_MAIN(link_memory, ALD_CASE(link_memory, a_hub_short_of_memory_breaks_off),
              ALD_CASE(link_memory, so_it_does_with_a_slave), ALD_CASE(link_memory, and_so_does_a_party))
