#include "flag/flag_folder.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/ini.h"

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

/* `path` of the file, in `text`; absent: the file, or the key, is not there. */
static struct ald_str conf_path(const char *conf, char text[CONF_MAX])
{
    struct ald_str found = ALD_STR_NONE;
    struct ald_ini ini;
    struct ald_ini_item item;
    const char *what;

    ald_ini_init(&ini, ald_str_of(text, conf_read(conf, text, CONF_MAX)));
    while (ald_ini_next(&ini, &item, &what) == 0) {
        if (!ald_str_present(item.section) && ald_str_equal(item.key, ALD_STR("path")) && item.value.size > 0) {
            found = item.value;
        }
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
