/* The desk and the feed, over HTTP on an inproc door: who waits, who leaves, and what happens when memory is short. */

#include "mgmt/desk.h"

#include <stdio.h>

#include "base/error.h"
#include "lib/alloc_fail.h"
#include "lib/door_rig.h"
#include "mgmt/mgmt_impl.h"

struct site {
    struct rig rig;
    struct ald_mgmt *mgmt;
};

static int site_answer(void *owner, const struct ald_page_request *request, struct ald_page *page)
{
    struct site *site = ald_container(owner, struct site, rig);
    struct ald_pages pages = ald_mgmt_pages(site->mgmt);
    struct ald_guest guest = {.local = true};
    struct ald_page_request local = *request;

    local.guest = &guest; /* an inproc door is nobody's Unix socket */
    return pages.answer(pages.owner, &local, page);
}

/* Errors: ALDIS_E_NOMEM, where the rig `fails`. */
static int site_open(struct site *site)
{
    struct ald_mgmt_spec spec = {
        .id = ALD_STR("north"), .identifier = ALD_STR("exchange"), .message_max = 4096, .streams_max = 2};
    int r;

    site->rig.pages.answer = site_answer;
    r = rig_start(&site->rig);
    if (r == 0) {
        spec.edge = site->rig.edge;
        r = ald_mgmt_new(&spec, &site->mgmt);
    }
    return r;
}

/* The doors are closed before: visits end while those that own them are there. */
static void site_close(struct site *site)
{
    site->rig.door = ald_door_close(site->rig.door);
    site->mgmt = ald_mgmt_free(site->mgmt);
    rig_fini(&site->rig);
}

/* An agent of the target `t` that was told everything but commands. */
static struct rig_client *site_agent(struct site *site)
{
    struct rig_client *agent = rig_dial(&site->rig, 0, true);

    rig_hello(agent, "t");
    rig_until(&site->rig, rig_heard(agent, "PRIMARY"));
    rig_forget(agent);
    return agent;
}

static struct rig_client *site_dial(struct site *site, size_t i)
{
    return rig_dial(&site->rig, i, false);
}

static void post(struct rig_client *client, const char *path, const char *body)
{
    char text[1024];

    (void)snprintf(text, sizeof(text),
                   "POST %s HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: %zu\r\n\r\n%s",
                   path, strlen(body), body);
    rig_say(client, text);
}

/* The agent answers the command it was told last. */
static void reply(struct rig_client *agent, const char *payload)
{
    char text[512];

    (void)snprintf(text, sizeof(text),
                   "t:REPLY;;e:{\"commandId\":\"%s\",\"type\":\"W\",\"commandStatus\":\"SUCCEEDED\",\"payload\":%s}",
                   rig_command_id(agent), payload);
    rig_say(agent, text);
}

#define SUBMIT "{\"target\":\"t\",\"name\":\"WAIT\"}"

ALD_TEST(desk, answers_who_waits_when_there_is_an_outcome)
{
    struct site site = {0};
    struct rig_client *agent, *client;

    rig_init(&site.rig);
    ald_check_int(site_open(&site), 0);
    agent = site_agent(&site);
    client = site_dial(&site, 1);
    post(client, "/api/v1/commands", SUBMIT);
    rig_until(&site.rig, rig_heard(agent, "WAIT"));
    ald_check(!rig_heard(client, "HTTP/1.1"));
    reply(agent, "[7]");
    rig_until(&site.rig, rig_heard(client, "\"reply\":{\"payload\":[7]}"));
    ald_check(rig_heard(client, "HTTP/1.1 200 "));
    ald_check(ald_list_empty(&site.mgmt->desk.errands));
    site_close(&site);
}

ALD_TEST(desk, forgets_who_left_and_not_the_command)
{
    struct site site = {0};
    struct rig_client *agent, *client;
    struct ald_command_view view;
    uint64_t cursor = 0;

    rig_init(&site.rig);
    ald_check_int(site_open(&site), 0);
    agent = site_agent(&site);
    client = site_dial(&site, 1);
    post(client, "/api/v1/commands", SUBMIT);
    rig_until(&site.rig, rig_heard(agent, "WAIT"));
    rig_leave(client);
    rig_until(&site.rig, ald_door_counters(site.rig.door)->visits_left == 1);
    ald_check(!ald_list_empty(&site.mgmt->desk.errands));
    reply(agent, "1");
    rig_until(&site.rig, ald_list_empty(&site.mgmt->desk.errands));
    ald_check(ald_hub_next_command(ald_edge_hub(site.rig.edge), &cursor, &view));
    ald_check_int(view.outcome, ALD_SUCCEEDED);
    site_close(&site);
}

ALD_TEST(desk, answers_although_nothing_is_remembered)
{
    struct site site = {0};
    struct rig_client *client;

    rig_init(&site.rig);
    site.rig.hub.history_max = 0;
    ald_check_int(site_open(&site), 0);
    client = site_dial(&site, 1);
    post(client, "/api/v1/commands", "{\"target\":\"nobody\",\"name\":\"N\"}");
    rig_until(&site.rig, rig_heard(client, "\"cause\":\"no_target\""));
    rig_forget(client);
    post(client, "/api/v1/commands?wait=false", "{\"target\":\"nobody\",\"name\":\"N\"}");
    rig_until(&site.rig, rig_heard(client, "\r\n\r\n{"));
    ald_check(rig_heard(client, "HTTP/1.1 202 ") || rig_heard(client, "HTTP/1.1 503 "));
    site_close(&site);
}

ALD_TEST(desk, leaves_nobody_waiting_when_the_hub_stops)
{
    struct site site = {0};
    struct rig_client *agent, *client;

    rig_init(&site.rig);
    ald_check_int(site_open(&site), 0);
    agent = site_agent(&site);
    client = site_dial(&site, 1);
    post(client, "/api/v1/commands", SUBMIT);
    rig_until(&site.rig, rig_heard(agent, "WAIT"));
    ald_edge_drain(site.rig.edge, ald_loop_now(site.rig.loop));
    rig_until(&site.rig, rig_heard(client, "\"cause\":\"hub_stopped\""));
    rig_until(&site.rig, site.mgmt->desk.local == NULL);
    ald_check_int(ald_desk_open(&site.mgmt->desk), ALD_DESK_CLOSED);
    site_close(&site);
}

ALD_TEST(feed, comments_while_nothing_happens)
{
    struct site site = {0};
    struct rig_client *client;

    rig_init(&site.rig);
    ald_check_int(site_open(&site), 0);
    client = site_dial(&site, 1);
    rig_say(client, "GET /api/v1/events HTTP/1.1\r\nHost: x\r\n\r\n");
    rig_until(&site.rig, rig_heard(client, "retry: 1000\n\n"));
    ald_check(!rig_heard(client, ": nothing new"));
    ald_check(ald_alarm_running(&site.mgmt->feed.alarm));
    site.mgmt->feed.alarm.fn(site.mgmt->feed.alarm.owner);
    rig_until(&site.rig, rig_heard(client, "\n: nothing new\nid: "));
    rig_leave(client);
    rig_until(&site.rig, site.mgmt->feed.n_readers == 0);
    site_close(&site);
}

/* A reader of events and a submit, with the `n`-th allocation failing. Returns whether it got that far. */
static bool scene_fails_at(uint64_t n)
{
    struct site site = {0};
    struct rig_client *reader = NULL, *client = NULL;
    bool failed;

    rig_init(&site.rig);
    site.rig.fails = true;
    ald_alloc_fail_at(n);
    if (site_open(&site) == 0) {
        reader = site_dial(&site, 0);
        client = reader != NULL ? site_dial(&site, 1) : NULL;
    }
    if (client != NULL) {
        rig_say(reader, "GET /api/v1/events?payload=true&target=nobody HTTP/1.1\r\nHost: x\r\n\r\n");
        rig_until(&site.rig, rig_heard(reader, "\r\n\r\n") || reader->closed);
        post(client, "/api/v1/commands",
             "{\"to\":\"nobo%64y\",\"n\\u0061me\":\"N\",\"id\":"
             "\"12345678-1234-4234-8234-123456789abc\",\"payload\":[1]}");
        rig_until(&site.rig, rig_heard(client, "\r\n\r\n") || client->closed);
    }
    if (client != NULL && !client->closed) {
        rig_forget(client);
        post(client, "/api/v1/commands?wait=false", "{\"target\":\"nobody\",\"name\":\"N\"}");
        rig_until(&site.rig, rig_heard(client, "\r\n\r\n") || client->closed);
    }
    failed = ald_alloc_fail_off();
    if (site.mgmt != NULL) {
        ald_hub_check(ald_edge_hub(site.rig.edge));
    }
    site_close(&site);
    return failed;
}

ALD_TEST(desk, tells_or_cuts_whom_short_memory_hits)
{
    uint64_t n = 1;

    while (scene_fails_at(n)) {
        n++;
    }
    ald_check(n > 50); /* it did fail something */
}

ALD_TEST_MAIN(desk, ALD_CASE(desk, answers_who_waits_when_there_is_an_outcome),
              ALD_CASE(desk, forgets_who_left_and_not_the_command),
              ALD_CASE(desk, answers_although_nothing_is_remembered),
              ALD_CASE(desk, leaves_nobody_waiting_when_the_hub_stops), ALD_CASE(feed, comments_while_nothing_happens),
              ALD_CASE(desk, tells_or_cuts_whom_short_memory_hits))
