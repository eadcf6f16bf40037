/*
 * Two ends in one process, without a socket: what the hub's end does with a peer that says and reads what it wants. One story for
 * each protocol, because what bounds them is none of theirs.
 */

#include "conn/local.h"
#include "hub/hub.h"
#include "lib/door_rig.h"
#include "transport/ws.h"
#include "wire/communicator/communicator.h"
#include "wire/exchange/exchange.h"
#include "wire/link/link.h"

#include <stdio.h>
#include <stdlib.h>

enum { BULK = 16 * 1024 };

struct speech {
    const char *path; /* of a WebSocket; NULL: lines */
    const char *target, *hello;
    const char *sink;    /* whom it says something to: */
    const char *says[2]; /* before and after the bulk, %d being numbers that count */
    enum ald_chunk_kind kind;
};

static const struct speech speeches[] = {
    {.path = "/exchange/controller",
     .target = "lamp",
     .hello = "t:COMMAND;;e:{\"id\":\"h\",\"type\":\"HELLO\",\"payload\":{\"targetId\":\"lamp\"}}",
     .sink = "sink",
     .says = {"t:COMMAND;;e:{\"id\":\"c%d\",\"type\":\"X\",\"to\":\"sink\",\"payload\":{\"x\":\"", "\"}}"},
     .kind = ALD_CHUNK_BINARY},
    {.path = "/api/socket",
     .target = "7",
     .hello = "{\"type\":\"registerHost\",\"data\":{\"token\":\"t\",\"version\":\"1\",\"id\":7,\"plugins\":{}}}",
     .sink = "9",
     .says = {"{\"type\":\"request\",\"seq\":%d,\"src\":[1,7,%d],\"dst\":[1,9],\"name\":\"X\",\"data\":{\"x\":\"",
              "\"}}"},
     .kind = ALD_CHUNK_TEXT},
    {.target = "bell",
     .hello = "REGISTER service=bell;version=1\n",
     .sink = "sink",
     .says = {"sink/X aldis_id=c%d;x=", "\n"},
     .kind = ALD_CHUNK_BYTES},
};

/* The peer's end. */
struct end {
    struct ald_stream *stream;
    size_t n_bytes;
    bool opened, closed;
};

static void end_opened(void *owner, struct ald_stream *stream ALD_UNUSED)
{
    ((struct end *)owner)->opened = true;
}

static void end_received(void *owner, struct ald_stream *stream ALD_UNUSED, const struct ald_chunk *chunk)
{
    ((struct end *)owner)->n_bytes += chunk->bytes.size;
}

static void end_closed(void *owner, struct ald_stream *stream ALD_UNUSED, const struct ald_end *why ALD_UNUSED)
{
    ((struct end *)owner)->closed = true;
}

static const struct ald_stream_callbacks end_callbacks = {
    .opened = end_opened, .received = end_received, .closed = end_closed};

/* A party of the program's, which counts what it is told. */
struct party {
    struct ald_local *local;
    size_t n_commands, n_outcomes;
    const struct story *answers; /* NULL: it does not */
};

static void party_answer(struct party *party, struct ald_id id);

static void party_signal(void *owner, const struct ald_signal *signal)
{
    struct party *party = owner;

    party->n_outcomes += signal->kind == ALD_SIGNAL_REPLY;
    if (signal->kind == ALD_SIGNAL_COMMAND) {
        party->n_commands++;
        if (party->answers != NULL) {
            party_answer(party, signal->id);
        }
    }
}

static const struct ald_local_callbacks party_callbacks = {.signal = party_signal};

struct story {
    struct rig rig;
    const struct speech *speech;
    struct ald_door_lines lines;
    struct ald_door_group group;
    struct end end;
    struct party party;
    char *bulk;
};

/* As much as it was asked with. */
static void party_answer(struct party *party, struct ald_id id)
{
    const struct story *story = party->answers;
    struct ald_signal signal = ald_signal_of(ALD_SIGNAL_REPLY);

    ald_check_int(ald_msg_new(ald_edge_messages(story->rig.edge), ALD_REPLY, &signal.msg), 0);
    ald_check_int(ald_slice_copy(ald_str(story->bulk), &signal.msg->payload), 0);
    signal.msg->outcome = ALD_SUCCEEDED;
    ald_msg_seal(signal.msg);
    signal.id = id;
    ald_check_int(ald_local_say(party->local, &signal), 0);
}

static bool is_registered(const struct story *story)
{
    return ald_hub_target_kind(ald_edge_hub(story->rig.edge), ald_str(story->speech->target)) >= 0;
}

static void story_dial(struct story *story)
{
    static const struct ald_http_field fields[] = {
        {{"X-Gravitee-Exchange-Protocol", 28}, {"v1", 2}},
        {{"X-Aldis-Exchange", 16}, {"1", 1}},
    };
    const struct ald_ws_hello hello = {.target = story->speech->path, .fields = {fields, ALD_COUNT(fields)}};
    const struct ald_dial_spec spec = {.place = {ALD_BOTTOM_INPROC, "door", 0},
                                       .ws = story->speech->path != NULL ? &hello : NULL};

    ald_check_int(ald_dial(story->rig.net, &spec, &end_callbacks, &story->end, &story->end.stream), 0);
    rig_until(&story->rig, story->end.opened);
    if (story->speech->path != NULL) {
        ald_ws_set_message_max(story->end.stream, 1024 * 1024);
    }
    ald_stream_push_copy(story->end.stream, story->speech->kind, ald_str(story->speech->hello), 0);
    rig_until(&story->rig, is_registered(story));
}

static void party_open(struct story *story)
{
    struct ald_signal hello = ald_signal_of(ALD_SIGNAL_REGISTER);

    ald_check_int(ald_local_open(story->rig.edge, ALD_STR("here"), ALD_STR("local"), &party_callbacks, &story->party,
                                 &story->party.local),
                  0);
    hello.target = ald_str(story->speech->sink);
    hello.traits = ALD_CAN_OUTCOME;
    ald_check_int(ald_local_say(story->party.local, &hello), 0);
}

static void story_begin(struct story *story, const struct speech *speech, ald_usec stall_timeout)
{
    *story = (struct story){.speech = speech, .group = {.max = 100}};
    story->lines = (struct ald_door_lines){
        .dialect = &ald_communicator, .variant = ALD_COMMUNICATOR_SERVICE, .group = &story->group};
    rig_init(&story->rig);
    story->rig.lines = speech->path == NULL ? &story->lines : NULL;
    story->rig.hub.out_bytes_high = 64 * 1024;
    story->rig.hub.stall_timeout = stall_timeout;
    story->rig.spec.dialect.session_timeout = 50 * ALD_MSEC;
    story->rig.spec.dialect.heartbeat_interval = 3600 * ALD_SEC;
    ald_check_int(rig_start(&story->rig), 0);
    story->bulk = malloc(BULK + 16);
    ald_check(story->bulk != NULL);
    (void)snprintf(story->bulk, 16, "{\"x\":\"");
    memset(story->bulk + 6, 'x', BULK);
    (void)snprintf(story->bulk + 6 + BULK, 4, "\"}");
    party_open(story);
    story_dial(story);
}

static void story_end(struct story *story)
{
    story->end.stream = ald_stream_free(story->end.stream);
    ald_local_close(story->party.local);
    rig_fini(&story->rig);
    free(story->bulk);
}

/* The program commands the peer. */
static void story_command(struct story *story, int n)
{
    for (int i = 0; i < n; i++) {
        struct ald_signal signal = ald_signal_of(ALD_SIGNAL_COMMAND);
        const struct ald_address to = {.target = ald_str(story->speech->target)};
        char wire_id[16];

        (void)snprintf(wire_id, sizeof(wire_id), "p%d", i);
        ald_check_int(ald_msg_new(ald_edge_messages(story->rig.edge), ALD_COMMAND, &signal.msg), 0);
        ald_check_int(ald_msg_set(signal.msg, &signal.msg->wire_id, ald_str(wire_id)), 0);
        ald_check_int(ald_msg_set(signal.msg, &signal.msg->name, ALD_STR("SHINE")), 0);
        ald_check_int(ald_msg_set_address(signal.msg, &signal.msg->to, &to), 0);
        ald_check_int(ald_slice_copy(ald_str(story->bulk), &signal.msg->payload), 0);
        ald_msg_seal(signal.msg);
        ald_check_int(ald_local_say(story->party.local, &signal), 0);
    }
}

/* The peer commands the program. */
static void story_say(struct story *story, int n)
{
    for (int i = 0; i < n; i++) {
        char head[128], text[BULK + 256];
        int size;

        (void)snprintf(head, sizeof(head), story->speech->says[0], i + 1, i + 1);
        size = snprintf(text, sizeof(text), "%s%.*s%s", head, BULK, story->bulk + 6, story->speech->says[1]);
        ald_check(size > BULK && size < (int)sizeof(text));
        ald_stream_push_copy(story->end.stream, story->speech->kind, ald_str(text), 0);
    }
}

static struct ald_channel_view channel_of(const struct story *story)
{
    struct ald_channel_view view = {.in_flight = 0};
    uint64_t cursor = 0;

    ald_check(ald_hub_next_channel(ald_edge_hub(story->rig.edge), ald_str(story->speech->target), &cursor, &view));
    return view;
}

#define EACH(story, stall)                                                                                             \
    struct story story;                                                                                                \
    for (size_t i = 0; i < ALD_COUNT(speeches) && (story_begin(&story, &speeches[i], stall), true);                    \
         story_end(&story), i++)

ALD_TEST(pair, who_does_not_read_is_told_little_and_hears_the_rest_later)
{
    EACH(story, 3600 * ALD_SEC)
    {
        ald_stream_pause(story.end.stream);
        story.end.n_bytes = 0;
        story_command(&story, 100);
        rig_settle(&story.rig);
        ald_check(channel_of(&story).in_flight <= (256 + 2 * 64) * 1024 / BULK);
        ald_check_int(story.party.n_outcomes, 0);
        ald_stream_resume(story.end.stream);
        rig_until(&story.rig, story.end.n_bytes > 100 * BULK);
        ald_check_int(channel_of(&story).in_flight, 100);
    }
}

ALD_TEST(pair, who_never_reads_is_cut)
{
    EACH(story, 20 * ALD_MSEC)
    {
        ald_stream_pause(story.end.stream);
        story_command(&story, 100);
        rig_until(&story.rig, ald_hub_counter(ald_edge_hub(story.rig.edge), ALD_N_SLOW_CUT) == 1);
        rig_until(&story.rig, ald_edge_conns(story.rig.edge) == 0);
        rig_until(&story.rig, !is_registered(&story)); /* also where a session could have come back */
    }
}

/* Of one who asks, and does not read the answers, no more is taken: what it says stays with it. */
ALD_TEST(pair, who_does_not_read_its_answers_is_not_read)
{
    EACH(story, 3600 * ALD_SEC)
    {
        story.party.answers = &story;
        ald_stream_pause(story.end.stream);
        story_say(&story, 200);
        rig_settle(&story.rig);
        ald_check(story.party.n_commands <= (256 + 2 * 64) * 1024 / BULK);
        ald_check(ald_stream_queued(story.end.stream) > 100 * BULK);
        ald_stream_resume(story.end.stream);
        rig_until(&story.rig, story.party.n_commands == 200);
        rig_until(&story.rig, story.end.n_bytes > 200 * BULK);
    }
}

ALD_TEST(pair, an_end_that_vanishes_is_missed)
{
    EACH(story, 3600 * ALD_SEC)
    {
        story_command(&story, 3);
        rig_settle(&story.rig);
        story.end.stream = ald_stream_free(story.end.stream);
        rig_until(&story.rig, !is_registered(&story));
        rig_until(&story.rig, story.party.n_outcomes == 3); /* lost */
        ald_check_int(ald_edge_conns(story.rig.edge), 0);
    }
}

ALD_TEST(pair, a_hub_that_ends_closes_in_order)
{
    EACH(story, 3600 * ALD_SEC)
    {
        ald_edge_drain(story.rig.edge, ald_loop_now(story.rig.loop) + 20 * ALD_MSEC);
        rig_until(&story.rig, story.end.closed);
        rig_until(&story.rig, story.rig.drained);
    }
}

ALD_TEST_MAIN(pair, ALD_CASE(pair, who_does_not_read_is_told_little_and_hears_the_rest_later),
              ALD_CASE(pair, who_never_reads_is_cut), ALD_CASE(pair, who_does_not_read_its_answers_is_not_read),
              ALD_CASE(pair, an_end_that_vanishes_is_missed), ALD_CASE(pair, a_hub_that_ends_closes_in_order))
