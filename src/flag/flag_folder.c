#include "flag/flag_folder.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

/* The file has three keys; what is beyond this is not looked at. */
enum { CONF_MAX = 16 * 1024 };

static size_t conf_read(const char *conf, char *to, size_t room)
{
    int fd = open(conf, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
    size_t size = 0;
    ssize_t got = 1;

    while (fd >= 0 && got > 0 && size < room) {
        got = read(fd, to + size, room - size);
        size += got > 0 ? (size_t)got : 0;
    }
    if (fd >= 0) {
        (void)close(fd);
    }
    return size;
}

/* Take the next line off `*rest` and give the value of `path` in it; absent: it says something else. */
static struct ald_str conf_line(struct ald_str *rest)
{
    size_t end = ald_str_find(*rest, ALD_STR("\n"));
    struct ald_str line = ald_str_of(rest->data, end);
    size_t middle = ald_str_find(line, ALD_STR("="));

    *rest = ald_str_from(*rest, ALD_MIN(end + 1, rest->size));
    if (middle == line.size || !ald_str_equal(ald_str_trim(ald_str_of(line.data, middle)), ALD_STR("path"))) {
        return ALD_STR_NONE;
    }
    line = ald_str_trim(ald_str_from(line, middle + 1));
    line.size -= line.size > 0 && line.data[line.size - 1] == '\r';
    return line;
}

/* `path` of the file, in `text`; absent: the file, or the key, is not there. */
static struct ald_str conf_path(const char *conf, char text[CONF_MAX])
{
    struct ald_str rest = ald_str_of(text, conf_read(conf, text, CONF_MAX));
    struct ald_str found = ALD_STR_NONE;

    while (rest.size > 0 && rest.data[0] != '[') {
        struct ald_str path = conf_line(&rest);

        found = path.size > 0 ? path : found;
    }
    return found;
}

int ald_flag_folder_find_by(const char *given, const char *conf, struct ald_flag_folder *ret_folder,
                            struct ald_flag_why *ret_why)
{
    const char *named = secure_getenv(ALD_FLAG_FOLDER_VARIABLE);
    struct ald_str path = ald_str(given);
    char text[CONF_MAX];

    path = path.size == 0 ? ald_str(named) : path;
    path = path.size == 0 ? conf_path(conf, text) : path;
    path = path.size == 0 ? ALD_STR(ALD_FLAG_FOLDER_DEFAULT) : path;
    if (path.size >= sizeof(ret_folder->path)) {
        (void)snprintf(ret_why->text, sizeof(ret_why->text), "the path of the folder of flags is too long");
        return ALD_FLAG_BAD;
    }
    (void)snprintf(ret_folder->path, sizeof(ret_folder->path), "%.*s", ALD_STR_ARG(path));
    return 0;
}

int ald_flag_folder_find(const char *given, struct ald_flag_folder *ret_folder, struct ald_flag_why *ret_why)
{
    return ald_flag_folder_find_by(given, ALD_FLAG_FOLDER_CONF, ret_folder, ret_why);
}
