#include "auth/user.h"

#include <errno.h>
#include <grp.h>
#include <pwd.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/str.h"

enum {
    ENTRY_MIN = 1024,
    ENTRY_MAX = 1024 * 1024, /* a group lists its members; one beyond this is taken for a failure */
    GROUPS_MIN = 64,
    GROUPS_MAX = 65536, /* of one user: the kernel's own limit (NGROUPS_MAX) */
};

/* What is looked for, and what was found. */
struct lookup {
    const char *group_name;
    uid_t uid;
    bool found;
    gid_t group; /* the one named, or the user's own */
    char *user;  /* his name; the caller frees it */
};

/* Both return 0 or an errno. */
static int group_read(struct lookup *lookup, char *room, size_t size)
{
    struct group entry, *found = NULL;
    int error = getgrnam_r(lookup->group_name, &entry, room, size, &found);

    lookup->found = error == 0 && found != NULL;
    if (lookup->found) {
        lookup->group = entry.gr_gid;
    }
    return error;
}

static int user_read(struct lookup *lookup, char *room, size_t size)
{
    struct passwd entry, *found = NULL;
    int error = getpwuid_r(lookup->uid, &entry, room, size, &found);

    lookup->found = error == 0 && found != NULL;
    if (lookup->found) {
        lookup->group = entry.pw_gid;
        lookup->user = strdup(entry.pw_name);
        error = lookup->user != NULL ? 0 : ENOMEM;
    }
    return error;
}

/* Read one entry in as much room as it needs. That there is none is no error. Errors: ALDIS_E_NOMEM, ALDIS_E_IO. */
static int entry_find(struct lookup *lookup, int (*read)(struct lookup *lookup, char *room, size_t size))
{
    size_t size = ENTRY_MIN;
    char *room = NULL;
    int error = ERANGE;

    while (error == ERANGE && size <= ENTRY_MAX) {
        char *larger = realloc(room, size);

        if (larger == NULL) {
            error = ENOMEM;
            break;
        }
        room = larger;
        error = read(lookup, room, size);
        size *= 2;
    }
    free(room);
    switch (error) {
    case 0:
    case ENOENT: /* several words for none, getpwnam_r(3) */
    case ESRCH:
    case EBADF:
    case EPERM:
        return 0;
    case ENOMEM:
        return ald_trace(ALDIS_E_NOMEM);
    default:
        return ald_trace(ALDIS_E_IO);
    }
}

/* The number of a group that is given by name or number. Outcome: ALD_USER_NO_GROUP. Errors: as entry_find(). */
static int group_find(const char *name, gid_t *ret_group)
{
    struct lookup lookup = {.group_name = name};
    uint64_t number;
    int r = entry_find(&lookup, group_read);

    if (r < 0) {
        return r;
    }
    if (lookup.found) {
        *ret_group = lookup.group;
        return 0;
    }
    if (ald_str_u64(ald_str(name), &number) != 0 || number >= (gid_t)-1) {
        return ALD_USER_NO_GROUP;
    }
    *ret_group = (gid_t)number;
    return 0;
}

/* Whether `group` is among those that the user's entry, or that of the group, says. Errors: ALDIS_E_NOMEM, ALDIS_E_IO. */
static int groups_have(const struct lookup *user, gid_t group, bool *ret_member)
{
    int room = GROUPS_MIN, n = GROUPS_MIN;
    gid_t *groups = NULL;

    for (;;) {
        gid_t *larger = realloc(groups, (size_t)room * sizeof(*groups));

        if (larger == NULL) {
            free(groups);
            return ald_trace(ALDIS_E_NOMEM);
        }
        groups = larger;
        n = room;
        if (getgrouplist(user->user, user->group, groups, &n) >= 0) {
            break;
        }
        if (room >= GROUPS_MAX) {
            free(groups);
            return ald_trace(ALDIS_E_IO);
        }
        room *= 2;
    }
    *ret_member = false;
    for (int i = 0; i < n; i++) {
        *ret_member = *ret_member || groups[i] == group;
    }
    free(groups);
    return 0;
}

int ald_user_in_group(uint64_t uid, uint64_t gid, const char *group, bool *ret_member)
{
    struct lookup user = {.uid = (uid_t)uid};
    gid_t wanted;
    int r = group_find(group, &wanted);

    if (r != 0) {
        return r;
    }
    if (gid == wanted) {
        *ret_member = true;
        return 0;
    }
    r = entry_find(&user, user_read);
    if (r == 0 && user.found) {
        r = groups_have(&user, wanted, ret_member);
    } else if (r == 0) {
        *ret_member = false;
    }
    free(user.user);
    return r;
}
