/*
 * The hub says whether anybody wants to know; asking it costs nothing, so the measuring ends by itself. What others say comes
 * once a second from each of them, and is written at most that often.
 */

#include "daemon/loads.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/error.h"
#include "loop/file.h"
#include "daemon/lavg.h"
#include "daemon/log.h"
#include "loop/loop.h"

#define LOADS_EACH (1 * ALD_SEC) /* communicator 11 */
#define LOADS_CHANGE 0.1         /* the same: less than that is no news */
/* A machine that was silent for so long is as good as gone. */
#define LOADS_STALE (3600 * ALD_SEC)
#define LOADS_SOURCE "/proc/loadavg"

enum { LOADS_TEXT_MAX = 8192 };

struct ald_loads {
    struct ald_edge *edge;
    struct ald_loop *loop;
    struct ald_str hub, address;
    char *path;
    struct ald_alarm measure;
    struct ald_alarm save;
    struct ald_lavg lavg;
    double told; /* negative: nothing yet */
    bool broken; /* the file cannot be written; said once */
};

bool ald_loads_parse(struct ald_str text, long n_processors, double *ret_load)
{
    char number[32];
    size_t size = ald_str_find(text, ALD_STR(" "));
    char *end = NULL;
    double load;

    if (size == 0 || size >= sizeof(number) || n_processors < 1) {
        return false;
    }
    memcpy(number, text.data, size);
    number[size] = '\0';
    load = strtod(number, &end);
    if (*end != '\0' || !isfinite(load) || load < 0) {
        return false;
    }
    *ret_load = load / (double)n_processors;
    return true;
}

static bool load_read(double *ret_load)
{
    struct ald_buf text;
    bool good;

    ald_buf_init(&text, LOADS_TEXT_MAX);
    good = ald_file_read(LOADS_SOURCE, &text) == 0 &&
           ald_loads_parse(ald_buf_str(&text), sysconf(_SC_NPROCESSORS_ONLN), ret_load);
    ald_buf_fini(&text);
    return good;
}

static void loads_tell(struct ald_loads *loads, double load)
{
    const struct ald_news news = {
        .topic = ALD_TOPIC_LOAD,
        .load = load,
        .since = ald_loop_wall(),
        .hub = loads->hub,
        .name = loads->address,
    };

    if (loads->told >= 0 && fabs(load - loads->told) < LOADS_CHANGE) {
        return;
    }
    if (ald_edge_news(loads->edge, &news) == 0) {
        loads->told = load;
    }
}

static void loads_measure(void *owner)
{
    struct ald_loads *loads = owner;
    double load;

    if (!ald_hub_wants_load(ald_edge_hub(loads->edge))) {
        loads->told = -1;
        return;
    }
    if (load_read(&load)) {
        loads_tell(loads, load);
    }
    ald_alarm_start(loads->loop, &loads->measure, ald_loop_now(loads->loop) + LOADS_EACH);
}

void ald_loads_asked(struct ald_loads *loads)
{
    if (!ald_alarm_running(&loads->measure) && ald_hub_wants_load(ald_edge_hub(loads->edge))) {
        ald_alarm_start(loads->loop, &loads->measure, ald_loop_now(loads->loop));
    }
}

/* --- the file ----------------------------------------------------------------------------------------------------- */

static void loads_save(void *owner)
{
    struct ald_loads *loads = owner;
    ald_wall now = ald_loop_wall();
    struct ald_buf out;
    int r;

    ald_lavg_forget_before(&loads->lavg, now > LOADS_STALE ? now - LOADS_STALE : 0);
    ald_buf_init(&out, ALD_LAVG_BYTES_MAX);
    r = ald_lavg_format(&loads->lavg, &out);
    r = r != 0 ? r : ald_file_replace(loads->path, ald_buf_str(&out), false);
    if (r != 0 && !loads->broken) {
        ald_log(ALD_LOG_ERROR, "the file of loads cannot be written", {"file", ald_str(loads->path)},
                {"why", r == ALDIS_E_IO ? ald_str(strerror(errno)) : ald_str(ald_error_text(r))});
    }
    loads->broken = r != 0;
    ald_buf_fini(&out);
}

static void loads_save_later(struct ald_loads *loads)
{
    if (loads->path != NULL && !ald_alarm_running(&loads->save)) {
        ald_alarm_start(loads->loop, &loads->save, ald_loop_now(loads->loop) + LOADS_EACH);
    }
}

void ald_loads_heard(struct ald_loads *loads, const struct ald_news *news)
{
    struct ald_inet inet;

    if (ald_inet_parse(news->name, 1, &inet) == 0 && ald_lavg_set(&loads->lavg, &inet, news->since, news->load)) {
        loads_save_later(loads);
    }
}

void ald_loads_forget(struct ald_loads *loads, struct ald_str address)
{
    struct ald_inet inet;

    if (ald_inet_parse(address, 1, &inet) == 0) {
        ald_lavg_forget(&loads->lavg, &inet);
        loads_save_later(loads);
    }
}

/* What stood there before is better than nothing, until it is stale. */
static void loads_recall(struct ald_loads *loads)
{
    struct ald_buf text;
    int r;

    ald_buf_init(&text, ALD_LAVG_BYTES_MAX + 4096);
    r = ald_file_read(loads->path, &text);
    if (r == 0 && ald_lavg_parse(ald_buf_str(&text), &loads->lavg) != 0) {
        ald_log(ALD_LOG_WARNING, "the file of loads is none, and will be written anew", {"file", ald_str(loads->path)});
    }
    ald_buf_fini(&text);
}

int ald_loads_new(const struct ald_loads_spec *spec, struct ald_loads **ret_loads)
{
    ALD_AUTO(ald_loads_free) struct ald_loads *loads = calloc(1, sizeof(*loads));

    if (loads == NULL) {
        return ald_trace(ALDIS_E_NOMEM);
    }
    loads->edge = spec->edge;
    loads->loop = ald_net_loop(ald_edge_net(spec->edge));
    loads->hub = spec->hub;
    loads->address = spec->address;
    loads->told = -1;
    ald_alarm_init(&loads->measure, loads_measure, loads);
    ald_alarm_init(&loads->save, loads_save, loads);
    if (spec->path != NULL) {
        loads->path = strdup(spec->path);
        if (loads->path == NULL) {
            return ald_trace(ALDIS_E_NOMEM);
        }
        loads_recall(loads);
    }
    *ret_loads = ald_steal(&loads);
    return 0;
}

struct ald_loads *ald_loads_free(struct ald_loads *loads)
{
    if (loads == NULL) {
        return NULL;
    }
    if (ald_alarm_running(&loads->save)) {
        loads_save(loads);
    }
    ald_alarm_stop(loads->loop, &loads->measure);
    ald_alarm_stop(loads->loop, &loads->save);
    free(loads->path);
    free(loads);
    return NULL;
}
