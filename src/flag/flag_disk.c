/*
 * A file is made under another name, brought to the disk, and then renamed: a rename puts the new one in the place of the
 * old one at once, for readers and for a machine that stops. The other name begins with a dot and does not end in .flag,
 * so nobody takes it for a flag, and there is one for each file, so that what a killed save left is taken away by the next
 * one and cannot pile up. It is made anew each time (O_EXCL): in a folder that a group may write to, somebody could have
 * put a link there that leads elsewhere.
 */

#include "flag/flag_disk.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/error.h"
#include "base/printable.h"

#define DISK_TEMPORARY ".tmp"
/* A dot, the file, the ending. */
enum { DISK_NAME_ROOM = 1 + ALD_FLAG_FILE_ROOM + 4 };

/* Between two looks at a lock that somebody else holds: a save takes a few milliseconds. */
#define DISK_LOCK_LOOK (2 * ALD_MSEC)

/* Tell what the system said about `path`; returns the error. */
static int disk_fault(const char *path, struct ald_flag_why *why)
{
    int number = errno;
    char quoted[200];

    (void)ald_printable(ald_str(path), quoted, sizeof(quoted));
    (void)snprintf(why->text, sizeof(why->text), "%s: %s", quoted, strerror(number));
    switch (number) {
    case EACCES:
    case EPERM:
    case EROFS:
        return ald_trace(ALDIS_E_ACCESS);
    case EMFILE:
    case ENFILE:
        return ald_trace(ALDIS_E_LIMIT);
    case ENOMEM:
        return ald_trace(ALDIS_E_NOMEM);
    default:
        return ald_trace(ALDIS_E_IO);
    }
}

/* --- folders ------------------------------------------------------------------------------------------------------- */

int ald_flag_disk_open(const char *folder, int *ret_fd, struct ald_flag_why *ret_why)
{
    int fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

    if (fd < 0) {
        return errno == ENOENT ? ALD_FLAG_NONE : disk_fault(folder, ret_why);
    }
    *ret_fd = fd;
    return 0;
}

/* What root makes belongs to whom the folder around it belongs; that one's group shall be able to write there, as section 8
 * has it (0775). */
static int folder_hand_over(const char *folder, const char *around)
{
    struct stat owner;

    if (geteuid() != 0) {
        return 0;
    }
    if (stat(around, &owner) != 0) {
        return -1;
    }
    return owner.st_uid == 0 && owner.st_gid == 0            ? 0
           : lchown(folder, owner.st_uid, owner.st_gid) != 0 ? -1
                                                             : chmod(folder, 0775);
}

/* One folder, where the one around it is there. */
static int folder_make_one(const char *folder)
{
    char around[PATH_MAX + 4];

    if (mkdir(folder, 0775) != 0) {
        return errno == EEXIST ? 0 : -1;
    }
    (void)snprintf(around, sizeof(around), "%s/..", folder);
    return folder_hand_over(folder, around);
}

int ald_flag_disk_make(const char *folder, int *ret_fd, struct ald_flag_why *ret_why)
{
    char path[PATH_MAX];
    int r = ald_flag_disk_open(folder, ret_fd, ret_why);

    if (r != ALD_FLAG_NONE) {
        return r;
    }
    if (strlen(folder) >= sizeof(path)) {
        errno = ENAMETOOLONG;
        return disk_fault(folder, ret_why);
    }
    memcpy(path, folder, strlen(folder) + 1);
    for (char *at = strchr(path + (path[0] == '/'), '/'); at != NULL; at = strchr(at + 1, '/')) {
        *at = '\0';
        if (folder_make_one(path) != 0) {
            return disk_fault(path, ret_why);
        }
        *at = '/';
    }
    if (folder_make_one(path) != 0) {
        return disk_fault(path, ret_why);
    }
    r = ald_flag_disk_open(folder, ret_fd, ret_why);
    return r == ALD_FLAG_NONE ? disk_fault(folder, ret_why) : r;
}

static ald_usec clock_now(void)
{
    struct timespec now = {0};

    (void)clock_gettime(CLOCK_MONOTONIC, &now);
    return (ald_usec)now.tv_sec * ALD_SEC + (ald_usec)now.tv_nsec / 1000;
}

int ald_flag_disk_lock(int folder_fd, ald_usec patience, struct ald_flag_why *ret_why)
{
    const struct timespec look = {.tv_nsec = DISK_LOCK_LOOK * 1000};
    ald_usec until = clock_now() + patience;

    while (flock(folder_fd, LOCK_EX | LOCK_NB) != 0) {
        if (errno != EWOULDBLOCK && errno != EINTR) {
            return disk_fault("the lock of the folder of flags", ret_why);
        }
        if (clock_now() >= until) {
            (void)snprintf(ret_why->text, sizeof(ret_why->text), "somebody else keeps the folder of flags locked");
            return ald_trace(ALDIS_E_TIMEOUT);
        }
        (void)nanosleep(&look, NULL);
    }
    return 0;
}

int ald_flag_disk_settle(int folder_fd, struct ald_flag_why *ret_why)
{
    /* Where folders cannot be synchronised (EINVAL), the system promises nothing that we could add to. */
    return fsync(folder_fd) == 0 || errno == EINVAL ? 0 : disk_fault("the folder of flags", ret_why);
}

/* --- reading ------------------------------------------------------------------------------------------------------- */

static int file_unreadable(const char *what, struct ald_flag_why *why)
{
    (void)snprintf(why->text, sizeof(why->text), "%s", what);
    return ALD_FLAG_UNREADABLE;
}

/* Outcome: ALD_BUF_FULL. -1: errno says what failed. */
static int file_read(int fd, struct ald_buf *text)
{
    for (;;) {
        uint8_t *room;
        size_t size = ALD_MIN((size_t)4096, text->max - ald_buf_size(text));
        ssize_t got;

        if (size == 0) {
            return ALD_BUF_FULL;
        }
        if (ald_buf_reserve(text, size, &room) < 0) {
            errno = ENOMEM;
            return -1;
        }
        got = read(fd, room, size);
        if (got == 0) {
            return 0;
        }
        if (got < 0 && errno != EINTR) {
            return -1;
        }
        ald_buf_commit(text, got > 0 ? (size_t)got : 0);
    }
}

int ald_flag_disk_read(int folder_fd, const char *file, struct ald_buf *text, struct ald_flag_why *ret_why)
{
    /* A pipe that nobody writes to must not stop the reader, nor a link lead it to somebody else's file. */
    int fd = openat(folder_fd, file, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY);
    struct stat kind;
    int r;

    if (fd < 0) {
        return errno == ENOENT                    ? ALD_FLAG_NONE
               : errno == ELOOP || errno == ENXIO ? file_unreadable("it is no plain file", ret_why)
                                                  : disk_fault(file, ret_why);
    }
    if (fstat(fd, &kind) != 0) {
        r = disk_fault(file, ret_why);
    } else if (!S_ISREG(kind.st_mode)) {
        r = file_unreadable("it is no plain file", ret_why);
    } else {
        r = file_read(fd, text);
        r = r < 0               ? disk_fault(file, ret_why)
            : r == ALD_BUF_FULL ? file_unreadable("it is too large for a flag", ret_why)
                                : 0;
    }
    (void)close(fd);
    return r;
}

static bool id_equal(const struct ald_flag_id *a, const struct ald_flag_id *b)
{
    return ald_str_equal(a->unit, b->unit) && ald_str_equal(a->section, b->section) && ald_str_equal(a->name, b->name);
}

int ald_flag_disk_load(int folder_fd, const char *file, struct ald_flag **ret_flag, struct ald_flag_why *ret_why)
{
    ALD_AUTO(ald_flag_free) struct ald_flag *flag = NULL;
    struct ald_flag_id id;
    struct ald_buf text;
    int r;

    if (ald_flag_file_id(ald_str(file), &id, ret_why) != 0) {
        return ALD_FLAG_UNREADABLE;
    }
    ald_buf_init(&text, ALD_FLAG_FILE_MAX + 1);
    r = ald_flag_disk_read(folder_fd, file, &text, ret_why);
    r = r == 0 ? ald_flag_parse(ald_buf_str(&text), &flag, ret_why) : r;
    ald_buf_fini(&text);
    if (r == ALD_FLAG_BAD) {
        return ALD_FLAG_UNREADABLE;
    }
    if (r == 0 && !id_equal(&flag->id, &id)) {
        return file_unreadable("its unit, section and name are not those of its file name", ret_why);
    }
    if (r == 0) {
        *ret_flag = ald_steal(&flag);
    }
    return r < 0 ? ald_trace(r) : r;
}

/* --- writing ------------------------------------------------------------------------------------------------------- */

static int file_write(int fd, struct ald_str text)
{
    while (text.size > 0) {
        ssize_t size = write(fd, text.data, text.size);

        if (size < 0 && errno != EINTR) {
            return -1;
        }
        text = ald_str_from(text, size > 0 ? (size_t)size : 0);
    }
    return 0;
}

/* It may be read and written by whom the folder may, but for everybody's writing; and is of the folder's owner, as far as
 * we can give it away. */
static int file_hand_over(int folder_fd, int fd)
{
    struct stat folder;

    if (fstat(folder_fd, &folder) != 0) {
        return -1;
    }
    if (geteuid() == 0) {
        if (fchown(fd, folder.st_uid, folder.st_gid) != 0) {
            return -1;
        }
    } else {
        /* Only a member of that group can; without, the file is ours alone to write. */
        ald_ignore(fchown(fd, (uid_t)-1, folder.st_gid));
    }
    return fchmod(fd, 0600 | (folder.st_mode & 0064));
}

/* The temporary file, whole and on the disk; errno says what failed. */
static int temporary_make(int folder_fd, const char *name, struct ald_str text)
{
    int fd = openat(folder_fd, name, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
    int failed, number;

    if (fd < 0) {
        return -1;
    }
    failed = file_write(fd, text) != 0 || file_hand_over(folder_fd, fd) != 0 || fsync(fd) != 0;
    number = errno;
    if (close(fd) != 0 && !failed) {
        failed = 1;
        number = errno;
    }
    errno = number;
    return failed ? -1 : 0;
}

int ald_flag_disk_write(int folder_fd, const char *file, struct ald_str text, struct ald_flag_why *ret_why)
{
    char name[DISK_NAME_ROOM];
    int r = 0;

    (void)snprintf(name, sizeof(name), ".%s" DISK_TEMPORARY, file);
    if (unlinkat(folder_fd, name, 0) != 0 && errno != ENOENT) {
        return disk_fault(name, ret_why);
    }
    if (temporary_make(folder_fd, name, text) != 0 || renameat(folder_fd, name, folder_fd, file) != 0) {
        r = disk_fault(file, ret_why);
        ald_ignore(unlinkat(folder_fd, name, 0)); /* the next save takes away what is left */
    }
    return r;
}

int ald_flag_disk_remove(int folder_fd, const char *file, struct ald_flag_why *ret_why)
{
    if (unlinkat(folder_fd, file, 0) != 0) {
        return errno == ENOENT ? ALD_FLAG_NONE : disk_fault(file, ret_why);
    }
    return 0;
}
