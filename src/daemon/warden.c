/*
 * A file that is being written is read when it has not changed for a moment: half a file may be without mistakes, and half
 * of the sessions would end for it. Whoever asks for a reload says that the file is whole.
 */

#include "daemon/warden.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/error.h"
#include "daemon/log.h"
#include "daemon/warden_impl.h"

/* How often the file is looked at, and when again after it was seen to change. */
#define WARDEN_LOOK (2 * ALD_SEC)
#define WARDEN_SETTLE (250 * ALD_MSEC)

static struct ald_warden_stamp stamp_of(const char *path)
{
    struct stat file;

    if (stat(path, &file) != 0) {
        return (struct ald_warden_stamp){0};
    }
    return (struct ald_warden_stamp){
        .device = file.st_dev,
        .inode = file.st_ino,
        .size = file.st_size,
        .changed = file.st_ctim,
        .modified = file.st_mtim,
    };
}

static bool time_equal(struct timespec a, struct timespec b)
{
    return a.tv_sec == b.tv_sec && a.tv_nsec == b.tv_nsec;
}

static bool stamp_equal(const struct ald_warden_stamp *a, const struct ald_warden_stamp *b)
{
    return a->device == b->device && a->inode == b->inode && a->size == b->size && time_equal(a->changed, b->changed) &&
           time_equal(a->modified, b->modified);
}

void ald_warden_reload(struct ald_warden *warden)
{
    struct ald_auth *auth = NULL, *old;
    struct ald_rules_why why = {""};
    char count[24];
    int r;

    warden->read = warden->seen = stamp_of(warden->path);
    r = ald_auth_load(warden->path, &auth, &why);
    if (r < 0) {
        warden->read = (struct ald_warden_stamp){0}; /* not the file's fault: the next look tries again */
    }
    if (r != 0) {
        warden->counters.reloads_failed++;
        ald_log(ALD_LOG_ERROR, "the tokens are not read again; the old rules hold",
                {"why", r < 0 ? ald_str(ald_error_text(r)) : ald_str(why.text)});
        return;
    }
    warden->counters.reloads++;
    old = warden->auth;
    warden->auth = auth;
    (void)snprintf(count, sizeof(count), "%zu", ald_rules_principals(ald_auth_rules(auth)));
    ald_log(ALD_LOG_INFO, "the tokens are read again", {"file", ald_str(warden->path)}, {"principals", ald_str(count)});
    ald_warden_judge_again(warden);
    ald_warden_rules_changed(warden, old);
    ald_auth_unref(old);
}

static void warden_look(void *owner)
{
    struct ald_warden *warden = owner;
    struct ald_warden_stamp now = stamp_of(warden->path);
    bool settled = stamp_equal(&now, &warden->seen);

    warden->seen = now;
    if (settled && !stamp_equal(&now, &warden->read)) {
        ald_warden_reload(warden);
    }
    ald_alarm_start(warden->loop, &warden->alarm, ald_loop_now(warden->loop) + (settled ? WARDEN_LOOK : WARDEN_SETTLE));
}

int ald_warden_new(const struct ald_warden_spec *spec, struct ald_warden **ret_warden, struct ald_rules_why *ret_why)
{
    ALD_AUTO(ald_warden_free) struct ald_warden *warden = calloc(1, sizeof(*warden));
    int r;

    if (warden == NULL) {
        return ald_trace(ALDIS_E_NOMEM);
    }
    warden->loop = spec->loop;
    warden->controller = spec->controller.size > 0 ? spec->controller : ALD_STR_NONE;
    ald_node_init(&warden->passes);
    ald_alarm_init(&warden->alarm, warden_look, warden);
    ald_warden_guard_init(warden);
    warden->path = strdup(spec->path);
    if (warden->path == NULL) {
        return ald_trace(ALDIS_E_NOMEM);
    }
    warden->read = warden->seen = stamp_of(spec->path);
    r = ald_auth_load(spec->path, &warden->auth, ret_why);
    if (r != 0) {
        return r < 0 ? ald_trace(r) : r;
    }
    ald_alarm_start(warden->loop, &warden->alarm, ald_loop_now(warden->loop) + WARDEN_LOOK);
    *ret_warden = ald_steal(&warden);
    return 0;
}

struct ald_warden *ald_warden_free(struct ald_warden *warden)
{
    if (warden == NULL) {
        return NULL;
    }
    ald_assert(ald_list_empty(&warden->passes));
    ald_alarm_stop(warden->loop, &warden->alarm);
    ald_auth_unref(warden->auth);
    free(warden->path);
    free(warden);
    return NULL;
}

const struct ald_guard *ald_warden_guard(const struct ald_warden *warden)
{
    return &warden->guard;
}

void ald_warden_watch(struct ald_warden *warden, struct ald_edge *edge)
{
    warden->edge = edge;
}

const struct ald_warden_counters *ald_warden_counters(const struct ald_warden *warden)
{
    return &warden->counters;
}
