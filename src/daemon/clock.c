/*
 * The kernel is asked rarely, because its answer changes rarely; that somebody has set the clock it tells by itself, through
 * a timer of the calendar that is cancelled then (timerfd_create(2)), and is asked at once.
 */

#include "daemon/clock.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/timerfd.h>
#include <sys/timex.h>
#include <unistd.h>

#include "base/error.h"
#include "loop/loop.h"

#define CLOCK_LOOK_GOOD (60 * ALD_SEC)
#define CLOCK_LOOK_BAD (5 * ALD_SEC)

struct ald_clock {
    struct ald_loop *loop;
    struct ald_poll *poll; /* over the timer that a step cancels; NULL: there is none, steps are found late */
    struct ald_alarm alarm;
    void (*changed)(void *owner, enum ald_clock_state state);
    void *owner;
    ald_usec lost_since;
    bool ever;
    bool told;
    uint8_t state; /* enum ald_clock_state, once told */
};

bool ald_clock_synchronised(int answer, int status)
{
    return answer >= 0 && answer != TIME_ERROR && (status & STA_UNSYNC) == 0;
}

enum ald_clock_state ald_clock_judge(const struct ald_clock_seen *seen)
{
    if (seen->synchronised) {
        return ALD_CLOCK_VERIFIED;
    }
    if (seen->lost_for < ALD_CLOCK_GRACE) {
        return ALD_CLOCK_CHECKING;
    }
    return seen->ever ? ALD_CLOCK_INVALID : ALD_CLOCK_NO_NTP;
}

static void clock_tell(struct ald_clock *clock, enum ald_clock_state state)
{
    if (!clock->told || clock->state != state) {
        clock->told = true;
        clock->state = (uint8_t)state;
        clock->changed(clock->owner, state);
    }
}

static void clock_look(void *owner)
{
    struct ald_clock *clock = owner;
    ald_usec now = ald_loop_now(clock->loop);
    struct timex timex = {.modes = 0};
    int answer = adjtimex(&timex);
    struct ald_clock_seen seen = {.synchronised = ald_clock_synchronised(answer, timex.status)};

    clock->ever = clock->ever || seen.synchronised;
    clock->lost_since = seen.synchronised ? now : clock->lost_since;
    seen.ever = clock->ever;
    seen.lost_for = now - clock->lost_since;
    ald_alarm_start(clock->loop, &clock->alarm, now + (seen.synchronised ? CLOCK_LOOK_GOOD : CLOCK_LOOK_BAD));
    clock_tell(clock, ald_clock_judge(&seen));
}

/* A timer that never comes, and is cancelled by whoever sets the clock. */
static int timer_arm(int fd)
{
    const struct itimerspec never = {.it_value = {.tv_sec = INT32_MAX}};

    return timerfd_settime(fd, TFD_TIMER_ABSTIME | TFD_TIMER_CANCEL_ON_SET, &never, NULL);
}

static void clock_stepped(void *owner, int ready ALD_UNUSED)
{
    struct ald_clock *clock = owner;
    uint64_t n;
    ssize_t size = read(ald_poll_fd(clock->poll), &n, sizeof(n));

    if (size < 0 && errno == EAGAIN) {
        return;
    }
    if (timer_arm(ald_poll_fd(clock->poll)) != 0) {
        clock->poll = ald_poll_close(clock->poll);
    }
    clock_look(clock);
}

/* Without it the clock is looked at all the same. Errors: ALDIS_E_NOMEM. */
static int clock_watch(struct ald_clock *clock)
{
    int fd = timerfd_create(CLOCK_REALTIME, TFD_NONBLOCK | TFD_CLOEXEC);
    int r;

    if (fd < 0) {
        return 0;
    }
    if (timer_arm(fd) != 0) {
        (void)close(fd);
        return 0;
    }
    r = ald_poll_new(clock->loop, fd, clock_stepped, clock, &clock->poll);
    if (r < 0) {
        (void)close(fd);
        return ald_trace(r);
    }
    ald_poll_set(clock->poll, ALD_POLL_READ);
    return 0;
}

int ald_clock_new(struct ald_loop *loop, void (*changed)(void *owner, enum ald_clock_state state), void *owner,
                  struct ald_clock **ret_clock)
{
    ALD_AUTO(ald_clock_free) struct ald_clock *clock = calloc(1, sizeof(*clock));
    int r;

    if (clock == NULL) {
        return ald_trace(ALDIS_E_NOMEM);
    }
    clock->loop = loop;
    clock->changed = changed;
    clock->owner = owner;
    clock->lost_since = ald_loop_now(loop);
    ald_alarm_init(&clock->alarm, clock_look, clock);
    r = clock_watch(clock);
    if (r < 0) {
        return ald_trace(r);
    }
    ald_alarm_start(loop, &clock->alarm, ald_loop_now(loop));
    *ret_clock = ald_steal(&clock);
    return 0;
}

struct ald_clock *ald_clock_free(struct ald_clock *clock)
{
    if (clock == NULL) {
        return NULL;
    }
    ald_alarm_stop(clock->loop, &clock->alarm);
    ald_poll_close(clock->poll);
    free(clock);
    return NULL;
}
