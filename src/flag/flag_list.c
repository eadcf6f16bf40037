#include "flag/flag_list.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/error.h"
#include "flag/flag_disk.h"

/* The names that come first, of those seen so far. */
struct names {
    char (*files)[ALD_FLAG_FILE_ROOM]; /* ALD_FLAG_LIST_MAX, in order */
    size_t n, n_seen;
    bool more;
};

static void names_take(struct names *names, const char *file)
{
    size_t at = names->n;

    names->n_seen++;
    while (at > 0 && strcmp(names->files[at - 1], file) > 0) {
        at--;
    }
    if (at == ALD_FLAG_LIST_MAX || strlen(file) >= ALD_FLAG_FILE_ROOM) {
        return;
    }
    names->n = ALD_MIN(names->n + 1, (size_t)ALD_FLAG_LIST_MAX);
    memmove(names->files + at + 1, names->files + at, (names->n - at - 1) * sizeof(*names->files));
    memcpy(names->files[at], file, strlen(file) + 1);
}

/* What a listing of the original takes: *.flag, but nothing hidden. */
static bool name_is_flag(const char *name)
{
    size_t size = strlen(name), suffix = strlen(ALD_FLAG_SUFFIX);

    return name[0] != '.' && size > suffix && strcmp(name + size - suffix, ALD_FLAG_SUFFIX) == 0;
}

static int names_read(struct names *names, int fd, struct ald_flag_why *why)
{
    int own = openat(fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC); /* closedir() closes it */
    DIR *folder = own >= 0 ? fdopendir(own) : NULL;
    const struct dirent *entry;
    size_t n = 0;

    if (folder == NULL) {
        int r = errno == ENOMEM ? ALDIS_E_NOMEM : errno == EMFILE || errno == ENFILE ? ALDIS_E_LIMIT : ALDIS_E_IO;

        (void)snprintf(why->text, sizeof(why->text), "the folder of flags: %s", strerror(errno));
        if (own >= 0) {
            (void)close(own);
        }
        return ald_trace(r);
    }
    while (n < ALD_FLAG_LIST_NAMES_MAX && (entry = readdir(folder)) != NULL) {
        if (name_is_flag(entry->d_name)) {
            names_take(names, entry->d_name);
        }
        n++;
    }
    names->more = n == ALD_FLAG_LIST_NAMES_MAX;
    (void)closedir(folder);
    return 0;
}

/* One file more. What is wrong with it alone is no error here. */
static int list_take(struct ald_flag_list *list, int fd, const char *file, struct ald_flag_why *why)
{
    struct ald_flag_broken *broken = &list->broken[list->n_broken];
    int r = ald_flag_disk_load(fd, file, &list->flags[list->n_flags], &broken->why);

    switch (r) {
    case 0:
        list->n_flags++;
        return 0;
    case ALD_FLAG_NONE: /* lowered since */
        return 0;
    case ALD_FLAG_UNREADABLE:
    case ALDIS_E_ACCESS:
    case ALDIS_E_IO:
        (void)snprintf(broken->file, sizeof(broken->file), "%s", file);
        list->n_broken++;
        return 0;
    default:
        *why = broken->why;
        return ald_trace(r);
    }
}

/* The one that is in no file (section 8: "plus a synthetic unsaved one", priority 97, tags flag, too-many). */
static int list_add_too_many(struct ald_flag_list *list, ald_wall now)
{
    static const struct ald_flag model = {
        .id = {ALD_STR("communicator"), ALD_STR("flag"), ALD_STR("too-many-flags")},
        .tags = ALD_STR("flag,too-many"),
        .version = ALD_STR("aldis-" ALDIS_VERSION),
        .count = 1,
        .priority = 97,
    };
    size_t room = PATH_MAX + 200;
    struct ald_flag *flag = malloc(sizeof(*flag) + room);
    char *message = (char *)(flag + 1);

    if (flag == NULL) {
        return ald_trace(ALDIS_E_NOMEM);
    }
    *flag = model;
    flag->date = flag->modified = now / ALD_SEC;
    (void)snprintf(message, room, "%s%zu flags are raised, of which only %d are shown; the others are files in %s",
                   list->more ? "more than " : "", list->n_files, ALD_FLAG_LIST_MAX, list->folder);
    flag->message = ald_str(message);
    list->too_many = list->flags[list->n_flags++] = flag;
    return 0;
}

static int list_fill(struct ald_flag_list *list, int fd, struct names *names, ald_wall now, struct ald_flag_why *why)
{
    int r = names_read(names, fd, why);

    for (size_t i = 0; r == 0 && i < names->n; i++) {
        r = list_take(list, fd, names->files[i], why);
    }
    list->n_files = names->n_seen;
    list->more = names->more;
    if (r == 0 && list->n_files > ALD_FLAG_LIST_MAX) {
        r = list_add_too_many(list, now);
    }
    if (r < 0) {
        return ald_trace(r);
    }
    qsort(list->flags, list->n_flags, sizeof(struct ald_flag *), ald_flag_compare);
    for (size_t i = 0; i < list->n_flags; i++) {
        list->n_urgent += list->flags[i]->priority >= ALD_FLAG_PRIORITY_URGENT;
    }
    return 0;
}

static int list_new(const char *folder, struct ald_flag_list **ret_list)
{
    ALD_AUTO(ald_flag_list_free) struct ald_flag_list *list = calloc(1, sizeof(*list));

    if (list == NULL) {
        return ald_trace(ALDIS_E_NOMEM);
    }
    list->folder = strdup(folder);
    /* One more for the one that is in no file, and one that is being read. */
    list->flags = calloc(ALD_FLAG_LIST_MAX + 1, sizeof(struct ald_flag *));
    list->broken = calloc(ALD_FLAG_LIST_MAX + 1, sizeof(*list->broken));
    if (list->folder == NULL || list->flags == NULL || list->broken == NULL) {
        return ald_trace(ALDIS_E_NOMEM);
    }
    *ret_list = ald_steal(&list);
    return 0;
}

int ald_flag_list_read(const char *folder, ald_wall now, struct ald_flag_list **ret_list, struct ald_flag_why *ret_why)
{
    ALD_AUTO(ald_flag_list_free) struct ald_flag_list *list = NULL;
    struct names names = {.n = 0};
    int fd, r;

    r = list_new(folder, &list);
    if (r < 0) {
        return ald_trace(r);
    }
    r = ald_flag_disk_open(folder, &fd, ret_why);
    if (r == 0) {
        list->there = true;
        names.files = calloc(ALD_FLAG_LIST_MAX, sizeof(*names.files));
        r = names.files != NULL ? list_fill(list, fd, &names, now, ret_why) : ALDIS_E_NOMEM;
        free(names.files);
        (void)close(fd);
    }
    if (r < 0) {
        return ald_trace(r);
    }
    *ret_list = ald_steal(&list);
    return 0;
}

struct ald_flag_list *ald_flag_list_free(struct ald_flag_list *list)
{
    if (list == NULL) {
        return NULL;
    }
    for (size_t i = 0; i < list->n_flags; i++) {
        ald_flag_free(list->flags[i]);
    }
    free(list->flags);
    free(list->broken);
    free(list->folder);
    free(list);
    return NULL;
}
