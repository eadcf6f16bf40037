#include "daemon/lavg.h"

#include <arpa/inet.h>
#include <math.h>
#include <netinet/in.h>

#include "base/error.h"

enum { LAVG_VERSION = 1, LAVG_PORT = 4040, HEAD_SIZE = 6 };

/* A clock that says less is not set: nothing of this kind existed. */
#define LAVG_EPOCH (946684800 * (ald_wall)ALD_SEC) /* 2000-01-01 */

struct record {
    int64_t seconds, nanoseconds;
    struct sockaddr_in6 address;
    float load;
};
_Static_assert(sizeof(struct record) == ALD_LAVG_RECORD, "the record is that of the original, on 64 bits");

static const char head[4] = {'L', 'A', 'V', 'G'};

static struct ald_lavg_row *row_find(struct ald_lavg *lavg, const struct ald_inet *inet)
{
    for (size_t i = 0; i < lavg->n; i++) {
        if (ald_inet_same_host(&lavg->rows[i].inet, inet)) {
            return &lavg->rows[i];
        }
    }
    return NULL;
}

/* A row for one more; the oldest goes when there is no room. */
static struct ald_lavg_row *row_add(struct ald_lavg *lavg)
{
    struct ald_lavg_row *oldest = &lavg->rows[0];

    if (lavg->n < LAVG_MAX) {
        return &lavg->rows[lavg->n++];
    }
    for (size_t i = 1; i < lavg->n; i++) {
        oldest = lavg->rows[i].measured < oldest->measured ? &lavg->rows[i] : oldest;
    }
    return oldest;
}

bool ald_lavg_set(struct ald_lavg *lavg, const struct ald_inet *inet, ald_wall measured, double load)
{
    struct ald_lavg_row *row = row_find(lavg, inet);

    if (!isfinite(load) || load < 0 || measured < LAVG_EPOCH || (row != NULL && row->measured > measured)) {
        return false;
    }
    row = row != NULL ? row : row_add(lavg);
    *row = (struct ald_lavg_row){.inet = *inet, .measured = measured, .load = (float)load};
    row->inet.port = LAVG_PORT;
    return true;
}

static void row_remove(struct ald_lavg *lavg, size_t i)
{
    lavg->n--;
    memmove(&lavg->rows[i], &lavg->rows[i + 1], (lavg->n - i) * sizeof(lavg->rows[i]));
}

void ald_lavg_forget(struct ald_lavg *lavg, const struct ald_inet *inet)
{
    for (size_t i = lavg->n; i > 0; i--) {
        if (ald_inet_same_host(&lavg->rows[i - 1].inet, inet)) {
            row_remove(lavg, i - 1);
        }
    }
}

void ald_lavg_forget_before(struct ald_lavg *lavg, ald_wall oldest)
{
    for (size_t i = lavg->n; i > 0; i--) {
        if (lavg->rows[i - 1].measured < oldest) {
            row_remove(lavg, i - 1);
        }
    }
}

static int record_push(struct ald_buf *out, const struct ald_lavg_row *row)
{
    struct record record;

    memset(&record, 0, sizeof(record)); /* the padding too: it goes into a file */
    record.seconds = (int64_t)(row->measured / ALD_SEC);
    record.nanoseconds = (int64_t)(row->measured % ALD_SEC * 1000);
    record.address.sin6_family = AF_INET6;
    record.address.sin6_port = htons(LAVG_PORT);
    memcpy(&record.address.sin6_addr, row->inet.bytes, ALD_INET_BYTES);
    record.load = row->load;
    return ald_buf_push(out, ald_str_of(&record, sizeof(record)));
}

int ald_lavg_format(const struct ald_lavg *lavg, struct ald_buf *out)
{
    const uint16_t version = LAVG_VERSION;
    int r = ald_buf_push(out, ald_str_of(head, sizeof(head)));

    r = r != 0 ? r : ald_buf_push(out, ald_str_of(&version, sizeof(version)));
    for (size_t i = 0; i < lavg->n && r == 0; i++) {
        r = record_push(out, &lavg->rows[i]);
    }
    return r < 0 ? ald_trace(r) : r;
}

int ald_lavg_parse(struct ald_str text, struct ald_lavg *lavg)
{
    uint16_t version;

    if (text.size < HEAD_SIZE || memcmp(text.data, head, sizeof(head)) != 0 ||
        (text.size - HEAD_SIZE) % sizeof(struct record) != 0) {
        return ALD_LAVG_MALFORMED;
    }
    memcpy(&version, text.data + sizeof(head), sizeof(version));
    if (version != LAVG_VERSION) {
        return ALD_LAVG_MALFORMED;
    }
    for (size_t at = HEAD_SIZE; at < text.size; at += sizeof(struct record)) {
        struct ald_inet inet = {.port = LAVG_PORT};
        struct record record;

        memcpy(&record, text.data + at, sizeof(record));
        memcpy(inet.bytes, &record.address.sin6_addr, ALD_INET_BYTES);
        if (record.seconds > 0 && record.seconds < INT32_MAX * INT64_C(16) && record.nanoseconds >= 0 &&
            record.nanoseconds < 1000000000) {
            /* What makes no sense there does not come in. */
            (void)ald_lavg_set(lavg, &inet, (ald_wall)record.seconds * ALD_SEC + (ald_wall)record.nanoseconds / 1000,
                               record.load);
        }
    }
    return 0;
}
