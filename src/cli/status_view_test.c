#include "lib/test.h"

#include <stdlib.h>

#include "cli/status_view.h"

ALD_TEST(status_view, tells_trouble_from_success_by_its_name)
{
    static const char *const trouble[] = {"commands_refused_busy", "registrations_denied",  "events_dropped",
                                          "connections_cut_slow",  "door http malformed",   "transport tls_failures",
                                          "replies_late",          "out_of_memory",         "door http unauthorized",
                                          "edge expelled",         "transport ws_oversize", "events_untaken"};
    static const char *const fine[] = {"commands_refused",     "commands_failed",  "commands_succeeded",
                                       "registrations",        "events_delivered", "connections_opened",
                                       "transport read_bytes", "elections",        "edge closed_by_hub"};

    for (size_t i = 0; i < ALD_COUNT(trouble); i++) {
        ald_check(ald_status_is_refusal(trouble[i]));
    }
    for (size_t i = 0; i < ALD_COUNT(fine); i++) {
        ald_check(!ald_status_is_refusal(fine[i]));
    }
}

/* What is printed of `hub` on a screen of so many rows. */
static void check_printed(const char *hub, size_t rows, const char *part, size_t n_lines)
{
    const struct ald_status_view view = {.url = "unix:/x", .erase = "", .rows = rows};
    struct ald_json json;
    char *text = NULL;
    size_t size = 0, lines = 0;
    FILE *out = open_memstream(&text, &size);

    ald_check(out != NULL);
    ald_json_init(&json, 1000);
    ald_check_int(ald_json_parse(&json, ald_str(hub), 0, NULL), 0);
    ald_status_print(out, &view, ald_json_root(&json));
    fclose(out);
    for (size_t i = 0; i < size; i++) {
        lines += text[i] == '\n';
    }
    ald_check(strstr(text, part) != NULL);
    ald_check_int(lines, n_lines);
    ald_json_fini(&json);
    free(text);
}

ALD_TEST(status_view, shows_what_there_is_and_no_more_than_fits)
{
    check_printed("{}", 0, "trouble    none", 7);
    check_printed("{\"counters\":{\"events_dropped\":3,\"replies_late\":\"x\",\"a_cut\":0}}", 0,
                  "trouble    3 events_dropped", 7);
    check_printed("{\"counters\":{\"a_cut\":1,\"b_cut\":2,\"c_cut\":3}}", 0, "3 c_cut", 9);
    check_printed("{\"counters\":{\"a_cut\":1,\"b_cut\":2,\"c_cut\":3}}", 9, "2 b_cut", 8);
    check_printed("[1]", 0, "hub", 7);
}

ALD_TEST_MAIN(status_view, ALD_CASE(status_view, tells_trouble_from_success_by_its_name),
              ALD_CASE(status_view, shows_what_there_is_and_no_more_than_fits))
