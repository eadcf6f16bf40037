#include "lib/test.h"

#include <errno.h>
#include <grp.h>
#include <pwd.h>
#include <unistd.h>

#include "auth/user.h"
#include "lib/alloc_fail.h"

/*
 * A machine of our own, since nothing is known of the users of this one (-Wl,--wrap=...): ann (1000) is in "bus" (700)
 * by the list of that group, bob (1001) is not, and cid (1002) has it as his own group.
 */
static struct {
    size_t room_needed; /* by any entry */
    int n_groups;       /* that ann is in, "bus" the last of them */
    int error;          /* of every look-up, if not 0 */
    bool real;
} machine;

int __real_getgrnam_r(const char *name, struct group *entry, char *room, size_t size, struct group **found);
int __real_getpwuid_r(uid_t uid, struct passwd *entry, char *room, size_t size, struct passwd **found);
int __real_getgrouplist(const char *user, gid_t group, gid_t *groups, int *n);
int __wrap_getgrnam_r(const char *name, struct group *entry, char *room, size_t size, struct group **found);
int __wrap_getpwuid_r(uid_t uid, struct passwd *entry, char *room, size_t size, struct passwd **found);
int __wrap_getgrouplist(const char *user, gid_t group, gid_t *groups, int *n);

int __wrap_getgrnam_r(const char *name, struct group *entry, char *room, size_t size, struct group **found)
{
    if (machine.real) {
        return __real_getgrnam_r(name, entry, room, size, found);
    }
    *found = NULL;
    if (machine.error != 0 || size < machine.room_needed) {
        return machine.error != 0 ? machine.error : ERANGE;
    }
    room[size - 1] = '\0'; /* all of it is there */
    if (strcmp(name, "bus") == 0 || strcmp(name, "600") == 0) {
        *entry = (struct group){.gr_name = room, .gr_gid = name[0] == 'b' ? 700 : 777};
        *found = entry;
    }
    return 0;
}

int __wrap_getpwuid_r(uid_t uid, struct passwd *entry, char *room, size_t size, struct passwd **found)
{
    static char names[][4] = {"ann", "bob", "cid"};

    if (machine.real) {
        return __real_getpwuid_r(uid, entry, room, size, found);
    }
    *found = NULL;
    if (size < machine.room_needed) {
        return ERANGE;
    }
    if (uid < 1000 || uid >= 1000 + ALD_COUNT(names)) {
        return ENOENT;
    }
    *entry = (struct passwd){.pw_name = names[uid - 1000], .pw_uid = uid, .pw_gid = uid == 1002 ? 700 : uid};
    *found = entry;
    return 0;
}

int __wrap_getgrouplist(const char *user, gid_t group, gid_t *groups, int *n)
{
    int had = *n, all = strcmp(user, "ann") == 0 ? machine.n_groups : 1;

    if (machine.real) {
        return __real_getgrouplist(user, group, groups, n);
    }
    for (int i = 0; i < had && i < all; i++) {
        groups[i] = i == 0 ? group : i == all - 1 ? 700 : 10000 + (gid_t)i;
    }
    *n = all;
    return had < all ? -1 : all;
}

static void machine_make(void)
{
    memset(&machine, 0, sizeof(machine));
    machine.n_groups = 2;
}

static bool in_group(uint64_t uid, uint64_t gid, const char *group)
{
    bool member = false;

    ald_check_int(ald_user_in_group(uid, gid, group, &member), 0);
    return member;
}

ALD_TEST(user, is_in_the_groups_of_its_entry)
{
    machine_make();
    ald_check(in_group(1000, 1000, "bus"));
    ald_check(!in_group(1001, 1001, "bus"));
    ald_check(in_group(1002, 1002, "bus"));
}

ALD_TEST(user, is_in_the_group_of_its_process)
{
    machine_make();
    ald_check(in_group(1001, 700, "bus"));
    ald_check(in_group(5555, 700, "bus")); /* also without an entry */
    ald_check(!in_group(5555, 5555, "bus"));
}

ALD_TEST(user, may_be_asked_for_a_group_by_number)
{
    machine_make();
    ald_check(in_group(1000, 1000, "700"));
    ald_check(!in_group(1001, 1001, "700"));
    ald_check(in_group(1001, 777, "600") &&
              !in_group(1001, 600, "600")); /* which is somebody's name, and that counts */
    ald_check(in_group(1001, 601, "601"));
}

ALD_TEST(user, is_in_no_group_that_does_not_exist)
{
    static const char *const groups[] = {"train", "", "-1", "4294967295", "99999999999999999999", "7x"};
    bool member;

    machine_make();
    for (size_t i = 0; i < ALD_COUNT(groups); i++) {
        ald_check_int(ald_user_in_group(1000, 1000, groups[i], &member), ALD_USER_NO_GROUP);
    }
}

ALD_TEST(user, may_be_in_many_groups_of_many_members)
{
    machine_make();
    machine.n_groups = 65536;
    machine.room_needed = 1024 * 1024;
    ald_check(in_group(1000, 1000, "bus"));
    ald_check(!in_group(1000, 1000, "601"));
}

ALD_TEST(user, is_not_let_in_where_the_system_cannot_look)
{
    bool member;

    machine_make();
    machine.error = EIO;
    ald_check_int(ald_user_in_group(1000, 1000, "bus", &member), ALDIS_E_IO);
    machine.error = 0;
    machine.room_needed = 1024 * 1024 + 1;
    ald_check_int(ald_user_in_group(1000, 1000, "bus", &member), ALDIS_E_IO);
    machine.room_needed = 0;
    machine.n_groups = 65537;
    ald_check_int(ald_user_in_group(1000, 1000, "bus", &member), ALDIS_E_IO);
}

ALD_TEST(user, needs_memory_to_be_told)
{
    bool member, failed = true;
    uint64_t n;

    machine_make();
    machine.n_groups = 100;
    machine.room_needed = 3000;
    for (n = 1; failed; n++) {
        int r;

        ald_alloc_fail_at(n);
        r = ald_user_in_group(1000, 1000, "bus", &member);
        failed = ald_alloc_fail_off();
        ald_check_int(r, failed ? ALDIS_E_NOMEM : 0);
    }
    ald_check(n > 5); /* there were some to fail */
}

/* Of this machine only this much is known. */
ALD_TEST(user, is_asked_of_the_real_machine)
{
    machine_make();
    machine.real = true;
    ald_check(in_group(getuid(), 4294967294, "4294967294"));
    ald_check(!in_group(4294967294, 4294967293, "4294967292"));
    if (getpwuid(0) != NULL && getgrnam("root") != NULL) {
        ald_check(in_group(0, 4294967294, "root"));
    }
}

ALD_TEST_MAIN(user, ALD_CASE(user, is_in_the_groups_of_its_entry), ALD_CASE(user, is_in_the_group_of_its_process),
              ALD_CASE(user, may_be_asked_for_a_group_by_number), ALD_CASE(user, is_in_no_group_that_does_not_exist),
              ALD_CASE(user, may_be_in_many_groups_of_many_members),
              ALD_CASE(user, is_not_let_in_where_the_system_cannot_look), ALD_CASE(user, needs_memory_to_be_told),
              ALD_CASE(user, is_asked_of_the_real_machine))
