#include "flag/flag_folder.h"

#include "flag/folder_rig.h"
#include "lib/test.h"

static struct ald_flag_why why;

static void check_folder(const char *given, const char *conf, const char *expected)
{
    struct ald_flag_folder folder;

    ald_check_int(ald_flag_folder_find_by(given, conf, &folder, &why), 0);
    ald_check_str(ald_str(folder.path), expected);
}

ALD_TEST(folder, the_first_that_says_something_counts)
{
    struct folder_rig rig = folder_rig_make();
    char conf[200];

    snprintf(conf, sizeof(conf), "%s/flags.conf", rig.path);
    unsetenv(ALD_FLAG_FOLDER_VARIABLE);
    check_folder(NULL, conf, "/var/lib/communicator/flags");
    folder_rig_write(&rig, "flags.conf",
                     "# where they are\nuser = communicator\npath=/srv/flags\n\n[other]\npath=/no\n");
    check_folder("", conf, "/srv/flags");
    setenv(ALD_FLAG_FOLDER_VARIABLE, "/env/flags", 1);
    check_folder(NULL, conf, "/env/flags");
    check_folder("/given", conf, "/given");
    setenv(ALD_FLAG_FOLDER_VARIABLE, "", 1);
    check_folder(NULL, conf, "/srv/flags");
    unsetenv(ALD_FLAG_FOLDER_VARIABLE);
    folder_rig_fini(&rig);
}

ALD_TEST(folder, a_file_that_says_nothing_changes_nothing)
{
    static const char *const texts[] = {"", "path=\n", "nonsense\nmypath=/x\n#path=/x\n", "[a]\npath=/x\n", "\xff\xff"};
    struct folder_rig rig = folder_rig_make();
    char conf[200];

    snprintf(conf, sizeof(conf), "%s/flags.conf", rig.path);
    for (size_t i = 0; i < ALD_COUNT(texts); i++) {
        folder_rig_write(&rig, "flags.conf", texts[i]);
        check_folder(NULL, conf, "/var/lib/communicator/flags");
    }
    check_folder(NULL, rig.path, "/var/lib/communicator/flags");
    check_folder(NULL, "/dev/zero", "/var/lib/communicator/flags");
    folder_rig_fini(&rig);
}

ALD_TEST(folder, a_path_that_is_too_long_is_told)
{
    static char path[PATH_MAX + 1];
    struct ald_flag_folder folder;

    memset(path, 'a', PATH_MAX);
    ald_check_int(ald_flag_folder_find(path, &folder, &why), ALD_FLAG_BAD);
    path[PATH_MAX - 1] = '\0';
    ald_check_int(ald_flag_folder_find(path, &folder, &why), 0);
}

ALD_TEST_MAIN(folder, ALD_CASE(folder, the_first_that_says_something_counts),
              ALD_CASE(folder, a_file_that_says_nothing_changes_nothing),
              ALD_CASE(folder, a_path_that_is_too_long_is_told))
