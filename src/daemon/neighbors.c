/*
 * A neighbor keeps its row for good, even when it is forgotten: connections that are closing may still show what stands in
 * it. A row has a caller as long as it is not forgotten, which rests while somebody else's call is the link.
 */

#include "daemon/neighbors.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "conn/caller.h"
#include "loop/file.h"
#include "daemon/log.h"
#include "loop/loop.h"
#include "transport/tls.h"
#include "wire/communicator/communicator.h"

/* Calls to several of them begin one after the other. */
#define NEIGHBORS_SPACE (200 * ALD_MSEC)
/* A link that broke is called again within this time: not by all hubs in one millisecond. */
#define NEIGHBORS_AGAIN (500 * ALD_MSEC)
/* As long as the file may be; NEIGHBORS_MAX addresses are far less. */
#define NEIGHBORS_FILE_MAX ((size_t)256 * 1024)

struct row {
    struct ald_node node;
    struct ald_neighbors *neighbors;
    struct ald_caller *caller; /* NULL: it is forgotten */
    struct ald_inet inet;
    struct ald_identity identity; /* with its own name and password */
    char *secret;                 /* which these are views of; NULL: none */
    ald_usec pause;               /* gossip: the last one */
    ald_usec failing_since;
    uint32_t n_linked; /* connections that lead there */
    bool tls;
    bool lost;
    bool called; /* for good; else it is asked to call */
};

struct ald_neighbors {
    struct ald_edge *edge;
    struct ald_inet ours;
    char *path;
    struct ald_tls *tls;
    struct ald_str username, password;
    const struct ald_identity *identity;
    ald_usec hello_timeout, gossip_max;
    struct ald_rng rng;
    const struct ald_neighbors_callbacks *callbacks;
    void *owner;
    struct ald_node rows;
    size_t n_rows; /* forgotten ones too */
    size_t n;
    size_t n_lost;
    bool full_told;
};

static struct ald_loop *neighbors_loop(const struct ald_neighbors *neighbors)
{
    return ald_net_loop(ald_edge_net(neighbors->edge));
}

static struct row *row_find(const struct ald_neighbors *neighbors, const struct ald_inet *inet)
{
    ald_list_each (node, &neighbors->rows) {
        struct row *row = ald_list_entry(node, struct row, node);

        if (ald_inet_compare(&row->inet, inet) == 0) {
            return row;
        }
    }
    return NULL;
}

/* --- calls -------------------------------------------------------------------------------------------------------- */

/* A half of it is certain, the rest is chance. */
static ald_usec jitter(struct ald_neighbors *neighbors, ald_usec pause)
{
    if (pause == 0) {
        return ald_rng_below(&neighbors->rng, NEIGHBORS_AGAIN);
    }
    return pause - ald_rng_below(&neighbors->rng, pause / 4 + 1);
}

/* The local services hear of a neighbor that cannot even be asked to call (communicator 6.3). */
static void row_tell_unreachable(const struct row *row)
{
    char address[ALD_INET_TEXT];
    struct ald_news news = {.topic = ALD_TOPIC_UNREACHABLE};

    ald_inet_format(&row->inet, address);
    news.name = ald_str(address);
    if (ald_edge_news(row->neighbors->edge, &news) < 0) {
        ald_log(ALD_LOG_ERROR, "nobody hears of it: memory is short", {"unreachable", news.name});
    }
}

/* It was reached, or is not looked for any more. */
static void row_found(struct row *row)
{
    struct ald_neighbors *neighbors = row->neighbors;

    if (row->lost) {
        row->lost = false;
        neighbors->n_lost--;
        if (neighbors->n_lost == 0) {
            neighbors->callbacks->found(neighbors->owner);
        }
    }
}

static void row_lose(struct row *row, const char *address)
{
    struct ald_neighbors *neighbors = row->neighbors;

    neighbors->n_lost += row->lost ? 0 : 1;
    row->lost = true;
    neighbors->callbacks->lost(neighbors->owner, address);
}

static void row_failed(struct row *row, const struct ald_conn_end *end)
{
    struct ald_neighbors *neighbors = row->neighbors;
    ald_usec now = ald_loop_now(neighbors_loop(neighbors));
    unsigned n_failures = ald_caller_failures(row->caller);
    char address[ALD_INET_TEXT];

    row->failing_since = n_failures == 1 ? now : row->failing_since;
    ald_inet_format(&row->inet, address);
    if (n_failures == 1 || end->code != 0) {
        ald_log(ALD_LOG_WARNING, "a neighbor was called in vain", {"address", ald_str(address)}, {"why", end->text});
    }
    if (end->code >= ALD_COMMUNICATOR_CLOSE_REFUSED && row->n_linked == 0) {
        neighbors->callbacks->refused(neighbors->owner, address, end->text);
    }
    if (n_failures % NEIGHBORS_LOST == 0 && now - row->failing_since > NEIGHBORS_LOST_FOR) {
        row_lose(row, address);
    }
}

/* Before it is called, or asked to call, for the first time: since the start, or since its link broke. */
static ald_usec row_first_pause(const struct row *row)
{
    return row->called ? 0 : ALD_MIN(ALD_NEIGHBOR_GOSSIP_FIRST, row->neighbors->gossip_max);
}

static ald_usec row_again(void *owner, const struct ald_conn_end *end)
{
    struct row *row = owner;
    bool heard = end->greeted || end->code == ALD_COMMUNICATOR_CLOSE_DONE;
    const struct ald_neighbor_past past = {
        .gossip = !row->called,
        .failures = ald_caller_failures(row->caller),
        .pause = row->pause,
        .gossip_max = row->neighbors->gossip_max,
        .end = end,
    };

    if (heard) {
        row_found(row);
    } else {
        row_failed(row, end);
    }
    if (!heard && !row->called && end->code == 0) {
        row_tell_unreachable(row);
    }
    if (row->n_linked > 0) {
        return ALD_NEVER; /* by another way; see ald_neighbors_linked() */
    }
    row->pause = ald_neighbor_pause(&past);
    return jitter(row->neighbors, row->pause);
}

static void row_linked(void *owner, struct ald_str target ALD_UNUSED)
{
    row_found(owner);
}

static const struct ald_caller_callbacks link_callbacks = {
    .name = "communicator-link",
    .linked = row_linked,
    .again = row_again,
};

static const struct ald_caller_callbacks gossip_callbacks = {
    .name = "communicator-gossip",
    .again = row_again,
};

/* Errors: ALDIS_E_NOMEM. */
static int row_call(struct row *row)
{
    struct ald_neighbors *neighbors = row->neighbors;
    char host[ALD_INET_TEXT];
    const struct ald_caller_spec spec = {
        .place = {ALD_BOTTOM_TCP, host, row->inet.port},
        .tls = row->tls ? neighbors->tls : NULL,
        .dialect = &ald_communicator,
        .variant = row->called ? ALD_COMMUNICATOR_LINK : ALD_COMMUNICATOR_GOSSIP,
        .hello_timeout = neighbors->hello_timeout,
        .identity = row->secret != NULL ? &row->identity : neighbors->identity,
        .first = row->called ? NEIGHBORS_SPACE * neighbors->n : row_first_pause(row),
        .callbacks = row->called ? &link_callbacks : &gossip_callbacks,
        .owner = row,
    };
    int r;

    ald_inet_format_host(&row->inet, host);
    row->pause = row_first_pause(row);
    r = ald_caller_new(neighbors->edge, &spec, &row->caller);
    return r < 0 ? ald_trace(r) : 0;
}

/* What it is told is what everybody is told, but for the name and the password. */
static void row_identify(struct row *row)
{
    const struct ald_str username = row->identity.username, password = row->identity.password;

    row->identity = *row->neighbors->identity;
    row->identity.username = username;
    row->identity.password = password;
}

void ald_neighbors_identify(struct ald_neighbors *neighbors)
{
    ald_list_each (node, &neighbors->rows) {
        row_identify(ald_list_entry(node, struct row, node));
    }
}

/* --- rows --------------------------------------------------------------------------------------------------------- */

/* Errors: ALDIS_E_NOMEM. */
static int row_keep_secret(struct row *row, const struct ald_neighbor *neighbor)
{
    size_t n = neighbor->username.size;

    if (!ald_str_present(neighbor->username)) {
        return 0;
    }
    row->secret = malloc(n + neighbor->password.size);
    if (row->secret == NULL) {
        return ald_trace(ALDIS_E_NOMEM);
    }
    memcpy(row->secret, neighbor->username.data, n);
    memcpy(row->secret + n, neighbor->password.data, neighbor->password.size);
    row->identity.username = ald_str_of(row->secret, n);
    row->identity.password = ald_str_of(row->secret + n, neighbor->password.size);
    row_identify(row);
    return 0;
}

static void row_free(struct row *row)
{
    ald_caller_free(row->caller);
    ald_node_remove(&row->node);
    free(row->secret);
    free(row);
}

/* Somebody who can be called, and is not this hub. */
static bool neighbor_is_possible(const struct ald_neighbors *neighbors, const struct ald_inet *inet)
{
    return ald_inet_compare(inet, &neighbors->ours) != 0 && !ald_inet_any(inet) &&
           (!ald_inet_loopback(inet) || ald_inet_loopback(&neighbors->ours));
}

/* Begin to call a row that is new, or was forgotten. Errors: ALDIS_E_NOMEM. */
static int row_begin(struct row *row)
{
    int r = row_call(row);

    if (r < 0) {
        return ald_trace(r);
    }
    row->neighbors->n++;
    return 0;
}

/* Outcome: positive: it was known already, or there is no room. Errors: ALDIS_E_NOMEM. */
static int neighbors_add(struct ald_neighbors *neighbors, const struct ald_neighbor *neighbor)
{
    struct row *row = row_find(neighbors, &neighbor->inet);
    int r;

    if (row != NULL) {
        return row->caller != NULL ? 1 : row_begin(row);
    }
    if (neighbors->n_rows == NEIGHBORS_MAX) {
        if (!neighbors->full_told) {
            ald_log(ALD_LOG_WARNING, "too many neighbors; the others are left out", {"limit", ALD_STR("256")});
        }
        neighbors->full_told = true;
        return 1;
    }
    row = calloc(1, sizeof(*row));
    if (row == NULL) {
        return ald_trace(ALDIS_E_NOMEM);
    }
    row->neighbors = neighbors;
    row->inet = neighbor->inet;
    row->tls = neighbor->tls;
    row->called = ald_neighbor_is_called(&neighbors->ours, neighbor);
    ald_list_push_back(&neighbors->rows, &row->node);
    r = row_keep_secret(row, neighbor);
    r = r < 0 ? r : row_begin(row);
    if (r < 0) {
        row_free(row);
        return ald_trace(r);
    }
    neighbors->n_rows++;
    return 0;
}

/* --- the file ----------------------------------------------------------------------------------------------------- */

int ald_neighbors_format(const struct ald_inet *inets, size_t n, struct ald_buf *out)
{
    int r = ald_buf_push(out, ALD_STR("# Hubs that are known here; written by aldisd.\n"));

    for (size_t i = 0; i < n && r == 0; i++) {
        char text[ALD_INET_TEXT];

        ald_inet_format(&inets[i], text);
        r = ald_buf_pushf(out, "%s\n", text);
    }
    return r < 0 ? ald_trace(r) : r;
}

/* What is left of the line without a comment. */
static struct ald_str line_take(struct ald_str *text)
{
    size_t end = ald_str_find(*text, ALD_STR("\n"));
    struct ald_str line = ald_str_of(text->data, end);

    *text = ald_str_from(*text, ALD_MIN(end + 1, text->size));
    return ald_str_of(line.data, ald_str_find(line, ALD_STR("#")));
}

bool ald_neighbors_next(struct ald_str *text, struct ald_inet *ret_inet, size_t *n_bad)
{
    while (text->size > 0) {
        struct ald_str rest = *text;
        struct ald_str line = line_take(&rest);
        struct ald_str item;

        if (!ald_inet_item(&line, &item)) {
            *text = rest;
            continue;
        }
        /* The rest of the line is looked at the next time. */
        *text = ald_str_from(*text, (size_t)(item.data + item.size - text->data));
        if (ald_inet_parse(item, ALD_NEIGHBOR_PORT, ret_inet) == 0) {
            return true;
        }
        (*n_bad)++;
    }
    return false;
}

/* Counts in `*ret_n` what stands in it. Errors: ALDIS_E_NOMEM. */
static int neighbors_read(struct ald_neighbors *neighbors, size_t *ret_n)
{
    struct ald_buf file;
    struct ald_str text;
    struct ald_neighbor neighbor = {.tls = false};
    size_t n_bad = 0;
    int r;

    ald_buf_init(&file, NEIGHBORS_FILE_MAX);
    r = ald_file_read(neighbors->path, &file);
    text = ald_buf_str(&file);
    if (r == ALD_FILE_LARGE || r == ALDIS_E_IO) {
        ald_log(ALD_LOG_ERROR, "the file of neighbors cannot be read", {"file", ald_str(neighbors->path)},
                {"why", r == ALD_FILE_LARGE ? ALD_STR("it is too large") : ald_str(strerror(errno))});
    }
    while (r == 0 && ald_neighbors_next(&text, &neighbor.inet, &n_bad)) {
        (*ret_n)++;
        if (neighbor_is_possible(neighbors, &neighbor.inet) && neighbors_add(neighbors, &neighbor) < 0) {
            r = ALDIS_E_NOMEM;
        }
    }
    if (n_bad > 0) {
        ald_log(ALD_LOG_WARNING, "what is no address in the file of neighbors is left out",
                {"file", ald_str(neighbors->path)});
    }
    ald_buf_fini(&file);
    return r == ALDIS_E_NOMEM ? ald_trace(r) : 0;
}

/* Those with TLS are not told on: a file, or a hub, that gives their address does not say that. */
static size_t neighbors_collect(const struct ald_neighbors *neighbors, struct ald_inet inets[NEIGHBORS_MAX])
{
    size_t n = 0;

    ald_list_each (node, &neighbors->rows) {
        const struct row *row = ald_list_entry(node, struct row, node);

        if (row->caller != NULL && !row->tls) {
            inets[n++] = row->inet;
        }
    }
    return n;
}

static void neighbors_save(struct ald_neighbors *neighbors)
{
    struct ald_inet inets[NEIGHBORS_MAX + 1];
    size_t n = neighbors_collect(neighbors, inets);
    struct ald_buf out;
    int r;

    if (neighbors->path == NULL) {
        return;
    }
    if (!ald_inet_loopback(&neighbors->ours)) {
        inets[n++] = neighbors->ours;
    }
    ald_buf_init(&out, NEIGHBORS_FILE_MAX);
    r = ald_neighbors_format(inets, n, &out);
    r = r != 0 ? r : ald_file_replace(neighbors->path, ald_buf_str(&out), true);
    ald_buf_fini(&out);
    if (r != 0) {
        ald_log(ALD_LOG_ERROR, "the file of neighbors cannot be written", {"file", ald_str(neighbors->path)},
                {"why", r == ALDIS_E_IO ? ald_str(strerror(errno)) : ald_str(ald_error_text(r))});
    }
    neighbors->callbacks->saved(neighbors->owner, r == 0);
}

/* What the settings add to the file is written at once. Errors: ALDIS_E_NOMEM. */
static int neighbors_recall(struct ald_neighbors *neighbors)
{
    struct ald_inet inets[NEIGHBORS_MAX];
    size_t n_there = 0;
    int r;

    if (neighbors->path == NULL) {
        return 0;
    }
    r = neighbors_read(neighbors, &n_there);
    if (r < 0) {
        return ald_trace(r);
    }
    if (neighbors_collect(neighbors, inets) + (ald_inet_loopback(&neighbors->ours) ? 0 : 1) != n_there) {
        neighbors_save(neighbors);
    }
    return 0;
}

static void neighbors_changed(struct ald_neighbors *neighbors)
{
    neighbors_save(neighbors);
    neighbors->callbacks->changed(neighbors->owner);
}

/* --- what is heard ------------------------------------------------------------------------------------------------ */

/* Of others only what lies in a private network: nobody may have this hub call wherever he likes. */
static bool neighbor_is_plausible(const struct ald_neighbors *neighbors, const struct ald_inet *inet)
{
    return neighbor_is_possible(neighbors, inet) && (ald_inet_private(inet) || ald_inet_loopback(inet));
}

/* It was called without a password, and has shown now that it has it: from now on it is shown it, too. */
static int row_prove(struct row *row, const struct ald_neighbor *neighbor)
{
    int r = row_keep_secret(row, neighbor);

    if (r == 0 && row->secret != NULL) {
        row->caller = ald_caller_free(row->caller);
        r = row_call(row);
        row->neighbors->n -= r < 0 ? 1 : 0; /* until somebody tells of it again */
    }
    return r < 0 ? ald_trace(r) : 0;
}

void ald_neighbors_heard(struct ald_neighbors *neighbors, struct ald_str addresses, bool call, bool proved)
{
    struct ald_neighbor neighbor = {.tls = false,
                                    .username = proved ? neighbors->username : ALD_STR_NONE,
                                    .password = proved ? neighbors->password : ALD_STR_NONE};
    bool changed = false;
    int r;

    while ((r = ald_inet_next(&addresses, ALD_NEIGHBOR_PORT, &neighbor.inet)) != ALD_INET_END) {
        struct row *row;

        if (r != 0 || !neighbor_is_plausible(neighbors, &neighbor.inet)) {
            continue;
        }
        r = neighbors_add(neighbors, &neighbor);
        changed = changed || r == 0;
        row = row_find(neighbors, &neighbor.inet);
        if (r > 0 && row != NULL && row->secret == NULL && row->caller != NULL && !ald_caller_is_linked(row->caller)) {
            r = row_prove(row, &neighbor);
        }
        if (r < 0) {
            ald_log(ALD_LOG_ERROR, "a neighbor is not kept: memory is short");
        }
        if (call && row != NULL && row->caller != NULL && row->called) {
            ald_caller_call(row->caller);
        }
    }
    if (changed) {
        neighbors_changed(neighbors);
    }
}

static struct row *row_at(const struct ald_neighbors *neighbors, struct ald_str address)
{
    struct ald_inet inet;

    return ald_inet_parse(address, ALD_NEIGHBOR_PORT, &inet) == 0 ? row_find(neighbors, &inet) : NULL;
}

bool ald_neighbors_is_linked(const struct ald_neighbors *neighbors, struct ald_str address)
{
    const struct row *row = row_at(neighbors, address);

    return row != NULL && row->n_linked > 0;
}

void ald_neighbors_linked(struct ald_neighbors *neighbors, struct ald_str address, bool there)
{
    struct row *row = row_at(neighbors, address);

    if (row == NULL || row->caller == NULL || (!there && row->n_linked == 0)) {
        return;
    }
    row->n_linked += there ? 1 : (uint32_t)-1;
    if (there) {
        row_found(row);
        ald_caller_wait(row->caller, ALD_NEVER);
    } else if (row->n_linked == 0) {
        row->pause = row_first_pause(row);
        ald_caller_wait(row->caller, jitter(neighbors, row->pause));
    }
}

static void row_forget(struct row *row)
{
    row->caller = ald_caller_free(row->caller);
    row->n_linked = 0;
    row_found(row);
    row->neighbors->n--;
}

/* The port stands there, or else all of that host are meant: the original knows no ports (communicator 6.4). */
static bool address_has_port(struct ald_str address)
{
    struct ald_inet one, other;

    return ald_inet_parse(address, 1, &one) == 0 && ald_inet_parse(address, 2, &other) == 0 && one.port == other.port;
}

static bool row_is_at(const struct row *row, const struct ald_inet *inet, bool any_port)
{
    struct ald_inet place = *inet;

    place.port = any_port ? row->inet.port : place.port;
    return ald_inet_compare(&row->inet, &place) == 0;
}

bool ald_neighbors_forget(struct ald_neighbors *neighbors, struct ald_str address)
{
    bool any_port = !address_has_port(address), known = false;
    struct ald_inet inet;

    if (ald_inet_parse(address, ALD_NEIGHBOR_PORT, &inet) != 0) {
        return false;
    }
    ald_list_each (node, &neighbors->rows) {
        struct row *row = ald_list_entry(node, struct row, node);

        if (row->caller != NULL && row_is_at(row, &inet, any_port)) {
            row_forget(row);
            known = true;
        }
    }
    if (known) {
        neighbors_changed(neighbors);
    }
    return known;
}

size_t ald_neighbors_count(const struct ald_neighbors *neighbors)
{
    return neighbors->n;
}

int ald_neighbors_list(const struct ald_neighbors *neighbors, struct ald_buf *out)
{
    struct ald_inet inets[NEIGHBORS_MAX];
    size_t n = neighbors_collect(neighbors, inets);
    int r = 0;

    for (size_t i = 0; i < n && r == 0; i++) {
        char text[ALD_INET_TEXT];

        ald_inet_format(&inets[i], text);
        r = ald_buf_pushf(out, "%s%s", i > 0 ? "," : "", text);
    }
    return r < 0 ? ald_trace(r) : r;
}

/* --- life --------------------------------------------------------------------------------------------------------- */

struct ald_neighbors *ald_neighbors_free(struct ald_neighbors *neighbors)
{
    struct ald_node *node;

    if (neighbors == NULL) {
        return NULL;
    }
    while ((node = ald_list_first(&neighbors->rows)) != NULL) {
        row_free(ald_list_entry(node, struct row, node));
    }
    ald_tls_unref(neighbors->tls);
    free(neighbors->path);
    free(neighbors);
    return NULL;
}

/* Errors: ALDIS_E_NOMEM. */
static int neighbors_configure(struct ald_neighbors *neighbors, const struct ald_neighbors_spec *spec)
{
    struct ald_str list = spec->configured;
    struct ald_neighbor neighbor;
    struct ald_str item;

    while (ald_inet_item(&list, &item)) {
        if (ald_neighbor_parse(item, &neighbor) != 0) {
            continue; /* config_communicator.c has looked at it */
        }
        /* A family of hubs may have one password; it is not shown where anybody could read it. */
        if (neighbor.tls && !ald_str_present(neighbor.username)) {
            neighbor.username = spec->username;
            neighbor.password = spec->password;
        }
        if (neighbor_is_possible(neighbors, &neighbor.inet) && neighbors_add(neighbors, &neighbor) < 0) {
            return ald_trace(ALDIS_E_NOMEM);
        }
    }
    return 0;
}

int ald_neighbors_new(const struct ald_neighbors_spec *spec, struct ald_neighbors **ret_neighbors)
{
    ALD_AUTO(ald_neighbors_free) struct ald_neighbors *neighbors = calloc(1, sizeof(*neighbors));
    int r;

    if (neighbors == NULL) {
        return ald_trace(ALDIS_E_NOMEM);
    }
    ald_node_init(&neighbors->rows);
    neighbors->edge = spec->edge;
    neighbors->ours = spec->ours;
    neighbors->tls = spec->tls != NULL ? ald_tls_ref(spec->tls) : NULL;
    neighbors->username = spec->username;
    neighbors->password = spec->password;
    neighbors->identity = spec->identity;
    neighbors->hello_timeout = spec->hello_timeout;
    neighbors->gossip_max = spec->gossip_max;
    neighbors->callbacks = spec->callbacks;
    neighbors->owner = spec->owner;
    ald_rng_init(&neighbors->rng, spec->seed);
    if (spec->path != NULL && (neighbors->path = strdup(spec->path)) == NULL) {
        return ald_trace(ALDIS_E_NOMEM);
    }
    r = neighbors_configure(neighbors, spec);
    r = r < 0 ? r : neighbors_recall(neighbors);
    if (r < 0) {
        return ald_trace(r);
    }
    *ret_neighbors = ald_steal(&neighbors);
    return 0;
}
