#include "daemon/services.h"

#include <dirent.h>
#include <stdlib.h>

#include "base/error.h"
#include "msg/address.h"

#define SUFFIX ".service"

static int entry_wanted(const struct dirent *entry)
{
    size_t size = strlen(entry->d_name), suffix = sizeof(SUFFIX) - 1;

    return size >= suffix && strcmp(entry->d_name + size - suffix, SUFFIX) == 0;
}

/* By bytes: not as the locale has it. */
static int entry_order(const void *a, const void *b)
{
    return strcmp((*(struct dirent *const *)a)->d_name, (*(struct dirent *const *)b)->d_name);
}

static bool name_sayable(struct ald_str name)
{
    for (size_t i = 0; i < name.size; i++) {
        if ((unsigned char)name.data[i] < ' ' || name.data[i] == 0x7f || name.data[i] == ',') {
            return false;
        }
    }
    return name.size > 0 && name.size <= ALD_NAME_MAX && ald_utf8_valid(name);
}

static int name_push(struct ald_buf *out, size_t before, struct ald_str name)
{
    int r = ald_buf_size(out) > before ? ald_buf_push_byte(out, ',') : 0;

    return r != 0 ? r : ald_buf_push(out, name);
}

int ald_services_list(const char *folder, struct ald_buf *out, size_t *ret_skipped)
{
    size_t before = ald_buf_size(out), skipped = 0;
    struct dirent **entries = NULL;
    int n = scandir(folder, &entries, entry_wanted, NULL);
    int r = 0;

    if (n < 0) {
        return ald_trace(ALDIS_E_IO);
    }
    if (n > 1) {
        qsort(entries, (size_t)n, sizeof(*entries), entry_order);
    }
    for (int i = 0; i < n; i++) {
        struct ald_str name = ald_str_of(entries[i]->d_name, strlen(entries[i]->d_name) - (sizeof(SUFFIX) - 1));

        if (!name_sayable(name)) {
            skipped++;
        } else if (r == 0) {
            r = name_push(out, before, name);
        }
        free(entries[i]);
    }
    free(entries);
    *ret_skipped = skipped;
    return r < 0 ? ald_trace(r) : r;
}
