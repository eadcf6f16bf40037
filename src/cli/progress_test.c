#include "lib/test.h"

#include <math.h>

#include "cli/progress.h"

static struct ald_str line(const char *phase, const char *text, double completed, double total, size_t width)
{
    static char room[400];
    struct ald_progress progress = {.measured = total != 0, .completed = completed, .total = total};

    snprintf(progress.phase, sizeof(progress.phase), "%s", phase);
    snprintf(progress.text, sizeof(progress.text), "%s", text);
    return ald_str(ald_progress_format(&progress, 1200 * ALD_MSEC, width, room, sizeof(room)));
}

ALD_TEST(progress, says_phase_time_and_text)
{
    ald_check_str(line("sent", "", 0, 0, 80), "sent  1.2 s");
    ald_check_str(line("running", "third blink", 0, 0, 80), "running  1.2 s  third blink");
    ald_check_str(line("", "", 0, 0, 80), "looking for a hub  1.2 s");
}

ALD_TEST(progress, has_a_bar_where_it_can_be_measured)
{
    ald_check_str(line("running", "", 3, 6, 80), "running  ██████████░░░░░░░░░░  50 %  3/6  1.2 s");
    ald_check_str(line("running", "", 0, 7.5, 80), "running  ░░░░░░░░░░░░░░░░░░░░   0 %  0/7.5  1.2 s");
}

ALD_TEST(progress, believes_no_nonsense)
{
    ald_check_str(line("running", "", 9, 6, 80), "running  ████████████████████ 100 %  9/6  1.2 s");
    ald_check_str(line("running", "", -9, 6, 80), "running  ░░░░░░░░░░░░░░░░░░░░   0 %  -9/6  1.2 s");
    ald_check_str(line("running", "", 1, -6, 80), "running  ░░░░░░░░░░░░░░░░░░░░   0 %  1/-6  1.2 s");
    ald_check(line("running", "", NAN, INFINITY, 80).size > 0);
    ald_check(line("running", "", 1e308, 1e-308, 400).size < 400);
}

ALD_TEST(progress, never_passes_the_edge_of_the_terminal)
{
    ald_check_str(line("running", "", 3, 6, 12), "running  ███");
    ald_check_str(line("running", "", 3, 6, 0), "");
}

ALD_TEST_MAIN(progress, ALD_CASE(progress, says_phase_time_and_text),
              ALD_CASE(progress, has_a_bar_where_it_can_be_measured), ALD_CASE(progress, believes_no_nonsense),
              ALD_CASE(progress, never_passes_the_edge_of_the_terminal))
