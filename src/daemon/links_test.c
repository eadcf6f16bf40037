#include "daemon/links.h"

#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "auth/secret.h"
#include "lib/test.h"
#include "loop/loop.h"

/* Links over a file of their own, with the secret of link.md 6.1. */
struct post {
    struct ald_config *config;
    struct ald_links *links;
    struct ald_secret secret;
    struct ald_shown shown;
    struct ald_signal signal;
    struct ald_greeting greeting;
    struct ald_buf token;
    char path[32];
};

static const struct ald_peer here = {.address = "127.0.0.1:4711"};

static void post_open(struct post *post)
{
    static const char *const fallbacks[ALD_N_KEYS] = {
        [ALD_KEY_HUB_ID] = "a",
        [ALD_KEY_UNIX_PATH] = "",
        [ALD_KEY_LINK_SECRET] = "",
    };
    struct ald_config_why why = {""};
    char setting[64];

    ald_check_int(ald_config_new(fallbacks, &post->config), 0);
    (void)snprintf(setting, sizeof(setting), "link.secret=%s", post->path);
    ald_check_int(ald_config_set(post->config, ald_str(setting), &why), 0);
    ald_check_int(ald_config_set(post->config, ALD_STR("link.alias=lamp=host 100, press=instance 7"), &why), 0);
    ald_check_int(ald_links_new(post->config, &post->links, &why), 0);
}

static void post_close(struct post *post)
{
    post->links = ald_links_free(post->links);
    post->config = ald_config_free(post->config);
}

static void post_init(struct post *post)
{
    struct ald_secret_why why = {""};
    int fd;

    *post = (struct post){.path = "/tmp/aldis-links-XXXXXX"};
    fd = mkstemp(post->path);
    ald_check_int(write(fd, "TestSecretDoNotUse\n", 19), 19);
    (void)close(fd);
    ald_check_int(ald_secret_load(post->path, &post->secret, &why), 0);
    ald_buf_init(&post->token, ALD_JWT_MAX);
    post_open(post);
}

static void post_fini(struct post *post)
{
    post_close(post);
    ald_buf_fini(&post->token);
    (void)unlink(post->path);
}

/* What is answered to who shows `token` as a control, or (`id`) as a host; absent: it is vouched for. */
static struct ald_str shows(struct post *post, struct ald_str token, const char *id)
{
    post->greeting = (struct ald_greeting){.token = token, .is_control = id == NULL};
    post->signal = ald_signal_of(ALD_SIGNAL_REGISTER);
    post->signal.greeting = &post->greeting;
    post->signal.target = ald_str(id != NULL ? id : "control-77");
    post->signal.taken = ALD_TAKEN_REPLACE;
    post->shown = (struct ald_shown){.peer = &here};
    ald_links_vouch(post->links, &here, &post->signal, &post->shown);
    ald_check(post->signal.denied == ald_str_present(post->signal.text));
    ald_check(post->signal.denied != ald_str_present(post->shown.proved));
    return post->signal.text;
}

/* The same of a token with this payload, signed with the secret. */
static struct ald_str shows_payload(struct post *post, const char *payload, const char *id)
{
    ald_buf_cut(&post->token, 0);
    ald_check_int(ald_jwt_sign(ald_str(payload), ald_secret_key(&post->secret), &post->token), 0);
    return shows(post, ald_buf_str(&post->token), id);
}

ALD_TEST(links, know_a_host_by_its_token)
{
    struct post post;

    post_init(&post);
    ald_check(!ald_str_present(shows_payload(&post, "{\"aud\":\"host\",\"host\":4,\"iat\":1700000000}", "4")));
    ald_check_str(post.shown.proved, "host-4");
    ald_check_str(post.signal.principal, "host-4");
    ald_check_str(post.signal.target, "4");
    ald_check_int(post.shown.issued, 1700000000);
    ald_check_int(post.signal.taken, ALD_TAKEN_REPLACE);
    /* Those made before the roles had their names (link.md 6.2). */
    ald_check(!ald_str_present(shows_payload(&post, "{\"aud\":\"slave\",\"slave\":5,\"iat\":1}", "5")));
    ald_check_str(post.shown.proved, "host-5");
    /* Whom the settings give another name is the same host. */
    ald_check(!ald_str_present(shows_payload(&post, "{\"aud\":\"host\",\"host\":100,\"iat\":1}", "lamp")));
    ald_check_str(post.shown.proved, "host-100");
    ald_check_str(post.signal.target, "lamp");
    ald_check_str(shows_payload(&post, "{\"aud\":\"host\",\"host\":7,\"iat\":1}", "press"), "missmatched host id");
    ald_check(!ald_str_present(shows_payload(&post, "{\"aud\":[\"user\",\"host\"],\"host\":6.0,\"iat\":1}", "6")));
    post_fini(&post);
}

ALD_TEST(links, know_a_user_by_his_token)
{
    struct post post;

    post_init(&post);
    ald_check(!ald_str_present(shows_payload(&post, "{\"aud\":\"user\",\"user\":\"Test\",\"iat\":1700000000}", NULL)));
    ald_check_str(post.shown.proved, "test");
    ald_check_str(post.signal.target, "control-1");
    ald_check_int(post.shown.issued, 1700000000);
    ald_check(!ald_str_present(shows_payload(&post, "{\"aud\":\"user\",\"user\":\"\\u00d6\"}", NULL)));
    ald_check_str(post.shown.proved, "\xc3\x96");
    ald_check_str(post.signal.target, "control-2");
    ald_check_int(post.shown.issued, 0);
    post_fini(&post);
}

ALD_TEST(links, say_what_is_wrong_as_existing_hubs_do)
{
    static const struct {
        const char *payload, *id, *cause;
    } cases[] = {
        {"{\"aud\":\"host\",\"host\":4,\"iat\":1}", "5", "missmatched host id"},
        {"{\"aud\":\"host\",\"host\":\"4\",\"iat\":1}", "4", "missmatched host id"},
        {"{\"aud\":\"host\",\"host\":4.5,\"iat\":1}", "4", "missmatched host id"},
        {"{\"aud\":\"host\",\"host\":-4,\"iat\":1}", "4", "missmatched host id"},
        {"{\"aud\":\"host\",\"slave\":4,\"iat\":1}", "4", "missmatched host id"},
        {"{\"aud\":\"host\",\"iat\":1}", "4", "missmatched host id"},
        {"{\"aud\":\"host\",\"host\":4}", "4", "invalid token"},
        {"{\"aud\":\"host\",\"host\":4,\"iat\":null}", "4", "invalid token"},
        {"{\"aud\":\"user\",\"user\":\"test\",\"iat\":1}", "4", "jwt audience invalid. expected: host or slave"},
        {"{\"aud\":\"host\",\"host\":4,\"iat\":1}", NULL, "jwt audience invalid. expected: user"},
        {"{\"aud\":\"session-1\",\"sid\":4,\"iat\":1}", NULL, "jwt audience invalid. expected: user"},
        {"{\"user\":\"test\"}", NULL, "jwt audience invalid. expected: user"},
        {"{\"aud\":\"user\"}", NULL, "invalid user"},
        {"{\"aud\":\"user\",\"user\":\"\"}", NULL, "invalid user"},
        {"{\"aud\":\"user\",\"user\":4}", NULL, "invalid user"},
        {"{\"aud\":\"user\",\"user\":\"a\\u0000b\"}", NULL, "invalid user"},
        {"{\"aud\":\"user\",\"user\":\"Host-4\"}", NULL, "invalid user"}, /* or he would have the rights of the host */
        {"{\"aud\":\"user\",\"user\":\"test\",\"exp\":1700000000}", NULL, "jwt expired"},
        {"{\"aud\":\"host\",\"host\":4,\"iat\":1,\"exp\":1700000000}", "4", "jwt expired"},
        {"{\"aud\":\"user\",\"user\":\"test\",\"nbf\":99999999999}", NULL, "jwt not active"},
    };
    char long_name[400];
    struct post post;

    post_init(&post);
    for (size_t i = 0; i < ALD_COUNT(cases); i++) {
        ald_check_str(shows_payload(&post, cases[i].payload, cases[i].id), cases[i].cause);
    }
    (void)snprintf(long_name, sizeof(long_name), "{\"aud\":\"user\",\"user\":\"%0256d\"}", 7);
    ald_check_str(shows_payload(&post, long_name, NULL), "invalid user");
    (void)snprintf(long_name, sizeof(long_name), "{\"aud\":\"user\",\"user\":\"%0255d\"}", 7);
    ald_check(!ald_str_present(shows_payload(&post, long_name, NULL)));
    post_fini(&post);
}

ALD_TEST(links, refuse_what_was_not_signed_with_the_secret)
{
    struct ald_secret other;
    struct post post;

    post_init(&post);
    ald_check_str(shows(&post, ALD_STR(""), "4"), "jwt must be provided");
    ald_check_str(shows(&post, ALD_STR("nonsense"), "4"), "jwt malformed");
    ald_check_str(shows(&post, ALD_STR("eyJhbGciOiJub25lIn0.eyJhdWQiOiJob3N0IiwiaG9zdCI6NCwiaWF0IjoxfQ."), "4"),
                  "jwt signature is required");
    ald_check_int(ald_secret_draw(&other), 0);
    ald_check_int(ald_jwt_sign(ALD_STR("{\"aud\":\"host\",\"host\":4,\"iat\":1}"), ald_secret_key(&other), &post.token),
                  0);
    ald_check_str(shows(&post, ald_buf_str(&post.token), "4"), "invalid signature");
    post_fini(&post);
}

ALD_TEST(links, know_their_own_sessions)
{
    uint64_t issued = 0;
    struct post post;

    post_init(&post);
    ald_check_int(ald_links_session_token(post.links, UINT64_MAX, 1700000000, &post.token), 0);
    ald_check(ald_links_session_of(post.links, ald_buf_str(&post.token), &issued) == UINT64_MAX);
    ald_check_int(issued, 1700000000);
    ald_check_str(shows(&post, ald_buf_str(&post.token), NULL), "jwt audience invalid. expected: user");

    for (const char *const *text = (const char *const[]){"", "x", "a.b.c", "e30.e30.x", NULL}; *text != NULL; text++) {
        ald_check_int(ald_links_session_of(post.links, ald_str(*text), &issued), 0);
    }
    ald_check(!ald_str_present(shows_payload(&post, "{\"aud\":\"user\",\"user\":\"test\",\"iat\":1,\"sid\":1}", NULL)));
    ald_check_int(ald_links_session_of(post.links, ald_buf_str(&post.token), &issued), 0);
    post_fini(&post);
}

/* link.md 2.9: another start is another audience. */
ALD_TEST(links, do_not_know_the_sessions_of_another_start)
{
    uint64_t issued = 0;
    struct post post;
    ald_wall begun;

    post_init(&post);
    begun = ald_loop_wall();
    ald_check_int(ald_links_session_token(post.links, 1, 0, &post.token), 0);
    post_close(&post);
    while (ald_loop_wall() / ALD_MSEC <= begun / ALD_MSEC) { /* starts are told apart by their milliseconds */
    }
    post_open(&post);
    ald_check_int(ald_links_session_of(post.links, ald_buf_str(&post.token), &issued), 0);
    post_fini(&post);
}

ALD_TEST(links, make_a_secret_where_there_is_none)
{
    struct ald_config_why why = {""};
    struct ald_secret_why secret_why = {""};
    struct post post;
    struct stat file;

    post_init(&post);
    post_close(&post);
    ald_check_int(unlink(post.path), 0);
    post_open(&post);
    ald_check_int(stat(post.path, &file), 0);
    ald_check_int(file.st_mode & 0777, 0600);
    ald_check_int(ald_secret_load(post.path, &post.secret, &secret_why), 0);
    ald_check(!ald_str_present(shows_payload(&post, "{\"aud\":\"user\",\"user\":\"test\"}", NULL)));

    ald_check_int(chmod(post.path, 0644), 0);
    ald_check_int(ald_links_check(post.config, &why), ALD_CONFIG_BAD);
    ald_check(strstr(why.text, "[link] secret") != NULL || strstr(why.text, "link.secret") != NULL);
    post_fini(&post);
}

ALD_TEST_MAIN(links, ALD_CASE(links, know_a_host_by_its_token), ALD_CASE(links, know_a_user_by_his_token),
              ALD_CASE(links, say_what_is_wrong_as_existing_hubs_do),
              ALD_CASE(links, refuse_what_was_not_signed_with_the_secret), ALD_CASE(links, know_their_own_sessions),
              ALD_CASE(links, do_not_know_the_sessions_of_another_start),
              ALD_CASE(links, make_a_secret_where_there_is_none))
