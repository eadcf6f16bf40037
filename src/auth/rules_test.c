#include "auth/rules.h"

#include "base/rng.h"
#include "lib/alloc_fail.h"
#include "lib/test.h"

#define HASH_A "sha256:00000000000000000000000000000000000000000000000000000000000000aa"
#define HASH_B "sha256:00000000000000000000000000000000000000000000000000000000000000bb"
#define HASH_C "sha256:cc00000000000000000000000000000000000000000000000000000000000000"

static int user_find(struct ald_str name, uint64_t *ret_number)
{
    if (ald_str_equal(name, ALD_STR("julia"))) {
        *ret_number = 1000;
        return 0;
    }
    return 1;
}

static struct ald_rules *rules_of(const char *text)
{
    struct ald_rules *rules = NULL;
    struct ald_rules_why why = {""};

    if (ald_rules_parse("tokens", ald_str(text), user_find, &rules, &why) != 0) {
        fail_msg("refused: %s", why.text);
    }
    return rules;
}

static void refuses(const char *text, const char *expected)
{
    struct ald_rules *rules = NULL;
    struct ald_rules_why why = {""};

    ald_check_int(ald_rules_parse("tokens", ald_str(text), user_find, &rules, &why), ALD_RULES_BAD);
    ald_check_str(ald_str(why.text), expected);
}

/* The principal whose token has this hash, all zero but for one byte; NULL: nobody. */
static const struct ald_principal *shows(const struct ald_rules *rules, size_t at, uint8_t byte)
{
    uint8_t hash[ALD_AUTH_HASH] = {0};
    const struct ald_token_hash *hashes;
    size_t n;

    hash[at] = byte;
    ald_rules_hashes(rules, hash, &hashes, &n);
    for (size_t i = 0; i < n; i++) {
        if (memcmp(hashes[i].bytes, hash, sizeof(hash)) == 0) {
            return hashes[i].principal;
        }
    }
    return NULL;
}

static const char whole[] = "# who may come\n"
                            "[token lamp-7]\n"
                            "hash = " HASH_A ", " HASH_C "\n"
                            "register = lamp\n"
                            "command = *:ping\n"
                            "\n"
                            "[token operator]\n"
                            "hash = " HASH_B "\n"
                            "register = press-*, lamp\n"
                            "command = lamp:signal, press-*:*\n"
                            "manage = write\n"
                            "[subject \"CN=lamp-8,O=x\"]\n"
                            "register = lamp\n"
                            "[user julia]\n"
                            "manage = read\n"
                            "[user 0]\n"
                            "[primary_only]\n"
                            "commands = deploy, reset-*\n";

ALD_TEST(rules, know_who_shows_what)
{
    ALD_AUTO(ald_rules_free) struct ald_rules *rules = rules_of(whole);

    ald_check_int(ald_rules_principals(rules), 5);
    ald_check_str(shows(rules, 31, 0xaa)->name, "lamp-7");
    ald_check_str(shows(rules, 0, 0xcc)->name, "lamp-7");
    ald_check_str(shows(rules, 31, 0xbb)->name, "operator");
    ald_check(shows(rules, 31, 0xab) == NULL);
    ald_check(shows(rules, 0, 0xcd) == NULL);
    ald_check_str(ald_rules_find_subject(rules, ALD_STR("CN=lamp-8,O=x"))->name, "CN=lamp-8,O=x");
    ald_check(ald_rules_find_subject(rules, ALD_STR("CN=lamp-8")) == NULL);
    ald_check(ald_rules_find_subject(rules, ALD_STR("operator")) == NULL);
    ald_check_str(ald_rules_find_user(rules, 1000)->name, "julia");
    ald_check_str(ald_rules_find_user(rules, 0)->name, "0");
    ald_check(ald_rules_find_user(rules, 7) == NULL);
}

ALD_TEST(rules, allow_nothing_that_is_not_written)
{
    ALD_AUTO(ald_rules_free) struct ald_rules *rules = rules_of(whole);
    const struct ald_principal *lamp = ald_rules_find(rules, ALD_STR("lamp-7"));
    const struct ald_principal *clerk = ald_rules_find(rules, ALD_STR("operator"));
    const struct ald_principal *nobody = ald_rules_find(rules, ALD_STR("0"));

    ald_check(ald_rules_may_register(rules, lamp, ALD_STR("lamp")));
    ald_check(!ald_rules_may_register(rules, lamp, ALD_STR("press-1")));
    ald_check(ald_rules_may_register(rules, clerk, ALD_STR("press-1")));
    ald_check(!ald_rules_may_register(rules, nobody, ALD_STR("lamp")));
    ald_check(ald_rules_may_command(rules, lamp, ALD_STR("press-1"), ALD_STR("ping")));
    ald_check(!ald_rules_may_command(rules, lamp, ALD_STR("press-1"), ALD_STR("pin")));
    ald_check(ald_rules_may_command(rules, clerk, ALD_STR("lamp"), ALD_STR("signal")));
    ald_check(!ald_rules_may_command(rules, clerk, ALD_STR("lamp"), ALD_STR("reset")));
    ald_check(!ald_rules_may_command(rules, clerk, ALD_STR(""), ALD_STR("signal")));
    ald_check(!ald_rules_may_command(rules, nobody, ALD_STR("lamp"), ALD_STR("signal")));
    ald_check_int(lamp->manage, ALD_MANAGE_NONE);
    ald_check_int(clerk->manage, ALD_MANAGE_WRITE);
    ald_check_int(ald_rules_find(rules, ALD_STR("julia"))->manage, ALD_MANAGE_READ);
}

ALD_TEST(rules, know_who_holds_a_permission)
{
    ALD_AUTO(ald_rules_free)
    struct ald_rules *rules =
        rules_of("[user 1]\npermission = foo.echo, deck.*\n[user 2]\npermission = core.admin\n"
                 "[user 3]\npermission = *\n[user 4]\npermission = core.*\n[user 5]\ncommand = *:*\n"
                 "[user 6]\ncommand = *:*\npermission =\n[user 7]\ncommand = *:foo:*, lamp:*\n[user 8]\n");
    static const char holds[][4] = {"", "yyn", "yyy", "yyy", "nny", "yyy", "nnn", "nnn", "nnn"};

    for (uint64_t user = 1; user <= 8; user++) {
        const struct ald_principal *principal = ald_rules_find_user(rules, user);

        ald_check_int(ald_rules_holds(rules, principal, ALD_STR("foo.echo")), holds[user][0] == 'y');
        ald_check_int(ald_rules_holds(rules, principal, ALD_STR("deck.wash")), holds[user][1] == 'y');
        ald_check_int(ald_rules_holds(rules, principal, ALD_AUTH_ADMIN), holds[user][2] == 'y');
    }
    ald_check(ald_rules_holds_all(rules, ald_rules_find_user(rules, 2)));
    ald_check(!ald_rules_holds_all(rules, ald_rules_find_user(rules, 4))); /* `core.*` is not meant so */
    ald_check(ald_rules_commands_all(rules, ald_rules_find_user(rules, 6)));
    ald_check(!ald_rules_commands_all(rules, ald_rules_find_user(rules, 7)));
}

ALD_TEST(rules, know_who_may_hear_what)
{
    ALD_AUTO(ald_rules_free)
    struct ald_rules *rules =
        rules_of("[user 1]\ncommand = *:foo:*, lamp:*\n[user 2]\ncommand = *:*\n[user 3]\nmanage = read\n"
                 "[user 4]\nsubscribe = foo:Tick, deck.*\n[user 5]\nmanage = write\ncommand = *:*\nsubscribe =\n"
                 "[user 6]\nsubscribe = *\n[user 7]\nmanage = none\n[user 8]\nsubscribe = foo%3ATick\n");
    static const char hears[][5] = {"", "nnnn", "yyyy", "yyyy", "ynyn", "nnnn", "yyyy", "nnnn", "ynnn"};

    for (uint64_t user = 1; user <= 8; user++) {
        const struct ald_principal *principal = ald_rules_find_user(rules, user);

        ald_check_int(ald_rules_may_subscribe(rules, principal, ALD_STR("foo:Tick")), hears[user][0] == 'y');
        ald_check_int(ald_rules_may_subscribe(rules, principal, ALD_STR("foo:Ticks")), hears[user][1] == 'y');
        ald_check_int(ald_rules_may_subscribe(rules, principal, ALD_STR("deck.wash")), hears[user][2] == 'y');
        ald_check_int(ald_rules_subscribes_all(rules, principal), hears[user][3] == 'y');
    }
}

ALD_TEST(rules, assign_the_only_target_there_is)
{
    ALD_AUTO(ald_rules_free)
    struct ald_rules *rules = rules_of("[user 1]\nregister = lamp\n[user 2]\nregister = lamp, press\n"
                                       "[user 3]\nregister = lamp*\n[user 4]\nregister =\n");

    ald_check_str(ald_rules_assigned(rules, ald_rules_find_user(rules, 1)), "lamp");
    for (uint64_t user = 2; user <= 4; user++) {
        ald_check(!ald_str_present(ald_rules_assigned(rules, ald_rules_find_user(rules, user))));
    }
}

ALD_TEST(rules, know_whom_a_signed_token_proves)
{
    ALD_AUTO(ald_rules_free)
    struct ald_rules *rules = rules_of("[token host-4]\nregister = 4\n[token test]\nvalid_after = 1700000000\n"
                                       "[user 1]\n[subject \"cn=x\"]\n");

    ald_check_str(ald_rules_find_proved(rules, ALD_STR("host-4"), 0)->name, "host-4");
    ald_check_str(ald_rules_find_proved(rules, ALD_STR("test"), 1700000000)->name, "test");
    ald_check(ald_rules_find_proved(rules, ALD_STR("test"), 1699999999) == NULL);
    ald_check(ald_rules_find_proved(rules, ALD_STR("host-5"), 1700000000) == NULL);
    ald_check(ald_rules_find_proved(rules, ALD_STR("1"), 1700000000) == NULL);
    ald_check(ald_rules_find_proved(rules, ALD_STR("cn=x"), 1700000000) == NULL);
}

ALD_TEST(rules, name_the_commands_of_primaries)
{
    ALD_AUTO(ald_rules_free) struct ald_rules *rules = rules_of(whole);

    ald_check(ald_rules_primary_only(rules, ALD_STR("deploy")));
    ald_check(ald_rules_primary_only(rules, ALD_STR("reset-all")));
    ald_check(!ald_rules_primary_only(rules, ALD_STR("deploy2")));
    ald_check_int(ald_rules_primary_rule(rules)->line, 18);
}

ALD_TEST(rules, remember_where_they_stand)
{
    ALD_AUTO(ald_rules_free) struct ald_rules *rules = rules_of(whole);
    const struct ald_principal *lamp = ald_rules_find(rules, ALD_STR("lamp-7"));

    ald_check_int(lamp->line, 2);
    ald_check_int(lamp->hash.line, 3);
    ald_check_int(lamp->serve.line, 4);
    ald_check_int(lamp->command.line, 5);
    ald_check_str(lamp->command.text, "*:ping");
    ald_check_int(lamp->managing.line, 0);
}

ALD_TEST(rules, may_be_none)
{
    ALD_AUTO(ald_rules_free) struct ald_rules *rules = rules_of("");

    ald_check_int(ald_rules_principals(rules), 0);
    ald_check(shows(rules, 0, 0) == NULL);
    ald_check(!ald_rules_primary_only(rules, ALD_STR("x")));
}

ALD_TEST(rules, name_file_line_and_key_of_what_is_wrong)
{
    refuses("[token a]\nhash = " HASH_A "\nregister = la*mp\n",
            "tokens:3: [token a] register: \"la*mp\" a * stands for any rest, so only at the end; * itself is written "
            "%2A");
    refuses("[token a]\nhash = " HASH_A "\ncommand = lamp\n",
            "tokens:3: [token a] command: \"lamp\" what may be commanded is written TARGET:NAME, as lamp:signal, "
            "lamp:* or *:ping");
    refuses("[token a]\nhash = " HASH_A "\nregister = lamp,\n",
            "tokens:3: [token a] register: \"\" a target has a name");
    refuses("[token a]\nhash = " HASH_A "\nmanage = yes\n",
            "tokens:3: [token a] manage: \"yes\" is not none, read or write");
    refuses("[token a]\nhash = " HASH_A "\nregistr = lamp\n",
            "tokens:3: [token a] registr: there is no such key; there are hash, register, command, "
            "permission, subscribe, manage and valid_after");
    refuses("[token a]\nsubscribe = foo:*Tick\n",
            "tokens:2: [token a] subscribe: \"foo:*Tick\" a * stands for any rest, so only at "
            "the end; * itself is written %2A");
    refuses("[token a]\nsubscribe = a,,b\n", "tokens:2: [token a] subscribe: \"\" an event has a name");
    refuses("\n[tokn a]\n", "tokens:2: [tokn a]: a section is token, subject, user or primary_only");
    refuses("[token]\n", "tokens:1: [token]: whose section is it? the name stands behind the word");
    refuses("[token \"\"]\n", "tokens:1: [token ]: whose section is it? the name stands behind the word");
    refuses("[user carla]\n", "tokens:1: [user carla]: this machine has no such user");
    refuses("[primary_only x]\n", "tokens:1: [primary_only x]: primary_only is nobody's section");
    refuses("[primary_only]\ncommand = x\n",
            "tokens:2: [primary_only] command: there is no such key; there is commands");
    refuses("[user 1]\nhash = " HASH_A "\n", "tokens:2: [user 1] hash: only a [token NAME] has a hash");
    refuses("[user 1]\nnonsense\n", "tokens:2: neither [section] nor key = value nor a comment");
}

ALD_TEST(rules, refuse_a_token_without_a_hash)
{
    refuses("[token a]\nvalid_after = now\n",
            "tokens:2: [token a] valid_after: \"now\" is no number of seconds since 1970; "
            "date +%s says how many there are now");
    refuses("[user 1]\nvalid_after = 5\n", "tokens:2: [user 1] valid_after: only tokens are made at some time");
}

ALD_TEST(rules, do_not_repeat_what_may_be_a_secret)
{
    refuses(
        "[token a]\nhash = aldis_secret\n",
        "tokens:2: [token a] hash: a hash is written sha256: and 64 hexadecimal digits; aldis auth token makes one");
    refuses(
        "[token a]\nhash =\n",
        "tokens:2: [token a] hash: a hash is written sha256: and 64 hexadecimal digits; aldis auth token makes one");
    refuses(
        "[token a]\nhash = sha256:00000000000000000000000000000000000000000000000000000000000000ag\n",
        "tokens:2: [token a] hash: a hash is written sha256: and 64 hexadecimal digits; aldis auth token makes one");
}

ALD_TEST(rules, refuse_what_stands_there_twice)
{
    refuses("[token a]\nhash = " HASH_A "\n[token a]\n", "tokens:3: [token a]: \"a\" stands in line 1 already");
    refuses("[token julia]\nhash = " HASH_A "\n[user julia]\n",
            "tokens:3: [user julia]: \"julia\" stands in line 1 already");
    refuses("[user julia]\n[user 1000]\n", "tokens:2: [user 1000]: \"this user\" stands in line 1 already");
    refuses("[user 1]\nmanage = read\nmanage = write\n",
            "tokens:3: [user 1] manage: \"manage\" stands in line 2 already");
    refuses("[primary_only]\n[primary_only]\n", "tokens:2: [primary_only]: \"primary_only\" stands in line 1 already");
    refuses("[token a]\nhash = " HASH_A "\n[token b]\nhash = " HASH_A "\n",
            "tokens:4: [token b] hash: \"the same token\" stands in line 2 already");
}

ALD_TEST(rules, show_bad_names_escaped)
{
    refuses("[tokn \xC2\x9B]\n", "tokens:1: [tokn \\xC2\\x9B]: a section is token, subject, user or primary_only");
}

ALD_TEST(rules, stand_a_shortage_of_memory)
{
    for (uint64_t n = 1;; n++) {
        struct ald_rules *rules = NULL;
        struct ald_rules_why why;
        int r;

        ald_alloc_fail_at(n);
        r = ald_rules_parse("tokens", ald_str(whole), user_find, &rules, &why);
        if (!ald_alloc_fail_off()) {
            ald_check_int(r, 0);
            ald_rules_free(rules);
            break;
        }
        ald_check_int(r, ALDIS_E_NOMEM);
        ald_check(rules == NULL);
    }
}

/* The file, cut and changed at random: read or refused, and never anything else. */
ALD_TEST(rules, read_or_refuse_whatever_comes)
{
    struct ald_rng rng;

    ald_rng_init(&rng, 3);
    for (int round = 0; round < 5000; round++) {
        size_t size = ald_rng_below(&rng, sizeof(whole));
        char *text = malloc(size + 1);
        struct ald_rules *rules = NULL;
        struct ald_rules_why why = {""};
        int r;

        memcpy(text, whole, size);
        for (uint64_t i = ald_rng_below(&rng, 4); size > 0 && i > 0; i--) {
            text[ald_rng_below(&rng, size)] = "[]=\",%*: \n#a0\xFF"[ald_rng_below(&rng, 14)];
        }
        r = ald_rules_parse("tokens", ald_str_of(text, size), user_find, &rules, &why);
        ald_check(r == 0 || (r == ALD_RULES_BAD && strncmp(why.text, "tokens:", 7) == 0));
        ald_rules_free(rules);
        free(text);
    }
}

ALD_TEST_MAIN(rules, ALD_CASE(rules, know_who_shows_what), ALD_CASE(rules, allow_nothing_that_is_not_written),
              ALD_CASE(rules, know_who_holds_a_permission), ALD_CASE(rules, know_who_may_hear_what),
              ALD_CASE(rules, assign_the_only_target_there_is), ALD_CASE(rules, know_whom_a_signed_token_proves),
              ALD_CASE(rules, name_the_commands_of_primaries), ALD_CASE(rules, remember_where_they_stand),
              ALD_CASE(rules, may_be_none), ALD_CASE(rules, name_file_line_and_key_of_what_is_wrong),
              ALD_CASE(rules, refuse_a_token_without_a_hash), ALD_CASE(rules, do_not_repeat_what_may_be_a_secret),
              ALD_CASE(rules, refuse_what_stands_there_twice), ALD_CASE(rules, show_bad_names_escaped),
              ALD_CASE(rules, stand_a_shortage_of_memory), ALD_CASE(rules, read_or_refuse_whatever_comes))
