#include "load/load_impl.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "loop/random.h"
#include "transport/net.h"
#include "transport/tls.h"

/* For commands that are still open: a moment more than their own deadline, at which the hub says what became of them. */
#define LOAD_PATIENCE (2 * ALD_SEC)
/* For all to be connected: 10,000 TLS handshakes take one core a minute. */
#define LOAD_CONNECT (180 * ALD_SEC)

/* Of a command without its payload. */
enum { LOAD_ENVELOPE_MAX = 4096 };

void ald_load_spec_init(struct ald_load_spec *spec)
{
    *spec = (struct ald_load_spec){
        .prefix = "",
        .host = "localhost",
        .target = "bench",
        .n_agents = 1,
        .n_callers = 1,
        .in_flight = 1,
        .size = 16,
        .warm_up = ALD_SEC,
        .duration = 5 * ALD_SEC,
        .deadline = 30 * ALD_SEC,
    };
}

static void load_move(struct ald_load *load, enum ald_load_phase phase)
{
    load->phase = phase;
    load->fn(load->owner, load, phase);
}

static void load_measure(struct ald_load *load)
{
    load->measured_from = ald_loop_fresh();
    load_move(load, ALD_LOAD_MEASURING);
    ald_alarm_start(load->loop, &load->alarm,
                    load->spec.count > 0 ? ALD_NEVER : load->measured_from + load->spec.duration);
}

static void load_drain(struct ald_load *load)
{
    ald_load_pace_stop(load);
    load->measured_to = ald_loop_fresh();
    load_move(load, ALD_LOAD_DRAINING);
    ald_alarm_start(load->loop, &load->alarm, load->measured_to + load->spec.deadline + LOAD_PATIENCE);
    ald_load_check(load);
}

/* In the callback the owner may stop the loop, but not free the load. */
static void load_done(struct ald_load *load)
{
    ald_alarm_stop(load->loop, &load->alarm);
    ald_load_pace_stop(load);
    if (load->measured_from != 0 && load->measured_to == 0) {
        load->measured_to = ald_loop_fresh();
    }
    load_move(load, ALD_LOAD_DONE);
}

/* All are connected. */
static void load_begin(struct ald_load *load)
{
    int r;

    load->connected = ald_loop_fresh();
    if (load->spec.count == 0 && load->spec.warm_up > 0) {
        ald_alarm_start(load->loop, &load->alarm, load->connected + load->spec.warm_up);
        load_move(load, ALD_LOAD_WARMING);
    } else {
        load_measure(load);
    }
    r = ald_load_pace_start(load);
    if (r < 0) {
        ald_load_fail(load, ald_str(ald_error_text(r)));
    }
}

static void load_task(void *owner)
{
    struct ald_load *load = owner;

    if (load->phase == ALD_LOAD_DONE) {
        return;
    }
    if (load->failure[0] != '\0') {
        load_done(load);
    } else if (load->phase == ALD_LOAD_CONNECTING) {
        if (load->stopped) {
            load_done(load);
        } else if (load->n_ready == load->n_peers) {
            load_begin(load);
        } else {
            ald_load_dial(load);
        }
    } else if (load->phase == ALD_LOAD_DRAINING) {
        if (load->n_open == 0) {
            load_done(load);
        }
    } else if (load->stopped || (load->spec.count > 0 && load->n_sent >= load->spec.count)) {
        load_drain(load);
    }
}

void ald_load_check(struct ald_load *load)
{
    ald_task_push(load->loop, &load->task);
}

static void load_alarm(void *owner)
{
    struct ald_load *load = owner;

    switch (load->phase) {
    case ALD_LOAD_CONNECTING:
        ald_load_fail(load, ALD_STR("not all connections came to be in time"));
        break;
    case ALD_LOAD_WARMING:
        load_measure(load);
        break;
    case ALD_LOAD_MEASURING:
        load_drain(load);
        break;
    default:
        load_done(load);
        break;
    }
}

void ald_load_fail(struct ald_load *load, struct ald_str why)
{
    if (load->failure[0] == '\0' && load->phase != ALD_LOAD_DONE) {
        snprintf(load->failure, sizeof(load->failure), "%.*s", ALD_STR_ARG(why));
    }
    ald_load_check(load);
}

void ald_load_stop(struct ald_load *load)
{
    load->stopped = true;
    ald_load_check(load);
}

void ald_load_result(const struct ald_load *load, struct ald_load_result *ret_result)
{
    ald_usec to = load->measured_to != 0 ? load->measured_to : ald_loop_fresh();

    *ret_result = (struct ald_load_result){
        .n_in_time = load->n_in_time,
        .n_unanswered = load->n_measured,
        .n_served = load->n_served,
        .elapsed = load->measured_from != 0 ? to - load->measured_from : 0,
        .connecting = load->connected != 0 ? load->connected - load->begun : 0,
        .latency = &load->latency,
        .failure = load->failure,
        .refusal = load->refusal,
    };
    memcpy(ret_result->outcomes, load->outcomes, sizeof(load->outcomes));
    for (size_t i = 0; i < ALD_LOAD_OUTCOMES; i++) {
        ret_result->n_unanswered -= load->outcomes[i];
    }
}

size_t ald_load_ready(const struct ald_load *load)
{
    return load->n_ready;
}

const struct ald_load_spec *ald_load_spec(const struct ald_load *load)
{
    return &load->spec;
}

struct ald_load_peer *ald_load_caller(const struct ald_load *load, uint32_t id)
{
    for (size_t i = load->spec.n_agents; i < load->n_dialed; i++) {
        if (load->peers[i].id == id) {
            return &load->peers[i];
        }
    }
    return NULL;
}

struct ald_str ald_load_payload(const struct ald_load *load)
{
    return ald_str_of(load->payload, load->spec.size);
}

uint64_t ald_load_salt(const struct ald_load *load)
{
    return load->salt;
}

/* Beginning and end. */

static size_t load_open_max(const struct ald_load_spec *spec)
{
    return spec->rate > 0 ? ALD_LOAD_OPEN_MAX : spec->n_callers * spec->in_flight;
}

static int load_allocate(struct ald_load *load)
{
    load->n_slots = 1;
    while (load->n_slots < load_open_max(&load->spec)) {
        load->n_slots *= 2;
    }
    load->slots = calloc(load->n_slots, sizeof(*load->slots));
    load->peers = calloc(load->n_peers, sizeof(*load->peers));
    load->payload = malloc(load->spec.size);
    if (load->slots == NULL || load->peers == NULL || load->payload == NULL) {
        return ald_trace(ALDIS_E_NOMEM);
    }
    for (size_t i = 0; i < load->n_slots; i++) {
        load->slots[i].number = i;
        load->slots[i].next = (uint32_t)i + 1;
    }
    memset(load->payload, 'x', load->spec.size);
    load->payload[0] = load->payload[load->spec.size - 1] = '"';
    return 0;
}

static bool load_spec_valid(const struct ald_load_spec *spec)
{
    return spec->size >= ALD_LOAD_SIZE_MIN && spec->size <= ALD_LOAD_SIZE_MAX && spec->n_agents + spec->n_callers > 0 &&
           (spec->rate > 0 || (spec->in_flight > 0 && spec->n_callers <= ALD_LOAD_OPEN_MAX / spec->in_flight));
}

int ald_load_new(struct ald_net *net, const struct ald_load_spec *spec, ald_load_fn fn, void *owner,
                 struct ald_load **ret_load)
{
    ALD_AUTO(ald_load_free) struct ald_load *load = NULL;
    int r;

    if (!load_spec_valid(spec)) {
        return ald_trace(ALDIS_E_INVALID);
    }
    load = calloc(1, sizeof(*load));
    if (load == NULL) {
        return ald_trace(ALDIS_E_NOMEM);
    }
    load->net = net;
    load->loop = ald_net_loop(net);
    load->spec = *spec;
    load->spec.tls = spec->tls != NULL ? ald_tls_ref(spec->tls) : NULL;
    load->fn = fn;
    load->owner = owner;
    load->salt = ald_random_seed();
    load->n_peers = spec->n_agents + spec->n_callers;
    load->begun = ald_loop_fresh();
    ald_alarm_init(&load->alarm, load_alarm, load);
    ald_task_init(&load->task, load_task, load);
    ald_buf_init(&load->command, ALD_LOAD_SIZE_MAX + LOAD_ENVELOPE_MAX);
    r = load_allocate(load);
    if (r == 0) {
        r = spec->speech->prepare(load, &load->command, &load->number_at);
    }
    if (r != 0) {
        return ald_trace(r < 0 ? r : ALDIS_E_INVALID);
    }
    ald_alarm_start(load->loop, &load->alarm, load->begun + LOAD_CONNECT);
    ald_load_check(load);
    *ret_load = ald_steal(&load);
    return 0;
}

struct ald_load *ald_load_free(struct ald_load *load)
{
    if (load == NULL) {
        return NULL;
    }
    ald_alarm_stop(load->loop, &load->alarm);
    ald_task_cancel(&load->task);
    ald_load_pace_stop(load);
    ald_load_peers_free(load);
    ald_tls_unref(load->spec.tls);
    ald_buf_fini(&load->command);
    free(load->slots);
    free(load->payload);
    free(load);
    return NULL;
}
