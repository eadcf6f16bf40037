/*
 * When to read the folder again. A file that comes or goes changes the time of the folder, whose steps are those of the
 * system's clock tick; and the original writes a file after it has made it. So what was read of a folder that had changed
 * a moment before is read again at the next look; and, since a file may also be written where it is, now and then in any
 * case.
 *
 * The thread begins with the first flag that is raised or lowered: most hubs never have one. It takes orders from one list
 * and puts them into another, done; the wake tells the loop, where they are logged and counted.
 */

#include "daemon/flags.h"

#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>

#include "base/error.h"
#include "daemon/log.h"
#include "flag/flag_list.h"
#include "loop/loop.h"

#define FLAGS_LOOK ALD_SEC         /* the folder is not looked at more often */
#define FLAGS_SETTLE (2 * ALD_SEC) /* what changed so shortly ago may go on changing unseen */
#define FLAGS_STALE (30 * ALD_SEC) /* and what is older is read again */

struct stamp {
    struct timespec modified;
    ino_t inode;
    dev_t device;
};

/* Something to do, and then what came of it. */
struct order {
    struct ald_node node;
    struct ald_flag *flag;
    bool raise;
    int result;
    struct ald_flag_why why;
};

struct flags_counters {
#define ALD_X(name, meaning) uint64_t name;
    ALD_DAEMON_FLAGS_COUNTERS(ALD_X)
#undef ALD_X
};

struct ald_daemon_flags {
    struct ald_loop *loop;
    char *folder;
    struct flags_counters counters;

    /* What was read. */
    struct ald_flag_list *list; /* NULL: it could not be, `problem` says why; or nobody has asked yet */
    struct ald_flag_why problem;
    struct stamp stamp;
    ald_usec looked, read; /* 0: never */
    bool settled;

    /* What is to be done. */
    struct ald_wake *wake; /* NULL: the thread was not begun */
    pthread_t thread;
    size_t n_waiting;          /* in both lists, and in the thread's hands */
    atomic_uint_fast64_t hold; /* the patience of the thread with others */
    pthread_mutex_t mutex;
    pthread_cond_t changed;
    /* Guarded by the mutex. */
    struct ald_node orders, done;
    bool ending;
};

/* --- reading ------------------------------------------------------------------------------------------------------- */

static struct stamp stamp_of(const char *folder)
{
    struct stat file;

    return stat(folder, &file) == 0 ? (struct stamp){file.st_mtim, file.st_ino, file.st_dev} : (struct stamp){0};
}

static bool stamp_equal(const struct stamp *a, const struct stamp *b)
{
    return a->modified.tv_sec == b->modified.tv_sec && a->modified.tv_nsec == b->modified.tv_nsec &&
           a->inode == b->inode && a->device == b->device;
}

static bool stamp_is_old(const struct stamp *stamp, ald_wall wall)
{
    return (ald_wall)stamp->modified.tv_sec * ALD_SEC + FLAGS_SETTLE < wall;
}

static void flags_read(struct ald_daemon_flags *flags, ald_usec now)
{
    ald_wall wall = ald_loop_wall();
    int r;

    flags->list = ald_flag_list_free(flags->list);
    flags->problem = (struct ald_flag_why){""};
    r = ald_flag_list_read(flags->folder, wall, &flags->list, &flags->problem);
    if (r < 0 && flags->problem.text[0] == '\0') {
        (void)snprintf(flags->problem.text, sizeof(flags->problem.text), "%s", ald_error_text(r));
    }
    flags->counters.reads_failed += r < 0;
    flags->settled = r == 0 && stamp_is_old(&flags->stamp, wall);
    flags->read = now;
}

static const struct ald_flag_list *flags_look(void *owner, const char **ret_problem)
{
    struct ald_daemon_flags *flags = owner;
    ald_usec now = ald_loop_now(flags->loop);

    if (flags->looked == 0 || now - flags->looked >= FLAGS_LOOK) {
        struct stamp stamp = stamp_of(flags->folder);

        if (flags->read == 0 || !flags->settled || now - flags->read >= FLAGS_STALE ||
            !stamp_equal(&stamp, &flags->stamp)) {
            flags->stamp = stamp; /* before it is read: what changes meanwhile is seen the next time */
            flags_read(flags, now);
        }
        flags->looked = now;
    }
    *ret_problem = flags->list == NULL ? flags->problem.text : NULL;
    return flags->list;
}

struct ald_mgmt_flags ald_daemon_flags_pages(struct ald_daemon_flags *flags)
{
    static const char *const names[] = {
#define ALD_X(name, meaning) #name,
        ALD_DAEMON_FLAGS_COUNTERS(ALD_X)
#undef ALD_X
    };
    static const char *const meanings[] = {
#define ALD_X(name, meaning) meaning,
        ALD_DAEMON_FLAGS_COUNTERS(ALD_X)
#undef ALD_X
    };
    _Static_assert(sizeof(struct flags_counters) == sizeof(uint64_t[ALD_COUNT(names)]), "counters are numbers");

    if (flags == NULL) {
        return (struct ald_mgmt_flags){.read = NULL};
    }
    return (struct ald_mgmt_flags){
        .read = flags_look,
        .owner = flags,
        .folder = flags->folder,
        .counters = {names, meanings, (const uint64_t *)&flags->counters, ALD_COUNT(names)},
    };
}

/* --- the thread ---------------------------------------------------------------------------------------------------- */

static struct order *order_free(struct order *order)
{
    ald_flag_free(order->flag);
    free(order);
    return NULL;
}

static void order_do(struct order *order, const struct ald_flag_store *store)
{
    order->result = order->raise ? ald_flag_store_save(store, order->flag, ald_loop_wall(), &order->why)
                                 : ald_flag_store_remove(store, &order->flag->id, false, &order->why);
}

static void *flags_thread(void *owner)
{
    struct ald_daemon_flags *flags = owner;

    ald_assert(pthread_mutex_lock(&flags->mutex) == 0);
    for (;;) {
        struct ald_node *node = ald_list_pop_front(&flags->orders);

        if (node != NULL) {
            const struct ald_flag_store store = {.folder = flags->folder, .patience = atomic_load(&flags->hold)};

            ald_assert(pthread_mutex_unlock(&flags->mutex) == 0);
            order_do(ald_list_entry(node, struct order, node), &store);
            ald_assert(pthread_mutex_lock(&flags->mutex) == 0);
            ald_list_push_back(&flags->done, node);
            ald_wake_send(flags->wake);
        } else if (flags->ending) {
            break;
        } else {
            ald_assert(pthread_cond_wait(&flags->changed, &flags->mutex) == 0);
        }
    }
    ald_assert(pthread_mutex_unlock(&flags->mutex) == 0);
    return NULL;
}

/* What came of it, on the loop's thread. */
static void order_tell(struct ald_daemon_flags *flags, const struct order *order)
{
    const struct ald_flag_id *id = &order->flag->id;

    flags->counters.own_raised += order->raise && order->result == 0;
    flags->counters.own_lowered += !order->raise && order->result == 0;
    flags->counters.own_kept += order->result == ALD_FLAG_MANUAL;
    if (order->result == 0) {
        ald_log(order->raise ? ALD_LOG_WARNING : ALD_LOG_INFO, order->raise ? "flag raised" : "flag lowered",
                {"unit", id->unit}, {"section", id->section}, {"name", id->name},
                {"message", order->raise ? order->flag->message : ALD_STR_NONE});
    } else if (order->result != ALD_FLAG_NONE && order->result != ALD_FLAG_MANUAL) {
        flags->counters.own_failed++;
        ald_log(ALD_LOG_ERROR, order->raise ? "a flag cannot be raised" : "a flag cannot be lowered",
                {"unit", id->unit}, {"section", id->section}, {"name", id->name},
                {"message", order->raise ? order->flag->message : ALD_STR_NONE},
                {"why", ald_str(order->why.text[0] != '\0' ? order->why.text : ald_error_text(order->result))});
    }
}

static void flags_woken(void *owner)
{
    struct ald_daemon_flags *flags = owner;
    struct ald_node *node;

    for (;;) {
        struct order *order;

        ald_assert(pthread_mutex_lock(&flags->mutex) == 0);
        node = ald_list_pop_front(&flags->done);
        ald_assert(pthread_mutex_unlock(&flags->mutex) == 0);
        if (node == NULL) {
            return;
        }
        order = ald_list_entry(node, struct order, node);
        order_tell(flags, order);
        order_free(order);
        flags->n_waiting--;
        flags->looked = 0; /* whoever asks now sees it */
    }
}

/* It hears no signal of the system: these are for the loop. Errors: ALDIS_E_LIMIT, ALDIS_E_NOMEM. */
static int flags_begin(struct ald_daemon_flags *flags)
{
    sigset_t all, before;
    int r = ald_wake_new(flags->loop, flags_woken, flags, &flags->wake);

    if (r < 0) {
        return ald_trace(r);
    }
    (void)sigfillset(&all);
    ald_assert(pthread_sigmask(SIG_SETMASK, &all, &before) == 0);
    r = pthread_create(&flags->thread, NULL, flags_thread, flags) == 0 ? 0 : ALDIS_E_LIMIT;
    ald_assert(pthread_sigmask(SIG_SETMASK, &before, NULL) == 0);
    if (r < 0) {
        flags->wake = ald_wake_close(flags->wake);
    }
    return r < 0 ? ald_trace(r) : 0;
}

/* --- asking for it ------------------------------------------------------------------------------------------------- */

/* Gives nothing when memory is short. */
static struct order *order_new(const struct ald_flag *flag, bool raise)
{
    struct order *order = calloc(1, sizeof(*order));

    if (order == NULL || ald_flag_copy(flag, &order->flag) < 0) {
        free(order);
        return NULL;
    }
    order->raise = raise;
    return order;
}

static void flags_ask(struct ald_daemon_flags *flags, const struct ald_flag *flag, bool raise)
{
    struct order *order = NULL;

    if (flags->n_waiting < ALD_DAEMON_FLAGS_MAX && (flags->wake != NULL || flags_begin(flags) == 0)) {
        order = order_new(flag, raise);
    }
    if (order == NULL) {
        flags->counters.own_dropped++;
        return;
    }
    flags->n_waiting++;
    ald_assert(pthread_mutex_lock(&flags->mutex) == 0);
    ald_list_push_back(&flags->orders, &order->node);
    ald_assert(pthread_cond_signal(&flags->changed) == 0);
    ald_assert(pthread_mutex_unlock(&flags->mutex) == 0);
}

void ald_daemon_flag_raise(struct ald_daemon_flags *flags, const struct ald_flag *flag)
{
    if (flags != NULL) {
        flags_ask(flags, flag, true);
    }
}

void ald_daemon_flag_lower(struct ald_daemon_flags *flags, const struct ald_flag_id *id)
{
    const struct ald_flag flag = {.id = *id};

    if (flags != NULL) {
        flags_ask(flags, &flag, false);
    }
}

/* --- life ---------------------------------------------------------------------------------------------------------- */

int ald_daemon_flags_new(struct ald_loop *loop, const char *folder, struct ald_daemon_flags **ret_flags)
{
    struct ald_daemon_flags *flags = calloc(1, sizeof(*flags));

    if (flags == NULL) {
        return ald_trace(ALDIS_E_NOMEM);
    }
    flags->folder = strdup(folder);
    if (flags->folder == NULL) {
        free(flags);
        return ald_trace(ALDIS_E_NOMEM);
    }
    flags->loop = loop;
    ald_node_init(&flags->orders);
    ald_node_init(&flags->done);
    atomic_init(&flags->hold, ALD_FLAG_PATIENCE);
    /* Of the default kind: on Linux neither takes anything that could be short. */
    ald_assert(pthread_mutex_init(&flags->mutex, NULL) == 0 && pthread_cond_init(&flags->changed, NULL) == 0);
    *ret_flags = flags;
    return 0;
}

/* What was asked for is done first, but nobody is waited for any more. */
static void flags_end(struct ald_daemon_flags *flags)
{
    atomic_store(&flags->hold, 0);
    ald_assert(pthread_mutex_lock(&flags->mutex) == 0);
    flags->ending = true;
    ald_assert(pthread_cond_signal(&flags->changed) == 0);
    ald_assert(pthread_mutex_unlock(&flags->mutex) == 0);
    ald_assert(pthread_join(flags->thread, NULL) == 0);
    flags_woken(flags);
    ald_wake_close(flags->wake);
}

struct ald_daemon_flags *ald_daemon_flags_free(struct ald_daemon_flags *flags)
{
    if (flags == NULL) {
        return NULL;
    }
    if (flags->wake != NULL) {
        flags_end(flags);
    }
    ald_assert(flags->n_waiting == 0);
    (void)pthread_mutex_destroy(&flags->mutex);
    (void)pthread_cond_destroy(&flags->changed);
    ald_flag_list_free(flags->list);
    free(flags->folder);
    free(flags);
    return NULL;
}
