#include "daemon/neighbor.h"

#include "wire/communicator/communicator.h"

static int digit_of(char c)
{
    static const char digits[] = "0123456789abcdef0123456789ABCDEF";
    const char *digit = memchr(digits, c, sizeof(digits) - 1);

    return digit != NULL ? (int)((digit - digits) % 16) : -1;
}

/* What `text` stands for, in `room`, which is as long. Outcome: ALD_NEIGHBOR_MALFORMED: a % that no two digits follow. */
static int escapes_undo(struct ald_str text, char *room, struct ald_str *ret_plain)
{
    size_t n = 0;

    for (size_t i = 0; i < text.size; i++) {
        int high = text.data[i] == '%' && i + 2 < text.size ? digit_of(text.data[i + 1]) : -1;
        int low = high >= 0 ? digit_of(text.data[i + 2]) : -1;

        if (text.data[i] == '%' && (low < 0 || (high == 0 && low == 0))) {
            return ALD_NEIGHBOR_MALFORMED;
        }
        room[n++] = low >= 0 ? (char)(high * 16 + low) : text.data[i];
        i += low >= 0 ? 2 : 0;
    }
    *ret_plain = ald_str_of(room, n);
    return 0;
}

/* `NAME:PASSWORD@` at the front, if it is there; a password may hold an @. */
static int credentials_take(struct ald_str *text, struct ald_neighbor *neighbor)
{
    const char *at = text->size > 0 ? memrchr(text->data, '@', text->size) : NULL;
    struct ald_str both;
    size_t colon;

    if (at == NULL) {
        return 0;
    }
    both = ald_str_of(text->data, (size_t)(at - text->data));
    colon = ald_str_find(both, ALD_STR(":"));
    if (colon == 0 || colon + 1 >= both.size || both.size > ALD_NEIGHBOR_SECRET) {
        return ALD_NEIGHBOR_MALFORMED;
    }
    *text = ald_str_from(*text, both.size + 1);
    return escapes_undo(ald_str_of(both.data, colon), neighbor->secret, &neighbor->username) != 0 ||
                   escapes_undo(ald_str_from(both, colon + 1), neighbor->secret + colon, &neighbor->password) != 0
               ? ALD_NEIGHBOR_MALFORMED
               : 0;
}

int ald_neighbor_parse(struct ald_str text, struct ald_neighbor *ret_neighbor)
{
    bool tls = ald_str_starts(text, ALD_STR("cds://"));

    if (tls) {
        text = ald_str_from(text, 6);
    } else if (ald_str_starts(text, ALD_STR("cd://"))) {
        text = ald_str_from(text, 5);
    }
    *ret_neighbor = (struct ald_neighbor){.tls = tls};
    if (credentials_take(&text, ret_neighbor) != 0 ||
        ald_inet_parse(text, tls ? ALD_NEIGHBOR_SECURE_PORT : ALD_NEIGHBOR_PORT, &ret_neighbor->inet) != 0) {
        return ALD_NEIGHBOR_MALFORMED;
    }
    return 0;
}

bool ald_neighbor_is_called(const struct ald_inet *ours, const struct ald_neighbor *theirs)
{
    return theirs->tls || ald_inet_compare(&theirs->inet, ours) < 0;
}

#define PAUSE_FAILED_FIRST (1 * ALD_SEC)
#define PAUSE_FAILED (60 * ALD_SEC)
#define PAUSE_STOPPED (300 * ALD_SEC)
#define PAUSE_REFUSED (24 * 3600 * ALD_SEC)

static ald_usec pause_doubled(ald_usec first, unsigned n_times, ald_usec longest)
{
    ald_usec pause = ALD_MIN(first, longest);

    for (unsigned i = 0; i < n_times && pause < longest; i++) {
        pause = ALD_MIN(2 * pause, longest);
    }
    return pause;
}

ald_usec ald_neighbor_pause(const struct ald_neighbor_past *past)
{
    if (past->gossip) {
        return past->pause == 0 ? ALD_MIN(ALD_NEIGHBOR_GOSSIP_FIRST, past->gossip_max)
                                : pause_doubled(past->pause, 1, past->gossip_max);
    }
    switch (past->end->code) {
    case ALD_COMMUNICATOR_CLOSE_SHUTDOWN:
        return PAUSE_STOPPED;
    case ALD_COMMUNICATOR_CLOSE_REFUSED:
    case ALD_COMMUNICATOR_CLOSE_NAME:
    case ALD_COMMUNICATOR_CLOSE_VERSION:
        return PAUSE_REFUSED;
    default:
        break;
    }
    if (past->end->said_goodbye) {
        return PAUSE_STOPPED;
    }
    return past->end->greeted ? 0 : pause_doubled(PAUSE_FAILED_FIRST, past->failures - 1, PAUSE_FAILED);
}
