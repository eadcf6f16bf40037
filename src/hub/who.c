#include "hub/who.h"

#include <stdlib.h>

#include "base/error.h"

/* Move on behind what was copied. */
static struct ald_str who_copy(char **place, struct ald_str from)
{
    struct ald_str copy = ALD_STR_NONE;

    if (ald_str_present(from)) {
        copy = ald_str_of(*place, from.size);
        memcpy(*place, from.data, from.size);
        *place += from.size;
    }
    return copy;
}

int ald_who_new(struct ald_str target, struct ald_str principal, struct ald_str peer, struct ald_str dialect,
                struct ald_who **ret_who)
{
    size_t size = target.size + principal.size + peer.size + dialect.size;
    struct ald_who *who = malloc(sizeof(*who) + size + 1); /* one more, so that an empty name has a place too */
    char *place;

    if (who == NULL) {
        return ald_trace(ALDIS_E_NOMEM);
    }
    place = who->text;
    who->refs = 1;
    who->target = who_copy(&place, target);
    who->principal = who_copy(&place, principal);
    who->peer = who_copy(&place, peer);
    who->dialect = who_copy(&place, dialect);
    *ret_who = who;
    return 0;
}

struct ald_who *ald_who_ref(struct ald_who *who)
{
    ald_assert(who->refs > 0);
    who->refs++;
    return who;
}

struct ald_who *ald_who_unref(struct ald_who *who)
{
    if (who != NULL) {
        ald_assert(who->refs > 0);
        if (--who->refs == 0) {
            free(who);
        }
    }
    return NULL;
}
