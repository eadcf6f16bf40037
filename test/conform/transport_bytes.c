/*
 * What byte streams promise at their end, over every stack without a WebSocket: nothing that a peer wrote is lost
 * because it closed (communicator.md 14.5), and a peer that only ended its side is answered.
 *
 * The other side is a program as people write them: a thread with a blocking socket, and OpenSSL where the stack has
 * TLS.
 */

#include "conform/rig.h"

#include <arpa/inet.h>
#include <openssl/ssl.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

/* communicator.md 14.5: of 1,000 messages of 110 bytes the original delivers 8. */
enum { LINES = 1000, LINE = 110, ALL = LINES * LINE };
enum { ANSWER = 24 * 1024 * 1024 }; /* more than the system buffers on any stack */

static const struct stack *stack_of(void **state)
{
    return *state;
}

#define BYTES(sentence) static void bytes_##sentence(void **state)
#define RIG(rig)                                                                                                       \
    struct rig rig;                                                                                                    \
    rig_open(&(rig), stack_of(state))

/* Through streams. */

static void near_says_it_all_and_goes(struct rig *rig)
{
    for (uint64_t i = 1; i <= LINES; i++) {
        end_push(&rig->near, LINE, i);
    }
    ald_stream_close(rig->near.stream, 1000, ALD_STR(""));
    end_free(&rig->near);
}

static void far_heard_it_all(struct rig *rig)
{
    rig_until(rig, rig->far.closed);
    ald_check_int(rig->far.n_bytes, ALL);
    ald_check_int(rig->far.mismatches, 0);
}

BYTES(hears_a_thousand_lines_of_a_peer_that_closes_at_once)
{
    RIG(rig);
    rig_join(&rig);
    near_says_it_all_and_goes(&rig);
    far_heard_it_all(&rig);
    ald_check_int(rig.far.end.cause, ALD_END_PEER);
    rig_close(&rig);
}

BYTES(hears_them_all_although_it_paused)
{
    RIG(rig);
    rig.far.pause_after = 1;
    rig_join(&rig);
    near_says_it_all_and_goes(&rig);
    rig_until(&rig, rig.far.n_messages == 1);
    rig_settle(&rig);
    ald_check(!rig.far.closed);
    ald_stream_resume(rig.far.stream);
    far_heard_it_all(&rig);
    rig_close(&rig);
}

static void says_thanks(struct end *end)
{
    end_say(end, "thanks\n");
}

BYTES(hears_them_all_although_it_answers_each)
{
    RIG(rig);
    rig.far.on_received = says_thanks;
    rig_join(&rig);
    near_says_it_all_and_goes(&rig);
    far_heard_it_all(&rig);
    rig_close(&rig);
}

BYTES(is_told_that_the_peer_ended_before_it_closes)
{
    RIG(rig);
    rig.far.wants_end = true;
    rig.far.pause_after = 1;
    rig_join(&rig);
    near_says_it_all_and_goes(&rig);
    rig_until(&rig, rig.far.n_messages == 1);
    rig_settle(&rig);
    ald_check(!rig.far.ended && !rig.far.closed);
    ald_stream_resume(rig.far.stream);
    rig_until(&rig, rig.far.ended);
    ald_check_int(rig.far.n_bytes, ALL);
    rig_settle(&rig);
    ald_check(!rig.far.closed && ald_stream_opened(rig.far.stream)); /* it is for its owner to close it */
    end_say(&rig.far, "whoever still listens");
    ald_stream_close(rig.far.stream, 1000, ALD_STR("done"));
    rig_until(&rig, rig.far.closed && ald_net_streams(rig.net) == 1);
    ald_check_int(rig.far.end.cause, ALD_END_LOCAL);
    rig_close(&rig);
}

/* Also an abort takes nothing back that has arrived; with TCP that is what fits into its first window. */
BYTES(hears_what_arrived_before_an_abort)
{
    enum { FEW = 100 };

    RIG(rig);
    rig_join(&rig);
    ald_stream_pause(rig.far.stream);
    for (uint64_t i = 1; i <= FEW; i++) {
        end_push(&rig.near, LINE, i);
    }
    rig_until(&rig, rig.near.done == FEW);
    ald_stream_abort(rig.near.stream);
    rig_settle(&rig);
    ald_stream_resume(rig.far.stream);
    rig_until(&rig, rig.far.closed);
    ald_check_int(rig.far.n_bytes, FEW * LINE);
    ald_check_int(rig.far.mismatches, 0);
    rig_close(&rig);
}

static void fills_up_and_pauses(struct end *end)
{
    if (end->n_messages == 1) {
        end_push(end, ANSWER, 1);
        ald_stream_pause(end->stream);
    }
}

static void resumes(struct end *end)
{
    ald_stream_resume(end->stream);
}

/* Tells whether the owner had paused in the middle of what was read. */
static bool hears_the_rest(const struct stack *stack, size_t size)
{
    struct rig rig;
    bool split;

    rig_open(&rig, stack);
    rig.far.on_received = fills_up_and_pauses;
    rig.far.on_drained = resumes;
    rig_join(&rig);
    ald_stream_pause(rig.near.stream);
    end_push(&rig.near, size, 1);
    rig_until(&rig, rig.far.n_messages == 1);
    split = rig.far.n_bytes < size;
    rig_settle(&rig);
    ald_stream_abort(rig.near.stream);
    if (stack->bottom == ALD_BOTTOM_INPROC) {
        ald_stream_resume(rig.far.stream); /* which tells of nothing while its owner has paused */
    }
    rig_until(&rig, rig.far.closed);
    ald_check_int(rig.far.n_bytes, size);
    ald_check_int(rig.far.mismatches, 0);
    ald_check_int(rig.far.done, 0);
    rig_close(&rig);
    return split;
}

/*
 * The same for what was read already, and waits in a filter whose owner has paused in the middle of it. What is
 * decrypted at once depends on the room behind what was read, so one of several sizes has to do.
 */
BYTES(hears_the_rest_of_what_was_read_before_an_abort)
{
    static const size_t sizes[] = {20000, 40000, 60000, 80000, 100000};
    size_t n_split = 0;

    for (size_t i = 0; i < ALD_COUNT(sizes); i++) {
        n_split += hears_the_rest(stack_of(state), sizes[i]) ? 1 : 0;
    }
    ald_check(n_split > 0 || !stack_of(state)->tls);
}

static void frees_itself(struct end *end)
{
    end_free(end);
}

BYTES(may_be_freed_when_the_peer_ends)
{
    RIG(rig);
    rig.far.wants_end = true;
    rig.far.on_ended = frees_itself;
    rig_join(&rig);
    near_says_it_all_and_goes(&rig);
    rig_until(&rig, rig.far.ended && ald_net_streams(rig.net) == 0);
    rig_close(&rig);
}

/* Against a program. */

/* One that says it all in one write needs nobody who reads meanwhile. */
enum manners {
    GOES_AT_ONCE,
    WRITES_ONCE_AND_GOES,
    ENDS_AND_LISTENS,
    FORGETS_TO_SAY_GOODBYE_AND_LISTENS,
    ENDS_AND_IS_DEAF
};

struct program {
    struct rig *rig;
    pthread_t thread;
    enum manners manners;
    SSL_CTX *context; /* NULL: no TLS */
    SSL *ssl;
    int fd;
    bool failed;
    size_t n_answered; /* bytes of the answer */
    bool deaf_enough;  /* it may go now; under `lock` */
    pthread_mutex_t lock;
    pthread_cond_t waking;
};

static int program_connect(const struct rig *rig)
{
    struct sockaddr_un path = {.sun_family = AF_UNIX};
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons(rig->port)};
    bool local = rig->stack->bottom == ALD_BOTTOM_UNIX;
    int fd = socket(local ? AF_UNIX : AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

    snprintf(path.sun_path, sizeof(path.sun_path), "%.*s", (int)sizeof(path.sun_path) - 1, rig->path);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    if (connect(fd, local ? (void *)&path : (void *)&address, local ? sizeof(path) : sizeof(address)) < 0) {
        close(fd);
        return -1;
    }
    return fd;
}

static bool program_write(struct program *program)
{
    static uint8_t lines[ALL]; /* the same for all */
    int once = program->manners == WRITES_ONCE_AND_GOES ? ALL : LINE;

    for (uint64_t i = 0; i < ALL; i++) {
        lines[i] = pattern_at(i);
    }
    for (int at = 0; at < ALL; at += once) {
        if (program->ssl != NULL ? SSL_write(program->ssl, lines + at, once) != once
                                 : send(program->fd, lines + at, (size_t)once, MSG_NOSIGNAL) != once) {
            return false;
        }
    }
    return true;
}

static void program_listen(struct program *program)
{
    char room[16 * 1024];
    ssize_t n;

    while ((n = program->ssl != NULL ? SSL_read(program->ssl, room, sizeof(room))
                                     : recv(program->fd, room, sizeof(room), 0)) > 0) {
        program->n_answered += (size_t)n;
    }
    /* The answer is whole, and TLS says so. */
    if (program->ssl != NULL && SSL_get_error(program->ssl, (int)n) != SSL_ERROR_ZERO_RETURN) {
        program->failed = true;
    }
}

static void program_wait(struct program *program)
{
    pthread_mutex_lock(&program->lock);
    while (!program->deaf_enough) {
        pthread_cond_wait(&program->waking, &program->lock);
    }
    pthread_mutex_unlock(&program->lock);
}

static void *program_main(void *argument)
{
    struct program *program = argument;

    program->fd = program_connect(program->rig);
    if (program->fd < 0) {
        program->failed = true;
        return NULL;
    }
    if (program->context != NULL) {
        program->ssl = SSL_new(program->context);
        SSL_set_fd(program->ssl, program->fd);
        program->failed = SSL_connect(program->ssl) != 1;
    }
    program->failed = program->failed || !program_write(program);
    if (program->ssl != NULL && program->manners != FORGETS_TO_SAY_GOODBYE_AND_LISTENS) {
        (void)SSL_shutdown(program->ssl); /* ours only: the other side's comes after its answer */
    }
    if (program->manners >= ENDS_AND_LISTENS) {
        program->failed = shutdown(program->fd, SHUT_WR) < 0 || program->failed;
    }
    if (program->manners == ENDS_AND_IS_DEAF) {
        program_wait(program);
    } else if (program->manners >= ENDS_AND_LISTENS) {
        program_listen(program);
    }
    SSL_free(program->ssl);
    close(program->fd);
    return NULL;
}

static void program_start(struct program *program, struct rig *rig, enum manners manners)
{
    *program = (struct program){.rig = rig, .manners = manners};
    pthread_mutex_init(&program->lock, NULL);
    pthread_cond_init(&program->waking, NULL);
    if (rig->stack->tls) {
        program->context = SSL_CTX_new(TLS_client_method()); /* it trusts anybody: who is trusted is tested elsewhere */
    }
    ald_check_int(pthread_create(&program->thread, NULL, program_main, program), 0);
}

static void program_join(struct program *program)
{
    pthread_mutex_lock(&program->lock);
    program->deaf_enough = true;
    pthread_cond_signal(&program->waking);
    pthread_mutex_unlock(&program->lock);
    ald_check_int(pthread_join(program->thread, NULL), 0);
    ald_check(!program->failed);
    SSL_CTX_free(program->context);
    pthread_cond_destroy(&program->waking);
    pthread_mutex_destroy(&program->lock);
}

/* It writes and closes without looking back, perhaps before it was accepted. */
BYTES(hears_all_of_a_program_that_goes_at_once)
{
    struct program program;

    RIG(rig);
    rig_listen(&rig);
    program_start(&program, &rig, GOES_AT_ONCE);
    far_heard_it_all(&rig);
    program_join(&program);
    rig_close(&rig);
}

static void answers_all(struct end *end)
{
    if (end->n_bytes == ALL) {
        end_push(end, ANSWER, 1);
    }
}

/* The owner does not even know: what it said in the same turn goes out. */
BYTES(answers_what_was_asked_before_it_leaves)
{
    struct program program;

    RIG(rig);
    rig.far.on_received = answers_all;
    rig_listen(&rig);
    program_start(&program, &rig, ENDS_AND_LISTENS);
    far_heard_it_all(&rig);
    program_join(&program);
    ald_check_int(program.n_answered, ANSWER);
    ald_check_int(rig.far.done, 1);
    ald_check_int(rig.far.end.cause, ALD_END_PEER);
    rig_close(&rig);
}

/* The answer takes its time: it comes from somebody else, turns after the peer has ended its side. */
BYTES(answers_later_when_its_owner_wants_to)
{
    struct program program;

    RIG(rig);
    rig.far.wants_end = true;
    rig_listen(&rig);
    program_start(&program, &rig, ENDS_AND_LISTENS);
    rig_until(&rig, rig.far.ended);
    ald_check_int(rig.far.n_bytes, ALL);
    rig_settle(&rig);
    end_push(&rig.far, ANSWER, 1);
    rig_until(&rig, rig.far.done == 1);
    end_say(&rig.far, "and that is all");
    ald_stream_close(rig.far.stream, 1000, ALD_STR(""));
    rig_until(&rig, rig.far.closed);
    program_join(&program);
    ald_check_int(program.n_answered, ANSWER + strlen("and that is all"));
    ald_check_int(rig.far.end.cause, ALD_END_LOCAL);
    rig_close(&rig);
}

BYTES(answers_a_program_that_ends_tls_without_close_notify)
{
    struct program program;

    RIG(rig);
    rig.far.wants_end = true; /* which it will not hear: a truncation is no end */
    rig.far.on_received = answers_all;
    rig_listen(&rig);
    program_start(&program, &rig, FORGETS_TO_SAY_GOODBYE_AND_LISTENS);
    far_heard_it_all(&rig);
    program_join(&program);
    ald_check_int(program.n_answered, ANSWER);
    ald_check(!rig.far.ended);
    ald_check_int(rig.far.end.cause, ALD_END_BROKEN);
    ald_check_int(ald_net_counters(rig.net)->tls_truncated, 1);
    rig_close(&rig);
}

BYTES(does_not_wait_for_a_program_that_takes_no_answer)
{
    struct program program;

    RIG(rig);
    rig.options.close_timeout = 30 * ALD_MSEC;
    rig.far.on_received = answers_all;
    rig_listen(&rig);
    program_start(&program, &rig, ENDS_AND_IS_DEAF);
    far_heard_it_all(&rig);
    ald_check(rig.far.end.cause == ALD_END_BROKEN || rig.stack->tls); /* TLS has an end of its own, and says so */
    ald_check_int(rig.far.done, 0);
    program_join(&program);
    rig_close(&rig);
}

/* A unix socket tells that nobody listens any more, so nobody is waited for. */
BYTES(ends_at_once_with_a_program_that_is_gone)
{
    struct program program;

    RIG(rig);
    rig.far.wants_end = true;
    rig_listen(&rig);
    program_start(&program, &rig, WRITES_ONCE_AND_GOES);
    program_join(&program);
    far_heard_it_all(&rig);
    ald_check(!rig.far.ended);
    ald_check_int(rig.far.end.cause, ALD_END_PEER);
    rig_close(&rig);
}

/* Sending fails while its owner has paused for want of room: that is when it goes on reading. */

BYTES(hears_all_of_a_program_that_goes_without_taking_anything)
{
    struct program program;

    RIG(rig);
    rig.far.on_received = fills_up_and_pauses;
    rig.far.on_drained = resumes;
    rig_listen(&rig);
    program_start(&program, &rig, WRITES_ONCE_AND_GOES);
    far_heard_it_all(&rig);
    program_join(&program);
    ald_check_int(rig.far.done, 0);
    ald_check(rig.far.end.cause != ALD_END_LOCAL);
    rig_close(&rig);
}

BYTES(does_not_wait_for_long_for_an_owner_that_stays_paused)
{
    struct program program;

    RIG(rig);
    rig.far.on_received = fills_up_and_pauses;
    rig_listen(&rig);
    program_start(&program, &rig, WRITES_ONCE_AND_GOES);
    rig_until(&rig, rig.far.closed);
    ald_check_int(rig.far.end.cause, ALD_END_BROKEN);
    ald_check_int(rig.far.n_messages, 1);
    program_join(&program);
    ald_check_int(rig.far.done, 0);
    rig_close(&rig);
}

enum needs { NEEDS_NOTHING, NEEDS_SOCKET, NEEDS_TLS_SOCKET, NEEDS_BARE_UNIX };

struct check {
    const char *sentence;
    void (*fn)(void **state);
    enum needs needs;
};

#define CHECK(needs, sentence)                                                                                         \
    {                                                                                                                  \
#sentence, bytes_##sentence, needs                                                                             \
    }

static const struct check checks[] = {
    CHECK(NEEDS_NOTHING, hears_a_thousand_lines_of_a_peer_that_closes_at_once),
    CHECK(NEEDS_NOTHING, hears_them_all_although_it_paused),
    CHECK(NEEDS_NOTHING, hears_them_all_although_it_answers_each),
    CHECK(NEEDS_NOTHING, is_told_that_the_peer_ended_before_it_closes),
    CHECK(NEEDS_NOTHING, hears_what_arrived_before_an_abort),
    CHECK(NEEDS_NOTHING, hears_the_rest_of_what_was_read_before_an_abort),
    CHECK(NEEDS_NOTHING, may_be_freed_when_the_peer_ends),
    CHECK(NEEDS_SOCKET, hears_all_of_a_program_that_goes_at_once),
    CHECK(NEEDS_SOCKET, answers_what_was_asked_before_it_leaves),
    CHECK(NEEDS_SOCKET, answers_later_when_its_owner_wants_to),
    CHECK(NEEDS_TLS_SOCKET, answers_a_program_that_ends_tls_without_close_notify),
    CHECK(NEEDS_SOCKET, does_not_wait_for_a_program_that_takes_no_answer),
    CHECK(NEEDS_BARE_UNIX, ends_at_once_with_a_program_that_is_gone),
    CHECK(NEEDS_SOCKET, hears_all_of_a_program_that_goes_without_taking_anything),
    CHECK(NEEDS_SOCKET, does_not_wait_for_long_for_an_owner_that_stays_paused),
};

static bool check_fits(const struct check *check, const struct stack *stack)
{
    bool socket = stack->bottom != ALD_BOTTOM_INPROC;

    switch (check->needs) {
    case NEEDS_SOCKET:
        return socket;
    case NEEDS_TLS_SOCKET:
        return socket && stack->tls;
    case NEEDS_BARE_UNIX:
        return stack->bottom == ALD_BOTTOM_UNIX && !stack->tls;
    default:
        return true;
    }
}

/* Every check over every stack of bytes, or over the one that is named. */
int main(int argc, char **argv)
{
    enum { TESTS_MAX = 256 };
    static char names[TESTS_MAX][128];
    static struct CMUnitTest tests[TESTS_MAX];
    size_t n = 0;

    (void)signal(SIGPIPE, SIG_IGN); /* OpenSSL writes to sockets without MSG_NOSIGNAL */
    for (size_t i = 0; i < n_stacks; i++) {
        for (size_t j = 0; j < ALD_COUNT(checks) && n < TESTS_MAX; j++) {
            if (stacks[i].ws || (argc > 1 && strcmp(argv[1], stacks[i].name) != 0) ||
                !check_fits(&checks[j], &stacks[i])) {
                continue;
            }
            snprintf(names[n], sizeof(names[n]), "%s %s", stacks[i].name, checks[j].sentence);
            tests[n] =
                (struct CMUnitTest){.name = names[n], .test_func = checks[j].fn, .initial_state = (void *)&stacks[i]};
            n++;
        }
    }
    return _cmocka_run_group_tests("transport_bytes", tests, n, NULL, NULL);
}
