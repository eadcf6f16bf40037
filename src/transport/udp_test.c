#include "lib/test.h"

#include <arpa/inet.h>
#include <errno.h>
#include <ifaddrs.h>
#include <net/if.h>
#include <stdio.h>
#include <sys/socket.h>
#include <unistd.h>

#include "lib/alloc_fail.h"
#include "loop/loop.h"
#include "transport/udp.h"

/* What the system says to a send can hardly be brought about: this stands in for it (-Wl,--wrap=send). */
static int send_errors[4];
static size_t n_send_errors, n_sends;

ssize_t __real_send(int fd, const void *bytes, size_t size, int flags);
ssize_t __wrap_send(int fd, const void *bytes, size_t size, int flags);
ssize_t __wrap_send(int fd, const void *bytes, size_t size, int flags)
{
    n_sends++;
    if (n_send_errors > 0) {
        errno = send_errors[--n_send_errors];
        return -1;
    }
    return __real_send(fd, bytes, size, flags);
}

struct desk {
    struct ald_loop *loop;
    struct ald_net *net;
    struct ald_alarm deadline;
    struct ald_why why;

    struct ald_udp *udp;
    size_t n_received, n_bytes;
    size_t size; /* of the last one */
    char bytes[64];
    char from[80];
    bool loopback;
    bool close_in_received;

    struct ald_udp_sender *sender;
    size_t n_ready, n_failed;
    char failure[300];
};

static void desk_late(void *owner ALD_UNUSED)
{
    fail_msg("waited in vain");
}

static void desk_open(struct desk *desk)
{
    *desk = (struct desk){0};
    n_send_errors = n_sends = 0;
    ald_check_int(ald_loop_new(&desk->loop), 0);
    ald_check_int(ald_net_new(desk->loop, &desk->net), 0);
    ald_alarm_init(&desk->deadline, desk_late, NULL);
    ald_alarm_start(desk->loop, &desk->deadline, ald_loop_now(desk->loop) + 30 * ALD_SEC);
}

static void desk_close(struct desk *desk)
{
    desk->udp = ald_udp_close(desk->udp);
    desk->sender = ald_udp_sender_close(desk->sender);
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
    /* What the kernel passes between two sockets of one machine is there at once. */
    for (int i = 0; i < 50; i++) {
        ald_ignore(ald_loop_turn(desk->loop, 0)); /* whether anything is left does not matter */
    }
}

static const struct ald_net_counters *counted(const struct desk *desk)
{
    return ald_net_counters(desk->net);
}

static void desk_received(void *owner, struct ald_udp *udp, const struct ald_datagram *datagram)
{
    struct desk *desk = owner;

    ald_check(udp == desk->udp);
    desk->n_received++;
    desk->n_bytes += datagram->bytes.size;
    desk->size = datagram->bytes.size;
    memcpy(desk->bytes, datagram->bytes.data, ALD_MIN(datagram->bytes.size, sizeof(desk->bytes)));
    snprintf(desk->from, sizeof(desk->from), "%s", datagram->from);
    desk->loopback = datagram->loopback;
    if (desk->close_in_received) {
        desk->udp = ald_udp_close(udp);
    }
}

static int desk_listen(struct desk *desk, struct ald_udp_spec spec)
{
    static const struct ald_udp_callbacks callbacks = {.received = desk_received};

    return ald_udp_listen(desk->net, &spec, &callbacks, desk, &desk->udp, &desk->why);
}

static void desk_ready(void *owner, struct ald_udp_sender *sender)
{
    struct desk *desk = owner;

    ald_check(sender == desk->sender);
    desk->n_ready++;
}

static void desk_failed(void *owner, struct ald_udp_sender *sender, const char *text)
{
    struct desk *desk = owner;

    ald_check(sender == desk->sender);
    desk->n_failed++;
    snprintf(desk->failure, sizeof(desk->failure), "%s", text);
}

/* Make a sender and wait for what becomes of it. */
static void desk_dial(struct desk *desk, struct ald_udp_sender_spec spec)
{
    static const struct ald_udp_sender_callbacks callbacks = {.ready = desk_ready, .failed = desk_failed};
    size_t before = desk->n_ready + desk->n_failed;

    desk->sender = ald_udp_sender_close(desk->sender);
    ald_check_int(ald_udp_sender_new(desk->net, &spec, &callbacks, desk, &desk->sender), 0);
    ald_check_int(desk->n_ready + desk->n_failed, before); /* never inside the call */
    ald_check_int(ald_udp_send(desk->sender, ALD_STR("early"), NULL), ALD_UDP_EARLY);
    desk_until(desk, desk->n_ready + desk->n_failed == before + 1);
}

static void desk_join(struct desk *desk, const char *host)
{
    ald_check_int(desk_listen(desk, (struct ald_udp_spec){.host = host}), 0);
    desk_dial(desk, (struct ald_udp_sender_spec){.host = host, .port = ald_udp_port(desk->udp)});
    ald_check_int(desk->n_ready, 1);
}

static int desk_send(struct desk *desk, const void *bytes, size_t size)
{
    return ald_udp_send(desk->sender, ald_str_of(bytes, size), &desk->why);
}

/* A program's own socket, from `host`; sends to the receiver by way of `host`. */
static int raw_open(const char *host)
{
    struct sockaddr_in address = {.sin_family = AF_INET};
    int fd = socket(AF_INET, SOCK_DGRAM, 0);

    ald_check_int(inet_pton(AF_INET, host, &address.sin_addr), 1);
    ald_check_int(bind(fd, (struct sockaddr *)&address, sizeof(address)), 0);
    return fd;
}

static void raw_send(int fd, const char *host, uint16_t port, const void *bytes, size_t size)
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons(port)};

    ald_check_int(inet_pton(AF_INET, host, &address.sin_addr), 1);
    ald_check_int(sendto(fd, bytes, size, 0, (struct sockaddr *)&address, sizeof(address)), size);
}

static bool ipv6_here(void)
{
    struct sockaddr_in6 address = {.sin6_family = AF_INET6, .sin6_addr = IN6ADDR_LOOPBACK_INIT};
    int fd = socket(AF_INET6, SOCK_DGRAM, 0);
    bool here = fd >= 0 && bind(fd, (struct sockaddr *)&address, sizeof(address)) == 0;

    if (fd >= 0) {
        close(fd);
    }
    return here;
}

/* Receiving. */

ALD_TEST(udp, receives_a_datagram_and_tells_who_sent_it)
{
    struct sockaddr_in address;
    socklen_t size = sizeof(address);
    struct desk desk;
    char text[64];
    int fd;

    desk_open(&desk);
    ald_check_int(desk_listen(&desk, (struct ald_udp_spec){.host = "127.0.0.1"}), 0);
    ald_check(ald_udp_port(desk.udp) > 0 && ald_udp_local(desk.udp));
    snprintf(text, sizeof(text), "127.0.0.1:%u", (unsigned)ald_udp_port(desk.udp));
    ald_check_str(ald_str(ald_udp_address(desk.udp)), text);

    fd = raw_open("127.0.0.1");
    raw_send(fd, "127.0.0.1", ald_udp_port(desk.udp), "ALIVE", 5);
    desk_until(&desk, desk.n_received == 1);
    ald_check_str(ald_str_of(desk.bytes, desk.size), "ALIVE");
    ald_check_int(getsockname(fd, (struct sockaddr *)&address, &size), 0);
    snprintf(text, sizeof(text), "127.0.0.1:%u", (unsigned)ntohs(address.sin_port));
    ald_check_str(ald_str(desk.from), text);
    ald_check(desk.loopback);
    ald_check_int(counted(&desk)->udp_received, 1);
    close(fd);
    desk_close(&desk);
}

ALD_TEST(udp, receives_over_ipv6_where_there_is_any)
{
    struct desk desk;

    if (!ipv6_here()) {
        print_message("not tried: this machine has no IPv6\n");
        skip();
    }
    desk_open(&desk);
    desk_join(&desk, "[::1]");
    ald_check(strncmp(ald_udp_address(desk.udp), "[::1]:", 6) == 0);
    ald_check_str(ald_str(ald_udp_sender_address(desk.sender)), ald_udp_address(desk.udp));
    ald_check_int(desk_send(&desk, "six", 3), 0);
    desk_until(&desk, desk.n_received == 1);
    ald_check(strncmp(desk.from, "[::1]:", 6) == 0 && desk.loopback);
    desk_close(&desk);
}

ALD_TEST(udp, on_all_addresses_is_reached_by_each)
{
    struct desk desk;

    desk_open(&desk);
    ald_check_int(desk_listen(&desk, (struct ald_udp_spec){.host = "*"}), 0);
    ald_check(!ald_udp_local(desk.udp));
    desk_dial(&desk, (struct ald_udp_sender_spec){.host = "127.0.0.1", .port = ald_udp_port(desk.udp)});
    ald_check_int(desk_send(&desk, "four", 4), 0);
    desk_until(&desk, desk.n_received == 1);
    ald_check(strncmp(desk.from, "127.0.0.1:", 10) == 0 && desk.loopback); /* also from a socket of IPv6 */
    if (ipv6_here()) {
        desk_dial(&desk, (struct ald_udp_sender_spec){.host = "::1", .port = ald_udp_port(desk.udp)});
        ald_check_int(desk_send(&desk, "six", 3), 0);
        desk_until(&desk, desk.n_received == 2);
    }
    desk_close(&desk);
}

ALD_TEST(udp, receives_the_smallest_and_the_largest_datagram_whole)
{
    static char large[ALD_UDP_SIZE_MAX];
    struct desk desk;

    desk_open(&desk);
    desk_join(&desk, "127.0.0.1");
    memset(large, 'x', sizeof(large));
    ald_check_int(desk_send(&desk, large, sizeof(large)), 0);
    desk_until(&desk, desk.n_received == 1);
    ald_check_int(desk.size, ALD_UDP_SIZE_MAX);
    ald_check_int(desk_send(&desk, NULL, 0), 0);
    desk_until(&desk, desk.n_received == 2);
    ald_check_int(desk.size, 0);
    ald_check_int(counted(&desk)->udp_oversize, 0);
    desk_close(&desk);
}

ALD_TEST(udp, hands_over_any_bytes_as_they_are)
{
    static const char garbage[] = "\x00\xff\n\r\n\x80 not a message at all \xc3\x28\n";
    struct desk desk;

    desk_open(&desk);
    desk_join(&desk, "127.0.0.1");
    ald_check_int(desk_send(&desk, garbage, sizeof(garbage)), 0);
    desk_until(&desk, desk.n_received == 1);
    ald_check_int(desk.size, sizeof(garbage));
    ald_check(memcmp(desk.bytes, garbage, sizeof(garbage)) == 0);
    desk_close(&desk);
}

ALD_TEST(udp, drops_and_counts_what_is_longer_than_its_limit)
{
    struct desk desk;
    char bytes[101] = {0};

    desk_open(&desk);
    ald_check_int(desk_listen(&desk, (struct ald_udp_spec){.host = "127.0.0.1", .size_max = 100}), 0);
    desk_dial(&desk, (struct ald_udp_sender_spec){.host = "127.0.0.1", .port = ald_udp_port(desk.udp)});
    ald_check_int(desk_send(&desk, bytes, 101), 0);
    ald_check_int(desk_send(&desk, bytes, 100), 0);
    desk_until(&desk, desk.n_received == 1);
    ald_check_int(desk.size, 100);
    ald_check_int(counted(&desk)->udp_oversize, 1);
    ald_check_int(counted(&desk)->udp_received, 1);
    desk_close(&desk);
}

/* An address of this machine that is not a loopback one. */
static bool outer_address(char text[INET_ADDRSTRLEN])
{
    struct ifaddrs *list = NULL;
    bool found = false;

    ald_check_int(getifaddrs(&list), 0);
    for (const struct ifaddrs *it = list; it != NULL && !found; it = it->ifa_next) {
        found = it->ifa_addr != NULL && it->ifa_addr->sa_family == AF_INET && (it->ifa_flags & IFF_UP) != 0 &&
                (it->ifa_flags & IFF_LOOPBACK) == 0;
        if (found) {
            inet_ntop(AF_INET, &((struct sockaddr_in *)(void *)it->ifa_addr)->sin_addr, text, INET_ADDRSTRLEN);
        }
    }
    freeifaddrs(list);
    return found;
}

ALD_TEST(udp, drops_and_counts_what_does_not_come_from_this_machine)
{
    char outer[INET_ADDRSTRLEN];
    struct desk desk;
    int fd;

    if (!outer_address(outer)) {
        print_message("not tried: this machine has loopback addresses only\n");
        skip();
    }
    desk_open(&desk);
    ald_check_int(desk_listen(&desk, (struct ald_udp_spec){.host = "*", .local_only = true}), 0);
    ald_check(ald_udp_local(desk.udp));
    fd = raw_open(outer);
    raw_send(fd, outer, ald_udp_port(desk.udp), "let me in", 9);
    desk_until(&desk, counted(&desk)->udp_foreign == 1);
    ald_check_int(desk.n_received, 0);
    desk.udp = ald_udp_close(desk.udp);

    ald_check_int(desk_listen(&desk, (struct ald_udp_spec){.host = "*"}), 0);
    raw_send(fd, outer, ald_udp_port(desk.udp), "let me in", 9);
    desk_until(&desk, desk.n_received == 1);
    ald_check(!desk.loopback); /* its owner may be choosy, too */
    close(fd);
    desk_close(&desk);
}

/* Nobody reads meanwhile: what does not fit into the system's buffer is lost, and known to be. */
ALD_TEST(udp, receives_or_counts_every_datagram_of_a_burst)
{
    enum { BURST = 1000, SIZE = 5000 };
    static char bytes[SIZE];
    uint64_t allocations;
    struct desk desk;

    desk_open(&desk);
    desk_join(&desk, "127.0.0.1");
    allocations = ald_alloc_count();
    for (int i = 0; i < BURST; i++) {
        ald_check_int(desk_send(&desk, bytes, SIZE), 0);
    }
    desk_settle(&desk);
    ald_check(desk.n_received > 10);
    ald_check_int(desk_send(&desk, "last", 4), 0); /* what the system dropped it tells with this one */
    desk_until(&desk, desk.size == 4);
    ald_check(counted(&desk)->udp_overflow > 0);
    ald_check_int(desk.n_received + counted(&desk)->udp_overflow, BURST + 1);
    ald_check_int(counted(&desk)->udp_sent, BURST + 1);
    ald_check_int(ald_alloc_count(), allocations); /* memory is flat: none is asked for */
    desk_close(&desk);
}

ALD_TEST(udp, receives_all_of_a_thousand_that_come_while_it_reads)
{
    struct desk desk;

    desk_open(&desk);
    desk_join(&desk, "127.0.0.1");
    for (size_t i = 1; i <= 1000; i++) {
        ald_check_int(desk_send(&desk, "steady", 6), 0);
        if (i % 50 == 0) {
            desk_until(&desk, desk.n_received == i);
        }
    }
    ald_check_int(counted(&desk)->udp_overflow, 0);
    desk_close(&desk);
}

ALD_TEST(udp, takes_a_bounded_number_a_turn)
{
    struct desk desk;

    desk_open(&desk);
    desk_join(&desk, "127.0.0.1");
    for (int i = 0; i < 200; i++) {
        ald_check_int(desk_send(&desk, "x", 1), 0);
    }
    ald_ignore(ald_loop_turn(desk.loop, 0)); /* whether anything is left does not matter */
    ald_check(desk.n_received > 0 && desk.n_received <= 64);
    desk_until(&desk, desk.n_received == 200);
    desk_close(&desk);
}

ALD_TEST(udp, may_be_closed_in_its_callback)
{
    struct desk desk;

    desk_open(&desk);
    desk.close_in_received = true;
    desk_join(&desk, "127.0.0.1");
    for (int i = 0; i < 10; i++) {
        ald_check_int(desk_send(&desk, "x", 1), 0);
    }
    desk_settle(&desk);
    ald_check_int(desk.n_received, 1);
    desk_close(&desk);
}

static void refuses(struct desk *desk, struct ald_udp_spec spec, const char *words)
{
    desk->why.text[0] = '\0';
    ald_check_int(desk_listen(desk, spec), ALDIS_E_BIND);
    if (strstr(desk->why.text, words) == NULL) {
        fail_msg("\"%s\" does not say \"%s\"", desk->why.text, words);
    }
}

ALD_TEST(udp, says_why_it_cannot_listen)
{
    struct ald_udp *first;
    struct desk desk;

    desk_open(&desk);
    ald_check_int(desk_listen(&desk, (struct ald_udp_spec){.host = "127.0.0.1"}), 0);
    first = ald_steal(&desk.udp);
    refuses(&desk, (struct ald_udp_spec){.host = "127.0.0.1", .port = ald_udp_port(first)}, strerror(EADDRINUSE));
    ald_udp_close(first);
    refuses(&desk, (struct ald_udp_spec){.host = "192.0.2.77"}, "192.0.2.77");
    refuses(&desk, (struct ald_udp_spec){.host = "no such host.invalid"}, "no such host.invalid");
    refuses(&desk, (struct ald_udp_spec){.interface = "nosuch0"}, "the interface nosuch0 does not exist");
    refuses(&desk, (struct ald_udp_spec){.interface = "lo"}, "the interface lo ");
    desk_close(&desk);
}

/* Sending. */

ALD_TEST(udp, refuses_to_send_more_than_its_limit)
{
    struct desk desk;
    char bytes[1025] = {0};

    desk_open(&desk);
    ald_check_int(desk_listen(&desk, (struct ald_udp_spec){.host = "127.0.0.1"}), 0);
    desk_dial(&desk,
              (struct ald_udp_sender_spec){.host = "127.0.0.1", .port = ald_udp_port(desk.udp), .size_max = 1024});
    ald_check_int(desk_send(&desk, bytes, 1025), ALD_UDP_TOO_LARGE);
    ald_check(strstr(desk.why.text, "1025") != NULL && strstr(desk.why.text, "1024") != NULL);
    ald_check_int(counted(&desk)->udp_send_oversize, 1);
    ald_check_int(desk_send(&desk, bytes, 1024), 0);
    desk_until(&desk, desk.n_received == 1);
    desk_close(&desk);
}

ALD_TEST(udp, says_that_the_network_takes_no_such_datagram)
{
    static char large[ALD_UDP_SIZE_MAX + 1];
    struct desk desk;

    desk_open(&desk);
    ald_check_int(desk_listen(&desk, (struct ald_udp_spec){.host = "127.0.0.1"}), 0);
    desk_dial(&desk, (struct ald_udp_sender_spec){
                         .host = "127.0.0.1", .port = ald_udp_port(desk.udp), .size_max = sizeof(large)});
    ald_check_int(desk_send(&desk, large, sizeof(large)), ALD_UDP_TOO_LARGE);
    ald_check(strstr(desk.why.text, strerror(EMSGSIZE)) != NULL);
    desk_close(&desk);
}

ALD_TEST(udp, says_that_nobody_listens)
{
    struct desk desk;

    desk_open(&desk);
    desk_join(&desk, "127.0.0.1");
    desk.udp = ald_udp_close(desk.udp);
    ald_check_int(desk_send(&desk, "hello?", 6), ALD_UDP_UNHEARD);
    ald_check(strstr(desk.why.text, "nobody listens") != NULL);
    ald_check(strstr(desk.why.text, ald_udp_sender_address(desk.sender)) != NULL);
    ald_check_int(counted(&desk)->udp_unheard, 1);
    desk_close(&desk);
}

ALD_TEST(udp, drops_and_counts_what_the_system_has_no_room_for)
{
    static const int full[] = {EAGAIN, ENOBUFS, ENOMEM};
    struct desk desk;

    desk_open(&desk);
    desk_join(&desk, "127.0.0.1");
    for (size_t i = 0; i < ALD_COUNT(full); i++) {
        send_errors[0] = full[i];
        n_send_errors = 1;
        ald_check_int(desk_send(&desk, "too much", 8), ALD_UDP_FULL);
        ald_check(desk.why.text[0] != '\0');
    }
    ald_check_int(counted(&desk)->udp_send_full, ALD_COUNT(full));
    ald_check_int(n_sends, ALD_COUNT(full)); /* it was not tried again */
    send_errors[0] = ENETUNREACH;
    n_send_errors = 1;
    ald_check_int(desk_send(&desk, "nowhere", 7), ALD_UDP_UNHEARD);
    ald_check(strstr(desk.why.text, strerror(ENETUNREACH)) != NULL);
    desk_settle(&desk);
    ald_check_int(desk.n_received, 0);
    desk_close(&desk);
}

/* A complaint about an earlier datagram comes with the next one, which is not sent for it. */
ALD_TEST(udp, does_not_lose_a_datagram_to_the_fate_of_another)
{
    struct desk desk;

    desk_open(&desk);
    desk_join(&desk, "127.0.0.1");
    send_errors[0] = ECONNREFUSED;
    n_send_errors = 1;
    ald_check_int(desk_send(&desk, "second", 6), 0);
    desk_until(&desk, desk.n_received == 1);
    ald_check_int(n_sends, 2);
    desk_close(&desk);
}

static void fails(struct desk *desk, struct ald_udp_sender_spec spec, const char *words)
{
    size_t before = desk->n_failed;

    desk_dial(desk, spec);
    ald_check_int(desk->n_failed, before + 1);
    if (strstr(desk->failure, words) == NULL) {
        fail_msg("\"%s\" does not say \"%s\"", desk->failure, words);
    }
    ald_check_int(ald_udp_send(desk->sender, ALD_STR("x"), &desk->why), ALD_UDP_EARLY);
    ald_check_str(ald_str(desk->why.text), desk->failure);
}

ALD_TEST(udp, says_why_it_cannot_send)
{
    struct desk desk;

    desk_open(&desk);
    fails(&desk, (struct ald_udp_sender_spec){.host = "no such host.invalid", .port = 4041}, "no such host.invalid");
    fails(&desk, (struct ald_udp_sender_spec){.host = "", .port = 4041}, "not a host name");
    fails(&desk, (struct ald_udp_sender_spec){.host = "192.0.2.77", .port = 4041, .lan_only = true},
          "neither this machine's nor a private network's");
    fails(&desk, (struct ald_udp_sender_spec){.interface = "nosuch0", .port = 4041},
          "the interface nosuch0 does not exist");
    fails(&desk, (struct ald_udp_sender_spec){.interface = "lo", .port = 4041}, "the interface lo ");
    fails(&desk, (struct ald_udp_sender_spec){.host = "255.255.255.255", .port = 4041}, strerror(EACCES));
    desk_close(&desk);
}

/* How many addresses it has depends on the machine: with one the sender is ready, else it says so. */
ALD_TEST(udp, sends_to_a_name_only_if_it_has_one_address)
{
    struct desk desk;

    desk_open(&desk);
    desk_dial(&desk, (struct ald_udp_sender_spec){.host = "localhost", .port = 4041, .lan_only = true});
    if (desk.n_failed > 0) {
        ald_check(strstr(desk.failure, "localhost:4041") != NULL && strstr(desk.failure, "addresses") != NULL);
    } else {
        ald_check(strstr(ald_udp_sender_address(desk.sender), ":4041") != NULL);
    }
    desk_close(&desk);
}

ALD_TEST(udp, may_be_given_up_while_it_looks_for_the_host)
{
    static const struct ald_udp_sender_callbacks callbacks = {.ready = desk_ready, .failed = desk_failed};
    static const char *const hosts[] = {"localhost", "127.0.0.1", ""};
    struct desk desk;

    desk_open(&desk);
    for (size_t i = 0; i < ALD_COUNT(hosts); i++) {
        const struct ald_udp_sender_spec spec = {.host = hosts[i], .port = 4041};

        ald_check_int(ald_udp_sender_new(desk.net, &spec, &callbacks, &desk, &desk.sender), 0);
        desk.sender = ald_udp_sender_close(desk.sender);
    }
    desk_settle(&desk);
    ald_check_int(desk.n_ready + desk.n_failed, 0);
    desk_close(&desk);
}

ALD_TEST_MAIN(udp, ALD_CASE(udp, receives_a_datagram_and_tells_who_sent_it),
              ALD_CASE(udp, receives_over_ipv6_where_there_is_any), ALD_CASE(udp, on_all_addresses_is_reached_by_each),
              ALD_CASE(udp, receives_the_smallest_and_the_largest_datagram_whole),
              ALD_CASE(udp, hands_over_any_bytes_as_they_are),
              ALD_CASE(udp, drops_and_counts_what_is_longer_than_its_limit),
              ALD_CASE(udp, drops_and_counts_what_does_not_come_from_this_machine),
              ALD_CASE(udp, receives_or_counts_every_datagram_of_a_burst),
              ALD_CASE(udp, receives_all_of_a_thousand_that_come_while_it_reads),
              ALD_CASE(udp, takes_a_bounded_number_a_turn), ALD_CASE(udp, may_be_closed_in_its_callback),
              ALD_CASE(udp, says_why_it_cannot_listen), ALD_CASE(udp, refuses_to_send_more_than_its_limit),
              ALD_CASE(udp, says_that_the_network_takes_no_such_datagram), ALD_CASE(udp, says_that_nobody_listens),
              ALD_CASE(udp, drops_and_counts_what_the_system_has_no_room_for),
              ALD_CASE(udp, does_not_lose_a_datagram_to_the_fate_of_another), ALD_CASE(udp, says_why_it_cannot_send),
              ALD_CASE(udp, sends_to_a_name_only_if_it_has_one_address),
              ALD_CASE(udp, may_be_given_up_while_it_looks_for_the_host))
