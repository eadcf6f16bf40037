#include "daemon/config.h"

#include "daemon/config_default.h"
#include "daemon/config_value.h"
#include "lib/test.h"

static const char *const fallbacks[ALD_N_KEYS] = {
    [ALD_KEY_HUB_ID] = "here",
    [ALD_KEY_UNIX_PATH] = "/run/aldis/aldis.sock",
    [ALD_KEY_LINK_SECRET] = "/var/lib/aldis/link.secret",
};

static struct ald_config *config_make(void)
{
    struct ald_config *config = NULL;

    ald_check_int(ald_config_new(fallbacks, &config), 0);
    return config;
}

/* `text`, read as the file aldis.conf, is refused with this line. */
static void refuses(const char *text, const char *line)
{
    ALD_AUTO(ald_config_free) struct ald_config *config = config_make();
    struct ald_config_why why;

    ald_check_int(ald_config_read(config, "aldis.conf", ald_str(text), &why), ALD_CONFIG_BAD);
    ald_check_str(ald_str(why.text), line);
}

/* The same for -s. */
static void refuses_option(const char *assignment, const char *line)
{
    ALD_AUTO(ald_config_free) struct ald_config *config = config_make();
    struct ald_config_why why;

    ald_check_int(ald_config_set(config, ald_str(assignment), &why), ALD_CONFIG_BAD);
    ald_check_str(ald_str(why.text), line);
}

/* Settings that are fine one by one and not together. */
static void refuses_together(const char *text, const char *line)
{
    ALD_AUTO(ald_config_free) struct ald_config *config = config_make();
    struct ald_config_why why;

    ald_check_int(ald_config_read(config, "aldis.conf", ald_str(text), &why), 0);
    ald_check_int(ald_config_check(config, &why), ALD_CONFIG_BAD);
    ald_check_str(ald_str(why.text), line);
}

static void accepts(const char *text)
{
    ALD_AUTO(ald_config_free) struct ald_config *config = config_make();
    struct ald_config_why why = {""};

    ald_check_int(ald_config_read(config, "aldis.conf", ald_str(text), &why), 0);
    ald_check_int(ald_config_check(config, &why), 0);
    ald_check_str(ald_str(why.text), "");
}

ALD_TEST(config, has_defaults_that_go_together)
{
    ALD_AUTO(ald_config_free) struct ald_config *config = config_make();
    struct ald_config_why why = {""};

    ald_check_int(ald_config_check(config, &why), 0);
    ald_check_str(ald_str(ald_config_text(config, ALD_KEY_HTTP_LISTEN)), "127.0.0.1:8062");
    ald_check_int(ald_config_number(config, ALD_KEY_HUB_DRAIN_TIMEOUT), 5 * ALD_SEC);
    ald_check_int(ald_config_number(config, ALD_KEY_LIMITS_MESSAGE_MAX), 13107200);
    ald_check_int(ald_config_number(config, ALD_KEY_UNIX_MODE), 0600);
    ald_check_int(ald_config_number(config, ALD_KEY_HTTP_INSECURE), 0);
}

ALD_TEST(config, lets_the_option_win_over_the_file)
{
    ALD_AUTO(ald_config_free) struct ald_config *config = config_make();
    struct ald_config_why why;

    ald_check_int(ald_config_set(config, ALD_STR("hub.drain_timeout = 1m"), &why), 0);
    ald_check_int(ald_config_set(config, ALD_STR("hub.drain_timeout=2m"), &why), 0);
    ald_check_int(ald_config_number(config, ALD_KEY_HUB_DRAIN_TIMEOUT), 120 * ALD_SEC);
}

ALD_TEST(config, reads_every_unit)
{
    ALD_AUTO(ald_config_free) struct ald_config *config = config_make();
    struct ald_config_why why;
    static const struct {
        const char *assignment;
        enum ald_config_key key;
        uint64_t number;
    } cases[] = {
        {"hub.drain_timeout=0", ALD_KEY_HUB_DRAIN_TIMEOUT, 0},
        {"hub.drain_timeout=500ms", ALD_KEY_HUB_DRAIN_TIMEOUT, 500 * ALD_MSEC},
        {"hub.drain_timeout=7s", ALD_KEY_HUB_DRAIN_TIMEOUT, 7 * ALD_SEC},
        {"hub.drain_timeout=2m", ALD_KEY_HUB_DRAIN_TIMEOUT, 120 * ALD_SEC},
        {"hub.drain_timeout=1h", ALD_KEY_HUB_DRAIN_TIMEOUT, 3600 * ALD_SEC},
        {"limits.message_max=1234", ALD_KEY_LIMITS_MESSAGE_MAX, 1234},
        {"limits.message_max=2048B", ALD_KEY_LIMITS_MESSAGE_MAX, 2048},
        {"limits.message_max=2KiB", ALD_KEY_LIMITS_MESSAGE_MAX, 2048},
        {"limits.message_max=3MiB", ALD_KEY_LIMITS_MESSAGE_MAX, 3 * ALD_MIB},
        {"limits.message_max=1GiB", ALD_KEY_LIMITS_MESSAGE_MAX, 1024 * ALD_MIB},
        {"http.insecure=True", ALD_KEY_HTTP_INSECURE, 1},
        {"http.insecure=NO", ALD_KEY_HTTP_INSECURE, 0},
        {"unix.mode=660", ALD_KEY_UNIX_MODE, 0660},
        {"log.level=debug", ALD_KEY_LOG_LEVEL, 3},
        {"log.format=json", ALD_KEY_LOG_FORMAT, 1},
    };

    for (size_t i = 0; i < ALD_COUNT(cases); i++) {
        ald_check_int(ald_config_set(config, ald_str(cases[i].assignment), &why), 0);
        ald_check_int(ald_config_number(config, cases[i].key), cases[i].number);
    }
}

ALD_TEST(config, names_file_line_and_key_of_a_bad_value)
{
    refuses("[http]\n\nlisten = nowhere\n",
            "aldis.conf:3: [http] listen: \"nowhere\" is not host:port, like 127.0.0.1:8062, [::1]:8062 or *:8062, "
            "several separated by commas");
    refuses("[hub]\ndrain_timeout = 5\n",
            "aldis.conf:2: [hub] drain_timeout: \"5\" is not a duration like 500ms, 5s, 2m or 1h");
    refuses("[hub]\ndrain_timeout = 2h\n", "aldis.conf:2: [hub] drain_timeout: 2h is out of range; from 0 to 1h");
    refuses("[hub]\ndrain_timeout = 99999999999999999999h\n",
            "aldis.conf:2: [hub] drain_timeout: \"99999999999999999999h\" is not a duration like 500ms, 5s, 2m or 1h");
    refuses("[hub]\ndrain_timeout = 9999999999999999h\n",
            "aldis.conf:2: [hub] drain_timeout: 9999999999999999h is out of range; from 0 to 1h");
    refuses("[hub]\ndrain_timeout =\n",
            "aldis.conf:2: [hub] drain_timeout: the value is missing; it is a duration like 500ms, 5s, 2m or 1h");
    refuses("[hub]\nid = 9lives\n",
            "aldis.conf:2: [hub] id: \"9lives\" is not a name: letters, digits and _, no digit first");
    refuses("[hub]\nid =\n", "aldis.conf:2: [hub] id: the value is missing");
    refuses("[hub]\nio_threads = 2\n", "aldis.conf:2: [hub] io_threads: 2 is not possible; only 0 is");
    refuses("[http]\ninsecure = maybe\n", "aldis.conf:2: [http] insecure: \"maybe\" is not yes or no");
    refuses("[unix]\nmode = 0899\n", "aldis.conf:2: [unix] mode: \"0899\" is not a mode like 0600");
    refuses("[unix]\nmode = 1777\n", "aldis.conf:2: [unix] mode: 1777 is out of range; from 0000 to 0777");
    refuses("[limits]\nmessage_max = 1.5MiB\n",
            "aldis.conf:2: [limits] message_max: \"1.5MiB\" is not a size like 4096, 64KiB, 16MiB or 1GiB");
    refuses("[limits]\nhistory_max = -1\n", "aldis.conf:2: [limits] history_max: \"-1\" is not a number");
    refuses("[log]\nlevel = loud\n", "aldis.conf:2: [log] level: \"loud\" is not one of error, warning, info, debug");
}

ALD_TEST(config, names_the_option_of_a_bad_value)
{
    refuses_option("http.listen=1.2.3.4", "-s http.listen: \"1.2.3.4\" is not host:port, like 127.0.0.1:8062, "
                                          "[::1]:8062 or *:8062, several separated by commas");
    refuses_option("http.listen", "-s http.listen: not SECTION.KEY=VALUE");
    refuses_option("http=x", "-s http=x: not SECTION.KEY=VALUE");
    refuses_option("", "-s : not SECTION.KEY=VALUE");
}

ALD_TEST(config, says_what_there_is_instead_of_an_unknown_key)
{
    refuses("[unix]\nsocket = /x\n", "aldis.conf:2: [unix] socket: unknown key; the section has path, mode");
    refuses(
        "[uniks]\npath = /x\n",
        "aldis.conf:2: [uniks] path: unknown section; there are hub, http, unix, exchange, communicator, link, auth, "
        "limits, log");
    refuses_option("unix.socket=/x", "-s unix.socket: unknown key; the section has path, mode");
    refuses_option(
        "rmi.broker=x",
        "-s rmi.broker: unknown section; there are hub, http, unix, exchange, communicator, link, auth, limits, log");
}

ALD_TEST(config, refuses_a_key_given_twice_in_the_file)
{
    refuses("[unix]\nmode = 0600\n[http]\n[unix]\nmode = 0660\n",
            "aldis.conf:5: [unix] mode: given twice; the first time in line 2");
}

ALD_TEST(config, says_where_the_file_is_no_configuration)
{
    refuses("[unix]\nrubbish\n", "aldis.conf:2: neither [section] nor key = value nor a comment");
}

ALD_TEST(config, shows_bad_bytes_escaped)
{
    refuses_option("log.level=\x1B[2Jx\n",
                   "-s log.level: \"\\x1B[2Jx\\x0A\" is not one of error, warning, info, debug");
}

ALD_TEST(config, refuses_to_be_reached_by_strangers)
{
    refuses_together("[http]\nlisten = 127.0.0.1:1, *:2\n",
                     "aldis.conf:2: [http] listen: * (all addresses) can be reached from other machines and nobody "
                     "there has to prove who they are; set [auth] tokens, [http] tls_client_ca, or insecure = yes");
    refuses_together("[http]\nlisten = 127.example.org:1\n",
                     "aldis.conf:2: [http] listen: 127.example.org can be reached from other machines and nobody "
                     "there has to prove who they are; set [auth] tokens, [http] tls_client_ca, or insecure = yes");
    accepts("[http]\nlisten = 0.0.0.0:1\ninsecure = yes\n");
    accepts("[http]\nlisten = 0.0.0.0:1\n[auth]\ntokens = aldis.tokens\n");
    accepts("[http]\nlisten = 0.0.0.0:1\ntls_cert = /c\ntls_client_ca = /a\n");
    accepts("[http]\nlisten = 127.9.9.9:0, [::1]:0, LOCALHOST:0\n");
}

ALD_TEST(config, refuses_settings_that_contradict_each_other)
{
    refuses_together("[http]\ntls_key = /k\n", "aldis.conf:2: [http] tls_key: needs [http] tls_cert beside it");
    refuses_together("[http]\nlisten =\n[unix]\npath =\n",
                     "aldis.conf:2: [http] listen: empty like [unix] path: no door would be open");
    refuses_together("[limits]\nmessage_max = 1GiB\n", "default: [limits] reassembly_max: 256MiB is less than [limits] "
                                                       "message_max, which is 1GiB");
}

ALD_TEST(config, takes_addresses_apart)
{
    struct ald_str list = ALD_STR("127.0.0.1:80 , [::1]:0,*:65535,:1");
    struct ald_config_address address;

    ald_check(ald_config_address_next(&list, &address));
    ald_check_str(ald_str(address.host), "127.0.0.1");
    ald_check_int(address.port, 80);
    ald_check(ald_config_address_next(&list, &address));
    ald_check_str(ald_str(address.host), "::1");
    ald_check_int(address.port, 0);
    ald_check(ald_config_address_next(&list, &address));
    ald_check_str(ald_str(address.host), "");
    ald_check_int(address.port, 65535);
    ald_check(ald_config_address_next(&list, &address));
    ald_check_str(ald_str(address.host), "");
    ald_check(!ald_config_address_next(&list, &address));
    ald_check_int(list.size, 0);
}

ALD_TEST(config, refuses_addresses_that_are_none)
{
    static const char *const bad[] = {"a",    "a:",   "a:65536",  "a:-1",  "::1:80", "[::1]",
                                      "a:1,", ",a:1", "a:1,,b:2", "a b:1", "[]x:1"};

    for (size_t i = 0; i < ALD_COUNT(bad); i++) {
        struct ald_config_value_why why;
        uint64_t number;

        ald_check_int(ald_config_value_parse(&ald_config_rows[ALD_KEY_HTTP_LISTEN], ald_str(bad[i]), &number, &why),
                      ALD_CONFIG_VALUE_BAD);
    }
}

ALD_TEST(config, gives_a_help_text_that_is_a_configuration)
{
    ALD_AUTO(ald_config_free) struct ald_config *config = config_make();
    ALD_AUTO(ald_config_free) struct ald_config *defaults = config_make();
    struct ald_config_why why = {""};
    struct ald_buf help;

    ald_buf_init(&help, 64 * ALD_KIB);
    ald_check_int(ald_config_help(&help), 0);
    ald_check_int(ald_config_read(config, "help", ald_buf_str(&help), &why), 0);
    ald_check_str(ald_str(why.text), "");
    for (size_t i = 0; i < ALD_N_KEYS; i++) {
        ald_check_str(ald_str(ald_config_text(config, (enum ald_config_key)i)),
                      ald_config_text(defaults, (enum ald_config_key)i));
    }
    ald_buf_fini(&help);
}

ALD_TEST(config, has_every_key_once_and_in_its_section)
{
    for (size_t i = 0; i < ALD_N_KEYS; i++) {
        const char *text = ald_config_rows[i].text;

        ald_check(text != NULL && text[0] != '\0');
        /* What roff would take for a command or an escape. */
        ald_check(text[0] != '.' && text[0] != '\'' && strchr(text, '\\') == NULL);
        for (size_t j = i + 1; j < ALD_N_KEYS; j++) {
            bool same_section = strcmp(ald_config_rows[i].section, ald_config_rows[j].section) == 0;

            ald_check(!same_section || strcmp(ald_config_rows[i].key, ald_config_rows[j].key) != 0);
            ald_check(!same_section || strcmp(ald_config_rows[j - 1].section, ald_config_rows[j].section) == 0);
        }
    }
}

ALD_TEST(config, makes_a_name_of_any_host_name)
{
    char name[ALD_NAME_MAX + 1];
    char longest[400];

    ald_config_name_of_host("web-1.example.org", name);
    ald_check_str(ald_str(name), "web_1_example_org");
    ald_config_name_of_host("3com", name);
    ald_check_str(ald_str(name), "_3com");
    ald_config_name_of_host("", name);
    ald_check_str(ald_str(name), "_");
    memset(longest, '7', sizeof(longest));
    longest[sizeof(longest) - 1] = '\0';
    ald_config_name_of_host(longest, name);
    ald_check_int(strlen(name), ALD_NAME_MAX);
}

ALD_TEST(config, says_why_a_file_cannot_be_read)
{
    ALD_AUTO(ald_config_free) struct ald_config *config = config_make();
    struct ald_config_why why;

    ald_check_int(ald_config_read_file(config, "/nowhere/aldis.conf", &why), ALD_CONFIG_BAD);
    ald_check_str(ald_str(why.text), "/nowhere/aldis.conf: No such file or directory");
    ald_check_int(ald_config_read_file(config, "/", &why), ALD_CONFIG_BAD);
    ald_check_str(ald_str(why.text), "/: Is a directory");
}

ALD_TEST_MAIN(
    config, ALD_CASE(config, has_defaults_that_go_together), ALD_CASE(config, lets_the_option_win_over_the_file),
    ALD_CASE(config, reads_every_unit), ALD_CASE(config, names_file_line_and_key_of_a_bad_value),
    ALD_CASE(config, names_the_option_of_a_bad_value), ALD_CASE(config, says_what_there_is_instead_of_an_unknown_key),
    ALD_CASE(config, refuses_a_key_given_twice_in_the_file), ALD_CASE(config, says_where_the_file_is_no_configuration),
    ALD_CASE(config, shows_bad_bytes_escaped), ALD_CASE(config, refuses_to_be_reached_by_strangers),
    ALD_CASE(config, refuses_settings_that_contradict_each_other), ALD_CASE(config, takes_addresses_apart),
    ALD_CASE(config, refuses_addresses_that_are_none), ALD_CASE(config, gives_a_help_text_that_is_a_configuration),
    ALD_CASE(config, has_every_key_once_and_in_its_section), ALD_CASE(config, makes_a_name_of_any_host_name),
    ALD_CASE(config, says_why_a_file_cannot_be_read))
