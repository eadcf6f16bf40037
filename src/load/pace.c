/*
 * At a fixed rate command k is to be sent at pace_from + k / rate, whatever happened to the others. A timer descriptor wakes us
 * at every instant (a loop's own alarms count whole milliseconds), or every PACE_FINEST where instants come closer; whatever is
 * due by then is sent, with the instant it was due at.
 */

#include "load/load_impl.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/timerfd.h>
#include <time.h>
#include <unistd.h>

#include "base/error.h"

#define PACE_FINEST_NSEC 50000

static void pace_send(struct ald_load *load, struct ald_load_peer *peer, ald_usec intended)
{
    struct load_slot *slot;

    if (load->free_slot == load->n_slots) {
        ald_load_fail(load, ALD_STR("the hub does not keep up: too many commands are unanswered"));
        return;
    }
    slot = &load->slots[load->free_slot];
    load->free_slot = slot->next;
    load->n_sent++;
    load->n_open++;
    slot->number += load->n_slots;
    slot->open = true;
    slot->intended = intended;
    slot->measured = load->phase == ALD_LOAD_MEASURING;
    load->n_measured += slot->measured;
    load->spec.speech->command(peer, slot->number, ald_buf_str(&load->command),
                               (char *)load->command.data + load->command.start + load->number_at);
}

static bool pace_more(const struct ald_load *load)
{
    return ald_load_sending(load) && load->failure[0] == '\0' &&
           (load->spec.count == 0 || load->n_sent < load->spec.count);
}

static void pace_next(struct ald_load *load, struct ald_load_peer *peer, ald_usec now)
{
    if (pace_more(load)) {
        pace_send(load, peer, now);
    } else if (load->phase == ALD_LOAD_DRAINING || load->spec.count > 0) {
        ald_load_check(load);
    }
}

void ald_load_served(struct ald_load_peer *peer)
{
    peer->load->n_served++;
}

void ald_load_answered(struct ald_load_peer *peer, uint64_t number, enum ald_load_outcome outcome, struct ald_str why)
{
    struct ald_load *load = peer->load;
    struct load_slot *slot = &load->slots[number & (load->n_slots - 1)];
    ald_usec now = ald_loop_fresh();

    if (slot->number != number || !slot->open) {
        ald_load_broken(peer, "an answer came to a command that nobody sent");
        return;
    }
    slot->open = false;
    slot->next = load->free_slot;
    load->free_slot = (uint32_t)(slot - load->slots);
    load->n_open--;
    if (slot->measured) {
        load->outcomes[outcome]++;
        if (outcome == ALD_LOAD_SUCCEEDED) {
            ald_histogram_add(&load->latency, now > slot->intended ? now - slot->intended : 0);
        }
    }
    load->n_in_time += load->phase == ALD_LOAD_MEASURING && outcome == ALD_LOAD_SUCCEEDED;
    if (outcome != ALD_LOAD_SUCCEEDED && load->refusal[0] == '\0') {
        snprintf(load->refusal, sizeof(load->refusal), "%.*s", ALD_STR_ARG(why));
    }
    if (load->spec.rate == 0) {
        pace_next(load, peer, now);
    } else if (load->n_open == 0) {
        ald_load_check(load);
    }
}

static struct ald_load_peer *pace_caller(struct ald_load *load)
{
    size_t at = load->next_caller++;

    if (load->next_caller == load->spec.n_callers) {
        load->next_caller = 0;
    }
    return &load->peers[load->spec.n_agents + at];
}

static ald_usec pace_due(const struct ald_load *load)
{
    return load->pace_from + (load->n_sent - load->pace_first) * ALD_SEC / load->spec.rate;
}

static void pace_tick(void *owner, int ready ALD_UNUSED)
{
    struct ald_load *load = owner;
    uint64_t n_ticks;
    ald_usec now;

    if (read(ald_poll_fd(load->ticker), &n_ticks, sizeof(n_ticks)) < 0) {
        return; /* somebody took the tick already; the next one comes */
    }
    now = ald_loop_fresh();
    while (pace_more(load) && pace_due(load) <= now) {
        pace_send(load, pace_caller(load), pace_due(load));
    }
    if (load->spec.count > 0) {
        ald_load_check(load);
    }
}

static int pace_timer(struct ald_load *load)
{
    uint64_t nsec = ALD_MAX(UINT64_C(1000000000) / load->spec.rate, (uint64_t)PACE_FINEST_NSEC);
    struct itimerspec every = {.it_interval = {(time_t)(nsec / 1000000000), (long)(nsec % 1000000000)},
                               .it_value = {0, 1}};
    int fd = timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK | TFD_CLOEXEC);
    int r;

    if (fd < 0) {
        return ald_trace(ALDIS_E_LIMIT);
    }
    r = timerfd_settime(fd, 0, &every, NULL) < 0 ? ALDIS_E_IO
                                                 : ald_poll_new(load->loop, fd, pace_tick, load, &load->ticker);
    if (r < 0) {
        close(fd);
        return ald_trace(r);
    }
    ald_poll_set(load->ticker, ALD_POLL_READ);
    return 0;
}

int ald_load_pace_start(struct ald_load *load)
{
    ald_usec now = ald_loop_fresh();

    if (load->spec.n_callers == 0) {
        return 0;
    }
    if (load->spec.rate > 0) {
        load->pace_from = now;
        load->pace_first = load->n_sent;
        return pace_timer(load);
    }
    for (size_t depth = 0; depth < load->spec.in_flight; depth++) {
        for (size_t i = 0; i < load->spec.n_callers; i++) {
            pace_next(load, pace_caller(load), now);
        }
    }
    return 0;
}

void ald_load_pace_stop(struct ald_load *load)
{
    load->ticker = ald_poll_close(load->ticker);
}
