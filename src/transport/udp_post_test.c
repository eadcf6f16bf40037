/*
 * Posts, and that all of udp gives everything back when memory is short.
 */

#include "lib/test.h"

#include <stdio.h>

#include "lib/alloc_fail.h"
#include "loop/loop.h"
#include "transport/udp.h"

struct desk {
    struct ald_loop *loop;
    struct ald_net *net;
    struct ald_alarm deadline;
    struct ald_why why;

    struct ald_udp *udp;
    size_t n_received;
    size_t size; /* of the last one */
    char bytes[64];

    struct ald_udp_post *post;
    size_t n_posted;
    int outcome;
    char failure[300];
};

static void desk_late(void *owner ALD_UNUSED)
{
    fail_msg("waited in vain");
}

static void desk_open(struct desk *desk)
{
    *desk = (struct desk){0};
    ald_check_int(ald_loop_new(&desk->loop), 0);
    ald_check_int(ald_net_new(desk->loop, &desk->net), 0);
    ald_alarm_init(&desk->deadline, desk_late, NULL);
    ald_alarm_start(desk->loop, &desk->deadline, ald_loop_now(desk->loop) + 30 * ALD_SEC);
}

static void desk_close(struct desk *desk)
{
    desk->udp = ald_udp_close(desk->udp);
    ald_alarm_stop(desk->loop, &desk->deadline);
    ald_check(ald_net_free(desk->net) == NULL);
    ald_check(ald_loop_free(desk->loop) == NULL);
}

#define desk_until(desk, fact)                                                                                         \
    while (!(fact)) {                                                                                                  \
        ald_check(ald_loop_turn((desk)->loop, ALD_NEVER));                                                             \
    }

static void desk_settle(struct desk *desk)
{
    for (int i = 0; i < 50; i++) {
        ald_ignore(ald_loop_turn(desk->loop, 0)); /* whether anything is left does not matter */
    }
}

static void desk_received(void *owner, struct ald_udp *udp ALD_UNUSED, const struct ald_datagram *datagram)
{
    struct desk *desk = owner;

    desk->n_received++;
    desk->size = datagram->bytes.size;
    memcpy(desk->bytes, datagram->bytes.data, ALD_MIN(datagram->bytes.size, sizeof(desk->bytes)));
}

static int desk_listen(struct desk *desk)
{
    static const struct ald_udp_callbacks callbacks = {.received = desk_received};
    const struct ald_udp_spec spec = {.host = "127.0.0.1"};

    return ald_udp_listen(desk->net, &spec, &callbacks, desk, &desk->udp, &desk->why);
}

static void desk_posted(void *owner, int outcome, const char *text)
{
    struct desk *desk = owner;

    ald_check((outcome != 0) == (text != NULL));
    desk->post = NULL;
    desk->n_posted++;
    desk->outcome = outcome;
    snprintf(desk->failure, sizeof(desk->failure), "%s", text != NULL ? text : "");
}

static void desk_post(struct desk *desk, struct ald_udp_sender_spec spec, const char *text)
{
    size_t before = desk->n_posted;

    ald_check_int(ald_udp_post_new(desk->net, &spec, ald_str(text), desk_posted, desk, &desk->post), 0);
    ald_check_int(desk->n_posted, before);
    desk_until(desk, desk->n_posted == before + 1);
}

ALD_TEST(post, sends_one_datagram_and_says_how_it_went)
{
    struct desk desk;
    uint16_t port;

    desk_open(&desk);
    ald_check_int(desk_listen(&desk), 0);
    port = ald_udp_port(desk.udp);
    desk_post(&desk, (struct ald_udp_sender_spec){.host = "127.0.0.1", .port = port}, "one");
    ald_check_int(desk.outcome, 0);
    desk_until(&desk, desk.n_received == 1);
    ald_check_str(ald_str_of(desk.bytes, desk.size), "one");

    desk_post(&desk, (struct ald_udp_sender_spec){.host = "127.0.0.1", .port = port, .size_max = 5}, "longer");
    ald_check_int(desk.outcome, ALD_UDP_TOO_LARGE);
    ald_check(strstr(desk.failure, "6 bytes") != NULL);
    desk.udp = ald_udp_close(desk.udp);
    desk_post(&desk, (struct ald_udp_sender_spec){.host = "127.0.0.1", .port = port}, "one");
    ald_check_int(desk.outcome, ALD_UDP_UNHEARD);
    desk_post(&desk, (struct ald_udp_sender_spec){.interface = "nosuch0", .port = port}, "one");
    ald_check_int(desk.outcome, ALD_UDP_EARLY);
    ald_check(strstr(desk.failure, "nosuch0") != NULL);
    desk_close(&desk);
}

ALD_TEST(post, may_be_cancelled)
{
    struct desk desk;

    desk_open(&desk);
    ald_check_int(desk_listen(&desk), 0);
    ald_check_int(ald_udp_post_new(desk.net,
                                   &(struct ald_udp_sender_spec){.host = "127.0.0.1", .port = ald_udp_port(desk.udp)},
                                   ALD_STR("never"), desk_posted, &desk, &desk.post),
                  0);
    desk.post = ald_udp_post_cancel(desk.post);
    desk_settle(&desk);
    ald_check_int(desk.n_posted + desk.n_received, 0);
    desk_close(&desk);
}

/* Returns whether an allocation was failed. */
static bool talk_fail(uint64_t n)
{
    struct desk desk;
    bool failed;

    desk_open(&desk);
    ald_alloc_fail_at(n);
    if (desk_listen(&desk) == 0) {
        const struct ald_udp_sender_spec spec = {.host = "127.0.0.1", .port = ald_udp_port(desk.udp)};

        if (ald_udp_post_new(desk.net, &spec, ALD_STR("one"), desk_posted, &desk, &desk.post) == 0) {
            desk_until(&desk, desk.n_posted == 1);
        }
    } else {
        ald_check_str(ald_str(desk.why.text), "out of memory");
    }
    failed = ald_alloc_fail_off();
    ald_check(failed || (desk.n_posted == 1 && desk.outcome == 0));
    desk_close(&desk);
    return failed;
}

ALD_TEST(post, gives_everything_back_when_memory_is_short)
{
    uint64_t n = 1;

    while (talk_fail(n)) {
        n++;
    }
    ald_check(n > 4); /* there were some to fail */
}

ALD_TEST_MAIN(post, ALD_CASE(post, sends_one_datagram_and_says_how_it_went), ALD_CASE(post, may_be_cancelled),
              ALD_CASE(post, gives_everything_back_when_memory_is_short))
