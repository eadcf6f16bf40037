#include "daemon/warden.h"

#include <stdio.h>
#include <unistd.h>

#include "auth/token.h"
#include "lib/alloc_fail.h"
#include "lib/test.h"
#include "loop/loop.h"

/* A warden over a file of its own. */
struct post {
    struct ald_loop *loop;
    struct ald_warden *warden;
    const struct ald_guard *guard;
    char path[40];
    char hash[2][ALD_TOKEN_HASH_TEXT + 1]; /* of the tokens `one` and `two` */
    size_t n_expelled;
};

static void post_write(struct post *post, const char *text)
{
    FILE *file = fopen(post->path, "w");

    ald_check(file != NULL);
    ald_check(fputs(text, file) >= 0);
    ald_check_int(fclose(file), 0);
}

/* Lamp with the token `hash`, and the given rights. */
static void post_write_lamp(struct post *post, const char *hash, const char *rights)
{
    char text[512];

    (void)snprintf(text, sizeof(text), "[token lamp-7]\nhash = %s\n%s", hash, rights);
    post_write(post, text);
}

static void post_init(struct post *post, const char *rights)
{
    static const char *const tokens[] = {"one", "two"};
    struct ald_rules_why why = {""};

    *post = (struct post){.path = "/tmp/aldis-warden-XXXXXX"};
    (void)close(mkstemp(post->path));
    for (size_t i = 0; i < ALD_COUNT(tokens); i++) {
        uint8_t hash[ALD_AUTH_HASH];

        ald_check_int(ald_token_hash(ald_str(tokens[i]), hash), 0);
        ald_token_hash_format(hash, post->hash[i]);
    }
    post_write_lamp(post, post->hash[0], rights);
    ald_check_int(ald_loop_new(&post->loop), 0);
    struct ald_warden_spec spec = {.loop = post->loop, .path = post->path, .controller = ALD_STR("boss")};
    ald_check_int(ald_warden_new(&spec, &post->warden, &why), 0);
    post->guard = ald_warden_guard(post->warden);
}

static void post_fini(struct post *post)
{
    ald_warden_free(post->warden);
    ald_loop_free(post->loop);
    (void)unlink(post->path);
}

static void expel(void *who)
{
    ((struct post *)who)->n_expelled++;
}

static int admit(struct post *post, const char *authorization, const struct ald_peer *peer, struct ald_pass **ret_pass)
{
    const struct ald_peer nobody = {.address = ""};
    const struct ald_shown shown = {
        .authorization = ald_str(authorization),
        .peer = peer != NULL ? peer : &nobody,
    };

    return post->guard->admit(post->guard->owner, &shown, ret_pass);
}

static struct ald_pass *enter(struct post *post, enum ald_guest_manage needs)
{
    struct ald_pass *pass = NULL;

    ald_check_int(admit(post, "Bearer one", NULL, &pass), 0);
    post->guard->enter(post->guard->owner, pass, needs, expel, post);
    return pass;
}

static void leave(struct post *post, struct ald_pass *pass)
{
    post->guard->release(post->guard->owner, pass);
}

static struct ald_signal registers(struct post *post, struct ald_pass *pass, const char *target)
{
    struct ald_signal signal = ald_signal_of(ALD_SIGNAL_REGISTER);

    signal.target = ald_str(target);
    post->guard->judge(post->guard->owner, pass, &signal);
    return signal;
}

static struct ald_signal says(struct post *post, struct ald_pass *pass, enum ald_kind kind,
                              const struct ald_address *to, const char *name)
{
    struct ald_signal signal = ald_signal_of(kind == ALD_EVENT ? ALD_SIGNAL_EVENT : ALD_SIGNAL_COMMAND);
    struct ald_msg_pool *pool = NULL;

    ald_check_int(ald_msg_pool_new(1, &pool), 0);
    ald_check_int(ald_msg_new(pool, kind, &signal.msg), 0);
    ald_check_int(ald_msg_set(signal.msg, &signal.msg->name, ald_str(name)), 0);
    ald_check_int(ald_msg_set_address(signal.msg, &signal.msg->to, to), 0);
    ald_msg_seal(signal.msg);
    post->guard->judge(post->guard->owner, pass, &signal);
    ald_signal_clear(&signal);
    ald_msg_pool_free(pool);
    return signal;
}

/* What becomes of a command to `target`; NULL: the address says none. */
static struct ald_signal commands(struct post *post, struct ald_pass *pass, const char *target, const char *name)
{
    const struct ald_address to = {.target = ald_str(target)};

    return says(post, pass, ALD_COMMAND, &to, name);
}

/* What becomes of an event to all. */
static struct ald_signal tells_all(struct post *post, struct ald_pass *pass, const char *name)
{
    const struct ald_address all = {.scope = ALD_SCOPE_HERE};

    return says(post, pass, ALD_EVENT, &all, name);
}

ALD_TEST(warden, knows_who_shows_what)
{
    struct post post;
    struct ald_pass *pass = NULL;
    struct ald_peer certificate = {.tls = true, .tls_verified = true, .tls_subject = "CN=lamp-8"};
    struct ald_peer user = {.has_ids = true, .uid = 1234};
    struct ald_peer other = {.has_ids = true, .uid = 1235};

    post_init(&post, "[subject CN=lamp-8]\n[user 1234]\n");
    ald_check_int(admit(&post, NULL, NULL, &pass), ALD_GUARD_NOTHING);
    ald_check_int(admit(&post, "Bearer two", NULL, &pass), ALD_GUARD_UNKNOWN);
    ald_check_int(admit(&post, "Basic one", NULL, &pass), ALD_GUARD_UNKNOWN);
    ald_check_int(admit(&post, NULL, &other, &pass), ALD_GUARD_NOTHING);
    ald_check_int(admit(&post, "Bearer two", &user, &pass), ALD_GUARD_UNKNOWN);
    ald_check_int(admit(&post, NULL, &certificate, &pass), 0);
    ald_check_str(post.guard->principal(post.guard->owner, pass), "CN=lamp-8");
    leave(&post, pass);
    ald_check_int(admit(&post, NULL, &user, &pass), 0);
    ald_check_str(post.guard->principal(post.guard->owner, pass), "1234");
    leave(&post, pass);
    ald_check_int(admit(&post, "Bearer one", &certificate, &pass), 0);
    ald_check_str(post.guard->principal(post.guard->owner, pass), "lamp-7");
    leave(&post, pass);
    certificate.tls_verified = false;
    ald_check_int(admit(&post, NULL, &certificate, &pass), ALD_GUARD_NOTHING);
    post_fini(&post);
}

ALD_TEST(warden, assigns_the_only_target_and_denies_others)
{
    struct post post;
    struct ald_pass *pass;
    struct ald_signal signal;

    post_init(&post, "register = lamp\n");
    pass = enter(&post, ALD_GUEST_MANAGE_NONE);
    signal = registers(&post, pass, "0b7c1c1e-proposed");
    ald_check_str(signal.target, "lamp");
    ald_check_str(signal.principal, "lamp-7");
    ald_check(!signal.denied);
    signal = registers(&post, pass, NULL); /* a caller only */
    ald_check(!ald_str_present(signal.target) && !signal.denied);

    post_write_lamp(&post, post.hash[0], "register = lamp, press-*\n");
    ald_warden_reload(post.warden);
    ald_check(!registers(&post, pass, "press-2").denied);
    ald_check_str(registers(&post, pass, "press-2").target, "press-2");
    ald_check(registers(&post, pass, "deck").denied);
    ald_check_int(ald_warden_counters(post.warden)->registrations_denied, 1);
    leave(&post, pass);
    post_fini(&post);
}

ALD_TEST(warden, judges_commands_by_whom_they_mean)
{
    struct post post;
    struct ald_pass *pass;

    post_init(&post, "command = press:start, boss:*\n[primary_only]\ncommands = start\n");
    pass = enter(&post, ALD_GUEST_MANAGE_NONE);
    ald_check(!commands(&post, pass, "press", "start").denied);
    ald_check(commands(&post, pass, "press", "start").primary_only);
    ald_check(commands(&post, pass, "press", "stop").denied);
    ald_check(!commands(&post, pass, NULL, "anything").denied); /* the controller */
    ald_check(!commands(&post, pass, NULL, "anything").primary_only);
    ald_check(commands(&post, pass, "", "anything").denied);       /* the hub itself */
    ald_check(!commands(&post, pass, "", "aldis:Outcome").denied); /* of its own commands */
    leave(&post, pass);
    post_fini(&post);
}

ALD_TEST(warden, judges_what_is_for_all_as_for_the_hub_itself)
{
    struct post post;
    struct ald_pass *pass;

    post_init(&post, "command = press:*, boss:*, :ring\n");
    pass = enter(&post, ALD_GUEST_MANAGE_NONE);
    ald_check(!tells_all(&post, pass, "ring").denied);
    ald_check(tells_all(&post, pass, "start").denied);
    ald_check(tells_all(&post, pass, "aldis:Outcome").denied); /* a question may be anybody's, this is none */
    leave(&post, pass);
    post_fini(&post);
}

ALD_TEST(warden, puts_out_whose_token_was_replaced)
{
    struct post post;
    struct ald_pass *pass;

    post_init(&post, "");
    pass = enter(&post, ALD_GUEST_MANAGE_NONE);
    ald_warden_reload(post.warden);
    ald_check_int(post.n_expelled, 0);
    post_write_lamp(&post, post.hash[1], "");
    ald_warden_reload(post.warden);
    ald_check_int(post.n_expelled, 1);
    ald_warden_reload(post.warden);
    ald_check_int(post.n_expelled, 1); /* once */
    ald_check(registers(&post, pass, "lamp").denied);
    leave(&post, pass);
    post_fini(&post);
}

ALD_TEST(warden, puts_out_who_may_not_serve_its_target_any_more)
{
    struct post post;
    struct ald_pass *pass, *caller;

    post_init(&post, "register = lamp, press\n");
    pass = enter(&post, ALD_GUEST_MANAGE_NONE);
    caller = enter(&post, ALD_GUEST_MANAGE_NONE);
    (void)registers(&post, pass, "press");
    (void)registers(&post, caller, NULL);
    post_write_lamp(&post, post.hash[0], "register = press\n");
    ald_warden_reload(post.warden);
    ald_check_int(post.n_expelled, 0);
    post_write_lamp(&post, post.hash[0], "register = lamp\n");
    ald_warden_reload(post.warden);
    ald_check_int(post.n_expelled, 1);
    leave(&post, pass);
    leave(&post, caller);
    post_fini(&post);
}

ALD_TEST(warden, puts_out_who_may_not_see_any_more)
{
    struct post post;
    struct ald_pass *reader, *agent;

    post_init(&post, "manage = write\n");
    reader = enter(&post, ALD_GUEST_MANAGE_READ);
    agent = enter(&post, ALD_GUEST_MANAGE_NONE);
    post_write_lamp(&post, post.hash[0], "manage = read\n");
    ald_warden_reload(post.warden);
    ald_check_int(post.n_expelled, 0);
    post_write_lamp(&post, post.hash[0], "");
    ald_warden_reload(post.warden);
    ald_check_int(post.n_expelled, 1);
    leave(&post, reader);
    leave(&post, agent);
    post_fini(&post);
}

static int admit_proved(struct post *post, const char *name, uint64_t issued, struct ald_pass **ret_pass)
{
    const struct ald_peer nobody = {.address = ""};
    const struct ald_shown shown = {.peer = &nobody, .proved = ald_str(name), .issued = issued};

    return post->guard->admit(post->guard->owner, &shown, ret_pass);
}

ALD_TEST(warden, takes_the_word_of_who_checked_a_signed_token)
{
    struct ald_pass *pass = NULL;
    struct ald_buf rights;
    struct post post;

    post_init(&post, "");
    post_write(&post, "[token host-4]\nregister = 4\ncommand = *:foo:Echo, lamp:*\nvalid_after = 1000\n[user 1]\n");
    ald_warden_reload(post.warden);
    ald_check_int(admit_proved(&post, "host-5", 2000, &pass), ALD_GUARD_UNKNOWN);
    ald_check_int(admit_proved(&post, "1", 2000, &pass), ALD_GUARD_UNKNOWN);
    ald_check_int(admit_proved(&post, "", 2000, &pass), ALD_GUARD_UNKNOWN);
    ald_check_int(admit_proved(&post, "host-4", 999, &pass), ALD_GUARD_REVOKED);
    ald_check_int(admit_proved(&post, "host-4", 1000, &pass), 0);
    ald_check_str(post.guard->principal(post.guard->owner, pass), "host-4");
    ald_buf_init(&rights, 100);
    ald_check_int(post.guard->rights(post.guard->owner, pass, &rights), 0);
    ald_check_str(ald_buf_str(&rights), "foo:Echo");
    ald_buf_fini(&rights);
    ald_check(!registers(&post, pass, "4").denied);
    leave(&post, pass);
    post_fini(&post);
}

ALD_TEST(warden, says_who_may_command_everything)
{
    struct ald_pass *pass = NULL;
    struct ald_buf rights;
    struct post post;

    post_init(&post, "");
    post_write(&post, "[token test]\ncommand = *:*\n");
    ald_warden_reload(post.warden);
    ald_check_int(admit_proved(&post, "test", 0, &pass), 0);
    ald_buf_init(&rights, 100);
    ald_check_int(post.guard->rights(post.guard->owner, pass, &rights), ALD_GUARD_ANY);
    ald_check_int(ald_buf_size(&rights), 0);
    ald_buf_fini(&rights);
    leave(&post, pass);
    post_fini(&post);
}

/* Of a principal with these lines in its section. */
static void shows_rights(const char *lines, int expected, const char *rights)
{
    struct ald_pass *pass = NULL;
    struct ald_buf out;
    struct post post;
    char text[256];

    post_init(&post, "");
    (void)snprintf(text, sizeof(text), "[token test]\n%s", lines);
    post_write(&post, text);
    ald_warden_reload(post.warden);
    ald_check_int(admit_proved(&post, "test", 0, &pass), 0);
    ald_buf_init(&out, 100);
    ald_check_int(post.guard->rights(post.guard->owner, pass, &out), expected);
    ald_check_str(ald_buf_str(&out), rights);
    ald_buf_fini(&out);
    leave(&post, pass);
    post_fini(&post);
}

ALD_TEST(warden, shows_the_permissions_that_are_held)
{
    shows_rights("command = *:foo:Echo\npermission = foo.echo, deck.*\n", 0, "foo:Echo,foo.echo,deck.*");
    shows_rights("permission = foo.echo\n", 0, "foo.echo");
    shows_rights("command = *:*\npermission = core.admin\n", ALD_GUARD_ANY, "");
    shows_rights("command = *:*\npermission = foo.echo\n", 0, "*,foo.echo");
    shows_rights("command = 4:*\npermission = *\n", 0, "core.admin");
    shows_rights("command = *:*\npermission =\n", 0, "*");
}

ALD_TEST(warden, shows_no_right_at_some_targets_as_one_at_all)
{
    shows_rights("command = 4:*, 5:*, press-*:*, :*\n", 0, "");
    shows_rights("command = 4:*, *:foo:*, 5:foo:Echo, press-*:foo:*\n", 0, "foo:*,foo:Echo");
    shows_rights("command = a:ping, b:ping, c:ping, *:*, *:*\npermission = ping, ping\n", 0, "ping,*");
}

ALD_TEST(warden, shows_who_may_not_hear_everything_as_no_admin)
{
    shows_rights("command = *:*\nsubscribe = foo:*\n", 0, "*");
    shows_rights("command = *:*\nsubscribe =\nmanage = write\n", 0, "*");
    shows_rights("command = *:*\nsubscribe = foo:*, *\n", ALD_GUARD_ANY, "");
}

/* What becomes of it when a party asks for that. */
static bool may_subscribe(struct post *post, struct ald_pass *pass, const char *name, enum ald_subscribe action,
                          const char *filters)
{
    const struct ald_subscription subscription = {
        .name = ald_str(name), .filters = ald_str(filters), .action = (uint8_t)action};
    struct ald_signal signal = ald_signal_of(ALD_SIGNAL_SUBSCRIBE);

    signal.subscription = &subscription;
    post->guard->judge(post->guard->owner, pass, &signal);
    return !signal.denied;
}

ALD_TEST(warden, judges_subscriptions_by_the_names_of_events)
{
    static const struct {
        const char *rights;
        bool tick, secret;
    } cases[] = {
        {"command = nothing:x\n", false, false},
        {"command = *:foo:*\n", false, false},
        {"subscribe = foo:Tick\n", true, false},
        {"subscribe = foo:*\n", true, true},
        {"command = *:*\n", true, true},
        {"manage = read\n", true, true},
        {"command = *:*\nmanage = write\nsubscribe = foo:Tick, bar:*\n", true, false},
        {"command = *:*\nmanage = write\nsubscribe =\n", false, false},
    };
    struct post post;
    struct ald_pass *pass;
    uint64_t n_denied = 0;

    post_init(&post, "");
    pass = enter(&post, ALD_GUEST_MANAGE_NONE);
    for (size_t i = 0; i < ALD_COUNT(cases); i++) {
        post_write_lamp(&post, post.hash[0], cases[i].rights);
        ald_warden_reload(post.warden);
        ald_check(may_subscribe(&post, pass, "foo:Tick", ALD_SUBSCRIBE_ADD, NULL) == cases[i].tick);
        ald_check(may_subscribe(&post, pass, "foo:Secret", ALD_SUBSCRIBE_ADD, "a") == cases[i].secret);
        ald_check(may_subscribe(&post, pass, "foo:Secret", ALD_SUBSCRIBE_REPLACE, "a") == cases[i].secret);
        ald_check(may_subscribe(&post, pass, "foo:Secret", ALD_SUBSCRIBE_REPLACE, NULL) == cases[i].secret);
        ald_check(may_subscribe(&post, pass, "foo:Secret", ALD_SUBSCRIBE_REPLACE, ""));
        ald_check(may_subscribe(&post, pass, "foo:Secret", ALD_SUBSCRIBE_REMOVE, "a"));
        ald_check(may_subscribe(&post, pass, "foo:Secret", ALD_SUBSCRIBE_REMOVE, NULL));
        n_denied += (cases[i].tick ? 0 : 1) + (cases[i].secret ? 0 : 3);
    }
    ald_check_int(ald_warden_counters(post.warden)->subscriptions_denied, n_denied);
    leave(&post, pass);
    post_fini(&post);
}

ALD_TEST(warden, puts_out_whose_signed_token_was_revoked)
{
    static const char *const files[] = {"[token test]\nvalid_after = 1001\n", "[token other]\n"};

    for (size_t i = 0; i < ALD_COUNT(files); i++) {
        struct ald_pass *pass = NULL;
        struct post post;

        post_init(&post, "");
        post_write(&post, "[token test]\nvalid_after = 1000\n");
        ald_warden_reload(post.warden);
        ald_check_int(admit_proved(&post, "test", 1000, &pass), 0);
        post.guard->enter(post.guard->owner, pass, ALD_GUEST_MANAGE_NONE, expel, &post);
        ald_warden_reload(post.warden);
        ald_check_int(post.n_expelled, 0);
        post_write(&post, files[i]);
        ald_warden_reload(post.warden);
        ald_check_int(post.n_expelled, 1);
        leave(&post, pass);
        post_fini(&post);
    }
}

ALD_TEST(warden, keeps_its_rules_when_the_file_is_wrong)
{
    struct post post;
    struct ald_pass *pass;

    post_init(&post, "");
    pass = enter(&post, ALD_GUEST_MANAGE_NONE);
    post_write(&post, "nonsense\n");
    ald_warden_reload(post.warden);
    (void)unlink(post.path);
    ald_warden_reload(post.warden);
    ald_check_int(post.n_expelled, 0);
    ald_check_int(ald_warden_counters(post.warden)->reloads, 0);
    ald_check_int(ald_warden_counters(post.warden)->reloads_failed, 2);
    leave(&post, pass);
    post_fini(&post);
}

/* Come in, register, and have the file read again: nobody is let in, or kept, who should not be. */
static void scenario(struct post *post)
{
    uint64_t n_reloads = ald_warden_counters(post->warden)->reloads;
    struct ald_pass *pass = NULL;
    int r = admit(post, "Bearer one", NULL, &pass);

    if (r != 0) {
        ald_check_int(r, ALDIS_E_NOMEM);
        return;
    }
    post->n_expelled = 0;
    post->guard->enter(post->guard->owner, pass, ALD_GUEST_MANAGE_NONE, expel, post);
    if (!registers(post, pass, "lamp").denied) {
        ald_warden_reload(post->warden);
        ald_check_int(post->n_expelled, 0);
        ald_check(ald_warden_counters(post->warden)->reloads == n_reloads + 1 ||
                  ald_warden_counters(post->warden)->reloads_failed > 0);
    }
    leave(post, pass);
}

ALD_TEST(warden, stands_a_shortage_of_memory)
{
    struct post post;

    post_init(&post, "register = lamp\n");
    for (uint64_t n = 1;; n++) {
        ald_alloc_fail_at(n);
        scenario(&post);
        if (!ald_alloc_fail_off()) {
            break;
        }
    }
    ald_check_int(ald_warden_counters(post.warden)->reloads, 1);
    post_fini(&post);
}

ALD_TEST(warden, sees_a_file_that_changed)
{
    struct post post;
    ald_usec until;

    post_init(&post, "");
    until = ald_loop_fresh() + 20 * ALD_SEC;
    post_write(&post, "[user 1]\n");
    while (ald_warden_counters(post.warden)->reloads == 0 && ald_loop_fresh() < until) {
        (void)ald_loop_turn(post.loop, ALD_SEC);
    }
    ald_check_int(ald_warden_counters(post.warden)->reloads, 1);
    post_fini(&post);
}

ALD_TEST_MAIN(
    warden, ALD_CASE(warden, knows_who_shows_what), ALD_CASE(warden, assigns_the_only_target_and_denies_others),
    ALD_CASE(warden, judges_commands_by_whom_they_mean), ALD_CASE(warden, judges_what_is_for_all_as_for_the_hub_itself),
    ALD_CASE(warden, puts_out_whose_token_was_replaced),
    ALD_CASE(warden, puts_out_who_may_not_serve_its_target_any_more),
    ALD_CASE(warden, puts_out_who_may_not_see_any_more), ALD_CASE(warden, takes_the_word_of_who_checked_a_signed_token),
    ALD_CASE(warden, says_who_may_command_everything), ALD_CASE(warden, shows_the_permissions_that_are_held),
    ALD_CASE(warden, shows_no_right_at_some_targets_as_one_at_all),
    ALD_CASE(warden, shows_who_may_not_hear_everything_as_no_admin),
    ALD_CASE(warden, judges_subscriptions_by_the_names_of_events),
    ALD_CASE(warden, puts_out_whose_signed_token_was_revoked), ALD_CASE(warden, keeps_its_rules_when_the_file_is_wrong),
    ALD_CASE(warden, stands_a_shortage_of_memory), ALD_CASE(warden, sees_a_file_that_changed))
