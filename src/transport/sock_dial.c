/*
 * One address after the other: each gets half of the time that is left, the last one all of it, so that a host whose
 * first address swallows packets is still reached by its second. A unix socket is a list of one address; a full backlog
 * there is an error the kernel expects us to try again, not a wait.
 */

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/error.h"
#include "loop/resolve.h"
#include "transport/sock.h"

/* Between two tries at a unix socket whose backlog is full. */
#define DIAL_RETRY (20 * ALD_MSEC)

enum { DIAL_NAME_MAX = 300 };

struct ald_sock_dial {
    struct ald_sock *sock;
    struct ald_resolve *resolve; /* NULL when there is none under way */
    struct ald_poll *poll;       /* of the address being tried, or NULL */
    struct ald_alarm patience;   /* how long it may take */
    struct ald_task start;
    struct ald_resolved to;
    size_t at;    /* the address being tried */
    ald_usec due; /* the end of all trying, ALD_NEVER: there is none */
    int error;    /* of the last address that failed */
    unsigned keepalive;
    bool lan_only;
    char name[DIAL_NAME_MAX]; /* for people */
};

static struct ald_loop *dial_loop(const struct ald_sock_dial *dial)
{
    return dial->sock->stream.net->loop;
}

static void dial_try(struct ald_sock_dial *dial);

static const struct sockaddr_storage *dial_address(const struct ald_sock_dial *dial)
{
    return &dial->to.addresses[dial->at];
}

static socklen_t address_size(const struct sockaddr_storage *address)
{
    switch (address->ss_family) {
    case AF_INET:
        return sizeof(struct sockaddr_in);
    case AF_INET6:
        return sizeof(struct sockaddr_in6);
    default:
        return sizeof(struct sockaddr_un);
    }
}

/* The stream's end cancels and frees the dial. */
static void dial_fail(struct ald_sock_dial *dial)
{
    struct ald_stream *stream = &dial->sock->stream;

    switch (dial->error) {
    case ETIMEDOUT:
        ald_stream_fail(stream, ALD_END_TIMEOUT, "cannot connect to %s: nobody answered in time", dial->name);
        break;
    case EMFILE:
    case ENFILE:
    case ENOMEM:
        ald_stream_fail(stream, ALD_END_NOMEM, "cannot connect to %s: %s", dial->name, strerror(dial->error));
        break;
    default:
        ald_stream_fail(stream, ALD_END_REFUSED, "cannot connect to %s: %s", dial->name, strerror(dial->error));
        break;
    }
}

static void dial_next(struct ald_sock_dial *dial, int error)
{
    dial->error = error;
    dial->poll = ald_poll_close(dial->poll);
    ald_alarm_stop(dial_loop(dial), &dial->patience);
    dial->at++;
    if (dial->at < dial->to.n_addresses) {
        dial_try(dial);
    } else {
        dial_fail(dial);
    }
}

static void dial_impatient(void *owner)
{
    struct ald_sock_dial *dial = owner;

    if (dial->poll == NULL) {
        dial_try(dial); /* a full backlog, some time later */
    } else {
        dial_next(dial, ETIMEDOUT);
    }
}

/*
 * A dial to a free port of this machine can connect to itself: the kernel may choose that very port for our end, and
 * TCP knows simultaneous opening. Nobody is there all the same.
 */
static bool dial_met_itself(const struct ald_sock_dial *dial)
{
    struct sockaddr_storage local;
    socklen_t size = sizeof(local);
    union ald_sockaddr ours, theirs = ald_sockaddr_of(dial_address(dial));
    char our_text[ALD_SOCKADDR_TEXT], their_text[ALD_SOCKADDR_TEXT];

    if (theirs.family == 0 || getsockname(ald_poll_fd(dial->poll), (struct sockaddr *)&local, &size) < 0) {
        return false;
    }
    ours = ald_sockaddr_of(&local);
    ald_sockaddr_format(&ours, our_text);
    ald_sockaddr_format(&theirs, their_text);
    return strcmp(our_text, their_text) == 0;
}

static void dial_won(struct ald_sock_dial *dial)
{
    struct ald_sock *sock = dial->sock;
    struct sockaddr_storage to = *dial_address(dial);
    struct ald_poll *poll;

    if (dial_met_itself(dial)) {
        dial_next(dial, ECONNREFUSED);
        return;
    }
    poll = ald_steal(&dial->poll);
    if (to.ss_family != AF_UNIX) {
        ald_sock_tune(ald_poll_fd(poll), dial->keepalive);
    }
    sock->dial = ald_sock_dial_cancel(dial);
    ald_sock_connected(sock, poll, &to);
}

static void dial_ready(void *owner, int ready ALD_UNUSED)
{
    struct ald_sock_dial *dial = owner;
    int error = 0;
    socklen_t size = sizeof(error);

    if (getsockopt(ald_poll_fd(dial->poll), SOL_SOCKET, SO_ERROR, &error, &size) < 0) {
        error = errno;
    }
    if (error != 0) {
        dial_next(dial, error);
    } else {
        dial_won(dial);
    }
}

static ald_usec dial_share(const struct ald_sock_dial *dial)
{
    ald_usec now = ald_loop_now(dial_loop(dial));
    bool last = dial->at + 1 == dial->to.n_addresses;

    if (dial->due == ALD_NEVER || last) {
        return dial->due; /* the last one gets what is left */
    }
    return now + (dial->due > now ? (dial->due - now) / 2 : 0);
}

/* Open a socket for the address and watch it. Returns 0 or an errno. */
static int dial_open(struct ald_sock_dial *dial)
{
    int fd = socket(dial_address(dial)->ss_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

    if (fd < 0) {
        return errno;
    }
    if (ald_poll_new(dial_loop(dial), fd, dial_ready, dial, &dial->poll) < 0) {
        close(fd);
        return ENOMEM;
    }
    return 0;
}

static void dial_try(struct ald_sock_dial *dial)
{
    const struct sockaddr_storage *to = dial_address(dial);
    int error = dial_open(dial);

    if (error == 0 && connect(ald_poll_fd(dial->poll), (const struct sockaddr *)to, address_size(to)) < 0) {
        error = errno;
    }
    if (error == 0) {
        dial_won(dial);
    } else if (error == EINPROGRESS || error == EINTR) {
        ald_poll_set(dial->poll, ALD_POLL_WRITE);
        ald_alarm_start(dial_loop(dial), &dial->patience, dial_share(dial));
    } else if (error == EAGAIN && to->ss_family == AF_UNIX) {
        dial->poll = ald_poll_close(dial->poll);
        ald_alarm_start(dial_loop(dial), &dial->patience, ald_loop_now(dial_loop(dial)) + DIAL_RETRY);
    } else {
        dial_next(dial, error);
    }
}

/* Tells whether all addresses are fit for what must not leave the private network; else the dial has failed. */
static bool dial_stays_near(struct ald_sock_dial *dial)
{
    char text[ALD_SOCKADDR_TEXT];

    for (size_t i = 0; dial->lan_only && i < dial->to.n_addresses; i++) {
        union ald_sockaddr address = ald_sockaddr_of(&dial->to.addresses[i]);

        if (!ald_sockaddr_lan(&address)) {
            ald_sockaddr_format(&address, text);
            ald_stream_fail(&dial->sock->stream, ALD_END_REFUSED,
                            "cannot connect to %s: %s is neither this machine's nor a private network's, and nothing "
                            "would be encrypted",
                            dial->name, text);
            return false;
        }
    }
    return true;
}

static void dial_resolved(void *owner, const struct ald_resolved *resolved)
{
    struct ald_sock_dial *dial = owner;

    dial->resolve = NULL;
    dial->to = *resolved;
    if (resolved->n_addresses == 0) {
        ald_stream_fail(&dial->sock->stream, ALD_END_RESOLVE, "cannot find %s: %s", dial->name, resolved->text);
        return;
    }
    if (dial_stays_near(dial)) {
        dial_try(dial);
    }
}

static void dial_start(void *owner)
{
    dial_try(owner);
}

static int dial_new(struct ald_sock *sock, const struct ald_stream_options *options, struct ald_sock_dial **ret_dial)
{
    struct ald_sock_dial *dial = calloc(1, sizeof(*dial));
    ald_usec timeout = options->connect_timeout;

    if (dial == NULL) {
        return ald_trace(ALDIS_E_NOMEM);
    }
    dial->sock = sock;
    dial->keepalive = options->keepalive;
    dial->lan_only = options->lan_only;
    dial->due = timeout == 0 ? ALD_NEVER : ald_loop_now(dial_loop(dial)) + timeout;
    ald_alarm_init(&dial->patience, dial_impatient, dial);
    ald_task_init(&dial->start, dial_start, dial);
    ald_stream_deadline(&sock->stream, timeout);
    sock->dial = dial;
    *ret_dial = dial;
    return 0;
}

int ald_sock_dial_tcp(struct ald_sock *sock, const char *host, uint16_t port, const struct ald_stream_options *options)
{
    struct ald_sock_dial *dial;
    int r = dial_new(sock, options, &dial);

    if (r < 0) {
        return r;
    }
    snprintf(dial->name, sizeof(dial->name), strchr(host, ':') != NULL ? "[%s]:%u" : "%s:%u", host, (unsigned)port);
    r = ald_resolve_new(dial_loop(dial), host, port, dial_resolved, dial, &dial->resolve);
    if (r == ALDIS_E_RESOLVE) {
        dial->to.text = "not a host name";
        ald_stream_fail(&sock->stream, ALD_END_RESOLVE, "cannot find %s: not a host name", dial->name);
        return 0;
    }
    return r < 0 ? ald_trace(r) : 0;
}

int ald_sock_dial_unix(struct ald_sock *sock, const char *path, const struct ald_stream_options *options)
{
    struct sockaddr_un to = {.sun_family = AF_UNIX};
    struct ald_sock_dial *dial;
    int r;

    if (path[0] == '\0' || strlen(path) >= sizeof(to.sun_path)) {
        return ald_trace(ALDIS_E_INVALID);
    }
    r = dial_new(sock, options, &dial);
    if (r < 0) {
        return r;
    }
    snprintf(dial->name, sizeof(dial->name), "%s", path);
    memcpy(to.sun_path, path, strlen(path));
    memcpy(&dial->to.addresses[0], &to, sizeof(to));
    dial->to.n_addresses = 1;
    ald_task_push(dial_loop(dial), &dial->start);
    return 0;
}

struct ald_sock_dial *ald_sock_dial_cancel(struct ald_sock_dial *dial)
{
    if (dial == NULL) {
        return NULL;
    }
    dial->resolve = ald_resolve_cancel(dial->resolve);
    dial->poll = ald_poll_close(dial->poll);
    ald_alarm_stop(dial_loop(dial), &dial->patience);
    ald_task_cancel(&dial->start);
    free(dial);
    return NULL;
}
