#include "flag/flag_store.h"

#include <stdio.h>
#include <unistd.h>

#include "base/error.h"
#include "flag/flag_disk.h"

#define STORE_BACKUP ".bak"

/* One flag that is being saved. */
struct saving {
    int fd; /* of the folder, locked */
    char file[ALD_FLAG_FILE_ROOM];
    struct ald_flag flag; /* as it will be; its texts are others' */
    char hostname[256];
    struct ald_buf before; /* what the file holds; nothing: it is not there, or nobody can tell */
};

/* gethostname(2) cuts what does not fit, and need not end it then. */
static void saving_sign(struct saving *saving)
{
    if (gethostname(saving->hostname, sizeof(saving->hostname) - 1) != 0) {
        saving->hostname[0] = '\0';
    }
    saving->flag.hostname = ald_str(saving->hostname);
    saving->flag.version = ALD_STR("aldis-" ALDIS_VERSION);
}

/* Section 8: "`save()` UP: read existing file (keeps `date`, increments `count`)". One that nobody can read has neither. */
static int saving_go_on(struct saving *saving, struct ald_flag_why *why)
{
    ALD_AUTO(ald_flag_free) struct ald_flag *before = NULL;
    int r = ald_flag_disk_read(saving->fd, saving->file, &saving->before, why);

    if (r == ALD_FLAG_UNREADABLE) {
        ald_buf_cut(&saving->before, 0);
    }
    r = r == 0 ? ald_flag_parse(ald_buf_str(&saving->before), &before, why) : r;
    if (before != NULL) {
        saving->flag.count = before->count < UINT64_MAX ? before->count + 1 : before->count;
        saving->flag.date = before->date != 0 ? before->date : saving->flag.date;
    }
    return r < 0 ? ald_trace(r) : 0;
}

/* The copy of what was is made first: at no moment is the flag itself not there. */
static int saving_keep_before(const struct saving *saving, struct ald_flag_why *why)
{
    char name[ALD_FLAG_FILE_ROOM + sizeof(STORE_BACKUP)];
    int r;

    if (ald_buf_size(&saving->before) == 0) {
        return 0;
    }
    (void)snprintf(name, sizeof(name), "%s" STORE_BACKUP, saving->file);
    r = ald_flag_disk_write(saving->fd, name, ald_buf_str(&saving->before), why);
    return r < 0 ? ald_trace(r) : r;
}

static int saving_write(struct saving *saving, struct ald_flag_why *why)
{
    struct ald_buf text;
    int r;

    /* What ald_flag_check() lets through is never as large as that. */
    ald_buf_init(&text, ALD_FLAG_FILE_MAX);
    r = ald_flag_format(&saving->flag, &text);
    ald_assert(r <= 0);
    r = r == 0 ? saving_keep_before(saving, why) : r;
    r = r == 0 ? ald_flag_disk_write(saving->fd, saving->file, ald_buf_str(&text), why) : r;
    r = r == 0 ? ald_flag_disk_settle(saving->fd, why) : r;
    ald_buf_fini(&text);
    return r < 0 ? ald_trace(r) : r;
}

static int saving_do(struct saving *saving, ald_usec patience, struct ald_flag_why *why)
{
    int r = ald_flag_disk_lock(saving->fd, patience, why);

    r = r == 0 ? saving_go_on(saving, why) : r;
    r = r == 0 ? saving_write(saving, why) : r;
    return r < 0 ? ald_trace(r) : r;
}

int ald_flag_store_save(const struct ald_flag_store *store, const struct ald_flag *flag, ald_wall now,
                        struct ald_flag_why *ret_why)
{
    struct saving saving = {.flag = *flag};
    int r = ald_flag_file_name(&flag->id, saving.file, ret_why);

    r = r == 0 ? ald_flag_check(flag, ret_why) : r;
    if (r != 0) {
        return r;
    }
    r = ald_flag_disk_make(store->folder, &saving.fd, ret_why);
    if (r < 0) {
        return ald_trace(r);
    }
    /* As it is lowered in the name of the file. */
    ald_ignore(ald_flag_file_id(ald_str(saving.file), &saving.flag.id, ret_why)); /* we made that name */
    saving.flag.count = 1;
    saving.flag.date = saving.flag.modified = now / ALD_SEC;
    saving.flag.priority = ald_flag_priority(flag->priority);
    saving_sign(&saving);
    ald_buf_init(&saving.before, ALD_FLAG_FILE_MAX + 1);
    r = saving_do(&saving, store->patience, ret_why);
    ald_buf_fini(&saving.before);
    (void)close(saving.fd);
    return r < 0 ? ald_trace(r) : r;
}

/* May it be lowered by a program? */
static int removing_check(int fd, const char *file, struct ald_flag_why *why)
{
    ALD_AUTO(ald_flag_free) struct ald_flag *flag = NULL;
    int r = ald_flag_disk_load(fd, file, &flag, why);

    if (r == 0 && flag->manual_down) {
        (void)snprintf(why->text, sizeof(why->text), "it is to be lowered by hand");
        return ALD_FLAG_MANUAL;
    }
    return r < 0 ? ald_trace(r) : r;
}

int ald_flag_store_remove(const struct ald_flag_store *store, const struct ald_flag_id *id, bool by_hand,
                          struct ald_flag_why *ret_why)
{
    char file[ALD_FLAG_FILE_ROOM];
    int fd;
    int r = ald_flag_file_name(id, file, ret_why);

    r = r == 0 ? ald_flag_disk_open(store->folder, &fd, ret_why) : r;
    if (r != 0) {
        return r < 0 ? ald_trace(r) : r;
    }
    r = ald_flag_disk_lock(fd, store->patience, ret_why);
    r = r == 0 && !by_hand ? removing_check(fd, file, ret_why) : r;
    r = r == 0 ? ald_flag_disk_remove(fd, file, ret_why) : r;
    r = r == 0 ? ald_flag_disk_settle(fd, ret_why) : r;
    (void)close(fd);
    return r < 0 ? ald_trace(r) : r;
}

int ald_flag_store_load(const struct ald_flag_store *store, const struct ald_flag_id *id, struct ald_flag **ret_flag,
                        struct ald_flag_why *ret_why)
{
    char file[ALD_FLAG_FILE_ROOM];
    int fd;
    int r = ald_flag_file_name(id, file, ret_why);

    r = r == 0 ? ald_flag_disk_open(store->folder, &fd, ret_why) : r;
    if (r != 0) {
        return r < 0 ? ald_trace(r) : r;
    }
    r = ald_flag_disk_load(fd, file, ret_flag, ret_why);
    (void)close(fd);
    return r < 0 ? ald_trace(r) : r;
}
