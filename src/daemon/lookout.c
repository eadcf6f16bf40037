#include "daemon/lookout.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "conn/local.h"
#include "loop/file.h"
#include "daemon/log.h"
#include "loop/loop.h"

enum { LOOKOUT_NOTHING = 0xff }; /* no state: nothing was written */

struct ald_lookout {
    struct ald_loop *loop;
    struct ald_local *local;
    struct ald_task write; /* not inside the step in which it is heard */
    char *path;            /* NULL: none */
    void (*troubled)(void *owner, const struct ald_news *news);
    void *owner;
    uint8_t state; /* what was heard last */
    uint8_t written;
};

const char *ald_lookout_text(uint8_t state)
{
    static const char *const texts[] = {
        [0] = "CLUSTER_DOWN\nCLUSTER_INCOMPLETE\n",
        [ALD_CLUSTER_UP] = "CLUSTER_UP\nCLUSTER_INCOMPLETE\n",
        [ALD_CLUSTER_COMPLETE] = "CLUSTER_DOWN\nCLUSTER_COMPLETE\n",
        [ALD_CLUSTER_UP | ALD_CLUSTER_COMPLETE] = "CLUSTER_UP\nCLUSTER_COMPLETE\n",
    };

    return texts[state % ALD_COUNT(texts)];
}

static void lookout_write(void *owner)
{
    struct ald_lookout *lookout = owner;

    if (lookout->path == NULL || lookout->state == lookout->written) {
        return;
    }
    lookout->written = lookout->state;
    if (ald_file_replace(lookout->path, ald_str(ald_lookout_text(lookout->state)), false) < 0) {
        ald_log(ALD_LOG_ERROR, "the state of the cluster cannot be written", {"file", ald_str(lookout->path)},
                {"why", ald_str(strerror(errno))});
    }
}

static void lookout_heard(void *owner, const struct ald_signal *signal)
{
    struct ald_lookout *lookout = owner;

    if (signal->kind != ALD_SIGNAL_NEWS) {
        return;
    }
    if (signal->news->topic == ALD_TOPIC_CLUSTER) {
        lookout->state = signal->news->state;
        ald_task_push(lookout->loop, &lookout->write);
    }
    if (signal->news->topic == ALD_TOPIC_HUB &&
        (signal->news->state == ALD_HUB_LOOPS || signal->news->state == ALD_HUB_TWIN)) {
        lookout->troubled(lookout->owner, signal->news);
    }
}

static const struct ald_local_callbacks lookout_callbacks = {.signal = lookout_heard};

/* Errors: ALDIS_E_NOMEM. */
static int lookout_listen(struct ald_lookout *lookout)
{
    struct ald_signal hello = ald_signal_of(ALD_SIGNAL_REGISTER);
    struct ald_signal ask = ald_signal_of(ALD_SIGNAL_ASK);
    int r;

    hello.traits = ALD_CAN_NEWS;
    ask.topic = ALD_TOPIC_CLUSTER;
    r = ald_local_say(lookout->local, &hello);
    r = r < 0 ? r : ald_local_say(lookout->local, &ask);
    return r < 0 ? ald_trace(r) : 0;
}

int ald_lookout_new(struct ald_edge *edge, const char *path, void (*troubled)(void *owner, const struct ald_news *news),
                    void *owner, struct ald_lookout **ret_lookout)
{
    ALD_AUTO(ald_lookout_free) struct ald_lookout *lookout = calloc(1, sizeof(*lookout));
    int r;

    if (lookout == NULL) {
        return ald_trace(ALDIS_E_NOMEM);
    }
    lookout->loop = ald_net_loop(ald_edge_net(edge));
    lookout->written = LOOKOUT_NOTHING;
    ald_task_init(&lookout->write, lookout_write, lookout);
    lookout->troubled = troubled;
    lookout->owner = owner;
    lookout->path = path != NULL ? strdup(path) : NULL;
    if (path != NULL && lookout->path == NULL) {
        return ald_trace(ALDIS_E_NOMEM);
    }
    r = ald_local_open(edge, ALD_STR("cluster-status"), ALD_STR("local"), &lookout_callbacks, lookout, &lookout->local);
    r = r < 0 ? r : lookout_listen(lookout);
    if (r < 0) {
        return ald_trace(r);
    }
    *ret_lookout = ald_steal(&lookout);
    return 0;
}

struct ald_lookout *ald_lookout_free(struct ald_lookout *lookout)
{
    if (lookout == NULL) {
        return NULL;
    }
    ald_local_close(lookout->local);
    ald_task_cancel(&lookout->write);
    free(lookout->path);
    free(lookout);
    return NULL;
}
