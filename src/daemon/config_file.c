/* The one file of the configuration that opens a file. */

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/error.h"
#include "base/printable.h"
#include "daemon/config.h"

static int file_fault(const char *path, const char *what, struct ald_config_why *why)
{
    char quoted[256];

    (void)ald_printable(ald_str(path), quoted, sizeof(quoted));
    (void)snprintf(why->text, sizeof(why->text), "%s: %s", quoted, what);
    return ALD_CONFIG_BAD;
}

/* Outcome: ALD_BUF_FULL; -1 with errno when it cannot be read. */
static int file_read(int fd, struct ald_buf *text)
{
    for (;;) {
        uint8_t *room;
        ssize_t size;
        int r;

        r = ald_buf_reserve(text, 4096, &room);
        if (r != 0) {
            return r;
        }
        size = read(fd, room, 4096);
        if (size < 0 && errno == EINTR) {
            continue;
        }
        if (size <= 0) {
            return size < 0 ? ALDIS_E_IO : 0;
        }
        ald_buf_commit(text, (size_t)size);
    }
}

int ald_config_read_file(struct ald_config *config, const char *path, struct ald_config_why *ret_why)
{
    struct ald_buf text;
    int fd, r;

    fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0) {
        return file_fault(path, strerror(errno), ret_why);
    }

    ald_buf_init(&text, ALD_CONFIG_FILE_MAX + 4096);
    r = file_read(fd, &text);
    if (r == ALD_BUF_FULL || ald_buf_size(&text) > ALD_CONFIG_FILE_MAX) {
        r = file_fault(path, "larger than 1 MiB, which no configuration is", ret_why);
    } else if (r == ALDIS_E_IO) {
        r = file_fault(path, strerror(errno), ret_why);
    } else if (r == 0) {
        r = ald_config_read(config, path, ald_buf_str(&text), ret_why);
    }

    ald_buf_fini(&text);
    (void)close(fd);
    return r < 0 ? ald_trace(r) : r;
}
