#include "load/load.h"

#include "lib/alloc_fail.h"
#include "lib/test.h"
#include "load/speeches.h"
#include "loop/loop.h"
#include "transport/net.h"

/* A relay in this process: the first to come are agents, the others callers, and the k-th of both are joined. */
enum { RELAY_ENDS_MAX = 16 };

struct relay {
    struct ald_loop *loop;
    struct ald_net *net;
    struct ald_listener *listener;
    struct relay_end {
        struct relay *relay;
        struct ald_stream *stream;
        struct relay_end *other;
    } ends[RELAY_ENDS_MAX];
    size_t n_ends, n_agents;
    size_t n_chunks, chunks_max; /* goes away after so many; 0: never */
    enum ald_load_phase phase;
    size_t n_phases[ALD_LOAD_DONE + 1];
    size_t stop_at; /* chunks after which the load is stopped; 0: never */
    struct ald_load *load;
};

static void relay_received(void *owner, struct ald_stream *stream ALD_UNUSED, const struct ald_chunk *chunk)
{
    struct relay_end *end = owner;
    struct relay *relay = end->relay;

    relay->n_chunks++;
    if (end->other == NULL) {
        ald_stream_abort(end->stream); /* the other one never came, since memory was short */
        return;
    }
    if (relay->chunks_max > 0 && relay->n_chunks > relay->chunks_max) {
        ald_stream_abort(end->stream);
        return;
    }
    if (relay->stop_at > 0 && relay->n_chunks > relay->stop_at) {
        ald_load_stop(relay->load);
    }
    ald_stream_push(end->other->stream, ALD_CHUNK_BYTES, &chunk->bytes, 1, 0);
}

static void relay_accepted(void *owner, struct ald_listener *listener ALD_UNUSED, struct ald_stream *stream)
{
    static const struct ald_stream_callbacks callbacks = {.received = relay_received};
    struct relay *relay = owner;
    struct relay_end *end = &relay->ends[relay->n_ends++];

    ald_check(relay->n_ends <= RELAY_ENDS_MAX);
    end->relay = relay;
    end->stream = stream;
    if (relay->n_ends > relay->n_agents) {
        end->other = &relay->ends[relay->n_ends - 1 - relay->n_agents];
        end->other->other = end;
    }
    ald_stream_own(stream, &callbacks, end);
}

static void relay_phase(void *owner, struct ald_load *load ALD_UNUSED, enum ald_load_phase phase)
{
    struct relay *relay = owner;

    ald_check(phase > relay->phase || relay->phase == ALD_LOAD_CONNECTING);
    relay->phase = phase;
    relay->n_phases[phase]++;
    if (phase == ALD_LOAD_DONE) {
        ald_loop_stop(relay->loop);
    }
}

static const struct ald_place relay_place = {.bottom = ALD_BOTTOM_INPROC, .name = "relay"};

static void relay_open(struct relay *relay, struct ald_load_spec *spec, size_t n)
{
    static const struct ald_listener_callbacks callbacks = {.accepted = relay_accepted};
    const struct ald_listen_spec listen = {.place = relay_place};

    *relay = (struct relay){.n_agents = n};
    ald_check_int(ald_loop_new(&relay->loop), 0);
    ald_check_int(ald_net_new(relay->loop, &relay->net), 0);
    ald_check_int(ald_listen(relay->net, &listen, &callbacks, relay, &relay->listener, NULL), 0);
    ald_load_spec_init(spec);
    spec->speech = &ald_load_bare;
    spec->caller_place = spec->agent_place = relay_place;
    spec->n_agents = spec->n_callers = n;
}

/* Run the load to its end; what it found lives until relay_close(). */
static struct ald_load_result relay_run(struct relay *relay, const struct ald_load_spec *spec)
{
    struct ald_load_result result;

    ald_check_int(ald_load_new(relay->net, spec, relay_phase, relay, &relay->load), 0);
    ald_loop_run(relay->loop);
    ald_check_int(relay->n_phases[ALD_LOAD_DONE], 1);
    ald_load_result(relay->load, &result);
    return result;
}

static void relay_close(struct relay *relay)
{
    ald_load_free(relay->load);
    for (size_t i = 0; i < relay->n_ends; i++) {
        ald_stream_free(relay->ends[i].stream);
    }
    ald_listener_close(relay->listener);
    ald_net_free(relay->net);
    ald_loop_free(relay->loop);
}

ALD_TEST(load, sends_as_many_as_it_is_told_to_and_hears_of_each)
{
    struct ald_load_spec spec;
    struct ald_load_result result;
    struct relay relay;

    relay_open(&relay, &spec, 3);
    spec.in_flight = 7;
    spec.count = 1000;
    result = relay_run(&relay, &spec);
    ald_check_str(ald_str(result.failure), "");
    ald_check_int(result.outcomes[ALD_LOAD_SUCCEEDED], 1000);
    ald_check_int(result.n_served, 1000);
    ald_check_int(result.n_unanswered, 0);
    ald_check_int(result.latency->n, 1000);
    ald_check_int(relay.n_phases[ALD_LOAD_WARMING], 0);
    relay_close(&relay);
}

ALD_TEST(load, keeps_a_rate_and_counts_from_when_each_was_due)
{
    struct ald_load_spec spec;
    struct ald_load_result result;
    struct relay relay;

    relay_open(&relay, &spec, 2);
    spec.rate = 10000;
    spec.count = 200;
    result = relay_run(&relay, &spec);
    ald_check_str(ald_str(result.failure), "");
    ald_check_int(result.outcomes[ALD_LOAD_SUCCEEDED], 200);
    /* The last was due 19.9 ms after the first, so sending them took as long, whatever the machine does. */
    ald_check(result.elapsed >= 19 * ALD_MSEC);
    relay_close(&relay);
}

ALD_TEST(load, measures_after_warming_up_and_not_before)
{
    struct ald_load_spec spec;
    struct ald_load_result result;
    struct relay relay;

    relay_open(&relay, &spec, 1);
    spec.warm_up = spec.duration = 10 * ALD_MSEC;
    result = relay_run(&relay, &spec);
    ald_check_int(relay.n_phases[ALD_LOAD_WARMING], 1);
    ald_check(result.elapsed >= 10 * ALD_MSEC);
    ald_check_int(result.n_unanswered, 0);
    ald_check(result.outcomes[ALD_LOAD_SUCCEEDED] < result.n_served);
    relay_close(&relay);
}

ALD_TEST(load, shows_what_it_has_when_it_is_stopped)
{
    struct ald_load_spec spec;
    struct ald_load_result result;
    struct relay relay;

    relay_open(&relay, &spec, 1);
    spec.count = UINT64_MAX;
    relay.stop_at = 100;
    result = relay_run(&relay, &spec);
    ald_check_str(ald_str(result.failure), "");
    ald_check_int(result.outcomes[ALD_LOAD_SUCCEEDED], result.n_served);
    ald_check(result.n_served >= 50);
    relay_close(&relay);
}

ALD_TEST(load, tells_when_the_other_side_goes_away)
{
    struct ald_load_spec spec;
    struct ald_load_result result;
    struct relay relay;

    relay_open(&relay, &spec, 1);
    spec.count = 1000;
    relay.chunks_max = 20;
    result = relay_run(&relay, &spec);
    ald_check(result.failure[0] != '\0');
    ald_check_int(result.outcomes[ALD_LOAD_SUCCEEDED], 10);
    relay_close(&relay);
}

ALD_TEST(load, tells_when_nobody_is_there)
{
    struct ald_load_spec spec;
    struct ald_load_result result;
    struct relay relay;

    relay_open(&relay, &spec, 1);
    spec.agent_place.name = "nowhere";
    result = relay_run(&relay, &spec);
    ald_check(result.failure[0] != '\0');
    ald_check_int(result.elapsed, 0);
    ald_check_int(ald_load_ready(relay.load), 0);
    relay_close(&relay);
}

ALD_TEST(load, refuses_what_makes_no_sense)
{
    struct ald_load_spec spec;
    struct relay relay;

    relay_open(&relay, &spec, 1);
    spec.size = ALD_LOAD_SIZE_MIN - 1;
    ald_check_int(ald_load_new(relay.net, &spec, relay_phase, &relay, &relay.load), ALDIS_E_INVALID);
    spec.size = ALD_LOAD_SIZE_MAX + 1;
    ald_check_int(ald_load_new(relay.net, &spec, relay_phase, &relay, &relay.load), ALDIS_E_INVALID);
    spec.size = 16;
    spec.in_flight = 0;
    ald_check_int(ald_load_new(relay.net, &spec, relay_phase, &relay, &relay.load), ALDIS_E_INVALID);
    spec.in_flight = ALD_LOAD_OPEN_MAX + 1;
    ald_check_int(ald_load_new(relay.net, &spec, relay_phase, &relay, &relay.load), ALDIS_E_INVALID);
    spec.in_flight = 1;
    spec.n_agents = spec.n_callers = 0;
    ald_check_int(ald_load_new(relay.net, &spec, relay_phase, &relay, &relay.load), ALDIS_E_INVALID);
    relay_close(&relay);
}

/* A life in which one allocation fails, whichever it is, ends like any other: told once, with nothing left. */
ALD_TEST(load, ends_in_order_whatever_memory_is_short_of)
{
    bool failed = true;

    for (uint64_t n = 1; failed; n++) {
        struct ald_load_spec spec;
        struct relay relay;

        relay_open(&relay, &spec, 1);
        spec.count = 3;
        ald_alloc_fail_at(n);
        if (ald_load_new(relay.net, &spec, relay_phase, &relay, &relay.load) == 0) {
            ald_loop_run(relay.loop);
            ald_check_int(relay.n_phases[ALD_LOAD_DONE], 1);
        }
        failed = ald_alloc_fail_off();
        if (!failed) {
            struct ald_load_result result;

            ald_check(n > 5);
            ald_load_result(relay.load, &result);
            ald_check_int(result.outcomes[ALD_LOAD_SUCCEEDED], 3);
        }
        relay_close(&relay);
    }
}

ALD_TEST_MAIN(load, ALD_CASE(load, sends_as_many_as_it_is_told_to_and_hears_of_each),
              ALD_CASE(load, keeps_a_rate_and_counts_from_when_each_was_due),
              ALD_CASE(load, measures_after_warming_up_and_not_before),
              ALD_CASE(load, shows_what_it_has_when_it_is_stopped), ALD_CASE(load, tells_when_the_other_side_goes_away),
              ALD_CASE(load, tells_when_nobody_is_there), ALD_CASE(load, refuses_what_makes_no_sense),
              ALD_CASE(load, ends_in_order_whatever_memory_is_short_of))
