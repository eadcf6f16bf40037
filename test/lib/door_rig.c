#include "lib/door_rig.h"

#include <stdio.h>
#include <stdlib.h>

/* Long enough for a sanitizer on a busy machine; only a failing test waits for it. */
#define RIG_PATIENCE (20 * ALD_SEC)

static void rig_late(void *owner)
{
    const char *fact = *(const char **)owner;

    fail_msg("%s: not in time", fact);
}

static const char *rig_awaited;

void rig_arm(struct rig *rig, const char *fact)
{
    rig_awaited = fact;
    ald_alarm_start(rig->loop, &rig->deadline, ald_loop_fresh() + RIG_PATIENCE);
}

void rig_settle(struct rig *rig)
{
    for (int i = 0; i < 20; i++) {
        (void)ald_loop_turn(rig->loop, 0);
    }
}

static void rig_noticed(void *owner, const struct ald_notice *notice)
{
    struct rig *rig = owner;

    ald_check(ald_notice_name(notice->kind) != NULL);
    rig->n_notices[notice->kind]++;
}

static void rig_drained(void *owner)
{
    struct rig *rig = owner;

    ald_check(!rig->drained);
    rig->drained = true;
}

/* The pages: `page PATH`, and at /large as many bytes as the rig says. */
static int rig_answer(void *owner, const struct ald_page_request *request, struct ald_page *page)
{
    struct rig *rig = owner;

    if (ald_str_equal(request->head->path, ALD_STR("/large"))) {
        uint8_t *room;
        int r = ald_buf_reserve(&page->body, rig->page_size, &room);

        if (r != 0) {
            return r;
        }
        memset(room, 'x', rig->page_size);
        ald_buf_commit(&page->body, rig->page_size);
        return 0;
    }
    return ald_buf_pushf(&page->body, "page %.*s", ALD_STR_ARG(request->head->path));
}

void rig_init(struct rig *rig)
{
    *rig = (struct rig){
        .limits = {.greeting_max = 100,
                   .requests_max = 1000,
                   .body_max = 1000,
                   .request_timeout = 3600 * ALD_SEC,
                   .idle_timeout = 3600 * ALD_SEC},
        .spec = {.dialect = {.hello_timeout = 3600 * ALD_SEC,
                             .reply_timeout = 60 * ALD_SEC,
                             .ping_interval = 3600 * ALD_SEC,
                             .pong_timeout = 3600 * ALD_SEC,
                             .message_max = 1024 * 1024},
                 .connections_max = 1000,
                 .greeting_bytes = 64 * 1024,
                 .reassembly_max = 16 * 1024 * 1024,
                 .watch = {.noticed = rig_noticed, .drained = rig_drained}},
        .page_size = 1000,
    };
    ald_alarm_init(&rig->deadline, rig_late, &rig_awaited);
    for (size_t i = 0; i < RIG_CLIENTS; i++) {
        rig->clients[i].text = malloc(RIG_TEXT_MAX);
        ald_check(rig->clients[i].text != NULL);
    }
    ald_hub_config_init(&rig->hub);
    rig->hub.health_interval = 0;
    rig->hub.seed = 42;
}

static int rig_open_door(struct rig *rig)
{
    struct ald_door_spec spec = {
        .name = "test",
        .names = rig->names,
        .lines = rig->lines,
        .listen = {.place = {ALD_BOTTOM_INPROC, "door", 0}},
        .limits = rig->limits,
        .pages = {.answer = rig_answer, .owner = rig, .body_max = 1024 * 1024},
    };
    struct ald_why why = {""};

    if (rig->pages.answer != NULL) {
        spec.pages.answer = rig->pages.answer;
        spec.pages.admit = rig->pages.admit;
    }
    return ald_door_open(rig->edge, &spec, &rig->door, &why);
}

int rig_start(struct rig *rig)
{
    int r;

    r = ald_loop_new(&rig->loop);
    r = r != 0 ? r : ald_net_new(rig->loop, &rig->net);
    if (r == 0) {
        rig->hub.now = ald_loop_now(rig->loop);
        rig->hub.wall = ald_loop_wall();
        rig->spec.net = rig->net;
        rig->spec.hub = &rig->hub;
        rig->spec.owner = rig;
        r = ald_edge_new(&rig->spec, &rig->edge);
    }
    r = r != 0 ? r : rig_open_door(rig);
    ald_check(r == 0 || rig->fails);
    return r;
}

void rig_fini(struct rig *rig)
{
    for (size_t i = 0; i < RIG_CLIENTS; i++) {
        rig->clients[i].stream = ald_stream_free(rig->clients[i].stream);
        free(rig->clients[i].text);
    }
    rig->door = ald_door_close(rig->door);
    rig->edge = ald_edge_free(rig->edge);
    rig->net = ald_net_free(rig->net);
    if (rig->loop != NULL) {
        ald_alarm_stop(rig->loop, &rig->deadline);
    }
    rig->loop = ald_loop_free(rig->loop);
}

static void client_opened(void *owner, struct ald_stream *stream ALD_UNUSED)
{
    struct rig_client *client = owner;

    client->opened = true;
}

static void client_received(void *owner, struct ald_stream *stream ALD_UNUSED, const struct ald_chunk *chunk)
{
    struct rig_client *client = owner;
    size_t size = ALD_MIN(chunk->bytes.size, RIG_TEXT_MAX - client->text_size);

    memcpy(client->text + client->text_size, chunk->bytes.data, size);
    client->text_size += size;
}

static void client_closed(void *owner, struct ald_stream *stream ALD_UNUSED, const struct ald_end *end)
{
    struct rig_client *client = owner;

    client->closed = true;
    client->code = end->code;
    (void)snprintf(client->reason, sizeof(client->reason), "%.*s", ALD_STR_ARG(end->reason));
}

static const struct ald_stream_callbacks client_callbacks = {
    .opened = client_opened, .received = client_received, .closed = client_closed};

struct rig_client *rig_dial(struct rig *rig, size_t i, bool exchange)
{
    struct rig_client *client = &rig->clients[i];
    static const struct ald_http_field fields[] = {
        {{"X-Gravitee-Exchange-Protocol", 28}, {"v1", 2}},
        {{"X-Aldis-Exchange", 16}, {"1", 1}},
    };
    struct ald_ws_hello hello = {.target = "/exchange/controller", .fields = {fields, ALD_COUNT(fields)}};
    struct ald_dial_spec spec = {.place = {ALD_BOTTOM_INPROC, "door", 0}, .ws = exchange ? &hello : NULL};
    int r;

    ald_check(i < RIG_CLIENTS && client->stream == NULL);
    client->rig = rig;
    r = ald_dial(rig->net, &spec, &client_callbacks, client, &client->stream);
    ald_check(r == 0 || rig->fails);
    return r == 0 ? client : NULL;
}

void rig_say(struct rig_client *client, const char *text)
{
    enum ald_chunk_kind kind =
        strncmp(text, "t:", 2) == 0 || strcmp(text, "nonsense") == 0 ? ALD_CHUNK_BINARY : ALD_CHUNK_BYTES;

    ald_stream_push_copy(client->stream, kind, ald_str(text), 0);
}

void rig_leave(struct rig_client *client)
{
    ald_stream_close(client->stream, 1000, ALD_STR(""));
    client->stream = ald_stream_free(client->stream);
}

bool rig_heard(struct rig_client *client, const char *part)
{
    struct ald_str text = {client->text, client->text_size};

    return ald_str_find(text, ald_str(part)) < text.size;
}

void rig_forget(struct rig_client *client)
{
    client->text_size = 0;
}

void rig_hello(struct rig_client *client, const char *target)
{
    char text[256];

    (void)snprintf(text, sizeof(text),
                   "t:COMMAND;;e:{\"id\":\"h\",\"type\":\"HELLO\",\"payload\":{\"targetId\":\"%s\"}}", target);
    rig_say(client, text);
    rig_until(client->rig, rig_heard(client, "\"commandId\":\"h\"") || (client->rig->fails && client->closed));
}

const char *rig_command_id(struct rig_client *client)
{
    static char id[64];
    struct ald_str text = {client->text, client->text_size};
    size_t at = ald_str_find(text, ALD_STR("\"id\":\""));

    ald_check(at < text.size);
    (void)snprintf(id, sizeof(id), "%.36s", text.data + at + 6);
    return id;
}
