/* Bad arguments for the functions of a hub, as src/api/arguments_test.c has them for the others. */

#include "aldis/hub.h"
#include "lib/test.h"

#include "base/defs.h"
#include "base/str.h"

#define check_invalid(expression) ald_check_int((expression), ALDIS_E_INVALID)

ALD_TEST(arguments, null_is_no_hub)
{
    struct aldis_client *client = NULL;
    const char *name = "kept";

    check_invalid(aldis_hub_new(NULL, NULL, 0, NULL));
    check_invalid(aldis_hub_start(NULL));
    check_invalid(aldis_hub_client_new(NULL, NULL, NULL, 0, &client));
    check_invalid(aldis_hub_drain(NULL));
    check_invalid(aldis_hub_wait_drained(NULL, 0));
    check_invalid(aldis_hub_fd(NULL));
    check_invalid(aldis_hub_turn(NULL));
    ald_check_int(aldis_hub_timeout(NULL), 0);
    ald_check(aldis_hub_door(NULL, 0, &name) == NULL);
    ald_check(aldis_hub_free(NULL) == NULL);
    ald_check_str(ald_str(name), "kept");
    ald_check(client == NULL);
}

ALD_TEST(arguments, options_of_a_hub_are_begun_as_they_must)
{
    struct aldis_hub *hub = NULL;
    char why[20] = "x";

    check_invalid(aldis_hub_new(&(struct aldis_hub_options){.size = 8}, why, sizeof(why), &hub));
    ald_check_str(ald_str(why), "");
    ald_check(hub == NULL);
}

ALD_TEST(arguments, options_of_a_client_in_a_hub_say_nothing_of_urls)
{
    static const char *const urls[] = {"ws://localhost", NULL};
    const struct aldis_client_options bad[] = {
        {.size = 8},
        {ALDIS_CLIENT_OPTIONS, .urls = urls},
        {ALDIS_CLIENT_OPTIONS, .driven = true},
        {ALDIS_CLIENT_OPTIONS, .target = ""},
        {ALDIS_CLIENT_OPTIONS, .target = "\xff"},
    };
    struct aldis_client *client = NULL;
    struct aldis_hub *hub = NULL;
    char why[100];

    ald_check_int(aldis_hub_new(NULL, why, sizeof(why), &hub), 0);
    for (size_t i = 0; i < ALD_COUNT(bad); i++) {
        check_invalid(aldis_hub_client_new(hub, &bad[i], why, sizeof(why), &client));
        check_invalid(aldis_hub_client_new(hub, &bad[i], NULL, 0, &client));
    }
    check_invalid(aldis_hub_client_new(hub, NULL, NULL, 0, NULL));
    check_invalid(aldis_hub_wait_drained(hub, 0)); /* not started */
    check_invalid(aldis_hub_turn(hub));            /* not driven */
    check_invalid(aldis_hub_fd(hub));
    ald_check(aldis_hub_door(hub, SIZE_MAX, NULL) == NULL);
    ald_check_int(aldis_hub_start(hub), 0);
    check_invalid(aldis_hub_start(hub));
    ald_check(client == NULL);
    aldis_hub_free(hub);
}

ALD_TEST_MAIN(arguments, ALD_CASE(arguments, null_is_no_hub),
              ALD_CASE(arguments, options_of_a_hub_are_begun_as_they_must),
              ALD_CASE(arguments, options_of_a_client_in_a_hub_say_nothing_of_urls))
