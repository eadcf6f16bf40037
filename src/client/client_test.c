#include "client/desk_test.h"

#include "transport/net.h"

ALD_TEST(client, says_hello_over_a_unix_socket_and_is_welcome)
{
    struct desk desk;

    desk_start(&desk, FAKE_EXTENDED, "lamp");
    ald_check_str(ald_client_target(desk.client), "lamp");
    ald_check_str(ald_str(ald_client_url(desk.client)), desk.hub.url);
    ald_check_str(ald_str(desk.text), desk.hub.url);
    ald_check(ald_client_can_say(desk.client, ALD_WAY_ADDRESSES));
    desk_close(&desk);
}

ALD_TEST(client, says_hello_over_tcp)
{
    struct fake_hub hub;
    struct desk desk;
    const char *urls[] = {hub.url, NULL};

    desk_open(&desk, FAKE_EXTENDED);
    fake_hub_open(&hub, desk.net, FAKE_EXTENDED, false);
    desk_dial_urls(&desk, urls);
    fake_hub_until(&hub, desk.state == ALD_CLIENT_READY);
    ald_check(ald_str_starts(ald_str(desk.text), ALD_STR("ws://127.0.0.1:")));
    desk.client = ald_client_free(desk.client);
    fake_hub_close(&hub);
    desk_close(&desk);
}

ALD_TEST(client, knows_a_hub_without_the_extension)
{
    struct desk desk;

    desk_start(&desk, FAKE_PLAIN, NULL);
    ald_check(!ald_client_can_say(desk.client, ALD_WAY_ADDRESSES));
    desk_close(&desk);
}

ALD_TEST(client, names_the_url_that_is_wrong)
{
    const char *urls[] = {"ws://good", "ftp://bad", NULL};
    struct ald_why why = {""};
    struct desk desk;

    desk_open(&desk, FAKE_EXTENDED);
    desk.options.urls = urls;
    ald_check_int(ald_client_new(desk.net, &desk.options, &desk.callbacks, &desk, &why, &desk.client),
                  ALD_CLIENT_BAD_URL);
    ald_check(strstr(why.text, "ftp://bad") != NULL);
    ald_check(desk.client == NULL);
    desk_close(&desk);
}

/* It would be tried for ever, and refused each time by nobody but us. */
ALD_TEST(client, says_at_once_that_a_target_is_no_number)
{
    const char *urls[] = {"ws://good", "link+ws://good", NULL};
    struct ald_why why = {""};
    struct desk desk;

    desk_open(&desk, FAKE_LINK);
    desk.options.urls = urls;
    desk.options.target = "lamp";
    ald_check_int(ald_client_new(desk.net, &desk.options, &desk.callbacks, &desk, &why, &desk.client),
                  ALD_CLIENT_BAD_URL);
    ald_check(strstr(why.text, "\"lamp\" is not") != NULL);
    ald_check(desk.client == NULL);
    desk_close(&desk);
}

/* A URL that nobody serves, one that accepts and never answers the hello well, and a good one. */
static void check_rotates_past(enum fake_manner manner)
{
    struct fake_hub bad, gone;
    struct desk desk;
    const char *urls[] = {gone.url, bad.url, desk.hub.url, NULL};

    desk_open(&desk, FAKE_EXTENDED);
    fake_hub_open(&bad, desk.net, manner, true);
    fake_hub_open(&gone, desk.net, FAKE_MUTE, false);
    fake_hub_deafen(&gone);
    desk_dial_urls(&desk, urls);
    fake_hub_until(&desk.hub, desk.state == ALD_CLIENT_READY);
    ald_check_str(ald_str(desk.text), desk.hub.url);
    ald_check_int(bad.n_conns, 1);
    ald_check_int(desk.n_states[ALD_CLIENT_WAITING], 2);
    desk.client = ald_client_free(desk.client);
    fake_hub_close(&gone);
    fake_hub_close(&bad);
    desk_close(&desk);
}

ALD_TEST(client, is_not_held_by_a_url_that_accepts_and_fails_the_hello)
{
    check_rotates_past(FAKE_RUDE);
}

ALD_TEST(client, is_not_held_by_a_url_that_upgrades_nobody)
{
    struct fake_hub canned;
    struct desk desk;
    const char *urls[] = {canned.url, desk.hub.url, NULL};

    desk_open(&desk, FAKE_EXTENDED);
    fake_hub_open(&canned, desk.net, FAKE_CANNED, true);
    canned.canned = "HTTP/1.1 410 Gone\r\nContent-Length: 0\r\n\r\n";
    desk_dial_urls(&desk, urls);
    fake_hub_until(&desk.hub, desk.state == ALD_CLIENT_READY);
    desk.client = ald_client_free(desk.client);
    fake_hub_close(&canned);
    desk_close(&desk);
}

ALD_TEST(client, is_not_held_by_a_url_that_welcomes_and_drops_it)
{
    struct fake_hub fickle;
    struct desk desk;
    const char *urls[] = {fickle.url, desk.hub.url, NULL};

    desk_open(&desk, FAKE_EXTENDED);
    fake_hub_open(&fickle, desk.net, FAKE_FICKLE, true);
    desk_dial_urls(&desk, urls);
    fake_hub_until(&desk.hub, desk.state == ALD_CLIENT_READY && strcmp(desk.text, desk.hub.url) == 0);
    ald_check_int(fickle.n_conns, 1);
    desk.client = ald_client_free(desk.client);
    fake_hub_close(&fickle);
    desk_close(&desk);
}

ALD_TEST(client, comes_back_when_the_link_is_lost)
{
    struct desk desk;

    desk_start(&desk, FAKE_EXTENDED, "lamp");
    for (int i = 2; i <= 4; i++) {
        fake_hub_drop(fake_hub_conn(&desk.hub));
        fake_hub_until(&desk.hub, desk.n_states[ALD_CLIENT_READY] == i && desk.state == ALD_CLIENT_READY);
    }
    desk_close(&desk);
}

ALD_TEST(client, does_not_come_back_when_it_shall_not_reconnect)
{
    struct desk desk;

    desk_open(&desk, FAKE_EXTENDED);
    desk.options.reconnect = false;
    desk_dial(&desk);
    fake_hub_until(&desk.hub, desk.state == ALD_CLIENT_READY);
    fake_hub_drop(fake_hub_conn(&desk.hub));
    fake_hub_until(&desk.hub, desk.state == ALD_CLIENT_CLOSED);
    desk_close(&desk);
}

ALD_TEST(client, waits_longer_after_each_failure)
{
    struct desk desk;
    ald_usec longest = 0;

    desk_open(&desk, FAKE_RUDE);
    desk_dial(&desk);
    for (int i = 1; i <= 6; i++) {
        fake_hub_until(&desk.hub, desk.n_states[ALD_CLIENT_WAITING] == i);
        ald_check(desk.retry_in >= 5 * ALD_MSEC && desk.retry_in <= 40 * ALD_MSEC);
        longest = ALD_MAX(longest, desk.retry_in);
    }
    ald_check(longest >= 20 * ALD_MSEC);
    desk_close(&desk);
}

/* "retried by the connector? no" (exchange.md 4.3) */
ALD_TEST(client, takes_a_denied_hello_for_final)
{
    struct desk desk;
    struct desk_call *call;

    desk_open(&desk, FAKE_DENIES);
    desk_dial(&desk);
    call = desk_call(&desk, 10 * ALD_SEC);
    fake_hub_until(&desk.hub, desk.state == ALD_CLIENT_CLOSED);
    ald_check(strstr(desk.text, "not for you") != NULL);
    desk_check_outcome(call, ALD_CANCELLED, ALD_CAUSE_TAKEN_BACK);
    ald_check_int(desk.hub.n_conns, 1);
    ald_check_int(desk.n_states[ALD_CLIENT_WAITING], 0);
    desk_close(&desk);
}

static void leave(struct desk *desk, bool reconnect)
{
    struct ald_signal signal = ald_signal_of(ALD_SIGNAL_LEAVE);

    signal.reconnect = reconnect;
    signal.target = ALD_STR("lamp");
    fake_hub_say(fake_hub_conn(&desk->hub), &signal);
}

ALD_TEST(client, comes_back_when_the_hub_says_goodbye_and_asks_it_to)
{
    struct desk desk;

    desk_start(&desk, FAKE_EXTENDED, "lamp");
    leave(&desk, true);
    ald_check(fake_hub_wait(&desk.hub, ALD_SIGNAL_LEAVE, 0)->ok); /* an answer is heard before the door shuts */
    fake_hub_until(&desk.hub, desk.n_states[ALD_CLIENT_READY] == 2);
    ald_check_int(desk.hub.conns[0].code, 1013);
    desk_close(&desk);
}

ALD_TEST(client, stays_away_when_the_hub_says_goodbye_for_good)
{
    struct desk desk;

    desk_start(&desk, FAKE_EXTENDED, "lamp");
    leave(&desk, false);
    fake_hub_until(&desk.hub, desk.state == ALD_CLIENT_CLOSED);
    ald_check(strstr(desk.text, "goodbye") != NULL);
    fake_hub_until(&desk.hub, desk.hub.conns[0].stream == NULL);
    ald_check_int(desk.hub.conns[0].code, 1000);
    desk_close(&desk);
}

ALD_TEST(client, says_goodbye_when_it_is_closed)
{
    struct desk desk;

    desk_start(&desk, FAKE_EXTENDED, "lamp");
    ald_client_close(desk.client);
    fake_hub_until(&desk.hub, desk.state == ALD_CLIENT_CLOSED);
    fake_hub_wait(&desk.hub, ALD_SIGNAL_LEAVE, 0);
    ald_check_int(desk.n_states[ALD_CLIENT_CLOSED], 1);
    desk_close(&desk);
}

/* Close it as soon as it comes to `state`, from within the callback that says so. */
static void check_closes_in(enum ald_client_state state, enum fake_manner manner)
{
    struct desk desk;

    desk_open(&desk, manner);
    desk.close_in = (int)state;
    desk_dial(&desk);
    fake_hub_until(&desk.hub, desk.state == ALD_CLIENT_CLOSED);
    ald_check_int(desk.n_states[ALD_CLIENT_CLOSED], 1);
    ald_client_close(desk.client); /* once more is harmless */
    desk_close(&desk);
}

ALD_TEST(client, closes_in_every_state_from_within_its_callback)
{
    check_closes_in(ALD_CLIENT_CONNECTING, FAKE_EXTENDED);
    check_closes_in(ALD_CLIENT_WAITING, FAKE_RUDE);
    check_closes_in(ALD_CLIENT_READY, FAKE_EXTENDED);
    check_closes_in(ALD_CLIENT_CLOSED, FAKE_DENIES);
}

ALD_TEST(client, closes_before_its_first_turn)
{
    struct desk desk;

    desk_open(&desk, FAKE_EXTENDED);
    desk_dial(&desk);
    ald_client_close(desk.client);
    ald_check_int(desk.state, ALD_CLIENT_CLOSED);
    desk_close(&desk);
    ald_check_int(desk.hub.n_conns, 0);
}

ALD_TEST(client, closes_while_nobody_answers)
{
    static const enum fake_manner manners[] = {FAKE_MUTE, FAKE_DEAF};

    for (size_t i = 0; i < ALD_COUNT(manners); i++) {
        struct desk desk;

        desk_open(&desk, manners[i]);
        desk_dial(&desk);
        fake_hub_until(&desk.hub, desk.hub.n_conns == 1 && (manners[i] == FAKE_MUTE || desk.hub.n_heard > 0));
        ald_client_close(desk.client);
        fake_hub_until(&desk.hub, desk.state == ALD_CLIENT_CLOSED);
        desk_close(&desk);
    }
}

ALD_TEST(client, may_be_freed_in_every_state)
{
    static const enum fake_manner manners[] = {FAKE_MUTE, FAKE_DEAF, FAKE_EXTENDED, FAKE_RUDE};

    for (size_t i = 0; i < ALD_COUNT(manners); i++) {
        for (int turns = 0; turns < 8; turns++) {
            struct desk desk;

            desk_open(&desk, manners[i]);
            desk_dial(&desk);
            (void)desk_call(&desk, ALD_SEC);
            for (int turn = 0; turn < turns; turn++) {
                ald_loop_turn(desk.loop, 0);
            }
            desk_close(&desk);
        }
    }
}

ALD_TEST(client, is_healthy_when_nobody_says_otherwise)
{
    struct ald_signal question = ald_signal_of(ALD_SIGNAL_HEALTH);
    struct desk desk;

    desk_start(&desk, FAKE_EXTENDED, "lamp");
    question.id = ald_id_make(1, 1);
    fake_hub_say(fake_hub_conn(&desk.hub), &question);
    ald_check(fake_hub_wait(&desk.hub, ALD_SIGNAL_HEALTH, 0)->healthy);
    desk_close(&desk);
}

static void desk_health(void *owner)
{
    struct desk *desk = owner;

    desk->n_health++;
}

ALD_TEST(client, tells_later_what_its_program_says_of_its_health)
{
    struct ald_signal question = ald_signal_of(ALD_SIGNAL_HEALTH);
    const struct fake_heard *answer;
    struct desk desk;

    desk_open(&desk, FAKE_EXTENDED);
    desk.callbacks.health = desk_health;
    desk.options.target = "lamp";
    desk_dial(&desk);
    fake_hub_until(&desk.hub, desk.state == ALD_CLIENT_READY);
    ald_client_healthy(desk.client, true, NULL); /* nobody asked */
    question.id = ald_id_make(1, 1);
    fake_hub_say(fake_hub_conn(&desk.hub), &question);
    fake_hub_until(&desk.hub, desk.n_health == 1);
    ald_client_healthy(desk.client, false, "no oil");
    ald_client_healthy(desk.client, true, NULL); /* the second answer to one question */
    answer = fake_hub_wait(&desk.hub, ALD_SIGNAL_HEALTH, 0);
    ald_check(answer->ok && !answer->healthy);
    ald_check_str(ald_str(answer->text), "no oil");
    ald_check(fake_hub_heard(&desk.hub, ALD_SIGNAL_HEALTH, 1) == NULL);
    desk_close(&desk);
}

ALD_TEST(client, confirms_being_primary)
{
    struct ald_signal question = ald_signal_of(ALD_SIGNAL_PRIMARY);
    const struct fake_heard *answer;
    struct desk desk;

    desk_start(&desk, FAKE_EXTENDED, "lamp");
    question.id = ald_id_make(1, 1);
    question.primary = true;
    question.term = 3;
    fake_hub_say(fake_hub_conn(&desk.hub), &question);
    answer = fake_hub_wait(&desk.hub, ALD_SIGNAL_PRIMARY, 0);
    ald_check(answer->ok);
    ald_check_int(desk.n_primary, 1);
    ald_check(desk.primary);
    desk_close(&desk);
}

ALD_TEST(client, sends_events_only_while_it_is_connected)
{
    struct ald_msg *event = NULL;
    struct desk desk;

    desk_open(&desk, FAKE_EXTENDED);
    desk_dial(&desk);
    ald_check_int(ald_msg_new(ald_client_messages(desk.client), ALD_EVENT, &event), 0);
    ald_check_int(ald_msg_set(event, &event->name, ALD_STR("dawn")), 0);
    ald_msg_seal(event);
    ald_check_int(ald_client_send(desk.client, event), ALD_CLIENT_AWAY);
    fake_hub_until(&desk.hub, desk.state == ALD_CLIENT_READY);
    ald_check_int(ald_client_send(desk.client, event), 0);
    ald_check_str(fake_hub_wait(&desk.hub, ALD_SIGNAL_EVENT, 0)->msg->name, "dawn");
    ald_msg_unref(event);
    desk_close(&desk);
}

static bool request_has(struct desk *desk, const char *text)
{
    struct ald_str request = ald_buf_str(&desk->hub.conns[0].request);

    return desk->hub.n_conns > 0 && ald_str_find(request, ald_str(text)) < request.size;
}

ALD_TEST(client, shows_its_token_in_the_upgrade)
{
    struct desk desk;

    desk_open(&desk, FAKE_CANNED);
    desk.hub.canned = "HTTP/1.1 401 Unauthorized\r\nContent-Length: 0\r\n\r\n";
    desk.options.token = "abc-123._~+/=";
    desk.options.reconnect = false;
    desk_dial(&desk);
    fake_hub_until(&desk.hub, desk.state == ALD_CLIENT_CLOSED);
    ald_check(request_has(&desk, "Authorization: Bearer abc-123._~+/=\r\n"));
    ald_check(strstr(desk.text, "abc") == NULL);
    ald_check(strstr(desk.text, "401") != NULL);
    desk_close(&desk);
}

ALD_TEST(client, takes_no_token_that_would_break_the_header)
{
    static const char *const bad[] = {"", "a b", "a\r\nX: 1", "a,b", "\xc3\xa9"};
    struct ald_why why;
    struct desk desk;

    desk_open(&desk, FAKE_EXTENDED);
    desk.options.urls = (const char *const[]){desk.hub.url, NULL};
    for (size_t i = 0; i < ALD_COUNT(bad); i++) {
        desk.options.token = bad[i];
        ald_check_int(ald_client_new(desk.net, &desk.options, &desk.callbacks, &desk, &why, &desk.client),
                      ALDIS_E_INVALID);
        ald_check(strstr(why.text, "token") != NULL);
    }
    desk_close(&desk);
}

ALD_TEST_MAIN(client, ALD_CASE(client, shows_its_token_in_the_upgrade),
              ALD_CASE(client, takes_no_token_that_would_break_the_header),
              ALD_CASE(client, says_hello_over_a_unix_socket_and_is_welcome), ALD_CASE(client, says_hello_over_tcp),
              ALD_CASE(client, knows_a_hub_without_the_extension), ALD_CASE(client, names_the_url_that_is_wrong),
              ALD_CASE(client, says_at_once_that_a_target_is_no_number),
              ALD_CASE(client, is_not_held_by_a_url_that_accepts_and_fails_the_hello),
              ALD_CASE(client, is_not_held_by_a_url_that_upgrades_nobody),
              ALD_CASE(client, is_not_held_by_a_url_that_welcomes_and_drops_it),
              ALD_CASE(client, comes_back_when_the_link_is_lost),
              ALD_CASE(client, does_not_come_back_when_it_shall_not_reconnect),
              ALD_CASE(client, waits_longer_after_each_failure), ALD_CASE(client, takes_a_denied_hello_for_final),
              ALD_CASE(client, comes_back_when_the_hub_says_goodbye_and_asks_it_to),
              ALD_CASE(client, stays_away_when_the_hub_says_goodbye_for_good),
              ALD_CASE(client, says_goodbye_when_it_is_closed),
              ALD_CASE(client, closes_in_every_state_from_within_its_callback),
              ALD_CASE(client, closes_before_its_first_turn), ALD_CASE(client, closes_while_nobody_answers),
              ALD_CASE(client, may_be_freed_in_every_state), ALD_CASE(client, is_healthy_when_nobody_says_otherwise),
              ALD_CASE(client, tells_later_what_its_program_says_of_its_health),
              ALD_CASE(client, confirms_being_primary), ALD_CASE(client, sends_events_only_while_it_is_connected))
