#include "daemon/services.h"

#include "base/error.h"
#include "loop/folder.h"
#include "msg/address.h"

#define SUFFIX ".service"

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
    struct ald_folder files;
    int r = ald_folder_read(folder, &(struct ald_folder_filter){.suffix = SUFFIX, .hidden = true}, &files);

    if (r < 0) {
        return ald_trace(r);
    }
    for (size_t i = 0; i < files.n; i++) {
        struct ald_str name = ald_str_of(files.names[i], strlen(files.names[i]) - (sizeof(SUFFIX) - 1));

        if (!name_sayable(name)) {
            skipped++;
        } else if (r == 0) {
            r = name_push(out, before, name);
        }
    }
    ald_folder_fini(&files);
    *ret_skipped = skipped;
    return r < 0 ? ald_trace(r) : r;
}
