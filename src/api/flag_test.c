#include "aldis/flag.h"

#include <time.h>

#include "base/defs.h"
#include "base/str.h"
#include "flag/folder_rig.h"
#include "lib/test.h"

static char why[200];

/* What a listing told, and how often. */
struct told {
    int n, n_problems;
    const char *wanted; /* the name of a flag, of which the rest tells */
    int priority;
    bool manual;
    uint64_t count, line, raised_s, again_s;
    size_t n_tags;
    char file[100], message[100], tag[100], source_file[100], problem[100];
};

static void tell(const struct aldis_flag_report *report, void *data)
{
    struct told *told = data;

    told->n += report->problem == NULL;
    if (report->problem != NULL) {
        told->n_problems++;
        snprintf(told->problem, sizeof(told->problem), "%s: %s", report->file, report->problem);
        ald_check(report->tags[0] == NULL && report->unit[0] == '\0');
        return;
    }
    if (strcmp(report->name, told->wanted) != 0) {
        return;
    }
    told->priority = report->priority;
    told->manual = report->manual;
    told->count = report->count;
    told->line = report->line;
    told->raised_s = report->raised_s;
    told->again_s = report->again_s;
    told->n_tags = report->n_tags;
    snprintf(told->file, sizeof(told->file), "%s", report->file);
    snprintf(told->message, sizeof(told->message), "%s", report->message);
    snprintf(told->tag, sizeof(told->tag), "%s", report->n_tags > 0 ? report->tags[report->n_tags - 1] : "");
    snprintf(told->source_file, sizeof(told->source_file), "%s", report->source_file);
    ald_check(report->tags[report->n_tags] == NULL && report->hostname != NULL && report->version[0] != '\0');
}

static struct told list_of(const char *folder, const char *name)
{
    struct told told = {.wanted = name};

    ald_check_int(aldis_flag_list(folder, tell, &told, why, sizeof(why)), 0);
    return told;
}

ALD_TEST(flag, what_a_program_raises_is_listed_until_it_is_lowered)
{
    static const char *const tags[] = {"Optics", "deck", NULL};
    struct folder_rig rig = folder_rig_make();
    const struct aldis_flag flag = {
        ALDIS_FLAG,         .unit = "Lamp-7", .section = "lens", .name = "dirty",         .message = "two\nlines",
        .folder = rig.path, .priority = 200,  .tags = tags,      .source_file = "lens.c", .line = 12,
    };
    uint64_t now = (uint64_t)time(NULL);
    struct told told;

    ald_check_int(aldis_flag_raise(&flag, why, sizeof(why)), 0);
    ald_check_str(ald_str(why), "");
    ald_check_int(aldis_flag_raise(&flag, NULL, 0), 0);
    told = list_of(rig.path, "dirty");
    ald_check(told.n == 1 && told.n_problems == 0);
    ald_check(told.count == 2 && told.priority == 100 && !told.manual && told.line == 12 && told.n_tags == 2);
    ald_check(told.raised_s >= now && told.again_s >= told.raised_s && told.again_s < now + 600);
    ald_check_str(ald_str(told.file), "lamp-7_lens_dirty.flag");
    ald_check_str(ald_str(told.message), "two\nlines");
    ald_check_str(ald_str(told.tag), "optics");
    ald_check_str(ald_str(told.source_file), "lens.c");

    ald_check_int(aldis_flag_lower(rig.path, "lamp-7", "LENS", "dirty", why, sizeof(why)), 0);
    ald_check_int(aldis_flag_lower(rig.path, "lamp-7", "lens", "dirty", why, sizeof(why)), ALDIS_FLAG_DOWN);
    ald_check_int(list_of(rig.path, "dirty").n, 0);
    folder_rig_fini(&rig);
}

ALD_TEST(flag, a_priority_that_is_not_said_is_the_default)
{
    static const struct {
        int said, meant;
    } rows[] = {{0, 5}, {1, 1}, {100, 100}, {101, 100}, {-1, 0}, {INT32_MIN, 0}, {INT32_MAX, 100}};
    struct folder_rig rig = folder_rig_make();

    for (size_t i = 0; i < ALD_COUNT(rows); i++) {
        const struct aldis_flag flag = {ALDIS_FLAG,     .unit = "a",        .section = "b",          .name = "c",
                                        .message = "m", .folder = rig.path, .priority = rows[i].said};

        ald_check_int(aldis_flag_raise(&flag, why, sizeof(why)), 0);
        ald_check_int(list_of(rig.path, "c").priority, rows[i].meant);
    }
    folder_rig_fini(&rig);
}

ALD_TEST(flag, what_is_to_be_lowered_by_hand_stays)
{
    struct folder_rig rig = folder_rig_make();
    const struct aldis_flag flag = {ALDIS_FLAG,     .unit = "a",        .section = "b", .name = "c",
                                    .message = "m", .folder = rig.path, .manual = true};
    struct told told;

    ald_check_int(aldis_flag_raise(&flag, why, sizeof(why)), 0);
    ald_check_int(aldis_flag_lower(rig.path, "a", "b", "c", why, sizeof(why)), ALDIS_FLAG_BY_HAND);
    told = list_of(rig.path, "c");
    ald_check(told.manual && told.priority == ALDIS_FLAG_PRIORITY_DEFAULT);
    folder_rig_fini(&rig);
}

ALD_TEST(flag, a_file_that_is_none_is_told_beside_the_others)
{
    struct folder_rig rig = folder_rig_make();
    const struct aldis_flag flag = {ALDIS_FLAG,  .unit = "a",    .section = "b",
                                    .name = "c", .message = "m", .folder = rig.path};
    struct told told;

    folder_rig_write(&rig, "a_a_a.flag", "");
    ald_check_int(aldis_flag_raise(&flag, why, sizeof(why)), 0);
    told = list_of(rig.path, "c");
    ald_check(told.n == 1 && told.n_problems == 1);
    ald_check_str(ald_str(told.problem), "a_a_a.flag: it has no unit");
    ald_check_int(aldis_flag_lower(rig.path, "a", "a", "a", why, sizeof(why)), ALDIS_FLAG_UNREADABLE);
    folder_rig_fini(&rig);
}

ALD_TEST(flag, the_one_that_is_in_no_file_says_so)
{
    struct folder_rig rig = folder_rig_make();
    struct told told;

    for (int i = 0; i <= 100; i++) {
        char name[40];

        snprintf(name, sizeof(name), "a_b_c%d.flag", i);
        folder_rig_write(&rig, name, "broken");
    }
    told = list_of(rig.path, "too-many-flags");
    ald_check(told.n == 1 && told.n_problems == 100 && told.priority == 97 && told.n_tags == 2);
    ald_check_str(ald_str(told.file), "");
    folder_rig_fini(&rig);
}

ALD_TEST(flag, the_folder_may_come_from_the_environment)
{
    struct folder_rig rig = folder_rig_make();
    const struct aldis_flag flag = {ALDIS_FLAG, .unit = "a", .section = "b", .name = "c", .message = "m"};

    setenv("ALDIS_FLAGS_DIR", rig.path, 1);
    ald_check_int(aldis_flag_raise(&flag, why, sizeof(why)), 0);
    ald_check_int(list_of(NULL, "c").n, 1);
    ald_check_int(aldis_flag_lower(NULL, "a", "b", "c", why, sizeof(why)), 0);
    unsetenv("ALDIS_FLAGS_DIR");
    folder_rig_fini(&rig);
}

ALD_TEST(flag, a_folder_that_is_none_is_told)
{
    const struct aldis_flag flag = {ALDIS_FLAG,  .unit = "a",    .section = "b",
                                    .name = "c", .message = "m", .folder = "/dev/null"};
    struct told told = {.n = 0};

    ald_check_int(aldis_flag_raise(&flag, why, sizeof(why)), ALDIS_E_IO);
    ald_check_str(ald_str(why), "/dev/null: Not a directory");
    ald_check_int(aldis_flag_list("/dev/null", tell, &told, why, sizeof(why)), ALDIS_E_IO);
    ald_check_int(told.n, 0);
}

ALD_TEST_MAIN(flag, ALD_CASE(flag, what_a_program_raises_is_listed_until_it_is_lowered),
              ALD_CASE(flag, a_priority_that_is_not_said_is_the_default),
              ALD_CASE(flag, what_is_to_be_lowered_by_hand_stays),
              ALD_CASE(flag, a_file_that_is_none_is_told_beside_the_others),
              ALD_CASE(flag, the_one_that_is_in_no_file_says_so),
              ALD_CASE(flag, the_folder_may_come_from_the_environment), ALD_CASE(flag, a_folder_that_is_none_is_told))
