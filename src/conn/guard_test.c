#include "conn/guard.h"

#include <stdio.h>

#include "conn/visit.h"
#include "lib/door_rig.h"

/* A guard that knows one token, and lets in who shows nothing when it is told to. */
struct ald_pass {
    void (*expel)(void *who);
    void *who;
    enum ald_guest_manage needs;
};

static struct {
    struct ald_pass passes[8];
    size_t n_admitted, n_released;
    bool lets_in, denies;
    struct ald_visit *visit; /* of a page that answers later */
} gate;

static int gate_admit(void *owner ALD_UNUSED, const struct ald_shown *shown, struct ald_pass **ret_pass)
{
    bool good = ald_str_equal(shown->authorization, ALD_STR("Bearer good"));

    if (shown->authorization_repeated || (ald_str_present(shown->authorization) && !good)) {
        return ALD_GUARD_UNKNOWN;
    }
    if (!good && !gate.lets_in) {
        return ALD_GUARD_NOTHING;
    }
    *ret_pass = &gate.passes[gate.n_admitted++ % ALD_COUNT(gate.passes)];
    **ret_pass = (struct ald_pass){.expel = NULL};
    return 0;
}

static void gate_release(void *owner ALD_UNUSED, struct ald_pass *pass)
{
    gate.n_released++;
    pass->expel = NULL;
}

static void gate_enter(void *owner ALD_UNUSED, struct ald_pass *pass, enum ald_guest_manage needs,
                       void (*expel)(void *who), void *who)
{
    pass->expel = expel;
    pass->who = who;
    pass->needs = needs;
}

static void gate_judge(void *owner ALD_UNUSED, struct ald_pass *pass ALD_UNUSED, struct ald_signal *signal)
{
    if (signal->kind == ALD_SIGNAL_REGISTER) {
        signal->principal = ALD_STR("lamp-7");
        signal->target = ALD_STR("assigned");
    }
    signal->denied = gate.denies;
}

static struct ald_str gate_principal(void *owner ALD_UNUSED, const struct ald_pass *pass ALD_UNUSED)
{
    return ALD_STR("lamp-7");
}

static enum ald_guest_manage gate_manage(void *owner ALD_UNUSED, const struct ald_pass *pass ALD_UNUSED)
{
    return ALD_GUEST_MANAGE_WRITE;
}

static const struct ald_guard guard = {
    .admit = gate_admit,
    .release = gate_release,
    .enter = gate_enter,
    .judge = gate_judge,
    .principal = gate_principal,
    .manage = gate_manage,
};

/* A page that shows who asks; /later answers never. */
static int page_answer(void *owner ALD_UNUSED, const struct ald_page_request *request, struct ald_page *page)
{
    static const struct ald_visit_callbacks nobody = {.gone = NULL};
    struct ald_str principal = ald_guest_principal(request->guest);

    if (ald_str_equal(request->head->path, ALD_STR("/later"))) {
        gate.visit = request->visit;
        ald_visit_own(request->visit, &nobody, NULL);
        return ALD_PAGE_LATER;
    }
    return ald_buf_pushf(&page->body, "known %d, called %.*s, manage %d.", ald_guest_known(request->guest),
                         ALD_STR_ARG(principal), ald_guest_manage(request->guest));
}

static void rig_begin(struct rig *rig, bool guarded)
{
    memset(&gate, 0, sizeof(gate));
    rig_init(rig);
    rig->spec.guard = guarded ? &guard : NULL;
    rig->pages = (struct ald_pages){.answer = page_answer, .body_max = 4096};
    ald_check_int(rig_start(rig), 0);
}

static void rig_end(struct rig *rig)
{
    rig_fini(rig);
    ald_check_int(gate.n_admitted, gate.n_released);
}

#define GET(path, fields) "GET " path " HTTP/1.1\r\nHost: x\r\n" fields "\r\n"

ALD_TEST(guard, is_asked_by_every_request)
{
    struct rig rig;
    struct rig_client *client;

    rig_begin(&rig, true);
    client = rig_dial(&rig, 0, false);
    rig_say(client, GET("/a", "Authorization: Bearer good\r\n") GET("/b", ""));
    rig_until(&rig, rig_heard(client, "known 1, called lamp-7, manage 2."));
    rig_until(&rig, rig_heard(client, "known 0, called , manage 0."));
    ald_check_int(gate.n_admitted, 1);
    rig_end(&rig);
}

ALD_TEST(guard, turns_away_who_shows_what_nobody_has)
{
    static const char *const fields[] = {
        GET("/", "Authorization: Bearer bad\r\n"),
        GET("/", "Authorization: Bearer good\r\nAuthorization: Bearer good\r\n"),
        GET("/?access_token=good", "Authorization: Basic good\r\n"),
        "POST / HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer bad\r\nContent-Length: 100000\r\n\r\n",
    };
    struct rig rig;

    rig_begin(&rig, true);
    gate.lets_in = true;
    for (size_t i = 0; i < ALD_COUNT(fields); i++) {
        struct rig_client *client = rig_dial(&rig, i, false);

        rig_say(client, fields[i]);
        rig_until(&rig, client->closed);
        ald_check(rig_heard(client, "HTTP/1.1 401 "));
        ald_check(rig_heard(client, "WWW-Authenticate: Bearer error=\"invalid_token\""));
        ald_check(rig_heard(client, "application/problem+json"));
    }
    ald_check_int(ald_door_counters(rig.door)->unauthorized, ALD_COUNT(fields));
    rig_end(&rig);
}

#define UPGRADE                                                                                                        \
    "GET /exchange/controller HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"                    \
    "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n"

ALD_TEST(guard, is_asked_before_an_upgrade_is_looked_at)
{
    struct rig rig;
    struct rig_client *client;

    rig_begin(&rig, true);
    client = rig_dial(&rig, 0, false);
    rig_say(client, UPGRADE "\r\n");
    rig_until(&rig, client->closed);
    ald_check(rig_heard(client, "HTTP/1.1 401 "));
    ald_check(rig_heard(client, "Content-Length: 0\r\n"));

    /* exchange.md 2.2: authentication runs before the request is known to be an upgrade. */
    client = rig_dial(&rig, 1, false);
    rig_say(client, GET("/exchange/controller", ""));
    rig_until(&rig, client->closed);
    ald_check(rig_heard(client, "HTTP/1.1 401 "));

    client = rig_dial(&rig, 2, false);
    rig_say(client, UPGRADE "Authorization: Bearer good\r\n\r\n");
    rig_until(&rig, rig_heard(client, "HTTP/1.1 101 "));
    ald_check_int(ald_door_counters(rig.door)->unauthorized, 2);
    rig_end(&rig);
}

ALD_TEST(guard, decides_who_a_party_is_and_what_it_serves)
{
    struct ald_channel_view channel;
    uint64_t cursor = 0;
    struct rig rig;

    rig_begin(&rig, true);
    gate.lets_in = true;
    rig_hello(rig_dial(&rig, 0, true), "proposed");
    ald_check(ald_hub_next_channel(ald_edge_hub(rig.edge), ALD_STR_NONE, &cursor, &channel));
    ald_check_str(channel.target, "assigned");
    ald_check_str(channel.principal, "lamp-7");
    rig_end(&rig);
}

ALD_TEST(guard, puts_out_a_connection)
{
    struct rig rig;
    struct rig_client *client;

    rig_begin(&rig, true);
    gate.lets_in = true;
    client = rig_dial(&rig, 0, true);
    rig_hello(client, "lamp");
    gate.passes[0].expel(gate.passes[0].who);
    rig_until(&rig, client->closed);
    ald_check_int(client->code, 1008);
    ald_check_int(ald_edge_counters(rig.edge)->expelled, 1);
    rig_until(&rig, gate.n_released == 1);
    rig_end(&rig);
}

ALD_TEST(guard, puts_out_who_waits_for_an_answer)
{
    struct rig rig;
    struct rig_client *client;

    rig_begin(&rig, true);
    client = rig_dial(&rig, 0, false);
    rig_say(client, GET("/later", "Authorization: Bearer good\r\n"));
    rig_until(&rig, gate.visit != NULL);
    ald_check_int(gate.passes[0].needs, ALD_GUEST_MANAGE_READ);
    gate.passes[0].expel(gate.passes[0].who);
    rig_until(&rig, client->closed);
    ald_check_int(ald_edge_counters(rig.edge)->expelled, 1);
    rig_end(&rig);
}

ALD_TEST(guard, is_not_needed)
{
    const struct ald_guest far = {.guard = NULL}, near = {.local = true};
    struct rig rig;
    struct rig_client *client;

    rig_begin(&rig, false);
    client = rig_dial(&rig, 0, false);
    rig_say(client, GET("/", "Authorization: Bearer whatever\r\n"));
    rig_until(&rig, rig_heard(client, "known 1, called , manage 2."));
    ald_check_int(ald_guest_manage(&far), ALD_GUEST_MANAGE_READ);
    ald_check_int(ald_guest_manage(&near), ALD_GUEST_MANAGE_WRITE);
    ald_check(ald_guest_may_command(&far, &ALD_ADDRESS_NONE, ALD_STR("x")));
    rig_end(&rig);
}

ALD_TEST_MAIN(guard, ALD_CASE(guard, is_asked_by_every_request), ALD_CASE(guard, turns_away_who_shows_what_nobody_has),
              ALD_CASE(guard, is_asked_before_an_upgrade_is_looked_at),
              ALD_CASE(guard, decides_who_a_party_is_and_what_it_serves), ALD_CASE(guard, puts_out_a_connection),
              ALD_CASE(guard, puts_out_who_waits_for_an_answer), ALD_CASE(guard, is_not_needed))
