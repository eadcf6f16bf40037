#include "loop/file.h"

#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/error.h"

static int file_drain(int fd, struct ald_buf *out)
{
    for (;;) {
        uint8_t *room;
        ssize_t size;
        int r = ald_buf_reserve(out, 4096, &room);

        if (r != 0) {
            return r == ALD_BUF_FULL ? ALD_FILE_LARGE : ald_trace(r);
        }
        size = read(fd, room, 4096);
        if (size < 0 && errno == EINTR) {
            continue;
        }
        if (size <= 0) {
            return size < 0 ? ALDIS_E_IO : 0;
        }
        ald_buf_commit(out, (size_t)size);
    }
}

int ald_file_read(const char *path, struct ald_buf *out)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK); /* somebody may have put a pipe there */
    int r, error;

    if (fd < 0) {
        return errno == ENOENT ? ALD_FILE_MISSING : ALDIS_E_IO;
    }
    r = file_drain(fd, out);
    error = errno;
    (void)close(fd);
    errno = error;
    return r < 0 ? ald_trace(r) : r;
}

static bool file_put(int fd, struct ald_str text)
{
    while (text.size > 0) {
        ssize_t size = write(fd, text.data, text.size);

        if (size < 0 && errno != EINTR) {
            return false;
        }
        text = ald_str_from(text, size < 0 ? 0 : (size_t)size);
    }
    return true;
}

static bool file_write(const char *path, struct ald_str text, bool durable)
{
    int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0644);
    bool good = fd >= 0 && file_put(fd, text) && (!durable || fsync(fd) == 0);
    int error = errno;

    if (fd >= 0 && close(fd) != 0 && good) {
        return false;
    }
    errno = error;
    return good;
}

/* The folder knows the new name for good. `path` is scratch. */
static void folder_settle(char *path)
{
    int fd = open(dirname(path), O_RDONLY | O_DIRECTORY | O_CLOEXEC);

    if (fd >= 0) {
        ald_ignore(fsync(fd)); /* then it is in the folder's cache: the old file or the new one, never half */
        (void)close(fd);
    }
}

int ald_file_replace(const char *path, struct ald_str text, bool durable)
{
    char *other = NULL;
    int error;
    bool good;

    if (asprintf(&other, "%s.tmp", path) < 0) {
        return ald_trace(ALDIS_E_NOMEM);
    }
    good = file_write(other, text, durable) && rename(other, path) == 0;
    error = errno;
    if (!good) {
        ald_ignore(unlink(other)); /* it may not even be there */
    } else if (durable) {
        folder_settle(other);
    }
    free(other);
    errno = error;
    return good ? 0 : ald_trace(ALDIS_E_IO);
}

int ald_file_remove(const char *path)
{
    char *copy = strdup(path);
    int error = 0;

    if (copy == NULL) {
        return ald_trace(ALDIS_E_NOMEM);
    }
    if (unlink(path) < 0) {
        error = errno;
    } else {
        folder_settle(copy);
    }
    free(copy);
    errno = error;
    return error == 0 || error == ENOENT ? 0 : ald_trace(ALDIS_E_IO);
}
