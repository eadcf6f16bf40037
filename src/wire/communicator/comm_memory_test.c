/* Conversations in which the first allocation fails, then the second, and so on: they break off and leave nothing. */

#include "lib/alloc_fail.h"
#include "lib/test.h"
#include "msg/news.h"
#include "wire/communicator/communicator.h"

static const struct ald_dialect_options options = {
    .hello_timeout = 10 * ALD_SEC, .reply_timeout = 60 * ALD_SEC, .message_max = 1 << 20, .line_max = 1 << 20};
static const struct ald_identity identity = {.hub = {"a-hub", 5}, .address = {"10.0.0.1:4042", 13}};
static const ald_wall wall = 1795226634692451;

struct talk {
    struct ald_msg_pool *messages;
    struct ald_spare spare;
    struct ald_dialect *dialect;
    struct ald_signal last; /* the last message that was heard */
    uint64_t counters[ALD_COMMUNICATOR_N_COUNTERS];
    int status; /* the first that was not 0 */
};

static void talk_ended(struct talk *talk, int r)
{
    ald_check(r == 0 || r == ALDIS_E_NOMEM);
    talk->status = talk->status != 0 ? talk->status : r;
}

static void talk_drain(struct talk *talk)
{
    struct ald_frame frame;

    while (talk->dialect != NULL && ald_dialect_drain(talk->dialect, &frame) == 0) {
    }
}

static void talk_hear(struct talk *talk)
{
    struct ald_signal signal;
    int r = ALD_DIALECT_EMPTY;

    while (talk->status == 0 && (r = ald_dialect_next(talk->dialect, &signal)) == 0) {
        if (signal.msg != NULL) {
            ald_signal_clear(&talk->last);
            talk->last = ald_signal_of((enum ald_signal_kind)signal.kind);
            talk->last.msg = ald_msg_ref(signal.msg);
        }
        ald_signal_clear(&signal);
    }
    if (talk->status == 0 && r != ALD_DIALECT_EMPTY) {
        talk_ended(talk, r);
    }
    talk_drain(talk);
}

static void talk_open(struct talk *talk, enum ald_role role, uint32_t variant, bool lends)
{
    struct ald_dialect_facts facts = {
        .role = role,
        .options = &options,
        .counters = talk->counters,
        .spare = lends ? &talk->spare : NULL,
        .wall = &wall,
        .identity = role == ALD_ROLE_HUB ? &identity : NULL,
        .variant = variant,
    };

    *talk = (struct talk){.status = 0};
    talk_ended(talk, ald_msg_pool_new(0, &talk->messages));
    facts.messages = talk->messages;
    if (talk->status == 0) {
        talk_ended(talk, ald_communicator.open(&facts, &talk->dialect));
    }
    talk_drain(talk);
}

static void talk_close(struct talk *talk)
{
    ald_signal_clear(&talk->last);
    (void)ald_dialect_free(talk->dialect);
    ald_spare_fini(&talk->spare);
    ald_check(talk->messages == NULL || ald_msg_pool_live(talk->messages) == 0);
    (void)ald_msg_pool_free(talk->messages);
}

static void talk_feed(struct talk *talk, const char *text)
{
    struct ald_slice chunk = ALD_SLICE_NONE;

    if (talk->status == 0) {
        talk_ended(talk, ald_slice_copy(ald_str(text), &chunk));
    }
    if (talk->status == 0) {
        talk_ended(talk, ald_dialect_feed(talk->dialect, 0, ALD_FRAME_BYTES, chunk));
    }
    ald_slice_clear(&chunk);
    talk_hear(talk);
}

/* Give `signal`, which is cleared. */
static void talk_emit(struct talk *talk, struct ald_signal *signal)
{
    signal->ordinal = 1;
    if (talk->status == 0) {
        talk_ended(talk, ald_dialect_emit(talk->dialect, 0, signal));
    }
    talk_drain(talk);
    talk_hear(talk);
    ald_signal_clear(signal);
}

static void talk_tell(struct talk *talk, enum ald_signal_kind kind, const char *target)
{
    struct ald_signal signal = ald_signal_of(kind);

    signal.target = ald_str(target);
    signal.text = ald_str(target);
    signal.topic = ALD_TOPIC_PRESENCE;
    signal.ok = true;
    signal.id = ald_id_make(1, 2);
    talk_emit(talk, &signal);
}

/* The last message, as something else. */
static void talk_message(struct talk *talk, enum ald_signal_kind kind)
{
    static const struct ald_travel travel = {.id = {"x-1", 3}, .informed = {"10.0.0.1", 8}, .hops = 1};
    struct ald_signal signal = ald_signal_of(kind);

    if (talk->last.msg == NULL) {
        return;
    }
    signal.id = ald_id_make(1, 2);
    signal.from = ALD_STR("somebody else");
    signal.outcome = ALD_REFUSED;
    signal.cause = ALD_CAUSE_BUSY;
    signal.msg = kind == ALD_SIGNAL_REPORT ? NULL : ald_msg_ref(talk->last.msg);
    signal.request = kind == ALD_SIGNAL_REPLY || kind == ALD_SIGNAL_REPORT ? ald_msg_ref(talk->last.msg) : NULL;
    signal.travel = kind == ALD_SIGNAL_EVENT || kind == ALD_SIGNAL_COMMAND ? &travel : NULL;
    talk_emit(talk, &signal);
}

static void talk_news(struct talk *talk, enum ald_topic topic)
{
    const struct ald_news news = {
        .topic = (uint8_t)topic, .name = ALD_STR("a target"), .hub = ALD_STR("a-hub"), .detail = ALD_STR("a,b c")};
    struct ald_signal signal = ald_signal_of(ALD_SIGNAL_NEWS);

    if (talk->status == 0) {
        talk_ended(talk, ald_news_new(&news, &signal.news));
    }
    if (talk->status == 0) {
        signal.ok = true;
        talk_emit(talk, &signal);
    }
}

#define EVENT "my_2dlamp/DATA cache=no;v=\"a;\\\"b\\\\\";z=1;aldis_everyone=true\n"

static void talk_service(struct talk *talk)
{
    talk_open(talk, ALD_ROLE_HUB, ALD_COMMUNICATOR_SERVICE, true);
    talk_feed(talk, "REGISTER service=a;ver");
    talk_feed(talk, "sion=1\nCOMMANDS list=STATUS,ALIVE,SERVICES,CLUSTER_UP\nHELP\nALIVE serial=\"a;\"\nx y\n");
    talk_tell(talk, ALD_SIGNAL_REGISTERED, NULL);
    talk_tell(talk, ALD_SIGNAL_REGISTERED, "a lamp");
    talk_feed(talk, EVENT);
    talk_message(talk, ALD_SIGNAL_EVENT);
    talk_message(talk, ALD_SIGNAL_REPORT);
    talk_feed(talk, "{\"service\":\"b\",\"command\":\"DATA\",\"parameters\":{\"v\":\"x\\ty\",\"f\":2.5}}\n");
    talk_feed(talk, "b/TURN aldis_id=1;aldis_ttl=5s;z=1;a=2\n");
    talk_message(talk, ALD_SIGNAL_COMMAND);
    talk_message(talk, ALD_SIGNAL_REPLY);
    talk_feed(talk,
              "aldis_2/DONE aldis_error=1;aldis_details=x;v=1\nSERVICE_STATUS service=my_2dlamp\nFORGET ip=::1\n");
    for (int topic = 0; topic < ALD_N_TOPICS; topic++) {
        talk_news(talk, (enum ald_topic)topic);
    }
    talk_tell(talk, ALD_SIGNAL_HEALTH, NULL);
    talk_tell(talk, ALD_SIGNAL_DENIED, "no");
    talk_feed(talk, "UNREGISTER service=a\n");
    talk_close(talk);
}

static void talk_peer(struct talk *talk)
{
    talk_open(talk, ALD_ROLE_HUB, ALD_COMMUNICATOR_REMOTE, false);
    talk_feed(talk,
              "GOSSIP my_address=10.0.0.2:4042\n"
              "CONNECT my_address=10.0.0.2:4042;neighbors=\"10.0.0.3:1, 10.0.0.4\\\\n\";server_name=n2;version=1\n");
    talk_feed(talk, "CONNECT my_address=10.0.0.2:4042;neighbors=10.0.0.3:1;server_name=n_2d2;version=1\n");
    talk_tell(talk, ALD_SIGNAL_REGISTERED, "hub:n-2");
    talk_feed(talk, "<n3:a */DATA broadcast_hops=1;broadcast_informed_neighbors=10.0.0.1;broadcast_msgid=n-1;"
                    "broadcast_timeout=5;v=1\n");
    talk_message(talk, ALD_SIGNAL_EVENT);
    talk_message(talk, ALD_SIGNAL_COMMAND);
    talk_feed(talk, "<n3:a N:b/TURN aldis_id=5\n<n2:communicatord LOADAVG avg=1;my_address=10.0.0.1;timestamp=1.5\n");
    talk_message(talk, ALD_SIGNAL_REPLY);
    talk_tell(talk, ALD_SIGNAL_OPERATE, NULL);
    talk_feed(talk, "DISCONNECT\n");
    talk_close(talk);
}

static void talk_link(struct talk *talk)
{
    talk_open(talk, ALD_ROLE_HUB, ALD_COMMUNICATOR_LINK, true);
    talk_feed(talk, "ACCEPT my_address=10.0.0.2:4042;server_name=n2\n");
    talk_tell(talk, ALD_SIGNAL_DENIED, "there is one");
    talk_close(talk);
}

static void talk_datagram(struct talk *talk)
{
    talk_open(talk, ALD_ROLE_HUB, ALD_COMMUNICATOR_DATAGRAM, true);
    talk_feed(talk, EVENT);
    talk_close(talk);
}

static void talk_client(struct talk *talk)
{
    talk_open(talk, ALD_ROLE_PARTY, ALD_COMMUNICATOR_SERVICE, true);
    talk_tell(talk, ALD_SIGNAL_CAPABLE, "DATA,TURN");
    talk_tell(talk, ALD_SIGNAL_REGISTER, "a lamp");
    talk_feed(talk, "<n2:communicatord HELP\n<n2:communicatord READY my_address=1\n");
    talk_tell(talk, ALD_SIGNAL_ASK, "b c");
    talk_feed(talk, "<n2:communicatord STATUS service=b_20c;status=up\n<x:y " EVENT);
    talk_message(talk, ALD_SIGNAL_EVENT);
    talk_feed(talk, "<n2:aldis_5 a_20lamp/TURN v=1\n");
    talk_message(talk, ALD_SIGNAL_COMMAND);
    talk_message(talk, ALD_SIGNAL_REPLY);
    talk_feed(talk,
              "<n2:b a_20lamp/DONE aldis_id=1;aldis_outcome=failed;aldis_error=x;v=1\n<n2:aldis_health_1 ALIVE\n");
    talk_tell(talk, ALD_SIGNAL_HEALTH, NULL);
    talk_feed(talk, "INVALID command=REGISTER\nSTOP\n");
    talk_tell(talk, ALD_SIGNAL_LEAVE, NULL);
    talk_close(talk);
}

static void check_every_allocation(void (*scenario)(struct talk *talk))
{
    struct talk talk;
    uint64_t n;

    for (n = 1;; n++) {
        ald_alloc_fail_at(n);
        scenario(&talk);
        if (!ald_alloc_fail_off()) {
            break;
        }
        ald_check_int(talk.status, ALDIS_E_NOMEM);
    }
    ald_check_int(talk.status, 0);
    ald_check(n > 8);
}

ALD_TEST(comm_memory, a_service_breaks_off_cleanly)
{
    check_every_allocation(talk_service);
}

ALD_TEST(comm_memory, links_break_off_cleanly)
{
    check_every_allocation(talk_peer);
    check_every_allocation(talk_link);
}

ALD_TEST(comm_memory, datagrams_break_off_cleanly)
{
    check_every_allocation(talk_datagram);
}

ALD_TEST(comm_memory, a_party_breaks_off_cleanly)
{
    check_every_allocation(talk_client);
}

/* Once its scratch is there, what passes from one service to another costs the block of its payload, and nothing else;
 * connections that rest hold nothing. */
ALD_TEST(comm_memory, messages_in_the_steady_state_take_one_block_each)
{
    struct talk talk;
    struct ald_slice chunk = ALD_SLICE_NONE;
    struct ald_signal heard;
    uint64_t before = 0;

    talk_open(&talk, ALD_ROLE_HUB, ALD_COMMUNICATOR_SERVICE, true);
    (void)ald_msg_pool_free(talk.messages);
    talk.messages = NULL;
    (void)ald_dialect_free(talk.dialect);
    talk.dialect = NULL;
    talk_ended(&talk, ald_msg_pool_new(8, &talk.messages));
    ald_check_int(ald_communicator.open(&(struct ald_dialect_facts){.role = ALD_ROLE_HUB,
                                                                    .options = &options,
                                                                    .messages = talk.messages,
                                                                    .counters = talk.counters,
                                                                    .spare = &talk.spare,
                                                                    .identity = &identity},
                                        &talk.dialect),
                  0);
    talk_feed(&talk, "REGISTER service=a;version=1\n");
    talk_tell(&talk, ALD_SIGNAL_REGISTERED, "a");
    ald_check_int(ald_slice_copy(ALD_STR("b/DATA a=1;v=\"x;y\"\n"), &chunk), 0);
    for (int i = 0; i < 20; i++) {
        before = i == 10 ? ald_alloc_count() : before;
        ald_check_int(ald_dialect_feed(talk.dialect, 0, ALD_FRAME_BYTES, chunk), 0);
        ald_check_int(ald_dialect_next(talk.dialect, &heard), 0);
        heard.from = ALD_STR("b");
        ald_check_int(ald_dialect_emit(talk.dialect, 0, &heard), 0);
        ald_signal_clear(&heard);
        talk_hear(&talk);
    }
    ald_check_int(ald_alloc_count() - before, 10);
    ald_slice_clear(&chunk);
    talk_close(&talk);
}

ALD_TEST_MAIN(comm_memory, ALD_CASE(comm_memory, a_service_breaks_off_cleanly),
              ALD_CASE(comm_memory, links_break_off_cleanly), ALD_CASE(comm_memory, datagrams_break_off_cleanly),
              ALD_CASE(comm_memory, a_party_breaks_off_cleanly),
              ALD_CASE(comm_memory, messages_in_the_steady_state_take_one_block_each))
