#include "daemon/options.h"

#include "lib/test.h"

static struct ald_config *config_make(void)
{
    const char *const fallbacks[ALD_N_KEYS] = {
        [ALD_KEY_HUB_ID] = "here",
        [ALD_KEY_UNIX_PATH] = "",
        [ALD_KEY_LINK_SECRET] = "",
    };
    struct ald_config *config = NULL;

    ald_check_int(ald_config_new(fallbacks, &config), 0);
    return config;
}

enum { WORDS_MAX = 8 };

/* The command line `aldisd` and `words` (ends with NULL). */
static int reads(struct ald_config *config, enum ald_options_verb *verb, struct ald_config_why *why,
                 const char *const *words)
{
    char room[WORDS_MAX][64];
    char *argv[WORDS_MAX + 1] = {NULL};
    int argc = 0;

    strcpy(room[0], "aldisd");
    argv[argc++] = room[0];
    for (; *words != NULL; words++, argc++) {
        ald_check(argc < WORDS_MAX && strlen(*words) < sizeof(room[0]));
        strcpy(room[argc], *words);
        argv[argc] = room[argc];
    }
    return ald_options_read(argc, argv, config, verb, why);
}

#define READ(config, verb, why, ...) reads((config), (verb), (why), (const char *const[]){__VA_ARGS__, NULL})

ALD_TEST(options, are_applied_in_order)
{
    ALD_AUTO(ald_config_free) struct ald_config *config = config_make();
    enum ald_options_verb verb = ALD_OPTIONS_HELP;
    struct ald_config_why why;

    ald_check_int(READ(config, &verb, &why, "-s", "hub.id=a", "--set=hub.id=b", "-shub.drain_timeout=1s"), 0);
    ald_check_int(verb, ALD_OPTIONS_RUN);
    ald_check_str(ald_str(ald_config_text(config, ALD_KEY_HUB_ID)), "b");
    ald_check_int(ald_config_number(config, ALD_KEY_HUB_DRAIN_TIMEOUT), ALD_SEC);
}

ALD_TEST(options, name_the_verb)
{
    ALD_AUTO(ald_config_free) struct ald_config *config = config_make();
    enum ald_options_verb verb;
    struct ald_config_why why;

    ald_check_int(READ(config, &verb, &why, "--check"), 0);
    ald_check_int(verb, ALD_OPTIONS_CHECK);
    ald_check_int(READ(config, &verb, &why, "--help"), 0);
    ald_check_int(verb, ALD_OPTIONS_HELP);
    ald_check_int(READ(config, &verb, &why, "-V"), 0);
    ald_check_int(verb, ALD_OPTIONS_VERSION);
    ald_check_int(READ(config, &verb, &why, "--help-keys"), 0);
    ald_check_int(verb, ALD_OPTIONS_HELP_KEYS);
    ald_check_int(READ(config, &verb, &why, "--manual"), 0);
    ald_check_int(verb, ALD_OPTIONS_MANUAL);
    ald_check_int(READ(config, &verb, &why, "--manual-keys"), 0);
    ald_check_int(verb, ALD_OPTIONS_MANUAL_KEYS);
}

ALD_TEST(options, that_are_none_are_said_so)
{
    ALD_AUTO(ald_config_free) struct ald_config *config = config_make();
    enum ald_options_verb verb;
    struct ald_config_why why;

    ald_check_int(READ(config, &verb, &why, "--frobnicate"), ALD_OPTIONS_USAGE);
    ald_check_str(ald_str(why.text), "aldisd: --frobnicate: unknown option; see aldisd --help");
    ald_check_int(READ(config, &verb, &why, "-s"), ALD_OPTIONS_USAGE);
    ald_check_str(ald_str(why.text), "aldisd: -s: needs an argument; see aldisd --help");
    ald_check_int(READ(config, &verb, &why, "start"), ALD_OPTIONS_USAGE);
    ald_check_str(ald_str(why.text), "aldisd: start: is no option; see aldisd --help");
    ald_check_int(READ(config, &verb, &why, "-s", "hub.id=9"), ALD_CONFIG_BAD);
    ald_check_int(READ(config, &verb, &why, "-c", "/nowhere"), ALD_CONFIG_BAD);
}

ALD_TEST_MAIN(options, ALD_CASE(options, are_applied_in_order), ALD_CASE(options, name_the_verb),
              ALD_CASE(options, that_are_none_are_said_so))
