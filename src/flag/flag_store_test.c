#include "flag/flag_store.h"

#include <fcntl.h>
#include <stdio.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "flag/folder_rig.h"
#include "lib/alloc_fail.h"
#include "lib/test.h"

#define NOW ((ald_wall)1795226858 * ALD_SEC)

static struct ald_flag_why why;

static const struct ald_flag model = {
    .id = {{"lamp", 4}, {"optics", 6}, {"lens", 4}},
    .message = {"wipe it", 7},
    .priority = 60,
};
#define MODEL_FILE "lamp_optics_lens.flag"

static struct ald_flag_store store_of(const struct folder_rig *rig)
{
    return (struct ald_flag_store){.folder = rig->path, .patience = ALD_FLAG_PATIENCE};
}

static void raise_it(const struct folder_rig *rig, const struct ald_flag *flag, ald_wall now)
{
    struct ald_flag_store store = store_of(rig);

    ald_check_int(ald_flag_store_save(&store, flag, now, &why), 0);
}

static struct ald_flag *load_it(const struct folder_rig *rig)
{
    struct ald_flag_store store = store_of(rig);
    struct ald_flag *flag = NULL;

    ald_check_int(ald_flag_store_load(&store, &model.id, &flag, &why), 0);
    return flag;
}

static int lower_it(const struct folder_rig *rig, bool by_hand)
{
    struct ald_flag_store store = store_of(rig);

    return ald_flag_store_remove(&store, &model.id, by_hand, &why);
}

ALD_TEST(store, what_is_raised_can_be_read)
{
    struct folder_rig rig = folder_rig_make();
    struct ald_flag raised = model;
    struct ald_flag *flag;
    char host[256] = "";

    raised.tags = ALD_STR("b,a");
    raised.source_file = ALD_STR("lens.c");
    raised.function = ALD_STR("look");
    raised.line = 7;
    raised.manual_down = true;
    raise_it(&rig, &raised, NOW);
    flag = load_it(&rig);
    ald_check_str(flag->message, "wipe it");
    ald_check_str(flag->tags, "a,b");
    ald_check_str(flag->source_file, "lens.c");
    ald_check_str(flag->function, "look");
    ald_check_str(flag->version, "aldis-" ALDIS_VERSION);
    ald_check_int(gethostname(host, sizeof(host) - 1), 0);
    ald_check_str(flag->hostname, host);
    ald_check(flag->line == 7 && flag->count == 1 && flag->priority == 60 && flag->manual_down);
    ald_check(flag->date == NOW / ALD_SEC && flag->modified == NOW / ALD_SEC);
    ald_flag_free(flag);
    folder_rig_fini(&rig);
}

ALD_TEST(store, raising_it_again_counts_and_keeps_the_first_date)
{
    struct folder_rig rig = folder_rig_make();
    struct ald_flag again = model;
    struct ald_flag *flag;
    char *before, *kept;

    again.message = ALD_STR("still\ndirty");
    again.priority = 70;
    raise_it(&rig, &model, NOW);
    before = folder_rig_read(&rig, MODEL_FILE);
    raise_it(&rig, &again, NOW + 2 * ALD_SEC);
    flag = load_it(&rig);
    ald_check_str(flag->message, "still\ndirty");
    ald_check(flag->count == 2 && flag->priority == 70);
    ald_check(flag->date == NOW / ALD_SEC && flag->modified == NOW / ALD_SEC + 2);
    ald_flag_free(flag);

    kept = folder_rig_read(&rig, MODEL_FILE ".bak");
    ald_check_str(ald_str(kept), before);
    free(kept);
    free(before);
    ald_check_int(folder_rig_count(&rig), 2); /* the flag, what it was before, and nothing else */
    folder_rig_fini(&rig);
}

ALD_TEST(store, a_flag_of_the_original_is_counted_on)
{
    struct folder_rig rig = folder_rig_make();
    struct ald_flag *flag;

    folder_rig_write(
        &rig, MODEL_FILE,
        "# a\n# b\n# c\ncount=41\ndate=1000000000\nhostname=vm\nmanual_down=no\nmessage=a\nmodified=1000000001\n"
        "name=lens\npriority=5\nsection=optics\nunit=lamp\nversion=2.0.13\n");
    raise_it(&rig, &model, NOW);
    flag = load_it(&rig);
    ald_check(flag->count == 42 && flag->date == 1000000000 && flag->modified == NOW / ALD_SEC);
    ald_flag_free(flag);
    folder_rig_fini(&rig);
}

ALD_TEST(store, a_broken_flag_is_replaced_and_kept_beside_it)
{
    struct folder_rig rig = folder_rig_make();
    struct ald_flag *flag;
    char *before;

    folder_rig_write(&rig, MODEL_FILE, "half a fl");
    ald_check_int(lower_it(&rig, false), ALD_FLAG_UNREADABLE);
    raise_it(&rig, &model, NOW);
    flag = load_it(&rig);
    ald_check(flag->count == 1 && flag->date == NOW / ALD_SEC);
    ald_flag_free(flag);
    before = folder_rig_read(&rig, MODEL_FILE ".bak");
    ald_check_str(ald_str(before), "half a fl");
    free(before);
    folder_rig_fini(&rig);
}

ALD_TEST(store, what_is_lowered_is_gone)
{
    struct folder_rig rig = folder_rig_make();
    struct ald_flag_store store = store_of(&rig);
    struct ald_flag *flag = NULL;

    ald_check_int(lower_it(&rig, false), ALD_FLAG_NONE);
    raise_it(&rig, &model, NOW);
    ald_check_int(lower_it(&rig, false), 0);
    ald_check_int(lower_it(&rig, false), ALD_FLAG_NONE);
    ald_check_int(ald_flag_store_load(&store, &model.id, &flag, &why), ALD_FLAG_NONE);
    ald_check_int(folder_rig_count(&rig), 0);
    folder_rig_fini(&rig);
}

ALD_TEST(store, what_is_to_be_lowered_by_hand_is_lowered_by_nobody_else)
{
    struct folder_rig rig = folder_rig_make();
    struct ald_flag by_hand = model;

    by_hand.manual_down = true;
    raise_it(&rig, &by_hand, NOW);
    ald_check_int(lower_it(&rig, false), ALD_FLAG_MANUAL);
    ald_flag_free(load_it(&rig));
    ald_check_int(lower_it(&rig, true), 0);
    ald_check_int(lower_it(&rig, true), ALD_FLAG_NONE);
    folder_rig_fini(&rig);
}

ALD_TEST(store, what_is_no_flag_is_not_raised)
{
    struct folder_rig rig = folder_rig_make();
    struct ald_flag_store store = store_of(&rig);
    struct ald_flag bad = model;
    struct ald_flag *flag = NULL;

    bad.id.section = ALD_STR("../x");
    ald_check_int(ald_flag_store_save(&store, &bad, NOW, &why), ALD_FLAG_BAD);
    ald_check_int(ald_flag_store_remove(&store, &bad.id, true, &why), ALD_FLAG_BAD);
    ald_check_int(ald_flag_store_load(&store, &bad.id, &flag, &why), ALD_FLAG_BAD);
    bad = model;
    bad.message = ALD_STR_NONE;
    ald_check_int(ald_flag_store_save(&store, &bad, NOW, &why), ALD_FLAG_BAD);
    ald_check_int(folder_rig_count(&rig), 0);
    folder_rig_fini(&rig);
}

ALD_TEST(store, its_folder_is_made_and_those_around_it)
{
    struct folder_rig rig = folder_rig_make();
    char path[300];
    struct ald_flag_store store = {.folder = path, .patience = 0};
    struct ald_flag *flag = NULL;

    snprintf(path, sizeof(path), "%s/a/b/flags", rig.path);
    ald_check_int(ald_flag_store_load(&store, &model.id, &flag, &why), ALD_FLAG_NONE);
    ald_check_int(ald_flag_store_remove(&store, &model.id, true, &why), ALD_FLAG_NONE);
    ald_check_int(ald_flag_store_save(&store, &model, NOW, &why), 0);
    ald_check_int(ald_flag_store_load(&store, &model.id, &flag, &why), 0);
    ald_flag_free(flag);
    folder_rig_fini(&rig);
}

ALD_TEST(store, a_file_may_be_read_and_written_by_whom_its_folder_may)
{
    static const struct {
        mode_t folder, file;
    } rows[] = {{0775, 0664}, {0755, 0644}, {0700, 0600}, {0777, 0664}};

    for (size_t i = 0; i < ALD_COUNT(rows); i++) {
        struct folder_rig rig = folder_rig_make();
        char path[300];
        struct stat file;

        ald_check_int(chmod(rig.path, rows[i].folder), 0);
        raise_it(&rig, &model, NOW);
        snprintf(path, sizeof(path), "%s/" MODEL_FILE, rig.path);
        ald_check_int(stat(path, &file), 0);
        ald_check_int(file.st_mode & 07777, rows[i].file);
        folder_rig_fini(&rig);
    }
}

ALD_TEST(store, what_root_makes_belongs_to_whom_the_folder_around_it_belongs)
{
    struct folder_rig rig = folder_rig_make();
    char path[300];
    struct ald_flag_store store = {.folder = path, .patience = 0};
    struct stat made;

    if (geteuid() != 0 || chown(rig.path, 1, 2) != 0) {
        folder_rig_fini(&rig);
        skip(); /* only root can give files away */
    }
    snprintf(path, sizeof(path), "%s/flags", rig.path);
    ald_check_int(ald_flag_store_save(&store, &model, NOW, &why), 0);
    ald_check_int(stat(path, &made), 0);
    ald_check(made.st_uid == 1 && made.st_gid == 2 && (made.st_mode & 07777) == 0775);
    snprintf(path, sizeof(path), "%s/flags/" MODEL_FILE, rig.path);
    ald_check_int(stat(path, &made), 0);
    ald_check(made.st_uid == 1 && made.st_gid == 2 && (made.st_mode & 07777) == 0664);
    folder_rig_fini(&rig);
}

ALD_TEST(store, who_finds_it_locked_for_too_long_is_told)
{
    struct folder_rig rig = folder_rig_make();
    struct ald_flag_store store = {.folder = rig.path, .patience = 0};
    int fd = open(rig.path, O_RDONLY | O_DIRECTORY);

    raise_it(&rig, &model, NOW);
    ald_check_int(flock(fd, LOCK_SH), 0);
    ald_check_int(ald_flag_store_save(&store, &model, NOW, &why), ALDIS_E_TIMEOUT);
    ald_check_int(ald_flag_store_remove(&store, &model.id, true, &why), ALDIS_E_TIMEOUT);
    ald_check(strstr(why.text, "locked") != NULL);
    ald_flag_free(load_it(&rig)); /* to read it one needs no lock */
    close(fd);
    ald_check_int(ald_flag_store_save(&store, &model, NOW, &why), 0);
    folder_rig_fini(&rig);
}

ALD_TEST(store, a_folder_that_is_none_is_told_by_its_path)
{
    struct folder_rig rig = folder_rig_make();
    char path[5000];
    struct ald_flag_store store = {.folder = path, .patience = 0};
    struct ald_flag *flag = NULL;

    folder_rig_write(&rig, "file", "x");
    snprintf(path, sizeof(path), "%s/file", rig.path);
    ald_check_int(ald_flag_store_save(&store, &model, NOW, &why), ALDIS_E_IO);
    ald_check(strstr(why.text, path) != NULL && strstr(why.text, "Not a directory") != NULL);
    ald_check_int(ald_flag_store_load(&store, &model.id, &flag, &why), ALDIS_E_IO);
    snprintf(path, sizeof(path), "%s/file/flags", rig.path);
    ald_check_int(ald_flag_store_save(&store, &model, NOW, &why), ALDIS_E_IO);
    memset(path, 'a', sizeof(path) - 1);
    path[sizeof(path) - 1] = '\0';
    ald_check_int(ald_flag_store_save(&store, &model, NOW, &why), ALDIS_E_IO);
    ald_check_int(folder_rig_count(&rig), 1);
    folder_rig_fini(&rig);
}

ALD_TEST(store, a_link_leads_nobody_elsewhere)
{
    struct folder_rig rig = folder_rig_make();
    struct ald_flag_store store = store_of(&rig);
    struct ald_flag *flag = NULL;
    char *text;

    folder_rig_write(&rig, "victim", "precious");
    folder_rig_link(&rig, "victim", "." MODEL_FILE ".tmp");
    folder_rig_link(&rig, "victim", MODEL_FILE);
    ald_check_int(ald_flag_store_load(&store, &model.id, &flag, &why), ALD_FLAG_UNREADABLE);
    ald_check(strstr(why.text, "no plain file") != NULL);
    raise_it(&rig, &model, NOW);
    ald_flag_free(load_it(&rig));
    text = folder_rig_read(&rig, "victim");
    ald_check_str(ald_str(text), "precious");
    free(text);
    folder_rig_fini(&rig);
}

ALD_TEST(store, raisers_at_the_same_time_lose_no_count)
{
    enum { RAISERS = 6, RAISES = 20 };
    struct folder_rig rig = folder_rig_make();
    pid_t raisers[RAISERS];
    struct ald_flag *flag;

    for (int i = 0; i < RAISERS; i++) {
        raisers[i] = fork();
        if (raisers[i] == 0) {
            struct ald_flag_store store = {.folder = rig.path, .patience = 60 * ALD_SEC};
            int failed = 0;

            for (int j = 0; j < RAISES; j++) {
                failed |= ald_flag_store_save(&store, &model, NOW, &why) != 0;
            }
            _exit(failed);
        }
        ald_check(raisers[i] > 0);
    }
    for (int i = 0; i < RAISERS; i++) {
        int status;

        ald_check_int(waitpid(raisers[i], &status, 0), raisers[i]);
        ald_check_int(status, 0);
    }
    flag = load_it(&rig);
    ald_check_int(flag->count, RAISERS * RAISES);
    ald_flag_free(flag);
    folder_rig_fini(&rig);
}

ALD_TEST(store, short_memory_leaves_the_flag_as_it_was_or_as_it_will_be)
{
    struct folder_rig rig = folder_rig_make();
    struct ald_flag_store store = store_of(&rig);
    uint64_t count = 1;
    bool failed = true;

    raise_it(&rig, &model, NOW);
    for (uint64_t n = 1; failed; n++) {
        struct ald_flag *flag;
        int r;

        ald_alloc_fail_at(n);
        r = ald_flag_store_save(&store, &model, NOW, &why);
        failed = ald_alloc_fail_off();
        ald_check(r == 0 || (failed && r == ALDIS_E_NOMEM));
        count += r == 0;
        flag = load_it(&rig);
        ald_check_int(flag->count, count);
        ald_flag_free(flag);
    }
    folder_rig_fini(&rig);
}

ALD_TEST_MAIN(store, ALD_CASE(store, what_is_raised_can_be_read),
              ALD_CASE(store, raising_it_again_counts_and_keeps_the_first_date),
              ALD_CASE(store, a_flag_of_the_original_is_counted_on),
              ALD_CASE(store, a_broken_flag_is_replaced_and_kept_beside_it), ALD_CASE(store, what_is_lowered_is_gone),
              ALD_CASE(store, what_is_to_be_lowered_by_hand_is_lowered_by_nobody_else),
              ALD_CASE(store, what_is_no_flag_is_not_raised), ALD_CASE(store, its_folder_is_made_and_those_around_it),
              ALD_CASE(store, a_file_may_be_read_and_written_by_whom_its_folder_may),
              ALD_CASE(store, what_root_makes_belongs_to_whom_the_folder_around_it_belongs),
              ALD_CASE(store, who_finds_it_locked_for_too_long_is_told),
              ALD_CASE(store, a_folder_that_is_none_is_told_by_its_path),
              ALD_CASE(store, a_link_leads_nobody_elsewhere), ALD_CASE(store, raisers_at_the_same_time_lose_no_count),
              ALD_CASE(store, short_memory_leaves_the_flag_as_it_was_or_as_it_will_be))
