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

/* Gives a copy of what `like` shows. */
static int who_make(const struct ald_who *like, struct ald_who **ret_who)
{
    size_t size = like->target.size + like->principal.size + like->peer.size + like->dialect.size +
                  like->onward.hub.size + like->onward.id.size + like->onward.informed.size;
    struct ald_who *who = malloc(sizeof(*who) + size + 1); /* one more, so that an empty name has a place too */
    char *place;

    if (who == NULL) {
        return ald_trace(ALDIS_E_NOMEM);
    }
    place = who->text;
    who->refs = 1;
    who->target = who_copy(&place, like->target);
    who->principal = who_copy(&place, like->principal);
    who->peer = who_copy(&place, like->peer);
    who->dialect = who_copy(&place, like->dialect);
    who->peering = like->peering;
    who->onward = like->onward;
    who->onward.hub = who_copy(&place, like->onward.hub);
    who->onward.id = who_copy(&place, like->onward.id);
    who->onward.informed = who_copy(&place, like->onward.informed);
    *ret_who = who;
    return 0;
}

int ald_who_new(struct ald_str target, struct ald_str principal, struct ald_str peer, struct ald_str dialect,
                struct ald_who **ret_who)
{
    const struct ald_who like = {
        .target = target, .principal = principal, .peer = peer, .dialect = dialect, .onward = {.hops = 1}};

    return who_make(&like, ret_who);
}

int ald_who_new_far(const struct ald_who *link, struct ald_str target, struct ald_str principal,
                    const struct ald_travel *travel, struct ald_who **ret_who)
{
    const struct ald_who like = {
        .target = target,
        .principal = principal,
        .peer = link->peer,
        .dialect = link->dialect,
        .onward = {.hub = travel->hub, .until = travel->until, .hops = travel->hops + 1, .daemons = travel->daemons}};

    return who_make(&like, ret_who);
}

int ald_who_new_known(const struct ald_who *who, struct ald_str id, struct ald_str informed, struct ald_who **ret_who)
{
    struct ald_who like = *who;

    like.onward.id = id;
    like.onward.informed = informed;
    return who_make(&like, ret_who);
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
