/*
 * Visitors, a party of the program's own, an agent and a caller, failing their first allocation, then the second, and so on. Whatever fails, the
 * one it was for is told or cut, everything else goes on, and nothing is left behind.
 */

#include <stdio.h>
#include <stdlib.h>

#include "conn/local.h"
#include "conn/visit.h"
#include "lib/alloc_fail.h"
#include "lib/door_rig.h"
#include "msg/catalog.h"
#include "transport/stream.h"

/* Turn until `fact` holds or nobody is left to make it true. */
#define until_or_closed(rig, client, fact) rig_until(rig, (fact) || (client)->closed)

/* Pages that answer at once, later, and with a stream; there is one visit at a time. */
static struct ald_visit *visit;

static void pages_gone(void *owner ALD_UNUSED)
{
    visit = NULL;
}

static const struct ald_visit_callbacks pages_callbacks = {.gone = pages_gone};

static int pages_answer(void *owner, const struct ald_page_request *request, struct ald_page *page)
{
    if (ald_str_starts(request->head->path, ALD_STR("/later"))) {
        visit = request->visit;
        ald_visit_own(visit, &pages_callbacks, owner);
        return ALD_PAGE_LATER;
    }
    return ald_buf_pushf(&page->body, "page %.*s", ALD_STR_ARG(request->head->path));
}

static int pages_admit(void *owner ALD_UNUSED, const struct ald_page_request *request ALD_UNUSED,
                       struct ald_page *page ALD_UNUSED, size_t *body_max)
{
    *body_max = 1000;
    return 0;
}

static bool ended(const struct rig_client *client)
{
    return client->closed;
}

/* A request with a large body that waits for its answer, and another one behind it. */
static void scene_later(struct rig *rig)
{
    struct rig_client *client = rig_dial(rig, 3, false);
    struct ald_page page;

    if (client == NULL) {
        return;
    }
    visit = NULL;
    rig_say(client, "POST /later HTTP/1.1\r\nHost: x\r\nContent-Length: 900\r\n\r\n");
    for (int i = 0; i < 9; i++) {
        rig_say(client,
                "bodybodybodybodybodybodybodybodybodybodybodybodybodybodybodybodybodybodybodybodybodybodybodybodybody");
    }
    rig_say(client, "GET /a HTTP/1.1\r\nHost: x\r\n\r\n");
    rig_until(rig, visit != NULL || ended(client));
    rig_settle(rig); /* what is behind it waits */
    if (visit == NULL) {
        return;
    }
    ald_visit_page_init(visit, &page);
    ald_ignore(ald_buf_pushf(&page.body, "%04000d", 7)); /* or less of it */
    ald_ignore(ald_visit_answer(visit, &page));
    visit = NULL;
    until_or_closed(rig, client, rig_heard(client, "page /a"));
}

static void scene_stream(struct rig *rig)
{
    struct rig_client *client = rig_dial(rig, 4, false);
    const struct ald_page head = {.status = 200, .type = "text/event-stream"};
    static char line[3000];

    if (client == NULL) {
        return;
    }
    visit = NULL;
    rig_say(client, "GET /later HTTP/1.1\r\nHost: x\r\n\r\n");
    rig_until(rig, visit != NULL || ended(client));
    if (visit != NULL && ald_visit_stream(visit, &head) < 0) {
        struct ald_page page;

        ald_visit_page_init(visit, &page);
        ald_ignore(ald_visit_answer(visit, &page));
        visit = NULL;
    }
    memset(line, 'x', sizeof(line));
    for (int i = 0; i < 3 && visit != NULL; i++) {
        ald_ignore(ald_visit_push(visit, ald_str_of(line, sizeof(line))));
        rig_settle(rig);
    }
    if (visit != NULL) {
        ald_visit_end(visit);
        visit = NULL;
    }
    rig_until(rig, ended(client) || rig_heard(client, "HTTP/1.1 "));
}

/* Inside a step, what it says has to be laid aside. */
struct inmate {
    struct rig *rig;
    struct ald_local *local;
    bool registered, closed;
};

static void inmate_signal(void *owner, const struct ald_signal *signal)
{
    struct inmate *inmate = owner;
    struct ald_signal hello = ald_signal_of(ALD_SIGNAL_UNREGISTER);

    inmate->registered = true;
    if (signal->kind == ALD_SIGNAL_REGISTERED) {
        hello.text = ALD_STR("somebody's words");
        ald_ignore(ald_local_say(inmate->local, &hello));
    }
}

static void inmate_closed(void *owner)
{
    ((struct inmate *)owner)->closed = true;
}

static void inmate_note(void *owner ALD_UNUSED, const struct ald_note *note ALD_UNUSED)
{
}

static void scene_local(struct rig *rig)
{
    static const struct ald_local_callbacks callbacks = {.signal = inmate_signal, .closed = inmate_closed};
    struct inmate inmate = {.rig = rig};
    struct ald_signal hello = ald_signal_of(ALD_SIGNAL_REGISTER);

    ald_ignore(ald_edge_watch_hub(rig->edge, ALD_NOTE_EVERYTHING, inmate_note, &inmate));
    if (ald_local_open(rig->edge, ALD_STR("here"), ALD_STR("test"), &callbacks, &inmate, &inmate.local) == 0) {
        hello.target = ALD_STR("inmate");
        ald_ignore(ald_local_say(inmate.local, &hello));
        rig_settle(rig);
        ald_check(inmate.registered || inmate.closed);
        ald_local_close(inmate.local);
        rig_settle(rig);
    }
    ald_ignore(ald_edge_watch_hub(rig->edge, 0, inmate_note, &inmate));
}

static void scene_visit(struct rig *rig)
{
    struct rig_client *client = rig_dial(rig, 0, false);

    if (client != NULL) {
        rig_say(client, "GET /a HTTP/1.1\r\nHost: x\r\n\r\n");
        until_or_closed(rig, client, rig_heard(client, "page /a") || rig_heard(client, "HTTP/1.1 503 "));
    }
}

/* SHINE wants an object from now on, and is answered with a number; if that can be remembered at all. */
static void scene_schemas(struct rig *rig)
{
    ALD_AUTO(ald_blueprint_unref) struct ald_blueprint *blueprint = NULL;
    ALD_AUTO(ald_catalog_unref) struct ald_catalog *empty = NULL;
    ALD_AUTO(ald_catalog_unref) struct ald_catalog *catalog = NULL;
    char why[ALD_CATALOG_WHY_MAX];
    int r = ald_blueprint_new(ALD_STR("{\"name\":\"SHINE\",\"kind\":\"request\",\"schema\":{\"type\":\"object\"},"
                                      "\"response\":{\"type\":\"integer\"}}"),
                              &blueprint, why);

    r = r == 0 ? ald_catalog_new(&empty) : r;
    r = r == 0 ? ald_catalog_with(empty, blueprint, &catalog) : r;
    r = r == 0 ? ald_edge_set_catalog(rig->edge, catalog, false) : r;
    ald_check(r == 0 || r == ALDIS_E_NOMEM);
}

static void scene_call(struct rig *rig)
{
    struct rig_client *agent = rig_dial(rig, 1, true);
    struct rig_client *caller = rig_dial(rig, 2, true);
    char reply[256];

    if (agent == NULL || caller == NULL) {
        return;
    }
    rig_hello(agent, "lamp");
    rig_hello(caller, "me");
    rig_forget(agent);
    if (agent->closed || caller->closed) {
        return;
    }
    rig_say(caller, "t:COMMAND;;e:{\"id\":\"c0\",\"type\":\"SHINE\",\"to\":\"lamp\",\"ttl_ms\":50,\"payload\":[]}");
    rig_until(rig, rig_heard(agent, "SHINE") || rig_heard(caller, "\"outcome\"") || agent->closed || caller->closed);
    if (agent->closed || caller->closed || rig_heard(agent, "SHINE")) {
        return; /* or there is no catalog, and it expires */
    }
    rig_forget(caller);
    rig_say(caller, "t:COMMAND;;e:{\"id\":\"c1\",\"type\":\"SHINE\",\"to\":\"lamp\",\"ttl_ms\":50,\"payload\":{}}");
    rig_until(rig, rig_heard(agent, "SHINE") || rig_heard(caller, "\"outcome\"") || agent->closed || caller->closed);
    if (rig_heard(agent, "SHINE")) {
        (void)snprintf(reply, sizeof(reply),
                       "t:REPLY;;e:{\"commandId\":\"%s\",\"type\":\"SHINE\",\"commandStatus\":\"SUCCEEDED\"}",
                       rig_command_id(agent));
        rig_say(agent, reply);
    }
    rig_until(rig, rig_heard(caller, "\"outcome\"") || caller->closed);
}

/* All of it, with the `n`-th allocation failing. Returns whether it got that far. */
static bool scene_fails_at(uint64_t n)
{
    struct rig rig;
    bool failed;

    rig_init(&rig);
    rig.fails = true;
    rig.pages.answer = pages_answer;
    rig.limits.body_max = 500; /* more than that is charged */
    rig.pages.admit = pages_admit;
    ald_alloc_fail_at(n);
    if (rig_start(&rig) == 0) {
        scene_visit(&rig);
        scene_later(&rig);
        scene_stream(&rig);
        scene_local(&rig);
        scene_schemas(&rig);
        scene_call(&rig);
        ald_hub_check(ald_edge_hub(rig.edge));
    }
    failed = ald_alloc_fail_off();
    rig_fini(&rig);
    return failed;
}

ALD_TEST(nomem, costs_only_whom_it_hits)
{
    uint64_t n = 1;

    while (scene_fails_at(n)) {
        n++;
    }
    ald_check(n > 50); /* it did fail something */
}

ALD_TEST_MAIN(nomem, ALD_CASE(nomem, costs_only_whom_it_hits))
