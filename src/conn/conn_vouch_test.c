#include <stdio.h>

#include "conn/gate.h"
#include "hub/view.h"
#include "lib/door_rig.h"

/* A gate that knows the tokens `host` and `user`, and the session that it has shown last; and a guard that knows one of both. */
struct ald_pass {
    void (*expel)(void *who);
    void *who;
};

static struct {
    struct ald_pass pass;
    size_t n_admitted, n_released;
    uint64_t session;
    const char *known; /* to the guard; NULL: everybody */
    bool revoked;
} post;

static void post_vouch(void *owner ALD_UNUSED, const struct ald_peer *peer ALD_UNUSED, struct ald_signal *signal,
                       struct ald_shown *shown)
{
    bool is_control = signal->greeting->is_control;

    if (!ald_str_equal(signal->greeting->token, is_control ? ALD_STR("user") : ALD_STR("host"))) {
        signal->denied = true;
        signal->text = ALD_STR("jwt malformed");
        return;
    }
    shown->proved = is_control ? ALD_STR("test") : ALD_STR("host-4");
    shown->issued = 7;
    signal->principal = shown->proved;
    if (is_control) {
        signal->target = ALD_STR("control-9");
    }
}

static int post_session_token(void *owner ALD_UNUSED, uint64_t session, uint64_t issued ALD_UNUSED, struct ald_buf *out)
{
    post.session = session;
    return ald_buf_push(out, ALD_STR("the-session"));
}

static uint64_t post_session_of(void *owner ALD_UNUSED, struct ald_str token, uint64_t *ret_issued)
{
    *ret_issued = 7;
    return ald_str_equal(token, ALD_STR("the-session")) ? post.session : 0;
}

static const struct ald_gate gate = {
    .vouch = post_vouch,
    .session_token = post_session_token,
    .session_of = post_session_of,
};

static int post_admit(void *owner ALD_UNUSED, const struct ald_shown *shown, struct ald_pass **ret_pass)
{
    if (!ald_str_present(shown->proved)) {
        return ALD_GUARD_NOTHING;
    }
    ald_check_int(shown->issued, 7);
    if (post.revoked || (post.known != NULL && !ald_str_equal(shown->proved, ald_str(post.known)))) {
        return post.revoked ? ALD_GUARD_REVOKED : ALD_GUARD_UNKNOWN;
    }
    post.n_admitted++;
    *ret_pass = &post.pass;
    return 0;
}

static void post_release(void *owner ALD_UNUSED, struct ald_pass *pass)
{
    post.n_released++;
    pass->expel = NULL;
}

static void post_enter(void *owner ALD_UNUSED, struct ald_pass *pass, enum ald_guest_manage needs ALD_UNUSED,
                       void (*expel)(void *who), void *who)
{
    *pass = (struct ald_pass){expel, who};
}

/* Nobody may serve a control's name: it must not be asked for. */
static void post_judge(void *owner ALD_UNUSED, struct ald_pass *pass ALD_UNUSED, struct ald_signal *signal)
{
    signal->denied = ald_str_equal(signal->target, ALD_STR("control-9")) || ald_str_equal(signal->target, ALD_STR("5"));
}

static int post_rights(void *owner ALD_UNUSED, const struct ald_pass *pass ALD_UNUSED, struct ald_buf *out)
{
    return ald_buf_push(out, ALD_STR("foo:Echo,foo:Ping"));
}

static const struct ald_guard guard = {
    .admit = post_admit,
    .release = post_release,
    .enter = post_enter,
    .judge = post_judge,
    .rights = post_rights,
};

static void rig_begin(struct rig *rig, bool guarded)
{
    memset(&post, 0, sizeof(post));
    rig_init(rig);
    rig->spec.gate = &gate;
    rig->spec.guard = guarded ? &guard : NULL;
    ald_check_int(rig_start(rig), 0);
}

static void rig_end(struct rig *rig)
{
    rig_fini(rig);
    ald_check_int(post.n_admitted, post.n_released);
}

static const char upgrade[] = "GET /api/socket HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
                              "Sec-WebSocket-Version: 8\r\nSec-WebSocket-Protocol: a, b\r\n"
                              "Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\r\n";

/* A client's text frame, masked with zeroes. */
static void say_frame(struct rig_client *client, const char *text)
{
    size_t size = strlen(text);
    const uint8_t small[6] = {0x81, (uint8_t)(0x80 | size)};
    const uint8_t large[8] = {0x81, 0xfe, (uint8_t)(size >> 8), (uint8_t)size};

    ald_stream_push_copy(client->stream, ALD_CHUNK_BYTES,
                         size <= 125 ? ald_str_of(small, sizeof(small)) : ald_str_of(large, sizeof(large)), 0);
    ald_stream_push_copy(client->stream, ALD_CHUNK_BYTES, ald_str(text), 0);
}

/* A link, whose hub has said hello. */
static struct rig_client *link_dial(struct rig *rig, size_t i)
{
    struct rig_client *client = rig_dial(rig, i, false);

    rig_say(client, upgrade);
    rig_until(rig, rig_heard(client, "\"type\":\"hello\""));
    ald_check(rig_heard(client, "HTTP/1.1 101 "));
    ald_check(rig_heard(client, "Sec-WebSocket-Protocol: a\r\n"));
    return client;
}

static void say_host(struct rig_client *client, int id, const char *token)
{
    char text[256];

    (void)snprintf(text, sizeof(text),
                   "{\"type\":\"registerHost\",\"data\":{\"token\":\"%s\",\"version\":\"1\",\"id\":%d,\"plugins\":{}}}",
                   token, id);
    say_frame(client, text);
}

static void say_control(struct rig_client *client, const char *token)
{
    char text[256];

    (void)snprintf(text, sizeof(text), "{\"type\":\"registerControl\",\"data\":{\"token\":\"%s\",\"version\":\"1\"}}",
                   token);
    say_frame(client, text);
}

ALD_TEST(vouch, lets_in_who_shows_a_good_token)
{
    struct ald_channel_view channel;
    struct rig_client *host, *control;
    uint64_t cursor = 0;
    struct rig rig;

    for (int guarded = 0; guarded < 2; guarded++) {
        rig_begin(&rig, guarded != 0);
        host = link_dial(&rig, 0);
        say_host(host, 4, "host");
        rig_until(&rig, rig_heard(host, "\"type\":\"ready\""));
        ald_check(rig_heard(host, "\"src\":[1,4],\"sessionToken\":\"the-session\""));
        control = link_dial(&rig, 1);
        say_control(control, "user");
        rig_until(&rig, rig_heard(control, "\"type\":\"ready\""));
        ald_check(rig_heard(control, "\"src\":[3,9]"));
        ald_check(rig_heard(control, "\"name\":\"test\""));
        ald_check(rig_heard(control, guarded != 0 ? "[\"foo:Echo\",\"foo:Ping\"]" : "[\"core.admin\"]"));
        cursor = 0;
        ald_check(ald_hub_next_channel(ald_edge_hub(rig.edge), ALD_STR("4"), &cursor, &channel));
        ald_check_str(channel.principal, "host-4");
        ald_check(channel.session != 0);
        rig_end(&rig);
    }
}

ALD_TEST(vouch, turns_away_who_does_not)
{
    struct rig_client *client;
    struct rig rig;

    rig_begin(&rig, false);
    client = link_dial(&rig, 0);
    say_host(client, 4, "user");
    rig_until(&rig, client->closed);
    ald_check(rig_heard(client, "Authentication failed: jwt malformed"));
    ald_check_int(ald_edge_counters(rig.edge)->strangers_denied, 1);
    rig_end(&rig);
}

ALD_TEST(vouch, turns_away_who_is_not_in_the_rules)
{
    struct rig_client *client;
    struct rig rig;

    rig_begin(&rig, true);
    post.known = "nobody";
    client = link_dial(&rig, 0);
    say_host(client, 4, "host");
    rig_until(&rig, client->closed);
    ald_check(rig_heard(client, "Authentication failed: invalid token"));
    client = link_dial(&rig, 1);
    say_control(client, "user");
    rig_until(&rig, client->closed);
    ald_check(rig_heard(client, "Authentication failed: invalid user"));
    post.known = NULL;
    post.revoked = true;
    client = link_dial(&rig, 2);
    say_control(client, "user");
    rig_until(&rig, client->closed);
    ald_check(rig_heard(client, "Authentication failed: invalid token"));
    post.revoked = false;
    client = link_dial(&rig, 3);
    say_host(client, 5, "host");
    rig_until(&rig, client->closed);
    ald_check(rig_heard(client, "Authentication failed: Permission denied"));
    rig_end(&rig);
}

ALD_TEST(vouch, knows_whose_session_is_resumed)
{
    struct rig_client *client;
    struct rig rig;

    for (int guarded = 0; guarded < 2; guarded++) {
        rig_begin(&rig, guarded != 0);
        client = link_dial(&rig, 0);
        say_host(client, 4, "host");
        rig_until(&rig, rig_heard(client, "\"type\":\"ready\""));
        rig_leave(client);
        client = link_dial(&rig, 1);
        say_frame(client, "{\"type\":\"resume\",\"data\":{\"sessionToken\":\"the-session\"}}");
        rig_until(&rig, rig_heard(client, "\"type\":\"continue\""));
        client = link_dial(&rig, 2);
        say_frame(client, "{\"type\":\"resume\",\"data\":{\"sessionToken\":\"another\"}}");
        rig_until(&rig, rig_heard(client, "\"type\":\"invalidate\""));
        rig_end(&rig);
    }
}

/* And ends the session of who is put out. */
ALD_TEST(vouch, ends_the_session_of_who_is_put_out)
{
    struct ald_channel_view channel;
    struct rig_client *client;
    struct rig rig;

    rig_begin(&rig, true);
    client = link_dial(&rig, 0);
    say_host(client, 4, "host");
    rig_until(&rig, rig_heard(client, "\"type\":\"ready\""));
    post.pass.expel(post.pass.who);
    rig_until(&rig, client->closed);
    rig_until(&rig, ald_hub_find_session(ald_edge_hub(rig.edge), post.session, &channel) == ALD_VIEW_UNKNOWN);
    ald_check_int(ald_edge_counters(rig.edge)->expelled, 1);
    rig_end(&rig);
}

ALD_TEST(vouch, is_at_one_path_only)
{
    static const char *const paths[] = {"/api/socket/", "/api/socketx", "/api/socket/x?y=z"};
    struct rig_client *client;
    char text[300];
    struct rig rig;

    rig_begin(&rig, false);
    for (size_t i = 0; i < ALD_COUNT(paths); i++) {
        client = rig_dial(&rig, i, false);
        (void)snprintf(text, sizeof(text), "GET %s%s", paths[i], upgrade + strlen("GET /api/socket"));
        rig_say(client, text);
        rig_until(&rig, client->closed);
        ald_check(rig_heard(client, "HTTP/1.1 400 "));
        ald_check(rig_heard(client, "Connection: close\r\n"));
        ald_check(rig_heard(client, "\r\n\r\nBad Request"));
    }
    rig_end(&rig);
}

ALD_TEST_MAIN(vouch, ALD_CASE(vouch, lets_in_who_shows_a_good_token), ALD_CASE(vouch, turns_away_who_does_not),
              ALD_CASE(vouch, turns_away_who_is_not_in_the_rules), ALD_CASE(vouch, knows_whose_session_is_resumed),
              ALD_CASE(vouch, ends_the_session_of_who_is_put_out), ALD_CASE(vouch, is_at_one_path_only))
