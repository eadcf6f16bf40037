#include "daemon/neighbor.h"

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
    neighbor->username = ald_str_of(both.data, colon);
    neighbor->password = ald_str_from(both, colon + 1);
    *text = ald_str_from(*text, both.size + 1);
    return 0;
}

int ald_neighbor_parse(struct ald_str text, struct ald_neighbor *ret_neighbor)
{
    struct ald_neighbor neighbor = {.tls = false};

    if (ald_str_starts(text, ALD_STR("cds://"))) {
        neighbor.tls = true;
        text = ald_str_from(text, 6);
    } else if (ald_str_starts(text, ALD_STR("cd://"))) {
        text = ald_str_from(text, 5);
    }
    if (credentials_take(&text, &neighbor) != 0 ||
        ald_inet_parse(text, neighbor.tls ? ALD_NEIGHBOR_SECURE_PORT : ALD_NEIGHBOR_PORT, &neighbor.inet) != 0) {
        return ALD_NEIGHBOR_MALFORMED;
    }
    *ret_neighbor = neighbor;
    return 0;
}
