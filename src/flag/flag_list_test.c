#include "flag/flag_list.h"

#include <sys/stat.h>

#include "flag/flag_json.h"
#include "flag/folder_rig.h"
#include "lib/alloc_fail.h"
#include "lib/test.h"

#define NOW ((ald_wall)1795226858 * ALD_SEC)

static struct ald_flag_why why;

static struct ald_flag_list *list_of(const struct folder_rig *rig)
{
    struct ald_flag_list *list = NULL;

    ald_check_int(ald_flag_list_read(rig->path, NOW, &list, &why), 0);
    return list;
}

static void put(const struct folder_rig *rig, const char *unit, const char *name, int priority)
{
    char file[300], text[600];

    snprintf(file, sizeof(file), "%s_s_%s.flag", unit, name);
    snprintf(text, sizeof(text),
             "# a\n# b\n# c\ncount=1\ndate=1000000000\nmessage=m\nname=%s\npriority=%d\nsection=s\nunit=%s\n", name,
             priority, unit);
    folder_rig_write(rig, file, text);
}

ALD_TEST(list, an_empty_folder_has_none)
{
    struct folder_rig rig = folder_rig_make();
    struct ald_flag_list *list = list_of(&rig);

    ald_check(list->there && list->n_flags == 0 && list->n_broken == 0 && list->n_files == 0);
    ald_flag_list_free(list);
    folder_rig_fini(&rig);
}

ALD_TEST(list, a_folder_that_is_not_there_has_none)
{
    struct ald_flag_list *list = NULL;

    ald_check_int(ald_flag_list_read("/nowhere/at/all", NOW, &list, &why), 0);
    ald_check(!list->there && list->n_flags == 0);
    ald_check_str(ald_str(list->folder), "/nowhere/at/all");
    ald_flag_list_free(list);
}

ALD_TEST(list, the_urgent_come_first)
{
    struct folder_rig rig = folder_rig_make();
    struct ald_flag_list *list;

    put(&rig, "a", "low", 5);
    put(&rig, "b", "edge", 50);
    put(&rig, "c", "high", 97);
    put(&rig, "a", "nearly", 49);
    list = list_of(&rig);
    ald_check_int(list->n_flags, 4);
    ald_check_int(list->n_urgent, 2);
    ald_check_str(list->flags[0]->id.name, "high");
    ald_check_str(list->flags[1]->id.name, "edge");
    ald_check_str(list->flags[2]->id.name, "nearly");
    ald_check_str(list->flags[3]->id.name, "low");
    ald_flag_list_free(list);
    folder_rig_fini(&rig);
}

static bool list_has_broken(const struct ald_flag_list *list, const char *file, const char *part)
{
    for (size_t i = 0; i < list->n_broken; i++) {
        if (strcmp(list->broken[i].file, file) == 0) {
            return strstr(list->broken[i].why.text, part) != NULL;
        }
    }
    return false;
}

ALD_TEST(list, a_bad_file_hides_no_other)
{
    struct folder_rig rig = folder_rig_make();
    struct ald_flag_list *list;
    char path[300];

    put(&rig, "good", "one", 5);
    put(&rig, "zgood", "two", 5);
    folder_rig_write(&rig, "a_b_torn.flag", "");
    folder_rig_write(&rig, "a_b_half.flag", "unit=a\nsection=b\nna");
    folder_rig_write(&rig, "a_b_other.flag", "unit=a\nsection=b\nname=another\nmessage=m\n");
    folder_rig_write(&rig, "nonsense.flag", "unit=a\nsection=b\nname=c\nmessage=m\n");
    folder_rig_link(&rig, "good_s_one.flag", "a_b_link.flag");
    folder_rig_link(&rig, "/dev/zero", "a_b_zero.flag");
    snprintf(path, sizeof(path), "%s/a_b_folder.flag", rig.path);
    ald_check_int(mkdir(path, 0700), 0);
    snprintf(path, sizeof(path), "%s/a_b_pipe.flag", rig.path);
    ald_check_int(mkfifo(path, 0600), 0);
    list = list_of(&rig);
    ald_check_int(list->n_flags, 2);
    ald_check_int(list->n_broken, 8);
    ald_check_int(list->n_files, 10);
    ald_check(list_has_broken(list, "a_b_torn.flag", "no unit"));
    ald_check(list_has_broken(list, "a_b_half.flag", "no name"));
    ald_check(list_has_broken(list, "a_b_other.flag", "not those of its file name"));
    ald_check(list_has_broken(list, "nonsense.flag", "UNIT_SECTION_NAME"));
    ald_check(list_has_broken(list, "a_b_link.flag", "no plain file"));
    ald_check(list_has_broken(list, "a_b_zero.flag", "no plain file"));
    ald_check(list_has_broken(list, "a_b_folder.flag", "no plain file"));
    ald_check(list_has_broken(list, "a_b_pipe.flag", "no plain file"));
    ald_flag_list_free(list);
    folder_rig_fini(&rig);
}

ALD_TEST(list, what_is_no_flag_is_not_looked_at)
{
    struct folder_rig rig = folder_rig_make();
    struct ald_flag_list *list;

    put(&rig, "good", "one", 5);
    folder_rig_write(&rig, "good_s_one.flag.bak", "x");
    folder_rig_write(&rig, ".good_s_one.flag.tmp", "x");
    folder_rig_write(&rig, ".good_s_one.flag", "x");
    folder_rig_write(&rig, ".flag", "x");
    folder_rig_write(&rig, "README", "x");
    list = list_of(&rig);
    ald_check(list->n_flags == 1 && list->n_broken == 0 && list->n_files == 1);
    ald_flag_list_free(list);
    folder_rig_fini(&rig);
}

ALD_TEST(list, a_hundred_are_shown_and_then_one_that_says_so)
{
    struct folder_rig rig = folder_rig_make();
    struct ald_flag_list *list;
    char name[40];

    /* Written so that those whose names come first come last. */
    for (int i = ALD_FLAG_LIST_MAX; i > 0; i--) {
        snprintf(name, sizeof(name), "n%04d", i);
        put(&rig, "u", name, 5);
    }
    list = list_of(&rig);
    ald_check(list->n_flags == 100 && list->n_files == 100 && !list->more);
    ald_check_str(list->flags[0]->id.name, "n0001");
    ald_flag_list_free(list);

    put(&rig, "u", "n0000", 98);
    folder_rig_write(&rig, "u_s_n0001.flag", "broken");
    list = list_of(&rig);
    ald_check(list->n_flags == 100 && list->n_broken == 1 && list->n_files == 101);
    ald_check_str(list->flags[0]->id.name, "n0000");
    ald_check(list->flags[1] == list->too_many);
    ald_check_str(list->flags[1]->id.unit, "communicator");
    ald_check_str(list->flags[1]->id.section, "flag");
    ald_check_str(list->flags[1]->id.name, "too-many-flags");
    ald_check_str(list->flags[1]->tags, "flag,too-many");
    ald_check(list->flags[1]->priority == 97 && list->flags[1]->date == NOW / ALD_SEC);
    ald_check(strstr(list->flags[1]->message.data, "101 flags") != NULL);
    ald_check(strstr(list->flags[1]->message.data, rig.path) != NULL);
    ald_check_str(list->flags[99]->id.name, "n0099");
    ald_check_int(list->n_urgent, 2);
    ald_flag_list_free(list);
    folder_rig_fini(&rig);
}

ALD_TEST(list, programs_are_told_all_of_it)
{
    struct folder_rig rig = folder_rig_make();
    struct ald_flag_list *list;
    struct ald_json_writer json;
    struct ald_buf out;
    char expected[800];

    folder_rig_write(
        &rig, "a_b_c.flag",
        "count=3\ndate=1795226858\nfunction=f\nhostname=vm\nline=7\nmanual_down=yes\nmessage=two\\nlines\n"
        "modified=1795226860\nname=c\npriority=9\nsection=b\nsource_file=f.c\ntags=x,y\nunit=a\nversion=1\n");
    folder_rig_write(&rig, "broken.flag", "");
    list = list_of(&rig);
    ald_buf_init(&out, 4096);
    ald_json_write_init(&json, &out, ALD_JSON_COMPACT);
    ald_json_write_object(&json);
    ald_flag_json_list(&json, list);
    ald_json_write_end(&json);
    ald_check_int(ald_json_write_done(&json), 0);
    snprintf(
        expected, sizeof(expected),
        "{\"folder\":\"%s\",\"flags\":[{\"unit\":\"a\",\"section\":\"b\",\"name\":\"c\",\"message\":\"two\\nlines\","
        "\"priority\":9,\"manual_down\":true,\"tags\":[\"x\",\"y\"],\"count\":3,\"date\":\"2026-11-21T02:07:38Z\","
        "\"modified\":\"2026-11-21T02:07:40Z\",\"hostname\":\"vm\",\"version\":\"1\",\"source_file\":\"f.c\","
        "\"function\":\"f\",\"line\":7}],\"unreadable\":[{\"file\":\"broken.flag\","
        "\"why\":\"its name is not UNIT_SECTION_NAME.flag\"}],\"files\":2}",
        rig.path);
    ald_check_str(ald_buf_str(&out), expected);
    ald_buf_fini(&out);
    ald_flag_list_free(list);
    folder_rig_fini(&rig);
}

ALD_TEST(list, instants_are_those_of_the_calendar)
{
    char text[ALD_FLAG_INSTANT];

    ald_flag_instant(0, text);
    ald_check_str(ald_str(text), "");
    ald_flag_instant(1, text);
    ald_check_str(ald_str(text), "1970-01-01T00:00:01Z");
    ald_flag_instant(951782400, text);
    ald_check_str(ald_str(text), "2000-02-29T00:00:00Z");
    ald_flag_instant(UINT64_MAX, text);
    ald_check_str(ald_str(text), "");
    ald_flag_instant(INT64_MAX, text);
    ald_check_str(ald_str(text), "");
}

ALD_TEST(list, short_memory_is_told_and_nothing_leaks)
{
    struct folder_rig rig = folder_rig_make();
    bool failed = true;
    char name[40];

    for (int i = 0; i <= ALD_FLAG_LIST_MAX; i++) {
        snprintf(name, sizeof(name), "n%04d", i);
        put(&rig, "u", name, 5);
    }
    for (uint64_t n = 1; failed; n++) {
        struct ald_flag_list *list = NULL;
        int r;

        ald_alloc_fail_at(n);
        r = ald_flag_list_read(rig.path, NOW, &list, &why);
        failed = ald_alloc_fail_off();
        ald_check(failed ? r == ALDIS_E_NOMEM && list == NULL : r == 0);
        ald_flag_list_free(list);
    }
    folder_rig_fini(&rig);
}

ALD_TEST_MAIN(list, ALD_CASE(list, an_empty_folder_has_none), ALD_CASE(list, a_folder_that_is_not_there_has_none),
              ALD_CASE(list, the_urgent_come_first), ALD_CASE(list, a_bad_file_hides_no_other),
              ALD_CASE(list, what_is_no_flag_is_not_looked_at),
              ALD_CASE(list, a_hundred_are_shown_and_then_one_that_says_so),
              ALD_CASE(list, programs_are_told_all_of_it), ALD_CASE(list, instants_are_those_of_the_calendar),
              ALD_CASE(list, short_memory_is_told_and_nothing_leaks))
