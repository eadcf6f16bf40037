/*
 * A door, two clients and pages that answer at once, later, with a stream, or not at all; the input says who does what,
 * and what bytes the clients send. Whatever it is:
 *
 * - Nothing crashes.
 * - A visit that was begun ends exactly once: its page ends it, or it is told that the visitor is gone.
 * - What was charged for bodies and answers is given back, and nobody is left in the door when all have gone.
 */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "conn/edge_impl.h"
#include "conn/visit.h"
#include "loop/loop.h"
#include "transport/dial.h"
#include "transport/stream.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define must(fact)                                                                                                     \
    do {                                                                                                               \
        if (!(fact)) {                                                                                                 \
            fprintf(stderr, "%s:%d: %s does not hold\n", __FILE__, __LINE__, #fact);                                   \
            abort();                                                                                                   \
        }                                                                                                              \
    } while (0)

enum {
    SCENE_CLIENTS = 2,
    SCENE_VISITS = 64,
    SCENE_OPS_MAX = 400,
    SCENE_REST = 20,  /* turns */
    SCENE_LAST = 200, /* at the end: what both clients may have asked for is read */
};

struct scene;

/* One request whose answer comes later. */
struct errand {
    struct scene *scene;
    struct ald_visit *visit; /* NULL: over */
    bool streaming;
    unsigned n_drained;
};

struct client {
    struct ald_stream *stream;
    bool paused;
};

struct scene {
    struct ald_loop *loop;
    struct ald_net *net;
    struct ald_edge *edge;
    struct ald_door *door;
    struct client clients[SCENE_CLIENTS];
    struct errand errands[SCENE_VISITS];
    size_t n_errands;
    const uint8_t *data;
    size_t size;
};

/* The pages. */

static void errand_gone(void *owner)
{
    struct errand *errand = owner;

    must(errand->visit != NULL);
    errand->visit = NULL;
}

static void errand_drained(void *owner)
{
    struct errand *errand = owner;

    must(errand->visit != NULL && errand->streaming);
    if (errand->n_drained++ < 3) { /* it must come to rest some time */
        ald_ignore(ald_visit_push(errand->visit, ALD_STR("drained")));
    }
}

static const struct ald_visit_callbacks errand_callbacks = {.gone = errand_gone, .drained = errand_drained};

static void errand_answer(struct errand *errand, size_t size)
{
    struct ald_page page;
    uint8_t *room;

    ald_visit_page_init(errand->visit, &page);
    if (ald_buf_reserve(&page.body, size, &room) == 0 && size > 0) {
        memset(room, 'x', size);
        ald_buf_commit(&page.body, size);
    }
    must(ald_visit_answer(errand->visit, &page) == 0);
    errand->visit = NULL;
}

static void errand_stream(struct errand *errand)
{
    const struct ald_page head = {.status = 200, .type = "text/event-stream"};

    must(ald_visit_stream(errand->visit, &head) == 0);
    errand->streaming = true;
}

static void errand_end(struct errand *errand)
{
    ald_visit_end(errand->visit);
    errand->visit = NULL;
}

static int page_later(struct scene *scene, struct ald_visit *visit, char how)
{
    struct errand *errand = &scene->errands[scene->n_errands++];

    *errand = (struct errand){.scene = scene, .visit = visit};
    ald_visit_own(visit, &errand_callbacks, errand);
    if (how == 'n') {
        errand_answer(errand, 10);
    } else if (how == 's') {
        errand_stream(errand);
        ald_ignore(ald_visit_push(visit, ALD_STR("first")));
    } else if (how == 't') {
        errand_stream(errand);
        errand_end(errand);
    }
    return ALD_PAGE_LATER;
}

static int page_answer(void *owner, const struct ald_page_request *request, struct ald_page *page)
{
    struct scene *scene = owner;
    char how = request->head->path.size > 1 ? request->head->path.data[1] : '\0';
    uint8_t *room;

    must(request->body.size <= 4096);
    if (strchr("lnst", how) != NULL && how != '\0' && scene->n_errands < SCENE_VISITS) {
        return page_later(scene, request->visit, how);
    }
    if (how == 'b' && ald_buf_reserve(&page->body, 400 * 1024, &room) == 0) {
        memset(room, 'b', 400 * 1024);
        ald_buf_commit(&page->body, 400 * 1024);
    }
    return how == 'e' ? ALDIS_E_NOMEM : ald_buf_pushf(&page->body, "%zu", request->body.size);
}

static int page_admit(void *owner ALD_UNUSED, const struct ald_page_request *request, struct ald_page *page,
                      size_t *body_max)
{
    if (ald_str_starts(request->head->path, ALD_STR("/r"))) {
        page->status = 415;
        return ALD_PAGE_REFUSED;
    }
    *body_max = ald_str_starts(request->head->path, ALD_STR("/b")) ? 4096 : *body_max;
    return 0;
}

/* The clients. */

static void client_closed(void *owner, struct ald_stream *stream ALD_UNUSED, const struct ald_end *end ALD_UNUSED)
{
    struct client *client = owner;

    client->stream = ald_stream_free(client->stream);
}

static const struct ald_stream_callbacks client_callbacks = {.closed = client_closed};

static void client_dial(struct scene *scene, struct client *client)
{
    struct ald_dial_spec spec = {.place = {ALD_BOTTOM_INPROC, "fuzz", 0}};

    client->paused = false;
    must(ald_dial(scene->net, &spec, &client_callbacks, client, &client->stream) == 0);
}

static void client_say(struct client *client, struct ald_str bytes)
{
    ald_stream_push_copy(client->stream, ALD_CHUNK_BYTES, bytes, 0);
}

/* Let what is under way come to rest; each turn moves at least a read of bytes. */
static void scene_rest(struct scene *scene, int turns)
{
    while (turns-- > 0) {
        (void)ald_loop_turn(scene->loop, 0);
    }
}

/* The input. */

static uint8_t take(struct scene *scene)
{
    if (scene->size == 0) {
        return 0;
    }
    scene->size--;
    return *scene->data++;
}

#define UPGRADE                                                                                                        \
    "GET /exchange/controller HTTP/1.1\r\nHost: localhost\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"            \
    "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n"

static const char *const phrases[] = {
    "GET /a HTTP/1.1\r\nHost: localhost\r\n\r\n",
    "GET /l HTTP/1.1\r\nHost: localhost\r\n\r\n",
    "GET /n HTTP/1.1\r\nHost: localhost\r\n\r\n",
    "GET /s HTTP/1.1\r\nHost: localhost\r\n\r\n",
    "GET /t HTTP/1.1\r\nHost: localhost\r\n\r\n",
    "GET /b HTTP/1.1\r\nHost: localhost\r\n\r\n",
    "GET /e HTTP/1.1\r\nHost: localhost\r\n\r\n",
    "HEAD /l HTTP/1.1\r\nHost: localhost\r\n\r\n",
    "HEAD /s HTTP/1.1\r\nHost: localhost\r\n\r\n",
    "HEAD /b HTTP/1.1\r\nHost: localhost\r\n\r\n",
    "GET /l HTTP/1.0\r\n\r\n",
    "GET /s HTTP/1.0\r\n\r\n",
    "GET /l HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n",
    "POST /b HTTP/1.1\r\nHost: localhost\r\nContent-Length: 4096\r\n\r\n",
    "POST /l HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n",
    "POST /r HTTP/1.1\r\nHost: localhost\r\nExpect: 100-continue\r\nContent-Length: 3\r\n\r\n",
    "20\r\nxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx\r\n",
    "0\r\n\r\n",
    "GET /a HTTP/1.1\r\nHost: evil.example\r\n\r\n",
    UPGRADE,
};

static void scene_say(struct scene *scene, struct client *client, uint8_t what)
{
    size_t n;

    if (what < 2 * ALD_COUNT(phrases)) {
        client_say(client, ald_str(phrases[what / 2]));
        return;
    }
    n = take(scene);
    n = ALD_MIN(n, scene->size);
    client_say(client, ald_str_of(scene->data, n));
    scene->data += n;
    scene->size -= n;
}

static void scene_leave(struct client *client, bool broken)
{
    if (broken) {
        ald_stream_abort(client->stream);
    } else {
        ald_stream_close(client->stream, 0, ALD_STR_NONE);
    }
    client->stream = ald_stream_free(client->stream);
}

static void scene_serve(struct errand *errand, uint8_t how)
{
    static const char piece[8192];

    if (!errand->streaming) {
        if (how % 2 == 0) {
            errand_answer(errand, (size_t)how * 2000);
        } else {
            errand_stream(errand);
        }
    } else if (how % 8 == 0) {
        errand_end(errand);
    } else {
        ald_ignore(ald_visit_push(errand->visit, ald_str_of(piece, (size_t)how * 32)));
    }
}

static void scene_act(struct scene *scene, uint8_t act)
{
    struct client *client = &scene->clients[act / 8 % SCENE_CLIENTS];
    uint8_t arg = take(scene);

    switch (act % 8) {
    case 0:
    case 1:
        if (client->stream == NULL) {
            client_dial(scene, client);
        }
        scene_say(scene, client, arg);
        break;
    case 2:
        scene_rest(scene, SCENE_REST);
        break;
    case 3:
        (void)ald_loop_turn(scene->loop, 0);
        break;
    case 4:
    case 5:
        for (size_t i = 0; i < scene->n_errands; i++) {
            if (scene->errands[i].visit != NULL && (arg-- & 3) == 0) {
                scene_serve(&scene->errands[i], take(scene));
                break;
            }
        }
        break;
    case 6:
        if (client->stream != NULL && client->paused) {
            ald_stream_resume(client->stream);
        } else if (client->stream != NULL) {
            ald_stream_pause(client->stream);
        }
        client->paused = !client->paused;
        break;
    default:
        if (client->stream != NULL) {
            scene_leave(client, arg % 2 == 0);
        }
        break;
    }
}

/* Beginning and end. */

static void scene_open(struct scene *scene)
{
    struct ald_hub_config hub;
    struct ald_edge_spec edge = {
        .hub = &hub,
        .dialect = {.hello_timeout = 3600 * ALD_SEC,
                    .reply_timeout = 60 * ALD_SEC,
                    .ping_interval = 3600 * ALD_SEC,
                    .pong_timeout = 3600 * ALD_SEC,
                    .message_max = 1024 * 1024},
        .connections_max = 100,
        .greeting_bytes = 1024,
        .reassembly_max = 6000,
    };
    struct ald_door_spec door = {
        .name = "fuzz",
        .names = "",
        .listen = {.place = {ALD_BOTTOM_INPROC, "fuzz", 0}},
        .limits = {.greeting_max = 10,
                   .requests_max = 100,
                   .body_max = 64,
                   .request_timeout = 3600 * ALD_SEC,
                   .idle_timeout = 3600 * ALD_SEC},
        .pages = {.answer = page_answer, .admit = page_admit, .owner = scene, .body_max = 1024 * 1024},
    };
    struct ald_why why = {""};

    must(ald_loop_new(&scene->loop) == 0);
    must(ald_net_new(scene->loop, &scene->net) == 0);
    ald_hub_config_init(&hub);
    hub.now = ald_loop_now(scene->loop);
    hub.health_interval = 0;
    edge.net = scene->net;
    must(ald_edge_new(&edge, &scene->edge) == 0);
    scene->edge->answers.max = 600 * 1024;
    must(ald_door_open(scene->edge, &door, &scene->door, &why) == 0);
}

static void scene_close(struct scene *scene)
{
    scene_rest(scene, SCENE_LAST);
    for (size_t i = 0; i < SCENE_CLIENTS; i++) {
        if (scene->clients[i].stream != NULL) {
            scene_leave(&scene->clients[i], i == 0);
        }
    }
    scene_rest(scene, SCENE_LAST);
    must(ald_door_greeting(scene->door) == ald_edge_conns(scene->edge));
    for (size_t i = 0; i < scene->n_errands; i++) {
        must(scene->errands[i].visit == NULL);
    }
    must(scene->edge->answers.used == 0 && scene->edge->reassembly.used == 0);
    scene->door = ald_door_close(scene->door);
    scene->edge = ald_edge_free(scene->edge);
    scene->net = ald_net_free(scene->net);
    scene->loop = ald_loop_free(scene->loop);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct scene scene = {.data = data, .size = size};

    scene_open(&scene);
    for (size_t i = 0; i < SCENE_OPS_MAX && scene.size > 0; i++) {
        scene_act(&scene, take(&scene));
    }
    scene_close(&scene);
    return 0;
}
