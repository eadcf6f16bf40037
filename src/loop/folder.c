#include "loop/folder.h"

#include <dirent.h>
#include <errno.h>
#include <stdlib.h>

#include "base/error.h"

static bool name_wanted(struct ald_str name, const struct ald_folder_filter *filter)
{
    struct ald_str suffix = ald_str(filter->suffix);

    return name.size >= suffix.size && ald_str_equal(ald_str_from(name, name.size - suffix.size), suffix) &&
           (filter->hidden || name.data[0] != '.');
}

static int name_order(const void *a, const void *b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

/* Errors: ALDIS_E_NOMEM. */
static int folder_add(struct ald_folder *folder, const char *name)
{
    size_t n = folder->n;
    char **names = folder->names;

    if ((n & (n - 1)) == 0) { /* it is full at every power of two */
        names = realloc(names, (n == 0 ? 1 : 2 * n) * sizeof(*names));
        if (names == NULL) {
            return ald_trace(ALDIS_E_NOMEM);
        }
        folder->names = names;
    }
    names[n] = strdup(name);
    if (names[n] == NULL) {
        return ald_trace(ALDIS_E_NOMEM);
    }
    folder->n++;
    return 0;
}

static int folder_fill(struct ald_folder *folder, DIR *dir, const struct ald_folder_filter *filter)
{
    for (;;) {
        const struct dirent *entry;
        int r;

        errno = 0; /* the end of a folder is told from a failure by it alone */
        entry = readdir(dir);
        if (entry == NULL) {
            return errno != 0 ? ald_trace(ALDIS_E_IO) : 0;
        }
        r = name_wanted(ald_str(entry->d_name), filter) ? folder_add(folder, entry->d_name) : 0;
        if (r < 0) {
            return ald_trace(r);
        }
    }
}

int ald_folder_read(const char *path, const struct ald_folder_filter *filter, struct ald_folder *ret_folder)
{
    struct ald_folder folder = {.n = 0};
    DIR *dir = opendir(path);
    int r, error;

    if (dir == NULL) {
        return ald_trace(errno == ENOMEM ? ALDIS_E_NOMEM : ALDIS_E_IO);
    }
    r = folder_fill(&folder, dir, filter);
    error = errno;
    (void)closedir(dir);
    if (r < 0) {
        ald_folder_fini(&folder);
        errno = error;
        return ald_trace(r);
    }
    if (folder.n > 1) {
        qsort(folder.names, folder.n, sizeof(*folder.names), name_order);
    }
    *ret_folder = folder;
    return 0;
}

void ald_folder_fini(struct ald_folder *folder)
{
    for (size_t i = 0; i < folder->n; i++) {
        free(folder->names[i]);
    }
    free(folder->names);
    *folder = (struct ald_folder){.n = 0};
}
