/*
 * Broadcasts need interfaces of our own: sending them over those of the machine would bother its neighbours. So this
 * program moves into a network namespace, as root or, where the system lets everybody, in a user namespace of its own.
 * Where neither is possible nothing can be said about broadcasts, and each test says that it was not tried.
 */

#include "lib/test.h"

#include <arpa/inet.h>
#include <errno.h>
#include <linux/if_link.h>
#include <linux/rtnetlink.h>
#include <net/if.h>
#include <sched.h>
#include <stdio.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "loop/loop.h"
#include "transport/udp.h"

/* Why it cannot be tried; "": it can. */
static char obstacle[200];

/* Making interfaces. */

struct request {
    struct nlmsghdr header;
    struct ifinfomsg info;
    uint8_t room[200];
};

/* Returns where the attribute begins, for nest_end(). */
static struct rtattr *attribute_add(struct request *request, unsigned short type, const char *text)
{
    struct rtattr *attribute = (void *)((char *)request + NLMSG_ALIGN(request->header.nlmsg_len));
    size_t size = text != NULL ? strlen(text) + 1 : 0;

    attribute->rta_type = type;
    attribute->rta_len = (unsigned short)RTA_LENGTH(size);
    if (text != NULL) {
        memcpy(RTA_DATA(attribute), text, size);
    }
    request->header.nlmsg_len = (unsigned)(NLMSG_ALIGN(request->header.nlmsg_len) + RTA_ALIGN(attribute->rta_len));
    return attribute;
}

static void nest_end(const struct request *request, struct rtattr *nest)
{
    nest->rta_len = (unsigned short)((const char *)request + request->header.nlmsg_len - (char *)nest);
}

/* Returns 0 or an errno. */
static int link_make(const char *name, const char *kind)
{
    struct request request = {
        .header = {.nlmsg_len = NLMSG_LENGTH(sizeof(struct ifinfomsg)),
                   .nlmsg_type = RTM_NEWLINK,
                   .nlmsg_flags = NLM_F_REQUEST | NLM_F_CREATE | NLM_F_EXCL | NLM_F_ACK},
    };
    struct {
        struct nlmsghdr header;
        struct nlmsgerr error;
        uint8_t rest[400];
    } answer = {.error = {.error = -EIO}};
    int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE);
    struct rtattr *nest;

    attribute_add(&request, IFLA_IFNAME, name);
    nest = attribute_add(&request, IFLA_LINKINFO, NULL);
    attribute_add(&request, IFLA_INFO_KIND, kind);
    nest_end(&request, nest);
    if (fd < 0 || send(fd, &request, request.header.nlmsg_len, 0) < 0 || recv(fd, &answer, sizeof(answer), 0) < 0) {
        answer.error.error = -errno;
    }
    if (fd >= 0) {
        close(fd);
    }
    return -answer.error.error;
}

static struct ifreq interface_request(const char *name, const char *address)
{
    struct ifreq request = {0};
    struct sockaddr_in *in = (void *)&request.ifr_addr;

    snprintf(request.ifr_name, sizeof(request.ifr_name), "%s", name);
    if (address != NULL) {
        in->sin_family = AF_INET;
        (void)inet_pton(AF_INET, address, &in->sin_addr);
    }
    return request;
}

/* Bring it up with an address, or without any. Returns 0 or an errno. */
static int link_up(const char *name, const char *address, const char *broadcast)
{
    struct ifreq own = interface_request(name, address), mask = interface_request(name, "255.255.255.0");
    struct ifreq all = interface_request(name, broadcast), up = interface_request(name, NULL);
    int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    int error = 0;

    up.ifr_flags = IFF_UP;
    if (fd < 0 ||
        (address != NULL && (ioctl(fd, SIOCSIFADDR, &own) < 0 || ioctl(fd, SIOCSIFNETMASK, &mask) < 0 ||
                             ioctl(fd, SIOCSIFBRDADDR, &all) < 0)) ||
        ioctl(fd, SIOCSIFFLAGS, &up) < 0) {
        error = errno;
    }
    if (fd >= 0) {
        close(fd);
    }
    return error;
}

/* Whatever kind the kernel has. Returns 0 or the errno of the last. */
static int link_make_any(const char *name)
{
    static const char *const kinds[] = {"dummy", "veth", "bridge"};
    int error = ENOTSUP;

    for (size_t i = 0; i < ALD_COUNT(kinds) && error != 0; i++) {
        error = link_make(name, kinds[i]);
    }
    return error;
}

static void world_make(void)
{
    int error = 0;

    if (unshare(CLONE_NEWNET) < 0 && unshare(CLONE_NEWUSER | CLONE_NEWNET) < 0) {
        snprintf(obstacle, sizeof(obstacle), "no network namespace: %s", strerror(errno));
        return;
    }
    error = link_up("lo", NULL, NULL);
    error = error != 0 ? error : link_make_any("one0");
    error = error != 0 ? error : link_make_any("two0");
    error = error != 0 ? error : link_make_any("idle0");
    error = error != 0 ? error : link_make_any("mute0");
    error = error != 0 ? error : link_up("one0", "10.1.1.1", "10.1.1.255");
    error = error != 0 ? error : link_up("two0", "10.2.2.1", "10.2.2.255");
    error = error != 0 ? error : link_up("mute0", NULL, NULL);
    if (error != 0) {
        snprintf(obstacle, sizeof(obstacle), "no interfaces to try it with: %s", strerror(error));
    }
}

#define try_or_say_so()                                                                                                \
    do {                                                                                                               \
        if (obstacle[0] != '\0') {                                                                                     \
            print_message("not tried: %s\n", obstacle);                                                                \
            skip();                                                                                                    \
        }                                                                                                              \
    } while (0)

/* The tests. */

struct ear {
    struct ald_udp *udp;
    size_t n_received;
    char from[80];
    bool loopback;
};

struct air {
    struct ald_loop *loop;
    struct ald_net *net;
    struct ald_alarm deadline;
    struct ald_why why;
    struct ald_udp_sender *sender;
    size_t n_ready, n_failed;
    char failure[300];
};

static void air_late(void *owner ALD_UNUSED)
{
    fail_msg("waited in vain");
}

static void air_open(struct air *air)
{
    *air = (struct air){0};
    ald_check_int(ald_loop_new(&air->loop), 0);
    ald_check_int(ald_net_new(air->loop, &air->net), 0);
    ald_alarm_init(&air->deadline, air_late, NULL);
    ald_alarm_start(air->loop, &air->deadline, ald_loop_now(air->loop) + 30 * ALD_SEC);
}

static void air_close(struct air *air)
{
    air->sender = ald_udp_sender_close(air->sender);
    ald_alarm_stop(air->loop, &air->deadline);
    ald_check(ald_net_free(air->net) == NULL);
    ald_check(ald_loop_free(air->loop) == NULL);
}

static void air_settle(struct air *air)
{
    for (int i = 0; i < 50; i++) {
        ald_ignore(ald_loop_turn(air->loop, 0)); /* whether anything is left does not matter */
    }
}

#define air_until(air, fact)                                                                                           \
    while (!(fact)) {                                                                                                  \
        ald_check(ald_loop_turn((air)->loop, ALD_NEVER));                                                              \
    }

static void ear_received(void *owner, struct ald_udp *udp ALD_UNUSED, const struct ald_datagram *datagram)
{
    struct ear *ear = owner;

    ear->n_received++;
    ear->loopback = datagram->loopback;
    snprintf(ear->from, sizeof(ear->from), "%s", datagram->from);
}

static int ear_open(struct air *air, struct ear *ear, struct ald_udp_spec spec)
{
    static const struct ald_udp_callbacks callbacks = {.received = ear_received};

    *ear = (struct ear){0};
    return ald_udp_listen(air->net, &spec, &callbacks, ear, &ear->udp, &air->why);
}

static void air_ready(void *owner, struct ald_udp_sender *sender ALD_UNUSED)
{
    struct air *air = owner;

    air->n_ready++;
}

static void air_failed(void *owner, struct ald_udp_sender *sender ALD_UNUSED, const char *text)
{
    struct air *air = owner;

    air->n_failed++;
    snprintf(air->failure, sizeof(air->failure), "%s", text);
}

static void air_dial(struct air *air, struct ald_udp_sender_spec spec)
{
    static const struct ald_udp_sender_callbacks callbacks = {.ready = air_ready, .failed = air_failed};
    size_t before = air->n_ready + air->n_failed;

    air->sender = ald_udp_sender_close(air->sender);
    ald_check_int(ald_udp_sender_new(air->net, &spec, &callbacks, air, &air->sender), 0);
    air_until(air, air->n_ready + air->n_failed == before + 1);
}

ALD_TEST(broadcast, reaches_everybody_who_listens_on_the_interface)
{
    struct ear first, second;
    struct air air;
    char text[64];
    uint16_t port;

    try_or_say_so();
    air_open(&air);
    ald_check_int(ear_open(&air, &first, (struct ald_udp_spec){.interface = "one0"}), 0);
    port = ald_udp_port(first.udp);
    ald_check_int(ear_open(&air, &second, (struct ald_udp_spec){.interface = "one0", .port = port}), 0);
    snprintf(text, sizeof(text), "10.1.1.255:%u", (unsigned)port);
    ald_check_str(ald_str(ald_udp_address(first.udp)), text);
    ald_check(!ald_udp_local(first.udp));

    air_dial(&air, (struct ald_udp_sender_spec){.interface = "one0", .port = port, .lan_only = true});
    ald_check_int(air.n_ready, 1);
    ald_check_str(ald_str(ald_udp_sender_address(air.sender)), text);
    ald_check_int(ald_udp_send(air.sender, ALD_STR("to all"), NULL), 0);
    air_until(&air, first.n_received == 1 && second.n_received == 1);
    ald_check(strncmp(first.from, "10.1.1.1:", 9) == 0 && !first.loopback);
    ald_udp_close(first.udp);
    ald_udp_close(second.udp);
    air_close(&air);
}

ALD_TEST(broadcast, is_not_heard_on_another_interface)
{
    struct ear one, two;
    struct air air;

    try_or_say_so();
    air_open(&air);
    ald_check_int(ear_open(&air, &one, (struct ald_udp_spec){.interface = "one0"}), 0);
    ald_check_int(ear_open(&air, &two, (struct ald_udp_spec){.interface = "two0", .port = ald_udp_port(one.udp)}), 0);
    air_dial(&air, (struct ald_udp_sender_spec){.interface = "two0", .port = ald_udp_port(one.udp)});
    ald_check_int(ald_udp_send(air.sender, ALD_STR("to all"), NULL), 0);
    air_until(&air, two.n_received == 1);
    air_settle(&air);
    ald_check_int(one.n_received, 0);
    ald_udp_close(one.udp);
    ald_udp_close(two.udp);
    air_close(&air);
}

/* What is sent to this machine alone is not for those who listen to broadcasts. */
ALD_TEST(broadcast, is_told_from_what_is_sent_to_one)
{
    struct ear all, mine;
    struct air air;
    uint16_t port;

    try_or_say_so();
    air_open(&air);
    ald_check_int(ear_open(&air, &all, (struct ald_udp_spec){.interface = "one0"}), 0);
    port = ald_udp_port(all.udp);
    ald_check_int(ear_open(&air, &mine, (struct ald_udp_spec){.host = "10.1.1.1", .port = port}), 0);
    air_dial(&air, (struct ald_udp_sender_spec){.host = "10.1.1.1", .port = port});
    ald_check_int(ald_udp_send(air.sender, ALD_STR("to one"), NULL), 0);
    air_until(&air, mine.n_received == 1);
    air_settle(&air);
    ald_check_int(all.n_received, 0);
    ald_udp_close(all.udp);
    ald_udp_close(mine.udp);
    air_close(&air);
}

static void is_unfit(struct air *air, const char *interface, const char *words)
{
    struct ear ear;
    size_t before = air->n_failed;

    air->why.text[0] = '\0';
    ald_check_int(ear_open(air, &ear, (struct ald_udp_spec){.interface = interface}), ALDIS_E_BIND);
    ald_check_str(ald_str(air->why.text), words);
    air_dial(air, (struct ald_udp_sender_spec){.interface = interface, .port = 4041});
    ald_check_int(air->n_failed, before + 1);
    ald_check_str(ald_str(air->failure), words);
}

ALD_TEST(broadcast, says_what_is_wrong_with_an_interface)
{
    struct air air;

    try_or_say_so();
    air_open(&air);
    is_unfit(&air, "none0", "the interface none0 does not exist");
    is_unfit(&air, "idle0", "the interface idle0 is down");
    is_unfit(&air, "lo", "the interface lo has no IPv4 broadcast address");
    is_unfit(&air, "mute0", "the interface mute0 has no IPv4 broadcast address");
    air_close(&air);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        ALD_CASE(broadcast, reaches_everybody_who_listens_on_the_interface),
        ALD_CASE(broadcast, is_not_heard_on_another_interface),
        ALD_CASE(broadcast, is_told_from_what_is_sent_to_one),
        ALD_CASE(broadcast, says_what_is_wrong_with_an_interface),
    };

    world_make();
    return cmocka_run_group_tests_name("broadcast", tests, NULL, NULL);
}
