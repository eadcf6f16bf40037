#include "wire/exchange/exchange.h"

#include "lib/test.h"

/* What accept() says to GET `path` with up to two headers. */
static int accept_with(const char *path, const struct ald_http_field *fields, size_t n, struct ald_accept *ret_accept)
{
    const struct ald_http_request request = {
        .method = ALD_STR("GET"), .path = ald_str(path), .fields = {.items = fields, .n = n}};

    return ald_exchange.accept(&request, ret_accept);
}

static uint32_t variant_with(const char *path, const char *version, const char *extension)
{
    struct ald_http_field fields[2];
    struct ald_accept accept;
    size_t n = 0;

    if (version != NULL) {
        fields[n++] = (struct ald_http_field){ALD_STR("x-gravitee-exchange-protocol"), ald_str(version)};
    }
    if (extension != NULL) {
        fields[n++] = (struct ald_http_field){ALD_STR("X-Aldis-Exchange"), ald_str(extension)};
    }
    ald_check_int(accept_with(path, fields, n, &accept), 0);
    return accept.variant;
}

ALD_TEST(upgrade, takes_its_two_paths_and_no_other)
{
    static const char *const mine[] = {"/exchange/controller", "/ws/controller/", "/ws/controller/a/b"};
    static const char *const others[] = {"/",
                                         "/exchange",
                                         "/exchange/controller/",
                                         "/exchange/controllers",
                                         "/root/exchange/controller",
                                         "/EXCHANGE/controller",
                                         "/ws/controller",
                                         "/ws/controllers/x",
                                         "/api/socket",
                                         "*"};
    struct ald_accept accept;

    for (size_t i = 0; i < ALD_COUNT(mine); i++) {
        ald_check_int(accept_with(mine[i], NULL, 0, &accept), 0);
    }
    for (size_t i = 0; i < ALD_COUNT(others); i++) {
        ald_check_int(accept_with(others[i], NULL, 0, &accept), ALD_ACCEPT_NOT_MINE);
    }
}

ALD_TEST(upgrade, takes_anything_but_v1_for_legacy)
{
    ald_check_int(variant_with("/exchange/controller", "v1", NULL), ALD_EXCHANGE_V1);
    ald_check_int(variant_with("/exchange/controller", "legacy", NULL), 0);
    ald_check_int(variant_with("/exchange/controller", NULL, NULL), 0);
    ald_check_int(variant_with("/exchange/controller", "V1", NULL), 0);
    ald_check_int(variant_with("/exchange/controller", "v2", NULL), 0);
    ald_check_int(variant_with("/exchange/controller", "v1, legacy", NULL), 0);
    ald_check_int(variant_with("/exchange/controller", "", NULL), 0);
}

ALD_TEST(upgrade, lets_an_explicit_version_win_on_the_legacy_path)
{
    ald_check_int(variant_with("/ws/controller/x", "v1", NULL), ALD_EXCHANGE_V1);
    ald_check_int(variant_with("/ws/controller/x", NULL, NULL), 0);
}

ALD_TEST(upgrade, takes_the_first_of_several_version_headers)
{
    static const struct ald_http_field fields[] = {
        {{"X-Gravitee-Exchange-Protocol", 28}, {"legacy", 6}},
        {{"X-Gravitee-Exchange-Protocol", 28}, {"v1", 2}},
    };
    struct ald_accept accept;

    ald_check_int(accept_with("/exchange/controller", fields, 2, &accept), 0);
    ald_check_int(accept.variant, 0);
}

ALD_TEST(upgrade, announces_the_extension_to_who_announced_it)
{
    static const struct ald_http_field fields[] = {
        {{"X-Gravitee-Exchange-Protocol", 28}, {"v1", 2}},
        {{"X-Aldis-Exchange", 16}, {"1", 1}},
    };
    struct ald_accept accept;

    ald_check_int(accept_with("/exchange/controller", fields, 2, &accept), 0);
    ald_check_int(accept.variant, ALD_EXCHANGE_V1 | ALD_EXCHANGE_EXTENDED);
    ald_check_str(ald_str(accept.header_name), "X-Aldis-Exchange");
    ald_check_str(ald_str(accept.header_value), "1");

    ald_check_int(accept_with("/exchange/controller", fields, 1, &accept), 0);
    ald_check_int(accept.variant, ALD_EXCHANGE_V1);
    ald_check(accept.header_name == NULL);
}

ALD_TEST(upgrade, knows_one_extension_and_only_beside_v1)
{
    ald_check_int(variant_with("/exchange/controller", "v1", "2"), ALD_EXCHANGE_V1);
    ald_check_int(variant_with("/exchange/controller", "v1", "2, 1"), ALD_EXCHANGE_V1 | ALD_EXCHANGE_EXTENDED);
    ald_check_int(variant_with("/exchange/controller", "legacy", "1"), 0);
    ald_check_int(variant_with("/exchange/controller", NULL, "1"), 0);
}

ALD_TEST(dial, asks_for_what_is_wanted)
{
    struct ald_http_field fields[ALD_EXCHANGE_FIELDS_MAX];

    ald_check_int(ald_exchange_dial_fields(ALD_EXCHANGE_V1 | ALD_EXCHANGE_EXTENDED, fields), 2);
    ald_check_str(fields[0].name, "X-Gravitee-Exchange-Protocol");
    ald_check_str(fields[0].value, "v1");
    ald_check_str(fields[1].name, "X-Aldis-Exchange");
    ald_check_str(fields[1].value, "1");
    ald_check_int(ald_exchange_dial_fields(ALD_EXCHANGE_V1, fields), 1);
    ald_check_int(ald_exchange_dial_fields(0, fields), 1);
    ald_check_str(fields[0].value, "legacy");
    ald_check_int(ald_exchange_dial_fields(ALD_EXCHANGE_EXTENDED, fields), 1);
}

static void check_path(struct ald_str prefix, const char *path)
{
    struct ald_buf out;

    ald_buf_init(&out, 100);
    ald_check_int(ald_exchange_dial_path(prefix, &out), 0);
    ald_check_str(ald_buf_str(&out), path);
    ald_buf_fini(&out);
}

ALD_TEST(dial, keeps_the_path_of_the_url_in_front)
{
    check_path(ALD_STR_NONE, "/exchange/controller");
    check_path(ALD_STR("/"), "/exchange/controller");
    check_path(ALD_STR("/root/"), "/root/exchange/controller");
    check_path(ALD_STR("/root"), "/root/exchange/controller");
}

ALD_TEST(dial, believes_the_hub_about_the_extension)
{
    const uint32_t wanted = ALD_EXCHANGE_V1 | ALD_EXCHANGE_EXTENDED;

    ald_check_int(ald_exchange_dial_result(wanted, ALD_STR("1")), wanted);
    ald_check_int(ald_exchange_dial_result(wanted, ALD_STR_NONE), ALD_EXCHANGE_V1);
    ald_check_int(ald_exchange_dial_result(wanted, ALD_STR("0")), ALD_EXCHANGE_V1);
    ald_check_int(ald_exchange_dial_result(ALD_EXCHANGE_V1, ALD_STR("1")), ALD_EXCHANGE_V1);
}

ALD_TEST(dial, asks_what_the_other_side_takes)
{
    struct ald_http_field fields[ALD_EXCHANGE_FIELDS_MAX];
    struct ald_accept accept;
    size_t n = ald_exchange_dial_fields(ALD_EXCHANGE_V1 | ALD_EXCHANGE_EXTENDED, fields);

    ald_check_int(accept_with("/exchange/controller", fields, n, &accept), 0);
    ald_check_int(ald_exchange_dial_result(ALD_EXCHANGE_V1 | ALD_EXCHANGE_EXTENDED, ald_str(accept.header_value)),
                  accept.variant);
}

ALD_TEST_MAIN(upgrade, ALD_CASE(upgrade, takes_its_two_paths_and_no_other),
              ALD_CASE(upgrade, takes_anything_but_v1_for_legacy),
              ALD_CASE(upgrade, lets_an_explicit_version_win_on_the_legacy_path),
              ALD_CASE(upgrade, takes_the_first_of_several_version_headers),
              ALD_CASE(upgrade, announces_the_extension_to_who_announced_it),
              ALD_CASE(upgrade, knows_one_extension_and_only_beside_v1), ALD_CASE(dial, asks_for_what_is_wanted),
              ALD_CASE(dial, keeps_the_path_of_the_url_in_front), ALD_CASE(dial, believes_the_hub_about_the_extension),
              ALD_CASE(dial, asks_what_the_other_side_takes))
