#include "auth/auth.h"

#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "auth/token.h"
#include "lib/test.h"

/* The rules of one token, `secret`, and a few others. */
static struct ald_auth *auth_of_secret(const char *secret)
{
    char hash_text[ALD_TOKEN_HASH_TEXT + 1], text[1024];
    uint8_t hash[ALD_AUTH_HASH];
    struct ald_auth *auth = NULL;
    struct ald_rules_why why = {""};

    ald_check_int(ald_token_hash(ald_str(secret), hash), 0);
    ald_token_hash_format(hash, hash_text);
    (void)snprintf(text, sizeof(text),
                   "[token lamp-7]\nhash = %s\nregister = lamp\ncommand = press:start, *:ping\n"
                   "[user %lu]\nregister = lamp, press\n[primary_only]\ncommands = ping\n",
                   hash_text, (unsigned long)getuid());
    ald_check_int(ald_auth_read("tokens", ald_str(text), &auth, &why), 0);
    return auth;
}

ALD_TEST(auth, knows_a_token_and_nothing_like_it)
{
    ALD_AUTO(ald_auth_unref) struct ald_auth *auth = auth_of_secret("aldis_secret");
    char token[] = "aldis_secret";

    ald_check_str(ald_auth_bearer(auth, ALD_STR("aldis_secret"))->name, "lamp-7");
    for (size_t i = 0; i < sizeof(token) - 1; i++) {
        token[i] ^= 1;
        ald_check(ald_auth_bearer(auth, ald_str(token)) == NULL);
        token[i] ^= 1;
    }
    ald_check(ald_auth_bearer(auth, ALD_STR("")) == NULL);
    ald_check(ald_auth_bearer(auth, ALD_STR("aldis_secre")) == NULL);
    ald_check(ald_auth_bearer(auth, ALD_STR("lamp-7")) == NULL);
}

ALD_TEST(auth, knows_users_of_this_machine)
{
    ALD_AUTO(ald_auth_unref) struct ald_auth *auth = auth_of_secret("x");
    struct ald_auth *root = NULL;
    struct ald_rules_why why;

    ald_check(ald_auth_user(auth, getuid()) != NULL);
    ald_check(ald_auth_user(auth, getuid() + 1) == NULL);
    ald_check_int(ald_auth_read("tokens", ALD_STR("[user root]\n"), &root, &why), 0);
    ald_check_str(ald_auth_user(root, 0)->name, "root");
    ald_auth_unref(root);
    ald_check_int(ald_auth_read("tokens", ALD_STR("[user no such user]\n"), &root, &why), ALD_RULES_BAD);
}

ALD_TEST(auth, lets_everybody_ask_about_his_own_commands)
{
    ALD_AUTO(ald_auth_unref) struct ald_auth *auth = auth_of_secret("x");
    const struct ald_principal *lamp = ald_auth_bearer(auth, ALD_STR("x"));

    ald_check(ald_auth_may_command(auth, lamp, ALD_STR(""), ALD_STR("aldis:Outcome")));
    ald_check(ald_auth_may_command(auth, lamp, ALD_STR(""), ALD_STR("aldis:Cancel")));
    ald_check(!ald_auth_may_command(auth, lamp, ALD_STR(""), ALD_STR("aldis:Drain")));
    ald_check(!ald_auth_may_command(auth, lamp, ALD_STR("press"), ALD_STR("aldis:Outcome")));
    ald_check(!ald_auth_may_register(auth, lamp, ALD_STR_NONE));
}

ALD_TEST(auth, outlives_its_successor_while_it_is_held)
{
    struct ald_auth *auth = auth_of_secret("x");
    struct ald_auth *held = ald_auth_ref(auth);

    ald_auth_unref(auth);
    ald_check_str(ald_auth_bearer(held, ALD_STR("x"))->name, "lamp-7");
    ald_auth_unref(held);
}

static void explains(const struct ald_auth *auth, const char *principal, const char *target, const char *name,
                     bool allowed, const char *expected)
{
    struct ald_buf out;
    bool answer = !allowed;

    ald_buf_init(&out, 4096);
    ald_check_int(ald_auth_why(auth, ald_str(principal), ald_str(target), ald_str(name), &out, &answer), 0);
    ald_check_str(ald_buf_str(&out), expected);
    ald_check(answer == allowed);
    ald_buf_fini(&out);
}

ALD_TEST(auth, says_why_with_the_line_of_the_rule)
{
    ALD_AUTO(ald_auth_unref) struct ald_auth *auth = auth_of_secret("x");
    char user[24];
    char expected[200];

    explains(auth, "lamp-7", "press", "start", true,
             "lamp-7 may command start at press: tokens:4: command = press:start, *:ping");
    explains(auth, "lamp-7", "press", "stop", false,
             "lamp-7 may not command stop at press: tokens:4: command = press:start, *:ping");
    explains(auth, "lamp-7", "press", "ping", true,
             "lamp-7 may command ping at press: tokens:4: command = press:start, *:ping; but only while its channel is "
             "the primary one of its target: tokens:8");
    explains(auth, "lamp-7", "", "aldis:Outcome", true, "whoever is let in may ask the hub about commands of his own");
    explains(auth, "lamp-7", "", "stop", false,
             "lamp-7 may not command stop at the hub itself, or to all: tokens:4: command = press:start, *:ping");
    explains(auth, "lamp-7", "lamp", NULL, true,
             "lamp-7 may serve lamp: tokens:3: register = lamp; whatever it asks "
             "for, it is given lamp");
    explains(auth, "lamp-7", NULL, "foo:Tick", false,
             "lamp-7 may not subscribe to foo:Tick: tokens:1: its section has no subscribe");
    explains(auth, "carla", "lamp", "ping", false, "nobody is called carla: tokens has no such section");
    (void)snprintf(user, sizeof(user), "%lu", (unsigned long)getuid());
    (void)snprintf(expected, sizeof(expected), "%s may not command ping at press: tokens:5: its section has no command",
                   user);
    explains(auth, user, "press", "ping", false, expected);
}

ALD_TEST(auth, says_which_line_lets_somebody_hear)
{
    static const struct {
        const char *lines;
        bool allowed;
        const char *expected;
    } cases[] = {
        {"subscribe = foo:*\n", true, "1 may subscribe to foo:Tick: f:2: subscribe = foo:*"},
        {"subscribe = bar:*\ncommand = *:*\nmanage = read\n", false,
         "1 may not subscribe to foo:Tick: f:2: subscribe = bar:*"},
        {"command = *:*\n", true, "1 may subscribe to foo:Tick: f:2: command = *:*"},
        {"command = *:*\nmanage = read\n", true, "1 may subscribe to foo:Tick: f:3: manage = read"},
        {"command = 4:*\nmanage = none\n", false, "1 may not subscribe to foo:Tick: f:1: its section has no subscribe"},
    };

    for (size_t i = 0; i < ALD_COUNT(cases); i++) {
        ALD_AUTO(ald_auth_unref) struct ald_auth *auth = NULL;
        struct ald_rules_why why = {""};
        char text[200];

        (void)snprintf(text, sizeof(text), "[user 1]\n%s", cases[i].lines);
        ald_check_int(ald_auth_read("f", ald_str(text), &auth, &why), 0);
        explains(auth, "1", NULL, "foo:Tick", cases[i].allowed, cases[i].expected);
    }
}

ALD_TEST(auth, loads_a_file_or_says_why_not)
{
    char path[] = "/tmp/aldis-auth-XXXXXX";
    int fd = mkstemp(path);
    struct ald_auth *auth = NULL;
    struct ald_rules_why why = {""};

    ald_check(fd >= 0);
    ald_check_int(write(fd, "[user 1]\n", 9), 9);
    ald_check_int(ald_auth_load(path, &auth, &why), 0);
    ald_auth_unref(auth);
    ald_check_int(fchmod(fd, 0602), 0);
    ald_check_int(ald_auth_load(path, &auth, &why), ALD_RULES_BAD);
    ald_check(strstr(why.text, "everybody on this machine may write to it") != NULL);
    ald_check_int(fchmod(fd, 0664), 0);
    ald_check_int(write(fd, "nonsense\n", 9), 9);
    ald_check_int(ald_auth_load(path, &auth, &why), ALD_RULES_BAD);
    ald_check(strstr(why.text, ":2: ") != NULL && strncmp(why.text, path, strlen(path)) == 0);
    ald_check_int(ftruncate(fd, ALD_AUTH_FILE_MAX + 1), 0);
    ald_check_int(ald_auth_load(path, &auth, &why), ALD_RULES_BAD);
    ald_check(strstr(why.text, "larger than") != NULL);
    (void)close(fd);
    (void)unlink(path);
    ald_check_int(ald_auth_load(path, &auth, &why), ALD_RULES_BAD);
    ald_check(strstr(why.text, "No such file") != NULL);
    ald_check_int(ald_auth_load("/", &auth, &why), ALD_RULES_BAD);
}

ALD_TEST_MAIN(auth, ALD_CASE(auth, knows_a_token_and_nothing_like_it), ALD_CASE(auth, knows_users_of_this_machine),
              ALD_CASE(auth, lets_everybody_ask_about_his_own_commands),
              ALD_CASE(auth, outlives_its_successor_while_it_is_held),
              ALD_CASE(auth, says_why_with_the_line_of_the_rule), ALD_CASE(auth, says_which_line_lets_somebody_hear),
              ALD_CASE(auth, loads_a_file_or_says_why_not))
