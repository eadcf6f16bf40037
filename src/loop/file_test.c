#include "loop/file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "lib/test.h"

static char folder[64];

/* What is asked of the system, in order: `f` a file and `d` a folder are to be on the disk, `r` a name, `u` no name any more. */
static char asked[16];

static void asked_add(char what)
{
    size_t n = strlen(asked);

    if (n + 1 < sizeof(asked)) {
        asked[n] = what;
    }
}

/* In place of the library's. */
int fsync(int fd)
{
    struct stat file;

    asked_add(fstat(fd, &file) == 0 && S_ISDIR(file.st_mode) ? 'd' : 'f');
    return (int)syscall(SYS_fsync, fd);
}

int rename(const char *from, const char *to)
{
    asked_add('r');
    return (int)syscall(SYS_renameat2, AT_FDCWD, from, AT_FDCWD, to, 0);
}

int unlink(const char *path)
{
    asked_add('u');
    return (int)syscall(SYS_unlinkat, AT_FDCWD, path, 0);
}

static const char *path_of(const char *name)
{
    static char path[128];

    (void)snprintf(path, sizeof(path), "%s/%s", folder, name);
    return path;
}

static void folder_make(void)
{
    (void)snprintf(folder, sizeof(folder), "/tmp/aldis-file-XXXXXX");
    ald_check(mkdtemp(folder) != NULL);
}

static void folder_remove(void)
{
    ald_check_int(rmdir(folder), 0);
}

ALD_TEST(file, holds_what_it_was_last_given)
{
    struct ald_buf text;

    folder_make();
    ald_buf_init(&text, 8192);
    ald_check_int(ald_file_replace(path_of("a"), ALD_STR("first, and longer"), true), 0);
    ald_check_int(ald_file_replace(path_of("a"), ALD_STR("second"), false), 0);
    ald_check_int(ald_file_read(path_of("a"), &text), 0);
    ald_check_str(ald_buf_str(&text), "second");
    ald_check_int(access(path_of("a.tmp"), F_OK), -1);
    ald_buf_fini(&text);
    ald_check_int(unlink(path_of("a")), 0);
    folder_remove();
}

ALD_TEST(file, says_what_is_wrong)
{
    struct ald_buf text;

    folder_make();
    ald_buf_init(&text, 4096 + 10);
    ald_check_int(ald_file_read(path_of("a"), &text), ALD_FILE_MISSING);
    ald_check_int(ald_file_read(folder, &text), ALDIS_E_IO);
    ald_check_int(errno, EISDIR);
    ald_check_int(ald_file_replace(path_of("no/a"), ALD_STR("x"), false), ALDIS_E_IO);
    ald_check_int(errno, ENOENT);
    ald_check_int(ald_file_replace(path_of("a"), ALD_STR("eleven byte"), false), 0);
    ald_check_int(ald_file_read(path_of("a"), &text), ALD_FILE_LARGE);
    ald_buf_fini(&text);
    ald_check_int(unlink(path_of("a")), 0);
    folder_remove();
}

ALD_TEST(file, is_left_alone_when_it_cannot_be_replaced)
{
    struct ald_buf text;

    folder_make();
    ald_buf_init(&text, 8192);
    ald_check_int(ald_file_replace(path_of("a"), ALD_STR("old"), false), 0);
    ald_check_int(mkdir(path_of("a.tmp"), 0700), 0);
    ald_check_int(ald_file_replace(path_of("a"), ALD_STR("new"), true), ALDIS_E_IO);
    ald_check_int(ald_file_read(path_of("a"), &text), 0);
    ald_check_str(ald_buf_str(&text), "old");
    ald_buf_fini(&text);
    ald_check_int(rmdir(path_of("a.tmp")), 0);
    ald_check_int(unlink(path_of("a")), 0);
    folder_remove();
}

ALD_TEST(file, is_gone_for_good)
{
    folder_make();
    ald_check_int(ald_file_replace(path_of("a"), ALD_STR("x"), true), 0);
    ald_check_int(ald_file_remove(path_of("a")), 0);
    ald_check_int(access(path_of("a"), F_OK), -1);
    ald_check_int(ald_file_remove(path_of("a")), 0);
    ald_check_int(mkdir(path_of("b"), 0700), 0);
    ald_check_int(ald_file_remove(path_of("b")), ALDIS_E_IO);
    ald_check_int(errno, EISDIR);
    ald_check_int(rmdir(path_of("b")), 0);
    folder_remove();
}

/* After a loss of power there is the old file or the new one, and what was answered is there. */
ALD_TEST(file, is_on_the_disk_before_it_has_its_name)
{
    folder_make();
    memset(asked, 0, sizeof(asked));
    ald_check_int(ald_file_replace(path_of("a"), ALD_STR("x"), true), 0);
    ald_check_str(ald_str(asked), "frd");
    memset(asked, 0, sizeof(asked));
    ald_check_int(ald_file_replace(path_of("a"), ALD_STR("y"), false), 0);
    ald_check_str(ald_str(asked), "r");
    memset(asked, 0, sizeof(asked));
    ald_check_int(ald_file_remove(path_of("a")), 0);
    ald_check_str(ald_str(asked), "ud");
    folder_remove();
}

ALD_TEST_MAIN(file, ALD_CASE(file, holds_what_it_was_last_given), ALD_CASE(file, says_what_is_wrong),
              ALD_CASE(file, is_left_alone_when_it_cannot_be_replaced), ALD_CASE(file, is_gone_for_good),
              ALD_CASE(file, is_on_the_disk_before_it_has_its_name))
