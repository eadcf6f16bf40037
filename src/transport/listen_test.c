/*
 * What listening depends on outside of us: files that lie in the way, ports that are taken, descriptors that run out.
 */

#include "lib/test.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <stdio.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/str.h"
#include "loop/loop.h"
#include "transport/dial.h"

struct place {
    struct ald_loop *loop;
    struct ald_net *net;
    struct ald_alarm deadline;
    struct ald_why why;
    char dir[80];
    char path[100];
    size_t n_accepted, n_opened, n_closed;
    struct ald_stream *streams[700];
    bool close_in_accept;
    char end_text[300]; /* of the last one that closed */
    struct ald_listener *listener;
};

static void place_late(void *owner ALD_UNUSED)
{
    fail_msg("waited in vain");
}

static void place_open(struct place *place)
{
    *place = (struct place){0};
    ald_check_int(ald_loop_new(&place->loop), 0);
    ald_check_int(ald_net_new(place->loop, &place->net), 0);
    ald_alarm_init(&place->deadline, place_late, NULL);
    ald_alarm_start(place->loop, &place->deadline, ald_loop_now(place->loop) + 30 * ALD_SEC);
    snprintf(place->dir, sizeof(place->dir), "%s/listen.XXXXXX", P_tmpdir);
    ald_check(mkdtemp(place->dir) != NULL);
    snprintf(place->path, sizeof(place->path), "%s/socket", place->dir);
}

static void place_close(struct place *place)
{
    for (size_t i = 0; i < ALD_COUNT(place->streams); i++) {
        ald_stream_free(place->streams[i]);
    }
    place->listener = ald_listener_close(place->listener);
    ald_alarm_stop(place->loop, &place->deadline);
    ald_check(ald_net_free(place->net) == NULL);
    ald_check(ald_loop_free(place->loop) == NULL);
    ald_check_int(rmdir(place->dir), 0);
}

static void place_opened(void *owner, struct ald_stream *stream ALD_UNUSED)
{
    struct place *place = owner;

    place->n_opened++;
}

static void place_closed(void *owner, struct ald_stream *stream ALD_UNUSED, const struct ald_end *end)
{
    struct place *place = owner;

    snprintf(place->end_text, sizeof(place->end_text), "%s", end->text);
    place->n_closed++;
}

static const struct ald_stream_callbacks place_callbacks = {.opened = place_opened, .closed = place_closed};

static size_t place_slot(const struct place *place)
{
    size_t i = 0;

    while (place->streams[i] != NULL) {
        i++;
        ald_check(i < ALD_COUNT(place->streams));
    }
    return i;
}

static void place_accepted(void *owner, struct ald_listener *listener ALD_UNUSED, struct ald_stream *stream)
{
    struct place *place = owner;

    place->n_accepted++;
    if (!place->close_in_accept) {
        place->streams[place_slot(place)] = stream;
    } else {
        ald_stream_free(stream);
        place->listener = ald_listener_close(place->listener);
    }
}

static int place_listen(struct place *place, struct ald_listen_spec spec)
{
    static const struct ald_listener_callbacks callbacks = {.accepted = place_accepted};

    return ald_listen(place->net, &spec, &callbacks, place, &place->listener, &place->why);
}

static int place_listen_unix(struct place *place)
{
    return place_listen(place, (struct ald_listen_spec){.place = {ALD_BOTTOM_UNIX, place->path, 0}});
}

static void place_dial(struct place *place, struct ald_place to)
{
    const struct ald_dial_spec spec = {.place = to};

    ald_check_int(ald_dial(place->net, &spec, &place_callbacks, place, &place->streams[place_slot(place)]), 0);
}

#define place_until(place, fact)                                                                                       \
    while (!(fact)) {                                                                                                  \
        ald_check(ald_loop_turn((place)->loop, ALD_NEVER));                                                            \
    }

/* Unix. */

ALD_TEST(listen, makes_a_socket_that_only_its_owner_may_use)
{
    struct place place;
    struct stat file;

    place_open(&place);
    ald_check_int(place_listen_unix(&place), 0);
    ald_check_int(stat(place.path, &file), 0);
    ald_check(S_ISSOCK(file.st_mode));
    ald_check_int(file.st_mode & 0777, 0600);
    ald_check_str(ald_str(ald_listener_address(place.listener)), place.path);
    ald_check(ald_listener_loopback(place.listener));
    place.listener = ald_listener_close(place.listener);
    ald_check(stat(place.path, &file) < 0 && errno == ENOENT); /* it leaves nothing behind */
    place_close(&place);
}

ALD_TEST(listen, gives_a_socket_the_mode_that_was_asked_for)
{
    struct place place;
    struct stat file;
    mode_t mask = umask(0077);

    place_open(&place);
    ald_check_int(
        place_listen(&place, (struct ald_listen_spec){.place = {ALD_BOTTOM_UNIX, place.path, 0}, .unix_mode = 0666}),
        0);
    ald_check_int(stat(place.path, &file), 0);
    ald_check_int(file.st_mode & 0777, 0666);
    umask(mask);
    place_close(&place);
}

static int place_listen_group(struct place *place, const char *group)
{
    return place_listen(place,
                        (struct ald_listen_spec){.place = {ALD_BOTTOM_UNIX, place->path, 0}, .unix_group = group});
}

/* A group of this process: whoever may not give a file to any group may give it to those. */
static gid_t some_group(void)
{
    gid_t groups[256];
    int n = getgroups(ALD_COUNT(groups), groups);

    return n > 0 && groups[n - 1] != 0 ? groups[n - 1] : getuid() == 0 ? 12345 : getgid();
}

ALD_TEST(listen, gives_a_socket_to_the_group_that_was_asked_for)
{
    struct place place;
    struct stat file;
    struct group *named;
    char number[32];

    place_open(&place);
    snprintf(number, sizeof(number), "%u", (unsigned)some_group());
    ald_check_int(place_listen_group(&place, number), 0);
    ald_check_int(stat(place.path, &file), 0);
    ald_check_int(file.st_gid, some_group());
    ald_check_int(file.st_uid, geteuid());
    ald_check_int(file.st_mode & 0777, 0660);
    place.listener = ald_listener_close(place.listener);

    named = getgrgid(getgid());
    if (named == NULL) {
        print_message("not tried by name: the group of this process has none\n");
    } else {
        ald_check_int(place_listen_group(&place, named->gr_name), 0);
        ald_check_int(stat(place.path, &file), 0);
        ald_check_int(file.st_gid, getgid());
    }
    place_close(&place);
}

ALD_TEST(listen, lets_the_group_into_a_folder_that_it_makes)
{
    struct place place;
    struct stat file;
    char folder[90], path[108], number[32];

    place_open(&place);
    snprintf(folder, sizeof(folder), "%s/run", place.dir);
    snprintf(path, sizeof(path), "%s/socket", folder);
    snprintf(number, sizeof(number), "%u", (unsigned)some_group());
    ald_check_int(place_listen(&place, (struct ald_listen_spec){.place = {ALD_BOTTOM_UNIX, path, 0},
                                                                .unix_group = number,
                                                                .unix_make_dir = true}),
                  0);
    ald_check_int(stat(folder, &file), 0);
    ald_check_int(file.st_gid, some_group());
    ald_check_int(file.st_mode & 0777, 0750);
    place.listener = ald_listener_close(place.listener);
    ald_check_int(rmdir(folder), 0);
    place_close(&place);
}

ALD_TEST(listen, gives_the_mode_that_was_asked_for_to_a_group_too)
{
    struct place place;
    struct stat file;

    place_open(&place);
    ald_check_int(place_listen(&place, (struct ald_listen_spec){.place = {ALD_BOTTOM_UNIX, place.path, 0},
                                                                .unix_group = "0",
                                                                .unix_mode = 0620}),
                  getuid() == 0 ? 0 : ALDIS_E_ACCESS);
    if (getuid() == 0) {
        ald_check_int(stat(place.path, &file), 0);
        ald_check_int(file.st_mode & 0777, 0620);
    }
    place_close(&place);
}

ALD_TEST(listen, says_that_there_is_no_such_group)
{
    static const char *const groups[] = {"no such group", "", "-1", "4294967295", "4294967296", "12x"};
    struct place place;
    struct stat file;

    place_open(&place);
    for (size_t i = 0; i < ALD_COUNT(groups); i++) {
        ald_check_int(place_listen_group(&place, groups[i]), ALDIS_E_BIND);
        ald_check(strstr(place.why.text, "there is no group") != NULL && strstr(place.why.text, groups[i]) != NULL);
    }
    ald_check(stat(place.path, &file) < 0 && errno == ENOENT);
    place_close(&place);
}

/* Root may do anything, so that is for a child to try that has given its rights up. */
ALD_TEST(listen, says_that_it_may_not_give_a_socket_to_a_group)
{
    struct place place;
    struct stat file;
    int status;
    pid_t child;

    if (getuid() != 0) {
        print_message("not tried here: the test of the mode does it for those who are not root\n");
        skip();
    }
    place_open(&place);
    ald_check_int(chmod(place.dir, 0777), 0);
    child = fork();
    ald_check(child >= 0);
    if (child == 0) {
        bool right = setgroups(0, NULL) == 0 && setgid(65534) == 0 && setuid(65534) == 0 &&
                     place_listen_group(&place, "12345") == ALDIS_E_ACCESS &&
                     strstr(place.why.text, "cannot give") != NULL && strstr(place.why.text, "12345") != NULL &&
                     strstr(place.why.text, strerror(EPERM)) != NULL;

        _exit(right ? 0 : 1);
    }
    ald_check_int(waitpid(child, &status, 0), child);
    ald_check(WIFEXITED(status) && WEXITSTATUS(status) == 0);
    ald_check(stat(place.path, &file) < 0 && errno == ENOENT); /* what could not be given away does not stay */
    place_close(&place);
}

/* A socket's file whose listener is gone, as a daemon that was killed leaves it. */
static void stale_make(const char *path)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    int fd = socket(AF_UNIX, SOCK_STREAM, 0);

    snprintf(address.sun_path, sizeof(address.sun_path), "%s", path);
    ald_check_int(bind(fd, (struct sockaddr *)&address, sizeof(address)), 0);
    ald_check_int(listen(fd, 1), 0);
    close(fd);
}

ALD_TEST(listen, replaces_a_socket_that_nobody_answers_at)
{
    struct place place;

    place_open(&place);
    stale_make(place.path);
    ald_check_int(place_listen_unix(&place), 0);
    place_dial(&place, (struct ald_place){ALD_BOTTOM_UNIX, place.path, 0});
    place_until(&place, place.n_accepted == 1);
    place_close(&place);
}

ALD_TEST(listen, leaves_a_socket_that_is_in_use)
{
    struct place place;
    struct ald_listener *first;

    place_open(&place);
    ald_check_int(place_listen_unix(&place), 0);
    first = ald_steal(&place.listener);
    ald_check_int(place_listen_unix(&place), ALDIS_E_BIND);
    ald_check(strstr(place.why.text, place.path) != NULL && strstr(place.why.text, strerror(EADDRINUSE)) != NULL);
    place_dial(&place, (struct ald_place){ALD_BOTTOM_UNIX, place.path, 0});
    place_until(&place, place.n_opened == 1); /* the first one is still there */
    place.listener = first;
    place_close(&place);
}

ALD_TEST(listen, does_not_touch_what_is_not_a_socket)
{
    struct place place;
    struct stat file;
    int fd;

    place_open(&place);
    fd = open(place.path, O_CREAT | O_WRONLY, 0600);
    ald_check(fd >= 0);
    close(fd);
    ald_check_int(place_listen_unix(&place), ALDIS_E_BIND);
    ald_check(strstr(place.why.text, strerror(ENOTSOCK)) != NULL);
    ald_check_int(stat(place.path, &file), 0);
    unlink(place.path);
    place_close(&place);
}

ALD_TEST(listen, does_not_remove_the_socket_of_another)
{
    struct place place;
    struct stat file;

    place_open(&place);
    ald_check_int(place_listen_unix(&place), 0);
    unlink(place.path);
    stale_make(place.path);
    place.listener = ald_listener_close(place.listener);
    ald_check_int(stat(place.path, &file), 0);
    unlink(place.path);
    place_close(&place);
}

ALD_TEST(listen, makes_the_missing_folder_when_told)
{
    struct place place;
    char folder[90], path[108];

    place_open(&place);
    snprintf(folder, sizeof(folder), "%s/run", place.dir);
    snprintf(path, sizeof(path), "%s/socket", folder);
    ald_check_int(place_listen(&place, (struct ald_listen_spec){.place = {ALD_BOTTOM_UNIX, path, 0}}), ALDIS_E_BIND);
    ald_check_int(
        place_listen(&place, (struct ald_listen_spec){.place = {ALD_BOTTOM_UNIX, path, 0}, .unix_make_dir = true}), 0);
    place.listener = ald_listener_close(place.listener);
    ald_check_int(rmdir(folder), 0);
    place_close(&place);
}

ALD_TEST(listen, refuses_a_path_that_does_not_fit)
{
    struct ald_stream *stream = NULL;
    struct place place;
    char path[200];

    memset(path, 'p', sizeof(path) - 1);
    path[0] = '/';
    path[sizeof(path) - 1] = '\0';
    place_open(&place);
    ald_check_int(place_listen(&place, (struct ald_listen_spec){.place = {ALD_BOTTOM_UNIX, path, 0}}), ALDIS_E_BIND);
    ald_check(strstr(place.why.text, "107") != NULL);
    ald_check_int(ald_dial(place.net, &(struct ald_dial_spec){.place = {ALD_BOTTOM_UNIX, path, 0}}, &place_callbacks,
                           &place, &stream),
                  ALDIS_E_INVALID);
    place_close(&place);
}

/* Tcp. */

static struct ald_listen_spec tcp_at(const char *name, uint16_t port)
{
    return (struct ald_listen_spec){.place = {ALD_BOTTOM_TCP, name, port}};
}

ALD_TEST(listen, tells_the_port_that_the_system_chose)
{
    struct place place;
    char text[64];

    place_open(&place);
    ald_check_int(place_listen(&place, tcp_at("127.0.0.1", 0)), 0);
    ald_check(ald_listener_port(place.listener) > 0);
    snprintf(text, sizeof(text), "127.0.0.1:%u", (unsigned)ald_listener_port(place.listener));
    ald_check_str(ald_str(ald_listener_address(place.listener)), text);
    ald_check(ald_listener_loopback(place.listener) && ald_listener_lan(place.listener));
    place_close(&place);
}

ALD_TEST(listen, says_that_a_port_is_taken)
{
    struct ald_listener *first;
    struct place place;
    uint16_t port;

    place_open(&place);
    ald_check_int(place_listen(&place, tcp_at("127.0.0.1", 0)), 0);
    first = ald_steal(&place.listener);
    port = ald_listener_port(first);
    ald_check_int(place_listen(&place, tcp_at("127.0.0.1", port)), ALDIS_E_BIND);
    ald_check(strstr(place.why.text, "127.0.0.1") != NULL && strstr(place.why.text, strerror(EADDRINUSE)) != NULL);
    ald_listener_close(first);
    ald_check_int(place_listen(&place, tcp_at("127.0.0.1", port)), 0); /* at once, without waiting for the old one */
    place_close(&place);
}

ALD_TEST(listen, on_all_addresses_is_reached_by_each)
{
    struct place place;
    uint16_t port;

    place_open(&place);
    ald_check_int(place_listen(&place, tcp_at("*", 0)), 0);
    ald_check(!ald_listener_loopback(place.listener) && !ald_listener_lan(place.listener));
    port = ald_listener_port(place.listener);
    place_dial(&place, (struct ald_place){ALD_BOTTOM_TCP, "127.0.0.1", port});
    place_until(&place, place.n_opened == 1);
    place_dial(&place, (struct ald_place){ALD_BOTTOM_TCP, "localhost", port}); /* whatever addresses that has */
    place_until(&place, place.n_opened == 2);
    place_close(&place);
}

/* Not every machine has IPv6; where it has none, nothing can be said about it. */
ALD_TEST(listen, on_ipv6_is_written_in_brackets)
{
    struct place place;
    char text[64];

    place_open(&place);
    if (place_listen(&place, tcp_at("[::1]", 0)) == 0) {
        snprintf(text, sizeof(text), "[::1]:%u", (unsigned)ald_listener_port(place.listener));
        ald_check_str(ald_str(ald_listener_address(place.listener)), text);
        place_dial(&place, (struct ald_place){ALD_BOTTOM_TCP, "[::1]", ald_listener_port(place.listener)});
        place_until(&place, place.n_opened == 1);
    }
    place_close(&place);
}

ALD_TEST(listen, refuses_an_address_that_is_not_ours)
{
    struct place place;

    place_open(&place);
    ald_check_int(place_listen(&place, tcp_at("192.0.2.77", 0)), ALDIS_E_BIND);
    ald_check(strstr(place.why.text, "192.0.2.77") != NULL);
    ald_check_int(place_listen(&place, tcp_at("no such host.invalid", 0)), ALDIS_E_BIND);
    place_close(&place);
}

ALD_TEST(listen, may_be_closed_while_it_accepts)
{
    struct place place;

    place_open(&place);
    place.close_in_accept = true;
    ald_check_int(place_listen_unix(&place), 0);
    for (int i = 0; i < 5; i++) {
        place_dial(&place, (struct ald_place){ALD_BOTTOM_UNIX, place.path, 0});
    }
    place_until(&place, place.n_accepted == 1 && place.n_closed == 5);
    place_close(&place);
}

ALD_TEST(listen, takes_many_callers_that_come_at_once)
{
    struct place place;

    place_open(&place);
    ald_check_int(place_listen(&place, tcp_at("127.0.0.1", 0)), 0);
    for (int i = 0; i < 300; i++) {
        place_dial(&place, (struct ald_place){ALD_BOTTOM_TCP, "127.0.0.1", ald_listener_port(place.listener)});
    }
    place_until(&place, place.n_accepted == 300);
    ald_check_int(ald_net_counters(place.net)->accepted, 300);
    place_close(&place);
}

/* Callers outside of our loop, so that only accepting needs descriptors of it. */
static int caller_connect(const struct place *place)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    int fd = socket(AF_UNIX, SOCK_STREAM, 0);

    snprintf(address.sun_path, sizeof(address.sun_path), "%s", place->path);
    ald_check_int(connect(fd, (struct sockaddr *)&address, sizeof(address)), 0);
    return fd;
}

ALD_TEST(listen, turns_callers_away_when_descriptors_run_out)
{
    struct rlimit limit, tight;
    struct place place;
    int callers[3], filler[64];
    size_t n_filler = 0;
    char byte;

    place_open(&place);
    ald_check_int(place_listen_unix(&place), 0);
    for (size_t i = 0; i < ALD_COUNT(callers); i++) {
        callers[i] = caller_connect(&place);
    }
    ald_check_int(getrlimit(RLIMIT_NOFILE, &limit), 0);
    tight = (struct rlimit){.rlim_cur = (rlim_t)callers[2] + 1, .rlim_max = limit.rlim_max};
    ald_check_int(setrlimit(RLIMIT_NOFILE, &tight), 0);
    /* Holes below the limit are filled, so that not one descriptor is left. */
    while (n_filler < ALD_COUNT(filler) && (filler[n_filler] = dup(0)) >= 0) {
        n_filler++;
    }
    ald_check(n_filler < ALD_COUNT(filler));

    place_until(&place, ald_net_counters(place.net)->accept_shed == 3);
    ald_check_int(place.n_accepted, 0);
    for (size_t i = 0; i < ALD_COUNT(callers); i++) {
        ald_check_int(read(callers[i], &byte, 1), 0); /* they are told at once */
        close(callers[i]);
    }
    while (n_filler > 0) {
        close(filler[--n_filler]);
    }
    ald_check_int(setrlimit(RLIMIT_NOFILE, &limit), 0);

    callers[0] = caller_connect(&place); /* and all is well again */
    place_until(&place, place.n_accepted == 1);
    close(callers[0]);
    place_close(&place);
}

/* Dialing. */

ALD_TEST(dial, says_that_a_host_does_not_exist)
{
    struct place place;

    place_open(&place);
    place_dial(&place, (struct ald_place){ALD_BOTTOM_TCP, "no such host.invalid", 80});
    place_until(&place, place.n_closed == 1);
    ald_check_int(ald_net_counters(place.net)->refused, 1);
    place_close(&place);
}

/* 192.0.2.0/24 is nobody's (RFC 5737), so a dial that is not refused would wait; it ends before it has begun. */
ALD_TEST(dial, stays_in_the_private_network_when_told)
{
    static const char *const far[] = {"192.0.2.77", "2001:db8::7"};
    struct ald_stream_options options;
    struct place place;

    place_open(&place);
    ald_stream_options_init(&options);
    options.lan_only = true;
    for (size_t i = 0; i < ALD_COUNT(far); i++) {
        const struct ald_dial_spec spec = {.place = {ALD_BOTTOM_TCP, far[i], 4040}, .options = &options};

        ald_check_int(ald_dial(place.net, &spec, &place_callbacks, &place, &place.streams[place_slot(&place)]), 0);
    }
    place_until(&place, ald_net_counters(place.net)->refused == 2);
    place_until(&place, place.n_closed == 2);
    ald_check(strstr(place.end_text, "private network") != NULL);

    ald_check_int(place_listen(&place, tcp_at("127.0.0.1", 0)), 0);
    ald_check_int(
        ald_dial(place.net,
                 &(struct ald_dial_spec){.place = {ALD_BOTTOM_TCP, "127.0.0.1", ald_listener_port(place.listener)},
                                         .options = &options},
                 &place_callbacks, &place, &place.streams[place_slot(&place)]),
        0);
    place_until(&place, place.n_opened == 1);
    place_close(&place);
}

ALD_TEST(dial, may_be_given_up_while_it_looks_for_the_host)
{
    struct place place;

    place_open(&place);
    place_dial(&place, (struct ald_place){ALD_BOTTOM_TCP, "localhost", 80});
    place.streams[0] = ald_stream_free(place.streams[0]);
    place_dial(&place, (struct ald_place){ALD_BOTTOM_TCP, "127.0.0.1", 80});
    place.streams[0] = ald_stream_free(place.streams[0]);
    ald_alarm_stop(place.loop, &place.deadline);
    ald_loop_run(place.loop);
    ald_check_int(place.n_opened + place.n_closed, 0);
    place_close(&place);
}

ALD_TEST(dial, waits_while_the_backlog_of_a_unix_socket_is_full)
{
    struct ald_stream_options options;
    struct ald_dial_spec spec = {.options = &options};
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    struct place place;
    int fd, accepted;

    place_open(&place);
    fd = socket(AF_UNIX, SOCK_STREAM, 0);
    snprintf(address.sun_path, sizeof(address.sun_path), "%s", place.path);
    ald_check_int(bind(fd, (struct sockaddr *)&address, sizeof(address)), 0);
    ald_check_int(listen(fd, 0), 0);
    ald_stream_options_init(&options);
    spec.place = (struct ald_place){ALD_BOTTOM_UNIX, place.path, 0};

    place_dial(&place, spec.place);
    place_until(&place, place.n_opened == 1);
    place_dial(&place, spec.place); /* waits for room */
    options.connect_timeout = 50 * ALD_MSEC;
    ald_check_int(ald_dial(place.net, &spec, &place_callbacks, &place, &place.streams[place_slot(&place)]), 0);
    place_until(&place, place.n_closed == 1); /* the impatient one */
    ald_check_int(place.n_opened, 1);
    ald_check_int(ald_net_counters(place.net)->timeouts, 1);
    accepted = accept(fd, NULL, NULL);
    place_until(&place, place.n_opened == 2); /* the patient one */
    close(accepted);
    close(fd);
    unlink(place.path);
    place_close(&place);
}

ALD_TEST_MAIN(listen, ALD_CASE(listen, makes_a_socket_that_only_its_owner_may_use),
              ALD_CASE(listen, gives_a_socket_the_mode_that_was_asked_for),
              ALD_CASE(listen, gives_a_socket_to_the_group_that_was_asked_for),
              ALD_CASE(listen, lets_the_group_into_a_folder_that_it_makes),
              ALD_CASE(listen, gives_the_mode_that_was_asked_for_to_a_group_too),
              ALD_CASE(listen, says_that_there_is_no_such_group),
              ALD_CASE(listen, says_that_it_may_not_give_a_socket_to_a_group),
              ALD_CASE(listen, replaces_a_socket_that_nobody_answers_at),
              ALD_CASE(listen, leaves_a_socket_that_is_in_use), ALD_CASE(listen, does_not_touch_what_is_not_a_socket),
              ALD_CASE(listen, does_not_remove_the_socket_of_another),
              ALD_CASE(listen, makes_the_missing_folder_when_told), ALD_CASE(listen, refuses_a_path_that_does_not_fit),
              ALD_CASE(listen, tells_the_port_that_the_system_chose), ALD_CASE(listen, says_that_a_port_is_taken),
              ALD_CASE(listen, on_all_addresses_is_reached_by_each), ALD_CASE(listen, on_ipv6_is_written_in_brackets),
              ALD_CASE(listen, refuses_an_address_that_is_not_ours), ALD_CASE(listen, may_be_closed_while_it_accepts),
              ALD_CASE(listen, takes_many_callers_that_come_at_once),
              ALD_CASE(listen, turns_callers_away_when_descriptors_run_out),
              ALD_CASE(dial, says_that_a_host_does_not_exist), ALD_CASE(dial, stays_in_the_private_network_when_told),
              ALD_CASE(dial, may_be_given_up_while_it_looks_for_the_host),
              ALD_CASE(dial, waits_while_the_backlog_of_a_unix_socket_is_full))
